"""Which workers of a run may have room for more: those of which something has changed since they were filled.

A turn of the loop looks at these alone: with a thousand workers, a look at all of them took 5 ms, in which as much came
as a turn's answers cost (tests/bench/many_workers.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from jobs.runtime.runner.pool.worker_handle import WorkerHandle


class Vacancies:
    """The workers of one run by what is to be looked at: `open` may take more, `deep` may hold more than they work at,
    `alone` was given what must be tried alone (None: nobody)."""

    def __init__(self) -> None:
        self.open: dict[WorkerHandle, None] = {}
        self.deep: dict[WorkerHandle, None] = {}
        self.alone: WorkerHandle | None = None

    def changed(self, workers: Iterable[WorkerHandle]) -> None:
        """Look at these again: they were heard of, came, or have other slots."""
        for worker in workers:
            self.open[worker] = self.deep[worker] = None

    def gone(self, worker: WorkerHandle) -> None:
        """It is none of the run's any more."""
        self.open.pop(worker, None)
        self.deep.pop(worker, None)
        if self.alone is worker:
            self.alone = None

    def clear(self) -> None:
        """The run has no workers any more."""
        self.open.clear()
        self.deep.clear()
        self.alone = None
