"""What waits to be stored of a run with its next commit."""

from __future__ import annotations

from jobs.runtime.core.budget import Spent
from jobs.runtime.core.records import Event, Pool
from jobs.runtime.runner.print_buffer import PrintBuffer
from jobs.runtime.store import attempts, events, outcomes, runs
from jobs.runtime.store.attempts import NewAttempt
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.outcomes import OutcomeRow


class RunBuffers:
    """What is to be stored of a run: filled as it goes on, stored in one transaction, then forgotten."""

    def __init__(self, run: int) -> None:
        self._run, self.printed = run, PrintBuffer(run)
        self._empty()

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.attempts or self.events or self.printed or self.peak or self.spent)

    def store(self, db: Connection, *, keyed: bool) -> int:
        """Store it all, in the caller's transaction; returns how many outcomes were new. `keyed`: equal items of the
        run get their outcomes with those that they repeat."""
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
