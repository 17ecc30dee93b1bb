"""The size of a run's pool as it is carried out: what its workers do is looked at, its `AutoSize` asked, and each of
them told how many of its slots may be at work."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.runtime.core.records import LOCAL, Pool
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.pool import usage
from jobs.runtime.runner.pool.autosize import MOST_GROWTH, PoolCaps
from jobs.runtime.runner.pool.cohort import PoolFigures
from jobs.runtime.runner.pool.worker_handle import WorkerHandle

LEAST_SECONDS = 0.2
"""Between two looks: processor time is counted in hundredths of a second."""


class Sizing:
    """Looks at the pools of the runs in work. `memory`: bytes that a worker may allocate (0: any)."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._looked_at: dict[int, float] = {}
        self._cpu: dict[int, dict[int, float]] = {}
        self._machine = 0.0
        self._machine_used = 0.0
        self._machine_at = 0.0

    def look(self, run: ActiveRun, caps: PoolCaps, now: float) -> None:
        """Look at a run, and change the size of its pool where that says so; `caps`: how large it may become now."""
        at_work = workers_at_work(run)
        if run.autosize.is_fixed or not at_work or not all(worker.assignment.begun for worker in at_work):
            return
        since = now - self._looked_at.get(run.number, 0.0)
        if since < LEAST_SECONDS or run.feed is None:
            return
        self._looked_at[run.number] = now
        run.autosize.caps = caps
        before = run.autosize.size.slots
        change = run.autosize.look(self._figures(run, at_work, self._used(run, at_work, since), now))
        if change is not None:
            run.live_progress.resized(now)
            size = change.size.pool
            facts = {"processes": size.processes, "threads": size.threads, "slots": change.size.slots}
            run.log("resized", change.text, **facts, before=before)
            apply(run)

    def forget(self, numbers: Mapping[int, ActiveRun]) -> None:
        """Keep nothing of runs that are in work no more."""
        for number in [number for number in self._looked_at if number not in numbers]:
            self._looked_at.pop(number)
            self._cpu.pop(number, None)

    def _figures(self, run: ActiveRun, at_work: list[WorkerHandle], used: list[float], now: float) -> PoolFigures:
        size = run.autosize.size
        return PoolFigures(
            now=now,
            given=run.given,
            busy=sum(min(len(worker.out), worker.assignment.slots) for worker in at_work),
            startable=run.schedule.startable(now, int(size.slots * MOST_GROWTH)),
            cpu=max(used),
            workers_cpu=sum(used),
            machine=self._machine_share(now)
            if run.run.on == LOCAL
            else min(1.0, sum(used) / run.autosize.caps.processes),
            memory=max(worker.life.grown for worker in at_work) / self._memory if self._memory else 0.0,
            seconds_left=run.live_progress.seconds_left(run.left, now),
        )

    def _used(self, run: ActiveRun, at_work: list[WorkerHandle], seconds: float) -> list[float]:
        """Cores that each worker has used since the look before; 0 where this is its first."""
        before = self._cpu.get(run.number, {})
        now = {worker.pid: worker.process.cpu() or 0.0 for worker in at_work}
        self._cpu[run.number] = now
        return [max(0.0, cpu - before.get(pid, cpu)) / seconds for pid, cpu in now.items()]

    def _machine_share(self, now: float) -> float:
        """Which share of all cores was busy since the look before, at whatever run."""
        if now - self._machine_at >= LEAST_SECONDS:
            used = usage.machine_seconds() or 0.0
            passed = (now - self._machine_at) * usage.machine_cores()
            self._machine = min(1.0, max(0.0, used - self._machine_used) / passed) if self._machine_at else 0.0
            self._machine_used, self._machine_at = used, now
        return self._machine


def workers_at_work(run: ActiveRun) -> list[WorkerHandle]:
    """The workers of a run that are to do something: not those that go, nor those that rest."""
    staying = [worker for worker in run.workers if not worker.life.retiring]
    return staying[: run.autosize.size.processes]


def apply(run: ActiveRun) -> None:
    """Give each worker of a run its share of the slots; those beyond the number of processes rest."""
    if run.autosize.is_fixed:
        return
    size = run.autosize.size
    staying = [worker for worker in run.workers if not worker.life.retiring]
    for index, worker in enumerate(staying):
        share = size.share(index) if index < size.processes else 0
        if share != worker.assignment.slots:
            worker.resize(share)
            run.vacancies.changed([worker])
    at_work = min(len(staying), size.processes)
    if at_work:
        run.note_peak(Pool(processes=at_work, threads=size.share(0)))
