"""What is stored: the buffers of all runs in group commits, the end of cancelled runs, and what the page shows of the
moment; and what happens when nothing can be stored."""

from __future__ import annotations

import time
import traceback

from jobs.runtime.core.errors import BusyError, FanoutError, StoreError
from jobs.runtime.core.records import RUN_MOVES, Event, RunState
from jobs.runtime.home import reserve
from jobs.runtime.home.runner_lock import RunnerLock
from jobs.runtime.runner.active_run import ActiveRun
from jobs.runtime.runner.cancellation import Cancellation, tidy
from jobs.runtime.runner.live_progress import holds_of_run
from jobs.runtime.runner.log import say
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import commands, events, retries, runs
from jobs.runtime.store.connection import LONG_SECONDS, Connection

LIVE_SECONDS = 0.5
MAX_UNSTORED = 20_000
TROUBLE_SECONDS = 0.2
CALM_SECONDS = 0.5
"""So long nobody was in the way, and nothing waits to be written: then all is well again."""

MAX_CRASHES = 3


class GroupCommit:
    """The only writer of outcomes and attempts. `trouble` is why nothing can be stored now; empty: it can."""

    def __init__(self, state: RunnerState, held: RunnerLock) -> None:
        self.state, self.held = state, held
        self.trouble = ""
        self.unstored_since: float | None = None
        self.next_live = 0.0
        self.next_close = 0.0
        self._busy: tuple[float, float] | None = None

    @property
    def blocked(self) -> bool:
        """Whether nothing more may start, since what has ended cannot be stored."""
        if self.state.disk.is_behind:
            return True
        if self.unstored_since is None:
            return False
        unstored = sum(len(run.buffers.outcomes) for run in self.state.active.values())
        return bool(self.trouble) or self._long_busy or unstored > MAX_UNSTORED

    @property
    def _long_busy(self) -> bool:
        """Whether another process has had the store for itself for so long that it is said."""
        return self._busy is not None and self._busy[1] - self._busy[0] > LONG_SECONDS

    @property
    def pending(self) -> bool:
        """Whether something waits to be stored."""
        runs_wait = any(run.buffers.storable or run.should_pause for run in self.state.active.values())
        return runs_wait or any(preparation.storable for preparation in self.state.preparing.values())

    def commit(self, now: float) -> None:
        """Store what there is, in one transaction; put it off when another process writes."""
        live = now >= self.next_live and bool(self.state.active)
        changed = [
            run for run in self.state.active.values() if run.buffers.storable or run.should_pause or self._prepared(run)
        ]
        busy = [
            closing for closing in self.state.cancellations.values() if not closing.waits and now >= self.next_close
        ]
        if not (changed or live or busy):
            self._nothing_waits(now)
            return
        self._look_ahead(changed)
        try:
            new = self.state.write(lambda db: self._store(db, changed, busy, live=live, now=now))
        except BusyError:
            self.unstored_since = self.unstored_since or now
            self.another_writes(now)
            return
        self._can_store()
        self._committed(changed, new, now)
        for closing in busy:
            closing.committed()
            if closing.done:
                del self.state.cancellations[closing.number]
                with self.state.attributed_to(closing.number):
                    tidy(self.state.store.home, self.state.db, closing.stored)
        self.next_close = self.state.next_turn(now) if busy else self.next_close
        if live:
            self.next_live = now + LIVE_SECONDS

    def cannot_store(self, error: StoreError, now: float) -> None:
        """The disk is full, say: keep what is unstored, start nothing more, say so beside the store, and try again."""
        if not self.trouble:
            say(f"cannot store: {error}")
        self.trouble = str(error)
        self.held.report_trouble(self.trouble)
        self.unstored_since = self.unstored_since or now
        time.sleep(TROUBLE_SECONDS)

    def another_writes(self, now: float) -> None:
        """Another process has the store for itself: tried again all the time; said beside the store after 2 s."""
        told = self._long_busy
        self._busy = (self._busy[0] if self._busy else now, now)
        if self._long_busy and not told:
            why = self.state.store.writer()
            say(f"cannot store: {why}")
            self.held.report_trouble(why)

    def _nothing_waits(self, now: float) -> None:
        if self._busy is not None and now - self._busy[1] > CALM_SECONDS:
            self._can_store()

    def record_crash(self, error: Exception) -> None:
        """An error of the runner's own: noted in the log of the run that the failing step was about, or of all runs in
        work where it was about none; the third time, it ends them."""
        words = traceback.format_exception_only(error)[-1].strip()
        at = self.state.now_unix()
        try:
            self.state.write_with_retry(lambda db: self._record_crash(db, words, at))
        except FanoutError as why:
            say(f"and that could not be stored: {why}")

    def _record_crash(self, db: Connection, words: str, at: float) -> None:
        text = f"the runner stopped with an error of its own: {words}"
        for number in self.state.active if self.state.concerned is None else [self.state.concerned]:
            events.log(db, number, Event(at=at, kind="crashed", text=text))
            if events.count_events(db, number, "crashed") >= MAX_CRASHES:
                self._give_up(db, number, f"{text} (the last of {MAX_CRASHES} such errors)", at)

    def _give_up(self, db: Connection, number: int, sentence: str, at: float) -> None:
        """End a run that the runner cannot work at, and refuse what is asked of it: else the next would die of it."""
        for command in commands.waiting(db):
            if command.run == number:
                commands.done(db, command.seq, sentence, at)
        retries.end(db, number)
        state = runs.state(db, number)
        if state is RunState.SUBMITTING:
            runs.leave_withdrawn(db, number)
            say(f"run {runs.id_of(db, number)} is deleted, but not all of it could be removed: {sentence}")
        elif RunState.FAILED in RUN_MOVES[state]:
            runs.fail(db, number, sentence, at)

    def _look_ahead(self, changed: list[ActiveRun]) -> None:
        """What takes its time and writes nothing to the store is done before others are kept from writing."""
        for run in changed:
            if run.number in self.state.preparing:
                with self.state.attributed_to(run.number):
                    self.state.preparing[run.number].look_ahead(self.state.db)

    def _store(
        self, db: Connection, changed: list[ActiveRun], busy: list[Cancellation], *, live: bool, now: float
    ) -> dict[int, int]:
        new: dict[int, int] = {}
        for run in changed:
            with self.state.attributed_to(run.number):
                new[run.number] = self._store_run(db, run)
        for run in self.state.active.values() if live else ():
            if run.left > new.get(run.number, 0):
                with self.state.attributed_to(run.number):
                    self._show(db, run, now)
        for closing in busy:
            with self.state.attributed_to(closing.number):
                closing.step(db, self.state.now_unix())
        return new

    def _store_run(self, db: Connection, run: ActiveRun) -> int:
        prepared = self.state.preparing[run.number].commit(db) if run.number in self.state.preparing else 0
        run.left -= prepared
        try:
            return run.commit(db) + prepared
        finally:
            run.left += prepared

    def _show(self, db: Connection, run: ActiveRun, now: float) -> None:
        """Store what the page shows of the moment."""
        out = (entry for worker in run.workers for entry in worker.out.values())
        held = holds_of_run(run.schedule, run.feed, out, db, now)
        slots = run.autosize.size.slots
        live = run.live_progress.text(db, run.workers, run.left, now, held, slots=slots)
        runs.change(db, run.number, live=live)

    def _prepared(self, run: ActiveRun) -> bool:
        preparation = self.state.preparing.get(run.number)
        return preparation is not None and preparation.storable

    def _committed(self, changed: list[ActiveRun], new: dict[int, int], now: float) -> None:
        for run in changed:
            with self.state.attributed_to(run.number):
                self._committed_run(run, new[run.number], now)

    def _committed_run(self, run: ActiveRun, new: int, now: float) -> None:
        preparation = self.state.preparing.get(run.number)
        settled = preparation.settled if preparation is not None else 0
        run.committed(new, now, performed=new - settled)
        if preparation is not None:
            preparation.committed()
            if preparation.complete:
                del self.state.preparing[run.number]
                run.stored = runs.get(self.state.db, run.number)
                run.begin(self.state.db)
                self.state.eager = True
        if run.left <= 0:
            self.state.release(run, now)
            if run.untidy:
                tidy(self.state.store.home, self.state.db, run.stored)

    def _can_store(self) -> None:
        self.unstored_since = None
        told, self._busy = bool(self.trouble) or self._long_busy, None
        if told:
            self.trouble = ""
            self.held.report_trouble("")
            say("the store can be written again")
            reserve.keep(self.state.store.home)
