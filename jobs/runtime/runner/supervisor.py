"""The workers of the runs in work: started, assigned, heard, watched, reaped."""

from __future__ import annotations

import signal
import time

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.units import count, duration
from jobs.runtime.home import artifacts, begun_items
from jobs.runtime.runner import blame, places, sizing
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.pool.pool import PoolEvents
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.preparation import HOOK_SECONDS
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.worker.messages import (
    Answers,
    Begins,
    Begun,
    GivenBack,
    Heard,
    MayBegin,
    Misfit,
    NotReady,
    Pong,
    Prepared,
    Ready,
    Worn,
)

TICK = 0.25
"""Seconds between two looks at deadlines while anything is out."""

MAX_FAILED_STARTS = 3
START_AGAIN_SECONDS = 2.0
"""Until the next try to start a worker where the system had no process or descriptor to give."""

START_SECONDS = 120.0
GROWN_SHARE = 0.75
"""A worker that has grown by more than this share of its allowance is replaced before it meets the limit."""


class Supervisor:
    """All that concerns worker processes, between their pool and the runs."""

    def __init__(self, state: RunnerState) -> None:
        self.state = state
        self.next_check = 0.0
        self.sizing = sizing.Sizing(state.workers.memory)

    def handle(self, heard: PoolEvents, now: float) -> None:
        """Take in what workers said, and reap those that died."""
        answers: dict[WorkerHandle, int] = {}
        for worker, message in heard.messages:
            run = self.state.active.get(worker.run) if worker.run is not None else None
            with self.state.attributed_to(worker.run):
                if run is None:
                    self._handle_idle(worker, message, now)
                elif isinstance(message, Answers):
                    answers[worker] = answers.get(worker, 0) + len(message.answers)
                    for answer in message.answers:
                        run.answer(worker, answer, now)
                else:
                    self._handle(worker, run, message, now)
        for worker, number in answers.items():
            worker.assignment.heard(number, now)
            if worker.run in self.state.active:
                self.state.active[worker.run].vacancies.changed([worker])
            if self.state.cluster is not None and worker.process.machine:
                self.state.cluster.answered(worker.process.machine)
            if worker.assignment.lied and not worker.life.killed_why:
                self.state.workers.kill(worker, "it answered for an item that it had not begun", at_fault=True)
        for worker in heard.died:
            with self.state.attributed_to(worker.run):
                self._reap(worker, now)

    def check(self, now: float) -> None:
        """End the runs that cannot go on; look at starts, deadlines and growth, when it is time."""
        for run in [run for run in self.state.active.values() if run.failure]:
            with self.state.attributed_to(run.number):
                self.state.fail(run, run.failure)
        if now < self.next_check:
            return
        self.next_check = now + TICK
        self.state.workers.discard_cold(now)
        if self.state.cluster is not None:
            self.state.cluster.look()
            self.state.cluster.tell(self.state.workers.all)
            places.share(self.state.active.values(), now)
        self.handle(self.state.workers.missed(), now)
        self.sizing.forget(self.state.active)
        for run in list(self.state.active.values()):
            with self.state.attributed_to(run.number):
                self._check_run(run, now)

    def _check_run(self, run: ActiveRun, now: float) -> None:
        run.vacancies.changed(run.workers)
        for worker in list(run.workers):
            if worker.life.ready_at is None and _is_in_ready(worker, now):
                run.failure = f"the hook `ready` of {run.run.job} has not returned after {HOOK_SECONDS:g} s"
            elif worker.life.ready_at is None and now - (worker.process.begun_at or now) > START_SECONDS:
                self.state.workers.kill(worker, f"it was not ready after {START_SECONDS:.0f} s")
            elif worker.life.ready_at is not None:
                blame.check_deadlines(run, worker, self.state.workers, now)
                self._watch_growth(worker)
                worker.process.bound_log()
        if run.number in self.state.preparing:
            self.state.preparing[run.number].check(self.state.workers, now)
        else:
            self.sizing.look(run, self.state.pool_caps(run.run.on), now)

    def fill(self, run: ActiveRun, now: float) -> None:
        """Bring the run's pool to its size, as far as there is work for it."""
        if run.failure:
            return
        for spent in [
            worker for worker in run.workers if worker.life.retiring and not worker.life.killed_why and not worker.out
        ]:
            self.state.workers.kill(spent, spent.life.retired_why)
        size = run.autosize.size
        wanted = min(size.processes, max(1, -(-run.left // size.pool.threads)))
        while len(run.workers) < wanted and now >= run.next_start:
            threads = size.share(len(run.workers))
            try:
                worker, warm = self.state.workers.take(run.run.job, threads, now, elastic=run.elastic, on=run.run.on)
            except OSError as error:
                self._do_without(run, error, now)
                return
            worker.assignment.join(run.number, run.writes_for)
            run.workers.append(worker)
            run.vacancies.changed([worker])
            if warm:
                run.log("worker_ready", f"worker {worker.name} was warm already", worker=worker.name, warm=True)
                self._assign(worker, run)
            else:
                run.log("worker_started", f"worker {worker.name} started", worker=worker.name)
        sizing.apply(run)

    def _do_without(self, run: ActiveRun, error: OSError, now: float) -> None:
        """The system gives no further process: the run goes on with the workers it has; without any it waits a little
        and cannot go on in the end."""
        run.next_start = now + START_AGAIN_SECONDS
        run.log("worker_missing", f"a worker could not be started: {error.strerror or error}")
        if not run.workers:
            run.failed_starts += 1
            if run.failed_starts >= MAX_FAILED_STARTS:
                run.failure = f"no worker can be started here: {error.strerror or error}"

    def _handle_idle(self, worker: WorkerHandle, message: Heard, now: float) -> None:
        """A worker of no run: it may be started already, and kept warm; nothing else that it says is of interest."""
        if isinstance(message, Ready) and worker.life.came_up(now):
            worker.assignment.ready(now)

    def _handle(self, worker: WorkerHandle, run: ActiveRun, message: Heard, now: float) -> None:
        run.vacancies.changed([worker])
        match message:
            case Ready():
                self._ready(worker, run, now)
            case Begun():
                worker.assignment.begin()
            case NotReady() if worker.assignment.begun:
                self.state.workers.kill(worker, "it said that it cannot begin when it had begun", at_fault=True)
            case NotReady():
                run.failure = message.reason
            case Pong():
                worker.signs.pong(now)
            case Worn():
                self._wear_out(worker, run, message.why)
            case GivenBack():
                for ticket in message.tickets:
                    run.back(worker, ticket, now)
            case Begins():
                self._begins(worker, run, message.ticket)
            case Misfit():
                run.misfit(worker, message, now)
            case Prepared() if run.number in self.state.preparing:
                self.state.preparing[run.number].planned(worker, message)

    def _begins(self, worker: WorkerHandle, run: ActiveRun, ticket: int) -> None:
        """An item is about to begin what must not be done twice: that is noted before it does."""
        entry = worker.out.get(ticket)
        if entry is None:
            return
        home, lost, error = self.state.store.home, entry.lost > 0, ""
        try:
            allowed = begun_items.begin(home, run.run.id, entry.position, entry.number, lost=lost)
        except (OSError, StoreError) as why:
            allowed, error = False, str(why)
        self.state.workers.send(worker, MayBegin(ticket=ticket, allowed=allowed, error=error))

    def _wear_out(self, worker: WorkerHandle, run: ActiveRun, why: str) -> None:
        """An item has changed the process of a worker: another takes its place."""
        if worker.life.troubled:
            return
        run.log("worker_died", f"worker {worker.name} is replaced: {why}", worker=worker.name)
        worker.life.trouble(why)
        if not worker.assignment.begun:
            self.state.workers.kill(worker, why)
            return
        now = time.monotonic()
        for entry in reversed(self.state.workers.recall([worker])):
            run.schedule.back(entry, now)

    def _ready(self, worker: WorkerHandle, run: ActiveRun, now: float) -> None:
        if not worker.life.came_up(now):
            return  # it has said so before: this was its job's doing
        worker.assignment.ready(now)
        run.failed_starts = 0
        seconds = now - worker.life.started_at
        run.log(
            "worker_ready",
            f"worker {worker.name} is ready with {count(worker.slots, 'thread')} after {duration(seconds)}",
            worker=worker.name,
            **({"machine": worker.process.machine} if worker.process.machine else {}),
            started=self.state.unix(worker.life.started_at),
            ready=self.state.unix(now),
            threads=worker.slots,
        )
        self._assign(worker, run)

    def _assign(self, worker: WorkerHandle, run: ActiveRun) -> None:
        """Tell a worker what the items to come are of."""
        worker.assignment.join(run.number, run.writes_for)
        self.state.workers.send(worker, run.terms)
        worker.process.begin_use()
        worker.signs.begin()

    def _reap(self, worker: WorkerHandle, now: float) -> None:
        run = self.state.active.get(worker.run) if worker.run is not None else None
        if worker.assignment.writes_for:
            artifacts.sweep_parts(self.state.store.home, worker.assignment.writes_for, worker.pid)
        for closing in self.state.cancellations.values():
            closing.died(worker, self.state.unix(now))
        if run is None:
            worker.process.discard_log()
            return
        run.workers.remove(worker)
        run.vacancies.gone(worker)
        how = blame.reap(run, worker, now)
        if run.number in self.state.preparing:
            self.state.preparing[run.number].lost(worker, how)
        if worker.life.killed_why in ("", worker.process.lost_why):
            run.log("worker_died", f"worker {worker.name} {how}", worker=worker.name)
        worker.process.discard_log()
        if self._is_machines_doing(worker, how):
            run.failed_starts = 0
        elif worker.life.ready_at is None:
            run.failed_starts += 1
            if run.failed_starts >= MAX_FAILED_STARTS:
                self._end_starts(worker, run, how, now)

    def _end_starts(self, last: WorkerHandle, run: ActiveRun, how: str, now: float) -> None:
        """Several workers in a row did not start: the run goes on with those that are ready, and tries again after a
        while; without any it cannot go on."""
        if any(worker.ready for worker in run.workers):
            run.next_start = now + START_AGAIN_SECONDS
            return
        words = last.process.error_log().strip().splitlines()[-1:] or ["it said nothing"]
        starts = f"{run.failed_starts} workers in a row {how} before they were ready"
        run.failure = run.failure or f"{starts}: {words[0][:500]}"

    def _is_machines_doing(self, worker: WorkerHandle, how: str) -> bool:
        """Whether its machine is set aside by now: where its worker was lost, or did not start, several times."""
        lost = worker.process.lost_why == worker.life.killed_why or (
            not worker.life.killed_why and worker.process.exit_code == -signal.SIGKILL
        )
        if self.state.cluster is None or not (lost or worker.life.ready_at is None):
            return False
        last = worker.process.error_log().strip().splitlines()[-1:]
        why = how if lost else ": ".join([f"{how} before it was ready", *last])[:500]
        return self.state.cluster.failed(worker.process, why, self.state.workers.all)

    def _watch_growth(self, worker: WorkerHandle) -> None:
        """Retire a worker that has grown large: it finishes what it has, and another takes its place."""
        if self.state.workers.memory:
            worker.life.measure(worker.process.resident() or 0, int(GROWN_SHARE * self.state.workers.memory))


def _is_in_ready(worker: WorkerHandle, now: float) -> bool:
    """Whether it is in the job's own start for longer than a hook may take."""
    hook = worker.process.hook()
    return hook is not None and hook.name == "ready" and now - max(hook.started, worker.life.started_at) > HOOK_SECONDS
