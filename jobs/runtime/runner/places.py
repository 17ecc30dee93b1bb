"""The places of a cluster, shared by the runs in work there: where one has none and another several, one makes way.

Who waits longest has the next place that is free: the run that has given one up asks for another behind it.
"""

from __future__ import annotations

from collections.abc import Iterable

from jobs.runtime.core.records import CLUSTER
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.pool.worker_handle import WorkerHandle

PATIENCE = 1.0
"""Seconds that a run waits for a first place of its own accord."""


def share(active: Iterable[ActiveRun], now: float) -> None:
    """Have a worker of the run with most places finish what it has and go, for each run that has none."""
    there = [run for run in active if run.run.on == CLUSTER]
    waiting = [run for run in there if run.workers and not _placed(run) and _waits(run.workers, now)]
    leaving = sum(worker.life.retiring for run in there for worker in run.workers)
    for _ in waiting[leaving:]:
        richest = max(there, key=lambda run: len(_placed(run)))
        placed = _placed(richest)
        if len(placed) > 1:
            placed[-1].life.give_way("its place is needed by another run")


def _placed(run: ActiveRun) -> list[WorkerHandle]:
    """The workers that have a place and stay."""
    return [worker for worker in run.workers if worker.process.begun_at is not None and not worker.life.retiring]


def _waits(workers: list[WorkerHandle], now: float) -> bool:
    return all(now - worker.life.started_at > PATIENCE for worker in workers)
