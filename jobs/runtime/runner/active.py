"""One run in work: its schedule, its workers, and what of it waits to be stored with the next commit.

feed ─► schedule ─► dispatch ─► worker ─► answer ─► buffers ─► commit
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from jobs.runtime import usage
from jobs.runtime.groups import Groups
from jobs.runtime.records import Attempt, Event, ItemState, RunState
from jobs.runtime.runner.feed import Feed
from jobs.runtime.runner.outlook import Outlook
from jobs.runtime.runner.refusals import Refusals
from jobs.runtime.schedule import Entry, Schedule
from jobs.runtime.store import attempts, commands, outcomes, runs
from jobs.runtime.store.attempts import NewAttempt
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.outcomes import OutcomeRow
from jobs.runtime.store.runs import Stored
from jobs.runtime.worker_process import WorkerProcess

MAX_LOST = 3
MAX_MOVES = 50


class Stamps(NamedTuple):
    """When and where an attempt ran (monotonic seconds)."""

    worker: int
    slot: int
    started: float
    finished: float
    cpu: float


@dataclass
class Buffers:
    """What is to be stored of a run with the next commit."""

    outcomes: list[OutcomeRow] = field(default_factory=list)
    attempts: list[NewAttempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.attempts or self.events)


class ActiveRun:
    """A run that the runner works at. `unix` turns monotonic seconds into Unix seconds."""

    def __init__(self, stored: Stored, groups: Groups, unix: Callable[[float], float]) -> None:
        self.stored, self.number, self.run, self.unix = stored, stored.number, stored.run, unix
        self.schedule = Schedule(groups, stored.run.limits)
        self.feed: Feed | None = None
        self.workers: list[WorkerProcess] = []
        self.buffers = Buffers()
        self.left = stored.run.waiting
        self.pausing = False
        self.closing = False
        self.refusals = Refusals()
        self.failed_starts = 0
        self.next_start = 0.0
        self.failure = ""
        self.untidy = stored.run.done > 0
        self.outlook = Outlook(stored, groups, unix)
        self.served: dict[str, WorkerProcess] = {}

    def begin(self, db: Connection) -> None:
        """Open the feed, once the run is prepared."""
        self.refusals = Refusals(accepted=commands.count_events(db, self.number, "refused") > 0)
        self.feed = Feed(self.stored, self.schedule, self._clock, since=self._waiting_since())
        if self.stored.traits.grouped:
            self.outlook.count_groups()

    def _waiting_since(self) -> float:
        """When the items could have started: at submit, or now in a run that goes on or was reopened (monotonic)."""
        now, unix = self._clock()
        begun = self.run.done > 0 or self.run.paused_seconds > 0
        return now if begun else now - max(0.0, unix - self.run.submitted_at)

    @cached_property
    def terms(self) -> dict[str, Any]:
        """What a worker is told of it before its items (see `frames`: work)."""
        return {
            "run": self.run.id,
            "params": self.stored.full_params,
            "columns": [asdict(column) for column in self.run.columns],
            "deadline": self.run.limits.deadline,
        }

    @property
    def idle(self) -> bool:
        """Whether nothing of it is out."""
        return not any(worker.out for worker in self.workers)

    def log(self, kind: str, text: str, **facts: Any) -> None:
        """Write a line of the run's log with the next commit."""
        self.buffers.events.append(Event(at=self.unix(time.monotonic()), kind=kind, text=text, facts=facts))

    # What becomes of an item

    def answer(self, worker: WorkerProcess, said: list[Any], now: float) -> None:
        """Take in one answer of a worker. An answer to no ticket that is out is refused."""
        ticket, kind, code, error, detail, row, slot, started, finished, cpu, pace, later = said
        entry = worker.out.pop(ticket, None)
        if entry is None:
            return
        stamps = Stamps(worker.pid, slot, started, finished, cpu)
        self.untidy = self.untidy or kind != "ok"  # it may have written a file that no outcome names
        if pace and entry.group:
            self._learn(entry.group, pace, now)
        if not (kind == "later" and later["group"] is not None):
            self.refusals.note(refused=bool(pace and pace.get("refused")))
        if kind == "memory":
            self._out_of_memory(worker, entry, stamps, now)
        elif kind == "failed" and worker.troubled_at is not None and started < worker.troubled_at and not entry.alone:
            self.suspect(entry, now)  # it overlapped a MemoryError of its process: lxml, say, turns one into nonsense
        elif kind == "later":
            self._later(entry, (code, error, detail, row), later, stamps, now)
        else:
            state = ItemState.OK if kind == "ok" else ItemState.FAILED
            self._final(entry, state, (code, error, detail, row), stamps, now)

    def back(self, worker: WorkerProcess, ticket: int, now: float) -> None:
        """A worker gives an item back that was revoked before it started."""
        entry = worker.out.pop(ticket, None)
        if entry is not None:
            self.schedule.back(entry, now)

    def suspect(self, entry: Entry, now: float) -> None:
        """An item that was there when something happened goes back without blame, to be tried alone."""
        entry.alone, entry.since = True, now
        self.schedule.back(entry, now)

    def blame(self, entry: Entry, code: str, error: str, stamps: Stamps, now: float) -> None:
        """An item under which its worker died, alone: it is tried again alone, at most three times in all."""
        entry.lost += 1
        if entry.lost >= MAX_LOST:
            self.fail_item(entry, code, error, stamps, now)
            return
        self._attempt(entry, "lost", code, error, stamps)
        entry.number += 1
        self.suspect(entry, now)

    def fail_item(self, entry: Entry, code: str, error: str, stamps: Stamps | None, now: float) -> None:
        """The machine's own verdict on an item."""
        self._final(entry, ItemState.FAILED, (code, error, "", None), stamps, now)

    def end_closed(self) -> None:
        """Store what ends because its group was closed."""
        for ended in self.schedule.ended:
            error = f"{ended.entry.group} is left alone for now: {ended.why}; retry these later"
            self._store(ended.entry, ItemState.FAILED, (ended.code, error, "", None), None)
        self.schedule.ended.clear()

    def _out_of_memory(self, worker: WorkerProcess, entry: Entry, stamps: Stamps, now: float) -> None:
        worker.troubled_at, worker.retiring = now, True
        if worker.slots == 1 or entry.alone:
            error = "it needs more memory than a worker may have (JOBS_WORKER_MEMORY)"
            self.fail_item(entry, "out_of_memory", error, stamps, now)
        else:
            self.suspect(entry, now)

    def _later(
        self,
        entry: Entry,
        words: tuple[str, str, str, str | None],
        later: Mapping[str, Any],
        stamps: Stamps,
        now: float,
    ) -> None:
        entry.carry, entry.alone = later["carry"], False
        group = later["group"]
        if group is not None:
            self._move(entry, group, words, stamps, now)
            return
        entry.counted += 1
        if entry.counted >= self.run.limits.attempts:
            self._final(entry, ItemState.FAILED, words, stamps, now)
            return
        seconds = min(24 * 3600.0, float(later["seconds"])) if math.isfinite(later["seconds"]) else 0.0
        due = now + seconds
        self._attempt(entry, "later", words[0], words[1], stamps, not_before=self.unix(due))
        entry.number += 1
        self.schedule.later(entry, due, now)

    def _move(
        self, entry: Entry, group: str, words: tuple[str, str, str, str | None], stamps: Stamps, now: float
    ) -> None:
        self.outlook.leave(entry)
        entry.moves += 1
        if entry.moves > MAX_MOVES:
            error = f"it was moved to another group {MAX_MOVES} times without an outcome"
            self._final(entry, ItemState.FAILED, (words[0], error, words[2], words[3]), stamps, now)
            return
        self.schedule.move(entry, group, now)

    def _final(
        self,
        entry: Entry,
        state: ItemState,
        words: tuple[str, str, str, str | None],
        stamps: Stamps | None,
        now: float,
    ) -> None:
        self.schedule.end(entry, now)
        self._store(entry, state, words, stamps)

    def _store(
        self, entry: Entry, state: ItemState, words: tuple[str, str, str, str | None], stamps: Stamps | None
    ) -> None:
        code, error, detail, row = words
        if stamps is None:
            stored = OutcomeRow(entry.position, state.value, code, error, detail, row, entry.number - 1)
        else:
            worker, slot, started, finished, cpu = stamps
            stored = OutcomeRow(
                *(entry.position, state.value, code, error, detail, row, entry.number, worker, slot),
                *(max(0.0, started - entry.since), self.unix(started), finished - started, cpu),
            )
        self.buffers.outcomes.append(stored)
        self.outlook.leave(entry)

    def _attempt(
        self, entry: Entry, kind: str, code: str, error: str, stamps: Stamps, *, not_before: float | None = None
    ) -> None:
        attempt = Attempt(
            position=entry.position,
            number=entry.number,
            kind=kind,
            code=code,
            error=error,
            worker=stamps.worker,
            slot=stamps.slot,
            started_at=self.unix(stamps.started),
            seconds=max(0.0, stamps.finished - stamps.started),
            cpu_seconds=stamps.cpu,
        )
        self.buffers.attempts.append(NewAttempt(attempt=attempt, not_before=not_before))

    def _learn(self, group: str, pace: Mapping[str, Any], now: float) -> None:
        news = self.schedule.groups.report(group, pace, self.run.limits, now)
        if news:
            self.log("hold", f"{group} {news}", group=group)

    # Storing

    def commit(self, db: Connection) -> int:
        """Store the buffers, in the caller's transaction; returns how many outcomes were new."""
        attempts.add(db, self.number, self.buffers.attempts)
        stored = outcomes.add(db, self.number, self.buffers.outcomes, duplicates=self.stored.traits.keyed)
        for event in self.buffers.events:
            commands.log(db, self.number, event)
        if self.left == len(stored) and not self.closing:
            self._finish(db)
        elif self._should_pause:
            self._pause(db)
        return len(stored)

    def committed(self, new: int, now: float) -> None:
        """The transaction went through: what was stored is forgotten here."""
        self.buffers = Buffers()
        self.pausing = self.pausing or (self._should_pause and self.left > new)
        self.left -= new
        self.outlook.done(new, now)

    @property
    def _should_pause(self) -> bool:
        return self.refusals.too_many and not (self.pausing or self.closing)

    def _pause(self, db: Connection) -> None:
        at, sentence = self.unix(time.monotonic()), self.refusals.sentence
        runs.move(db, self.number, RunState.PAUSED)
        runs.change(db, self.number, paused_since=at, error=sentence)
        commands.log(db, self.number, Event(at=at, kind="refused", text=sentence))

    def _finish(self, db: Connection) -> None:
        at = self.unix(time.monotonic())
        runs.move(db, self.number, RunState.FINISHED)
        runs.end_pause(db, self.number, at)
        runs.change(db, self.number, ended_at=at, live="")
        used = [usage.since(worker.pid, worker.begun) for worker in self.workers if worker.begun is not None]
        if usage.spoken(used):
            commands.log(db, self.number, Event(at=at, kind="used", text=usage.spoken(used), facts={"workers": used}))
        commands.log(db, self.number, Event(at=at, kind="finished", text="every item has an outcome"))

    def _clock(self) -> tuple[float, float]:
        now = time.monotonic()
        return now, self.unix(now)
