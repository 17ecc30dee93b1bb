"""What waits to be stored of a run with its next commit."""

from __future__ import annotations

from concurrent.futures import Future, wait

from jobs.runtime.core.budget import Spent
from jobs.runtime.core.records import Event, ItemState, Pool
from jobs.runtime.runner.file_sync import FileSync
from jobs.runtime.runner.print_buffer import PrintBuffer
from jobs.runtime.store import attempts, events, outcomes, runs
from jobs.runtime.store.attempts import NewAttempt
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.outcomes import OutcomeRow

SETTLE_SECONDS = 2.0


class RunBuffers:
    """What is to be stored of a run: filled as it goes on, stored in one transaction, then forgotten; `disk`: has files
    stay."""

    def __init__(self, run: int, disk: FileSync) -> None:
        self._run, self._disk, self.printed = run, disk, PrintBuffer(run)
        self._unsynced: list[tuple[Future[str], OutcomeRow]] = []
        self._empty()

    def __bool__(self) -> bool:
        return self.storable or bool(self._unsynced)

    def add(self, outcome: OutcomeRow, run_id: str, files: list[str]) -> None:
        """An outcome, to be stored as soon as its files are on the disk."""
        if files:
            self._unsynced.append((self._disk.begin(run_id, files), outcome))
        else:
            self.outcomes.append(outcome)

    @property
    def storable(self) -> bool:
        """Whether something is to be stored now."""
        there = self.outcomes or self.attempts or self.events or self.printed or self.peak or self.spent
        return bool(there) or any(future.done() for future, _ in self._unsynced)

    def take_synced(self) -> None:
        """Take the outcomes whose files are on the disk; of a file that will not stay, the item has failed."""
        waiting, self._unsynced = self._unsynced, []
        for future, outcome in waiting:
            if not future.done():
                self._unsynced.append((future, outcome))
                continue
            why = future.result()
            lost = outcome._replace(state=ItemState.FAILED.value, code="unencodable", error=why, row=None)
            self.outcomes.append(lost if why else outcome)

    def settle(self) -> None:
        """Wait for the disk for a moment: nothing is added any more."""
        wait([future for future, _ in self._unsynced], SETTLE_SECONDS)
        self.take_synced()

    def store(self, db: Connection, *, keyed: bool) -> int:
        """Store it all, in the caller's transaction; returns how many outcomes were new. `keyed`: equal items of the
        run get their outcomes with those that they repeat."""
        self.take_synced()
        attempts.add(db, self._run, self.attempts)
        self.printed.commit(db)
        stored = outcomes.add(db, self._run, self.outcomes, duplicates=keyed)
        for event in self.events:
            events.log(db, self._run, event)
        if self.spent:
            runs.spend(db, self._run, self.spent)
        if self.peak is not None:
            runs.change(db, self._run, peak_processes=self.peak.processes, peak_threads=self.peak.threads)
        return len(stored)

    def forget(self) -> None:
        """The transaction went through."""
        self._empty()
        self.printed.committed()

    def _empty(self) -> None:
        self.outcomes: list[OutcomeRow] = []
        self.attempts: list[NewAttempt] = []
        self.events: list[Event] = []
        self.peak: Pool | None = None
        self.spent = Spent()
