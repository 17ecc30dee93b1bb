"""What is stored: the buffers of all runs in group commits, the end of cancelled runs, and what the page shows of the
moment; and what happens when nothing can be stored."""

from __future__ import annotations

import time
import traceback

from jobs.runtime.errors import FanoutError, StoreError
from jobs.runtime.presence import Presence
from jobs.runtime.records import RUN_MOVES, Event, RunState
from jobs.runtime.runner import holds
from jobs.runtime.runner.active import ActiveRun
from jobs.runtime.runner.closing import Closing, tidy
from jobs.runtime.runner.desk import Desk
from jobs.runtime.runner.says import say
from jobs.runtime.store import commands, reopening, runs
from jobs.runtime.store.connection import BusyError, Connection

LIVE_SECONDS = 0.5
MAX_UNSTORED = 20_000
TROUBLE_SECONDS = 0.2
MAX_CRASHES = 3


class Ledger:
    """The only writer of outcomes and attempts. `trouble` is why nothing can be stored now; empty: it can."""

    def __init__(self, desk: Desk, held: Presence) -> None:
        self.desk, self.held = desk, held
        self.trouble = ""
        self.unstored_since: float | None = None
        self.next_live = 0.0
        self.next_close = 0.0

    @property
    def blocked(self) -> bool:
        """Whether nothing more may start, since what has ended cannot be stored."""
        if self.unstored_since is None:
            return False
        unstored = sum(len(run.buffers.outcomes) for run in self.desk.active.values())
        return bool(self.trouble) or unstored > MAX_UNSTORED

    @property
    def pending(self) -> bool:
        """Whether something waits to be stored."""
        runs_wait = any(run.buffers for run in self.desk.active.values())
        return runs_wait or any(preparation.storable for preparation in self.desk.preparing.values())

    def commit(self, now: float) -> None:
        """Store what there is, in one transaction; put it off when another process writes."""
        live = now >= self.next_live and bool(self.desk.active)
        changed = [run for run in self.desk.active.values() if run.buffers or self._prepared(run)]
        busy = [closing for closing in self.desk.closing.values() if not closing.waits and now >= self.next_close]
        if not (changed or live or busy):
            return
        try:
            new = self.desk.write(lambda db: self._store(db, changed, busy, live=live, now=now))
        except BusyError:
            self.unstored_since = self.unstored_since or now
            return
        self._can_store()
        self._committed(changed, new, now)
        for closing in busy:
            closing.committed()
            if closing.done:
                del self.desk.closing[closing.number]
                with self.desk.about(closing.number):
                    tidy(self.desk.store.home, self.desk.db, closing.stored)
        self.next_close = self.desk.rest(now) if busy else self.next_close
        if live:
            self.next_live = now + LIVE_SECONDS

    def cannot_store(self, error: StoreError, now: float) -> None:
        """The disk is full, say: keep what is unstored, start nothing more, say so beside the store, and try again."""
        if not self.trouble:
            say(f"cannot store: {error}")
        self.trouble = str(error)
        self.held.tell(self.trouble)
        self.unstored_since = self.unstored_since or now
        time.sleep(TROUBLE_SECONDS)

    def confess(self, error: Exception) -> None:
        """An error of the runner's own: noted in the log of the run that the failing step was about, or of all runs in
        work where it was about none; the third time, it ends them."""
        words = traceback.format_exception_only(error)[-1].strip()
        at = self.desk.now_unix()
        try:
            self.desk.insist(lambda db: self._confess(db, words, at))
        except FanoutError as why:
            say(f"and that could not be stored: {why}")

    def _confess(self, db: Connection, words: str, at: float) -> None:
        text = f"the runner stopped with an error of its own: {words}"
        for number in self.desk.active if self.desk.concerned is None else [self.desk.concerned]:
            commands.log(db, number, Event(at=at, kind="crashed", text=text))
            if commands.count_events(db, number, "crashed") >= MAX_CRASHES:
                self._give_up(db, number, f"{text} (the last of {MAX_CRASHES} such errors)", at)

    def _give_up(self, db: Connection, number: int, sentence: str, at: float) -> None:
        """End a run that the runner cannot work at, and refuse what is asked of it: else the next would die of it."""
        for command in commands.waiting(db):
            if command.run == number:
                commands.done(db, command.seq, sentence, at)
        reopening.end(db, number)
        state = runs.state(db, number)
        if state is RunState.SUBMITTING:
            runs.leave_withdrawn(db, number)
            say(f"run {runs.id_of(db, number)} is deleted, but not all of it could be removed: {sentence}")
        elif RunState.FAILED in RUN_MOVES[state]:
            runs.fail(db, number, sentence, at)

    def _store(
        self, db: Connection, changed: list[ActiveRun], busy: list[Closing], *, live: bool, now: float
    ) -> dict[int, int]:
        new: dict[int, int] = {}
        for run in changed:
            with self.desk.about(run.number):
                new[run.number] = self._store_run(db, run)
        for run in self.desk.active.values() if live else ():
            if run.left > new.get(run.number, 0):
                with self.desk.about(run.number):
                    self._show(db, run, now)
        for closing in busy:
            with self.desk.about(closing.number):
                closing.step(db, self.desk.now_unix())
        return new

    def _store_run(self, db: Connection, run: ActiveRun) -> int:
        prepared = self.desk.preparing[run.number].commit(db) if run.number in self.desk.preparing else 0
        run.left -= prepared
        try:
            return run.commit(db) + prepared
        finally:
            run.left += prepared

    def _show(self, db: Connection, run: ActiveRun, now: float) -> None:
        """Store what the page shows of the moment."""
        out = (entry for worker in run.workers for entry in worker.out.values())
        held = holds.of_run(run.schedule, run.feed, out, db, now)
        runs.change(db, run.number, live=run.outlook.text(db, run.workers, run.left, now, held))

    def _prepared(self, run: ActiveRun) -> bool:
        preparation = self.desk.preparing.get(run.number)
        return preparation is not None and preparation.storable

    def _committed(self, changed: list[ActiveRun], new: dict[int, int], now: float) -> None:
        for run in changed:
            with self.desk.about(run.number):
                self._committed_run(run, new[run.number], now)

    def _committed_run(self, run: ActiveRun, new: int, now: float) -> None:
        run.committed(new, now)
        preparation = self.desk.preparing.get(run.number)
        if preparation is not None:
            preparation.committed()
            if preparation.complete:
                del self.desk.preparing[run.number]
                run.stored = runs.get(self.desk.db, run.number)
                run.begin(self.desk.db)
                self.desk.eager = True
        if run.left <= 0:
            self.desk.release(run, now)
            if run.untidy:
                tidy(self.desk.store.home, self.desk.db, run.stored)

    def _can_store(self) -> None:
        self.unstored_since = None
        if self.trouble:
            self.trouble = ""
            self.held.tell("")
            say("the store can be written again")
