"""What is asked of the runner: cancel, pause, resume, retry, delete, rename, pin; each answered once."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial

from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import DamagedRun, IllegalMove, Refused, UnknownRun
from jobs.runtime.core.job_terms import MOST_PROCESSES
from jobs.runtime.core.records import CLUSTER, Event, RunState, run_name
from jobs.runtime.core.units import count
from jobs.runtime.home import artifacts, literal_secrets
from jobs.runtime.runner.cancellation import Cancellation
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import commands, connection, events, items, retries, runs
from jobs.runtime.store.commands import Command
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.run_row import StoredRun

DELETE_STEP = 5_000
REOPEN_STEP = 2_000
"""Outcomes reopened at once: some 10 ms, in which nothing else is stored."""

FREE_STEP = 500
"""Pages of the store that are given back to the disk at once: 2 MB."""

After = list[Callable[[], None]]
CommandFunction = Callable[[Connection, StoredRun, Command, float, After], None]


class CommandHandler:
    """The commands of one runner's store, and the deletions and retries under way; `leave` has the runner leave when
    idle."""

    def __init__(self, state: RunnerState, leave: Callable[[], None]) -> None:
        self.state, self.leave = state, leave
        self.deleting: deque[int] = deque()
        self.freeing = False
        self.reopening: deque[int] = deque()
        self.next_step = 0.0
        self.verbs: Mapping[str, CommandFunction] = {
            "cancel": self._cancel,
            "pause": self._pause,
            "resume": self._resume,
            "retry": self._retry,
            "delete": self._delete,
            "rename": self._rename,
            "pin": self._pin,
        }

    @property
    def pending(self) -> bool:
        """Whether a deletion or a retry has more to do."""
        return bool(self.deleting or self.reopening) or self.freeing

    @property
    def asked(self) -> bool:
        """Whether something is asked that is not done yet: a command, or a deletion under way."""
        return bool(self.deleting or commands.waiting(self.state.db))

    def due(self, now: float) -> bool:
        """Whether the next step of a deletion or a retry is due."""
        return self.pending and now >= self.next_step

    def take(self, now: float) -> None:
        """Carry out what was asked. Raises BusyError: try again soon."""
        for command in commands.waiting(self.state.db):
            with self.state.attributed_to(command.run):
                self._carry_out(command, now)
        if self.due(now):
            self._delete_more()
            self._reopen_more()
            self.next_step = self.state.next_turn(now)

    def delete(self, number: int) -> None:
        """Remove a run that was submitted half-way, or deleted half-way."""
        if number not in self.deleting:
            self.deleting.append(number)

    def _carry_out(self, command: Command, now: float) -> None:
        at = self.state.unix(now)
        after: After = []

        def carry_out(db: Connection) -> None:
            after.clear()
            commands.done(db, command.seq, self._try(db, command, at, after), at)

        self.state.write(carry_out)
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
        except DamagedRun as error:
            if command.verb != "delete":
                return str(error)
            self._delete_damaged(db, command.run, after)
        except Refused as error:
            return str(error)
        return ""

    def _cancel(self, db: Connection, stored: StoredRun, command: Command, at: float, after: After) -> None:
        if stored.run.state is RunState.CANCELLING:
            return
        if stored.run.state.terminal:
            raise IllegalMove(f"the run is {stored.run.state} already: there is nothing to cancel")
        active = self.state.active.get(stored.number)
        if active is not None:
            active.closing = True
            active.commit(db)
            active.buffers.printed.commit_unfinished(db, active.workers)
        runs.move(db, stored.number, RunState.CANCELLING)
        runs.end_pause(db, stored.number, at)
        runs.change(db, stored.number, cancel_asked_at=_asked_at(command, at))
        self._log(db, stored, at, "cancel was asked")
        self._reopen_no_more(db, stored, at)
        after.append(lambda: self._stop(stored, at))

    def _stop(self, stored: StoredRun, at: float) -> None:
        active = self.state.active.get(stored.number)
        dying = list(active.workers) if active is not None else []
        if active is not None:
            self.state.drop(active)
        self.state.cancellations[stored.number] = Cancellation(runs.get(self.state.db, stored.number), at, dying)

    def _pause(self, db: Connection, stored: StoredRun, command: Command, at: float, after: After) -> None:
        if stored.run.state is RunState.PAUSED:
            return
        if stored.run.state not in (RunState.QUEUED, RunState.RUNNING):
            raise IllegalMove(f"the run is {stored.run.state}: only one that waits or runs can be paused")
        runs.move(db, stored.number, RunState.PAUSED)
        runs.change(db, stored.number, paused_since=_asked_at(command, at))
        self._log(db, stored, at, "paused: what has started is finished, nothing more starts")
        after.append(lambda: self._set_pausing(stored.number, pausing=True))

    def _resume(self, db: Connection, stored: StoredRun, command: Command, at: float, after: After) -> None:
        elsewhere = command.body.get("on", stored.run.on) != stored.run.on
        if elsewhere and (stored.run.state is not RunState.PAUSED or stored.number in self.state.active):
            raise IllegalMove(
                "its workers can be elsewhere only while it is paused and nothing is in progress: pause it"
            )
        budget = self._new_budget(db, stored, Budget(**command.body.get("budget", {})))
        after.append(lambda: self._set_budget(stored.number, budget))
        if stored.run.state in (RunState.QUEUED, RunState.RUNNING):
            return
        if stored.run.state is not RunState.PAUSED:
            hint = ": retry reopens what failed" if stored.run.state.terminal else ""
            raise IllegalMove(f"the run is {stored.run.state}, not paused{hint}")
        draining = stored.number in self.state.active
        runs.move(db, stored.number, RunState.RUNNING if draining else RunState.QUEUED)
        runs.end_pause(db, stored.number, at)
        place = command.body.get("on", stored.run.on)
        processes = min(stored.run.pool.processes, MOST_PROCESSES[place])
        clustered = stored.run.clustered or place == CLUSTER
        runs.change(db, stored.number, error="", place=place, clustered=clustered, processes=processes)
        fewer = f", here with at most {processes} processes" if processes < stored.run.pool.processes else ""
        self._log(db, stored, at, f"resumed{fewer}")
        after.append(lambda: self._set_pausing(stored.number, pausing=False))

    def _new_budget(self, db: Connection, stored: StoredRun, given: Budget) -> Budget:
        """The budget of a run that goes on: with what is given, and without what is reached."""
        run = stored.run
        if run.state.terminal:
            return run.budget
        raised = run.budget.raised(given, run.spent) if given else run.budget
        paused = run.state is RunState.PAUSED
        budget = raised.without(raised.reached(run.spent)) if paused else raised
        if budget != run.budget:
            runs.change(db, stored.number, budget=json.dumps(asdict(budget)) if budget else "")
        return budget

    def _set_budget(self, number: int, budget: Budget) -> None:
        active = self.state.active.get(number)
        if active is not None:
            active.budget = budget

    def _retry(self, db: Connection, stored: StoredRun, command: Command, at: float, after: After) -> None:
        if not stored.run.state.terminal:
            raise IllegalMove(f"the run is {stored.run.state}: wait until it has ended, or cancel it, then retry")
        codes = tuple(str(code) for code in command.body.get("codes", []))
        wanted = retries.count(db, stored.number, codes)
        if wanted == 0 and stored.run.waiting == 0:
            raise IllegalMove("there is nothing to retry: no item failed" + (" with these codes" if codes else ""))
        runs.move(db, stored.number, RunState.QUEUED)
        if stored.run.ended_at is not None:
            runs.add_pause(db, stored.number, stored.run.ended_at, at)
        runs.change(db, stored.number, ended_at=None, error="")
        runs.change(db, stored.number, cancel_asked_at=None, cancel_seconds=None)
        retries.begin(db, stored.number, retries.RetryRequest(codes=codes, items=wanted))
        if self._reopen(db, stored.number, at):
            after.append(lambda: self.reopening.append(stored.number))
        active = self.state.active.get(stored.number)
        if active is not None:
            after.append(active.schedule.try_again)

    def _delete(self, db: Connection, stored: StoredRun, _command: Command, _at: float, after: After) -> None:
        if not stored.run.state.terminal:
            raise IllegalMove(f"the run is {stored.run.state}: cancel it before deleting it")
        runs.withdraw(db, stored.number)
        after.append(lambda: self.delete(stored.number))

    def _delete_damaged(self, db: Connection, number: int, after: After) -> None:
        """Whatever state it was in: nothing else can be done with it."""
        active = self.state.active.get(number)
        runs.withdraw(db, number)
        if active is not None:
            after.append(lambda: self.state.drop(active))
        after.append(lambda: self.delete(number))

    def _rename(self, db: Connection, stored: StoredRun, command: Command, _at: float, _after: After) -> None:
        runs.change(db, stored.number, name=run_name(str(command.body["name"])))

    def _pin(self, db: Connection, stored: StoredRun, command: Command, _at: float, _after: After) -> None:
        runs.change(db, stored.number, pinned=int(bool(command.body["pinned"])))

    def _set_pausing(self, number: int, *, pausing: bool) -> None:
        active = self.state.active.get(number)
        if active is not None:
            active.pausing = pausing
            if not pausing:
                active.circuit_breaker.accept()

    def _delete_more(self) -> None:
        if not self.deleting:
            self.freeing = self.freeing and self.state.write(partial(connection.give_back, pages=FREE_STEP))
            return
        number = self.deleting[0]
        with self.state.attributed_to(number):
            if self.state.write(lambda db: items.remove(db, number, DELETE_STEP)) > 0:
                return
            run = runs.id_of(self.state.db, number)
            artifacts.remove(self.state.store.home, run)  # before the run itself: while it is there, this is done again
            literal_secrets.remove(self.state.store.home, run)
            self.state.write(lambda db: runs.delete_row(db, number))
        self.deleting.popleft()
        self.freeing = True

    def _reopen_more(self) -> None:
        if self.reopening:
            number, at = self.reopening[0], self.state.now_unix()
            with self.state.attributed_to(number):
                more = self.state.write(lambda db: self._reopen(db, number, at))
            if not more:
                self.reopening.popleft()

    def _reopen(self, db: Connection, number: int, at: float) -> bool:
        """Reopen some thousand items more of a retry, in the caller's transaction; whether more of them are left."""
        asked = retries.asked(db, number)
        if asked is None:  # cancelled meanwhile
            return False
        reopened = retries.reopen(db, number, asked.codes, REOPEN_STEP)
        if reopened.untried:
            runs.change(db, number, prepared=0)
        if reopened.items == REOPEN_STEP:
            return True
        retries.end(db, number)
        events.log(db, number, Event(at=at, kind="command", text=f"retry: {count(asked.items, 'item')} reopened"))
        return False

    def _reopen_no_more(self, db: Connection, stored: StoredRun, at: float) -> None:
        """A cancel in the midst of a retry. An item may be reopened by now, and those that equal it not yet: all are
        prepared again before the next try."""
        if retries.asked(db, stored.number) is not None:
            retries.end(db, stored.number)
            runs.change(db, stored.number, prepared=0)
            self._log(db, stored, at, "the retry was not over: what was not reopened yet stays as it was")

    def _log(self, db: Connection, stored: StoredRun, at: float, text: str) -> None:
        events.log(db, stored.number, Event(at=at, kind="command", text=text))


def _present(db: Connection, number: int) -> StoredRun:
    """A run that is there for people. Raises UnknownRun for one that is being deleted, too."""
    stored = runs.get(db, number)
    if stored.run.state is RunState.SUBMITTING:
        raise UnknownRun("the run is gone: it has been deleted")
    return stored


def _asked_at(command: Command, at: float) -> float:
    """When it was asked by the clock of this runner, which does not jump: `at` is now, and how long ago it was the
    clock on the wall says."""
    return at - max(0.0, time.time() - command.asked_at)
