"""The workers of the runs in work: brought in, introduced, heard, watched, buried."""

from __future__ import annotations

from typing import Any

from jobs.runtime import confine, usage, worker_logs
from jobs.runtime.records import count
from jobs.runtime.runner import blame
from jobs.runtime.runner.active import ActiveRun
from jobs.runtime.runner.desk import Desk
from jobs.runtime.worker_process import WorkerProcess
from jobs.runtime.workers import Heard

TICK = 0.25
"""Seconds between two looks at deadlines while anything is out."""

MAX_FAILED_STARTS = 3
START_AGAIN_SECONDS = 2.0
"""Until the next try to start a worker where the system had no process or descriptor to give."""

START_SECONDS = 120.0
GROWN_SHARE = 0.75
"""A worker that has grown by more than this share of its allowance is replaced before it meets the limit."""


class Staff:
    """All that concerns worker processes, between their pool and the runs."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.next_check = 0.0

    def hear(self, heard: Heard, now: float) -> None:
        """Take in what workers said, and bury those that died."""
        answers: dict[WorkerProcess, int] = {}
        for worker, kind, body in heard.frames:
            run = self.desk.active.get(worker.run) if worker.run is not None else None
            with self.desk.about(worker.run):
                if kind == "out" and run is not None:
                    answers[worker] = answers.get(worker, 0) + len(body)
                    for said in body:
                        run.answer(worker, said, now)
                else:
                    self._hear(worker, run, kind, body, now)
        for worker, number in answers.items():
            worker.heard(number, now)
        for worker in heard.died:
            with self.desk.about(worker.run):
                self._bury(worker, now)

    def check(self, now: float) -> None:
        """End the runs that cannot go on; look at starts, deadlines and growth, when it is time."""
        for run in [run for run in self.desk.active.values() if run.failure]:
            with self.desk.about(run.number):
                self.desk.fail(run, run.failure)
        if now < self.next_check:
            return
        self.next_check = now + TICK
        self.desk.workers.discard_cold(now)
        self.hear(self.desk.workers.missed(), now)
        for run in list(self.desk.active.values()):
            with self.desk.about(run.number):
                self._check_run(run, now)

    def _check_run(self, run: ActiveRun, now: float) -> None:
        for worker in list(run.workers):
            if worker.ready_at is None and now - worker.started_at > START_SECONDS:
                self.desk.workers.kill(worker, f"it was not ready after {START_SECONDS:.0f} s")
            elif worker.ready_at is not None:
                blame.check_deadlines(run, worker, self.desk.workers, now)
                self._watch_growth(worker)
                worker_logs.bound(worker.log)
        if run.number in self.desk.preparing:
            self.desk.preparing[run.number].check(self.desk.workers, now)

    def fill(self, run: ActiveRun, now: float) -> None:
        """Bring the run's pool to its size, as far as there is work for it."""
        if run.failure:
            return
        for spent in [worker for worker in run.workers if worker.retiring and not worker.killed_why and not worker.out]:
            self.desk.workers.kill(spent, "it had grown too large")
        wanted = min(run.run.pool.processes, max(1, -(-run.left // run.run.pool.threads)))
        while len(run.workers) < wanted and now >= run.next_start:
            try:
                worker, warm = self.desk.workers.take(run.run.job, run.run.pool.threads, now)
            except OSError as error:
                self._do_without(run, error, now)
                return
            worker.run = run.number
            run.workers.append(worker)
            if warm:
                run.log("worker_ready", f"worker {worker.pid} was warm already", worker=worker.pid, warm=True)
                self._introduce(worker, run)
            else:
                run.log("worker_started", f"worker {worker.pid} started", worker=worker.pid)

    def _do_without(self, run: ActiveRun, error: OSError, now: float) -> None:
        """The system gives no further process: the run goes on with the workers it has; without any it waits a little
        and cannot go on in the end."""
        run.next_start = now + START_AGAIN_SECONDS
        run.log("worker_missing", f"a worker could not be started: {error.strerror or error}")
        if not run.workers:
            run.failed_starts += 1
            if run.failed_starts >= MAX_FAILED_STARTS:
                run.failure = f"no worker can be started here: {error.strerror or error}"

    def _hear(self, worker: WorkerProcess, run: ActiveRun | None, kind: str, body: Any, now: float) -> None:
        if kind == "up":
            self._up(worker, run, now)
        elif kind == "broken" and run is not None:
            run.failure = str(body["reason"])
        elif kind == "pong":
            worker.ponged_at = now
        elif kind == "back" and run is not None:
            for ticket in body:
                run.back(worker, ticket, now)
        elif kind == "planned" and run is not None and run.number in self.desk.preparing:
            self.desk.preparing[run.number].planned(worker, body)

    def _up(self, worker: WorkerProcess, run: ActiveRun | None, now: float) -> None:
        worker.ready_at = worker.last_heard = now
        if run is not None:
            run.failed_starts = 0
            seconds = now - worker.started_at
            run.log(
                "worker_ready",
                f"worker {worker.pid} is ready with {count(worker.slots, 'thread')} after {seconds:.2f} s",
                worker=worker.pid,
                started=self.desk.unix(worker.started_at),
                ready=self.desk.unix(now),
                threads=worker.slots,
            )
            self._introduce(worker, run)

    def _introduce(self, worker: WorkerProcess, run: ActiveRun) -> None:
        """Tell a worker what the items to come are of."""
        worker.run = run.number
        self.desk.workers.send(worker, "work", run.terms)
        worker.begun = usage.mark(worker.pid)
        worker.starved, worker.starved_at = 0.0, 0.0

    def _bury(self, worker: WorkerProcess, now: float) -> None:
        run = self.desk.active.get(worker.run) if worker.run is not None else None
        for closing in self.desk.closing.values():
            closing.died(worker, self.desk.unix(now))
        if run is None:
            worker_logs.discard_if_empty(worker.log)
            return
        run.workers.remove(worker)
        how = blame.bury(run, worker, now)
        if run.number in self.desk.preparing:
            self.desk.preparing[run.number].lost(worker, how)
        if not worker.killed_why:
            run.log("worker_died", f"worker {worker.pid} {how}", worker=worker.pid)
        worker_logs.discard_if_empty(worker.log)
        if worker.ready_at is None:
            run.failed_starts += 1
            if run.failed_starts >= MAX_FAILED_STARTS:
                words = worker.error_log().strip().splitlines()[-1:] or ["it said nothing"]
                starts = f"{run.failed_starts} workers in a row {how} before they were ready"
                run.failure = run.failure or f"{starts}: {words[0][:500]}"

    def _watch_growth(self, worker: WorkerProcess) -> None:
        """Retire a worker that has grown large: it finishes what it has, and another takes its place."""
        if self.desk.workers.memory and not worker.retiring:
            size = confine.resident_size(worker.pid) or 0
            worker.first_size = worker.first_size or size
            worker.retiring = size - worker.first_size > GROWN_SHARE * self.desk.workers.memory
