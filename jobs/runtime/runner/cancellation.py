"""The end of a cancelled run: nothing of it executes any more, and every item that is left gets its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jobs.runtime.core.records import Event, RunState
from jobs.runtime.core.units import duration
from jobs.runtime.home import artifacts
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.store import events, outcomes, runs
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.run_row import StoredRun

STEP = 5_000


class Cancellation:
    """A run on its way to `cancelled`; `at` is Unix seconds, `dying` the workers that were killed for it."""

    def __init__(self, stored: StoredRun, at: float, dying: Iterable[WorkerHandle] = ()) -> None:
        self.number, self.stored = stored.number, stored
        self.asked_at = stored.cancel_asked_at or at
        self.dying = set(dying)
        self.stopped_at = at
        self.reached = self._next = 0

    @property
    def waits(self) -> bool:
        """Whether something of the run may still execute."""
        return bool(self.dying)

    @property
    def done(self) -> bool:
        """Whether the run is cancelled, and stored as that."""
        return self.reached >= self.stored.run.items

    def died(self, worker: WorkerHandle, at: float) -> None:
        """One of its workers is gone."""
        if worker in self.dying:
            self.dying.discard(worker)
            self.stopped_at = at

    def step(self, db: Connection, at: float) -> None:
        """Cancel some thousand items more, in the caller's transaction; with the last, the run."""
        if self.waits or self.done:
            return
        self._next = min(self.stored.run.items, self.reached + STEP)
        outcomes.cancel_rest(db, self.number, self.reached + 1, self._next)
        if self._next >= self.stored.run.items:
            seconds = max(0.0, self.stopped_at - self.asked_at)
            runs.move(db, self.number, RunState.CANCELLED)
            runs.change(db, self.number, ended_at=at, cancel_seconds=seconds, live="")
            text = f"cancelled in {duration(seconds)}: nothing of the run executes any more"
            events.log(db, self.number, Event(at=at, kind="cancelled", text=text))

    def committed(self) -> None:
        """The transaction went through."""
        self.reached = max(self.reached, self._next)


def tidy(home: Path, db: Connection, stored: StoredRun) -> None:
    """Remove the files that attempts left which did not count."""
    columns = [column.name for column in stored.run.columns if column.type == "file"]
    if not columns or not artifacts.folder(home, stored.run.id).is_dir():
        return
    named = (name for column in columns for name in outcomes.files(db, stored.number, column, 1, stored.run.items))
    artifacts.sweep(home, stored.run.id, named)
