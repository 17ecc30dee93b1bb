"""What page and command line ask of the runner: cancel, pause, resume, retry, delete, rename; each answered once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

from jobs.runtime import artifacts
from jobs.runtime.errors import DamagedRun, IllegalMove, Refused, UnknownRun
from jobs.runtime.records import Event, RunState, count, run_name
from jobs.runtime.runner.closing import Closing
from jobs.runtime.runner.desk import Desk
from jobs.runtime.store import commands, connection, items, reopening, runs
from jobs.runtime.store.commands import Command
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.runs import Stored

DELETE_STEP = 5_000
REOPEN_STEP = 2_000
"""Outcomes reopened at once: some 10 ms, in which nothing else is stored."""

FREE_STEP = 500
"""Pages of the store that are given back to the disk at once: 2 MB."""

After = list[Callable[[], None]]
Order = Callable[[Connection, Stored, Command, float, After], None]


class Orders:
    """The commands of one runner's store, and the deletions and retries under way; `leave` has the runner leave when
    idle."""

    def __init__(self, desk: Desk, leave: Callable[[], None]) -> None:
        self.desk, self.leave = desk, leave
        self.deleting: deque[int] = deque()
        self.freeing = False
        self.reopening: deque[int] = deque()
        self.next_step = 0.0
        self.verbs: Mapping[str, Order] = {
            "cancel": self._cancel,
            "pause": self._pause,
            "resume": self._resume,
            "retry": self._retry,
            "delete": self._delete,
            "rename": self._rename,
        }

    @property
    def pending(self) -> bool:
        """Whether a deletion or a retry has more to do."""
        return bool(self.deleting or self.reopening) or self.freeing

    def due(self, now: float) -> bool:
        """Whether the next step of a deletion or a retry is due."""
        return self.pending and now >= self.next_step

    def take(self, now: float) -> None:
        """Carry out what was asked. Raises BusyError: try again soon."""
        for command in commands.waiting(self.desk.db):
            with self.desk.about(command.run):
                self._carry_out(command, now)
        if self.due(now):
            self._delete_more()
            self._reopen_more()
            self.next_step = self.desk.rest(now)

    def delete(self, number: int) -> None:
        """Remove a run that was submitted half-way, or deleted half-way."""
        if number not in self.deleting:
            self.deleting.append(number)

    def _carry_out(self, command: Command, now: float) -> None:
        at = self.desk.unix(now)
        after: After = []

        def carry_out(db: Connection) -> None:
            after.clear()
            commands.done(db, command.seq, self._try(db, command, at, after), at)

        self.desk.write(carry_out)
        for step in after:
            step()

    def _try(self, db: Connection, command: Command, at: float, after: After) -> str:
        """Do it within the transaction; returns the sentence of a refusal, or an empty text."""
        if command.verb == "replace":
            after.append(self.leave)
            return ""
        order = self.verbs.get(command.verb)
        if order is None or command.run is None:
            return f"{command.verb} is not known to this runner"
        try:
            order(db, _present(db, command.run), command, at, after)
        except (Refused, DamagedRun) as error:
            return str(error)
        return ""

    def _cancel(self, db: Connection, stored: Stored, command: Command, at: float, after: After) -> None:
        if stored.run.state is RunState.CANCELLING:
            return
        if stored.run.state.terminal:
            raise IllegalMove(f"the run is {stored.run.state} already: there is nothing to cancel")
        active = self.desk.active.get(stored.number)
        if active is not None:
            active.closing = True
            active.commit(db)
        runs.move(db, stored.number, RunState.CANCELLING)
        runs.end_pause(db, stored.number, at)
        runs.change(db, stored.number, cancel_asked_at=_asked_at(command, at))
        self._log(db, stored, at, "cancel was asked")
        self._reopen_no_more(db, stored, at)
        after.append(lambda: self._stop(stored, at))

    def _stop(self, stored: Stored, at: float) -> None:
        active = self.desk.active.get(stored.number)
        dying = list(active.workers) if active is not None else []
        if active is not None:
            self.desk.drop(active)
        self.desk.closing[stored.number] = Closing(runs.get(self.desk.db, stored.number), at, dying)

    def _pause(self, db: Connection, stored: Stored, command: Command, at: float, after: After) -> None:
        if stored.run.state is RunState.PAUSED:
            return
        if stored.run.state not in (RunState.QUEUED, RunState.RUNNING):
            raise IllegalMove(f"the run is {stored.run.state}: only one that waits or runs can be paused")
        runs.move(db, stored.number, RunState.PAUSED)
        runs.change(db, stored.number, paused_since=_asked_at(command, at))
        self._log(db, stored, at, "paused: what has started is finished, nothing more starts")
        after.append(lambda: self._set_pausing(stored.number, pausing=True))

    def _resume(self, db: Connection, stored: Stored, _command: Command, at: float, after: After) -> None:
        if stored.run.state in (RunState.QUEUED, RunState.RUNNING):
            return
        if stored.run.state is not RunState.PAUSED:
            hint = ": retry reopens what failed" if stored.run.state.terminal else ""
            raise IllegalMove(f"the run is {stored.run.state}, not paused{hint}")
        draining = stored.number in self.desk.active
        runs.move(db, stored.number, RunState.RUNNING if draining else RunState.QUEUED)
        paused = stored.run.paused_seconds + at - (stored.run.paused_since or at)
        runs.change(db, stored.number, paused_since=None, paused_seconds=paused, error="")
        self._log(db, stored, at, "resumed")
        after.append(lambda: self._set_pausing(stored.number, pausing=False))

    def _retry(self, db: Connection, stored: Stored, command: Command, at: float, after: After) -> None:
        if not stored.run.state.terminal:
            raise IllegalMove(f"the run is {stored.run.state}: wait until it has ended, or cancel it, then retry")
        codes = tuple(str(code) for code in command.body.get("codes", []))
        wanted = reopening.count(db, stored.number, codes)
        if wanted == 0 and stored.run.waiting == 0:
            raise IllegalMove("there is nothing to retry: no item failed" + (" with these codes" if codes else ""))
        runs.move(db, stored.number, RunState.QUEUED)
        idle = at - (stored.run.ended_at or at)
        paused = stored.run.paused_seconds + max(0.0, idle)
        runs.change(db, stored.number, ended_at=None, paused_seconds=paused, error="")
        runs.change(db, stored.number, cancel_asked_at=None, cancel_seconds=None)
        reopening.begin(db, stored.number, reopening.Asked(codes=codes, items=wanted))
        if self._reopen(db, stored.number, at):
            after.append(lambda: self.reopening.append(stored.number))
        if stored.run.job in self.desk.groups:
            after.append(self.desk.groups[stored.run.job].probe_now)

    def _delete(self, db: Connection, stored: Stored, _command: Command, _at: float, after: After) -> None:
        if not stored.run.state.terminal:
            raise IllegalMove(f"the run is {stored.run.state}: cancel it before deleting it")
        runs.withdraw(db, stored.number)
        after.append(lambda: self.delete(stored.number))

    def _rename(self, db: Connection, stored: Stored, command: Command, _at: float, _after: After) -> None:
        runs.change(db, stored.number, name=run_name(str(command.body["name"])))

    def _set_pausing(self, number: int, *, pausing: bool) -> None:
        active = self.desk.active.get(number)
        if active is not None:
            active.pausing = pausing
            if not pausing:
                active.refusals.accept()

    def _delete_more(self) -> None:
        if not self.deleting:
            self.freeing = self.freeing and self.desk.write(partial(connection.give_back, pages=FREE_STEP))
            return
        number = self.deleting[0]
        with self.desk.about(number):
            if self.desk.write(lambda db: items.remove(db, number, DELETE_STEP)) > 0:
                return
            run = runs.id_of(self.desk.db, number)
            artifacts.remove(self.desk.store.home, run)  # before the run itself: while it is there, this is done again
            self.desk.write(lambda db: runs.delete_row(db, number))
        self.deleting.popleft()
        self.freeing = True

    def _reopen_more(self) -> None:
        if self.reopening:
            number, at = self.reopening[0], self.desk.now_unix()
            with self.desk.about(number):
                more = self.desk.write(lambda db: self._reopen(db, number, at))
            if not more:
                self.reopening.popleft()

    def _reopen(self, db: Connection, number: int, at: float) -> bool:
        """Reopen some thousand items more of a retry, in the caller's transaction; whether more of them are left."""
        asked = reopening.asked(db, number)
        if asked is None:  # cancelled meanwhile
            return False
        reopened = reopening.reopen(db, number, asked.codes, REOPEN_STEP)
        if reopened.untried:
            runs.change(db, number, prepared=0)
        if reopened.items == REOPEN_STEP:
            return True
        reopening.end(db, number)
        commands.log(db, number, Event(at=at, kind="command", text=f"retry: {count(asked.items, 'item')} reopened"))
        return False

    def _reopen_no_more(self, db: Connection, stored: Stored, at: float) -> None:
        """A cancel in the midst of a retry. An item may be reopened by now, and those that equal it not yet: all are
        prepared again before the next try."""
        if reopening.asked(db, stored.number) is not None:
            reopening.end(db, stored.number)
            runs.change(db, stored.number, prepared=0)
            self._log(db, stored, at, "the retry was not over: what was not reopened yet stays as it was")

    def _log(self, db: Connection, stored: Stored, at: float, text: str) -> None:
        commands.log(db, stored.number, Event(at=at, kind="command", text=text))


def _present(db: Connection, number: int) -> Stored:
    """A run that is there for people. Raises UnknownRun for one that is being deleted, too."""
    stored = runs.get(db, number)
    if stored.run.state is RunState.SUBMITTING:
        raise UnknownRun("the run is gone: it has been deleted")
    return stored


def _asked_at(command: Command, at: float) -> float:
    """When it was asked by the clock of this runner, which does not jump: `at` is now, and how long ago it was the
    clock on the wall says."""
    return at - max(0.0, time.time() - command.asked_at)
