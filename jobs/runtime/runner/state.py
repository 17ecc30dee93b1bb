"""What the rooms of a runner share: its store and epoch, its workers, and the runs in work, by number."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jobs.runtime import catalog
from jobs.runtime.core import settings
from jobs.runtime.core.errors import BusyError
from jobs.runtime.core.records import CLUSTER, Event
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.cancellation import Cancellation
from jobs.runtime.runner.file_sync import FileSync
from jobs.runtime.runner.log import say
from jobs.runtime.runner.pool import usage
from jobs.runtime.runner.pool.autosize import PoolCaps
from jobs.runtime.runner.pool.pool import WorkerPool
from jobs.runtime.runner.pool.worker_process import WorkerProcess
from jobs.runtime.runner.preparation import Preparation
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.store import epochs, events, runs
from jobs.runtime.store.connection import Connection, Store

if TYPE_CHECKING:
    from jobs.runtime.runner.cluster.launcher import ClusterLauncher

INSIST_SECONDS = 30.0
INSIST_PAUSE = 0.005


class RunnerState:
    """What the rooms of one runner share. `eager` says that the loop must not sleep; `next_look` when it looks for work
    again; `concerned` which run the present step is about (None: no single one)."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.db: Connection = store.connect()
        self.offset = time.time() - time.monotonic()
        self.workers = WorkerPool(store.home, settings.value("JOBS_WORKER_MEMORY"))
        self.workers.launchers[CLUSTER] = self._launch_on_cluster
        self.disk = FileSync(store.home, self.workers.selector)
        self.cluster: ClusterLauncher | None = None
        self.code_hash = catalog.code_hash()
        self.epoch = 0
        self.active: dict[int, ActiveRun] = {}
        self.preparing: dict[int, Preparation] = {}
        self.cancellations: dict[int, Cancellation] = {}
        self.groups: dict[str, Groups] = {}
        self.concerned: int | None = None
        self.eager = False
        self.next_look = 0.0

    def _launch_on_cluster(self, job: str, slots: int) -> WorkerProcess:
        if self.cluster is None:
            from jobs.runtime.runner.cluster.launcher import ClusterLauncher  # TLS costs 20 ms: only where it is needed

            workers = self.workers
            self.cluster = ClusterLauncher(self.store.home, workers.memory, workers.selector, self._tell_of_cluster)
        return self.cluster.launch(job, slots)

    def pool_caps(self, on: str) -> PoolCaps:
        """How large a pool may become there: by the cores of this machine, or the places of the cluster (one, while it
        has not said how many)."""
        here = usage.pool_caps()
        if on != CLUSTER:
            return here
        places = self.cluster.places if self.cluster is not None else 0
        return PoolCaps(processes=max(1, places), slots=here.slots)

    def _tell_of_cluster(self, sentence: str) -> None:
        """A line for the log of the runner, and of the runs in work that are on the cluster."""
        say(sentence)
        for run in self.active.values():
            if run.run.on == CLUSTER:
                run.log("cluster", sentence)

    @contextmanager
    def attributed_to(self, number: int | None) -> Iterator[None]:
        """What is done inside is about this run: where it raises, `concerned` still says so
        (`GroupCommit.record_crash`)."""
        before, self.concerned = self.concerned, number
        yield
        self.concerned = before

    def next_turn(self, began: float) -> float:
        """When the next step of something large is due: the runs in work get as much time as this one took, which began
        then (both monotonic)."""
        ended = time.monotonic()
        return ended + (ended - began if self.active else 0.0)

    def unix(self, monotonic: float) -> float:
        """Unix seconds of a moment of the monotonic clock, by the offset of this runner's start."""
        return monotonic + self.offset

    def now_unix(self) -> float:
        """This moment in Unix seconds."""
        return self.unix(time.monotonic())

    def write(self, change: Callable[[Connection], Any]) -> Any:
        """One transaction under this runner's epoch. Raises BusyError, StaleEpoch."""
        with self.store.write_now(self.db) as db:
            epochs.check_epoch(db, self.epoch)
            return change(db)

    def write_with_retry(self, change: Callable[[Connection], Any]) -> Any:
        """A write that must not be put off, for the rare moments: tried again for a while when another writes."""
        limit = time.monotonic() + INSIST_SECONDS
        while True:
            try:
                return self.write(change)
            except BusyError:
                if time.monotonic() > limit:
                    raise
                time.sleep(INSIST_PAUSE)

    def release(self, run: ActiveRun, now: float) -> None:
        """The run is not worked at any more: its workers are kept warm for the next."""
        run.schedule.clear()
        for worker in run.workers:
            preparing = worker.assignment.batch is not None
            worker.assignment.leave()
            self.workers.kill(worker, "its run ended") if preparing else self.workers.release(worker, now)
        run.workers.clear()
        run.vacancies.clear()
        self.preparing.pop(run.number, None)
        self.active.pop(run.number, None)
        self.next_look = 0.0

    def drop(self, run: ActiveRun) -> None:
        """Stop working at a run at once: kill its workers, and let its groups go."""
        now = time.monotonic()
        for worker in run.workers:
            for _, entry in worker.assignment.clear():
                run.schedule.end(entry, now)
            worker.assignment.leave()
            self.workers.kill(worker, "its run ended")
        run.schedule.clear()
        run.workers.clear()
        run.vacancies.clear()
        self.preparing.pop(run.number, None)
        self.active.pop(run.number, None)

    def fail(self, run: ActiveRun, reason: str) -> None:
        """The run itself cannot go on."""
        at = self.now_unix()

        def fail(db: Connection) -> None:
            if run.number not in self.preparing:
                run.closing = True
                run.commit(db)
                run.buffers.printed.commit_unfinished(db, run.workers)
            runs.fail(db, run.number, reason, at)
            events.log(db, run.number, Event(at=at, kind="failed", text=reason))

        self.write(fail)
        self.drop(run)
