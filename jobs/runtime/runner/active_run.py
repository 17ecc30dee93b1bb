"""One run in work: its schedule, its workers, and what of it waits to be stored with the next commit.

feed ─► schedule ─► dispatch ─► worker ─► answer ─► buffers ─► commit
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from jobs.runtime.core.budget import Spent, amount_of
from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.printed import Printed
from jobs.runtime.core.records import AUTO, Attempt, Event, ItemState, Pool, RunState
from jobs.runtime.runner.circuit_breaker import CircuitBreaker
from jobs.runtime.runner.feed import Feed
from jobs.runtime.runner.file_sync import FileSync
from jobs.runtime.runner.live_progress import LiveProgress
from jobs.runtime.runner.pool import usage
from jobs.runtime.runner.pool.autosize import AutoSize, PoolCaps
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.run_buffers import RunBuffers
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.schedule.schedule import Schedule
from jobs.runtime.runner.vacancies import Vacancies
from jobs.runtime.store import events, runs
from jobs.runtime.store.attempts import NewAttempt
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.outcomes import OutcomeRow
from jobs.runtime.store.run_row import StoredRun
from jobs.runtime.worker.messages import Answer, AttemptOutcome, Begin, Later, Misfit
from jobs.runtime.worker.row_check import row_check
from jobs.runtime.worker.slot_table import SlotState

MAX_LOST = 3
MAX_MOVES = 50


class Stamps(NamedTuple):
    """When and where an attempt ran (monotonic seconds)."""

    worker: WorkerName
    slot: int
    started: float
    finished: float
    cpu: float


class ActiveRun:
    """A run that the runner works at. `unix` turns monotonic seconds into Unix seconds; `caps`: how large its pool may
    become. `lost_on`: how many of its workers each machine has lost (this one is "")."""

    def __init__(
        self, stored: StoredRun, groups: Groups, unix: Callable[[float], float], caps: PoolCaps, disk: FileSync
    ) -> None:
        self.stored, self.number, self.run, self.unix = stored, stored.number, stored.run, unix
        self.schedule = Schedule(groups, stored.run.limits)
        self.feed: Feed | None = None
        self.workers: list[WorkerHandle] = []
        self.vacancies = Vacancies()
        self.buffers = RunBuffers(stored.number, disk)
        self.left = stored.run.waiting
        self.pausing = False
        self.closing = False
        self.circuit_breaker = CircuitBreaker()
        self.budget, self.spent = stored.run.budget, stored.run.spent
        self.failed_starts = 0
        self.cautious = False
        self.tried_alone = 0
        self.next_start = 0.0
        self.failure = ""
        self.untidy = stored.run.done > 0
        self.autosize = AutoSize(stored.run.pool, caps, self.left)
        self.given = 0
        self.peak = stored.run.peak
        self.live_progress = LiveProgress(stored, groups, unix)
        self.served: dict[str, WorkerHandle] = {}
        self.lost_on: Counter[str] = Counter()
        self._check_row = row_check(stored.run.columns)

    def begin(self, db: Connection) -> None:
        """Open the feed, once the run is prepared."""
        self.circuit_breaker = CircuitBreaker(accepted=events.count_events(db, self.number, "refused") > 0)
        self.buffers.printed.begin(db)
        self.feed = Feed(self.stored, self.schedule, self._clock, since=self._waiting_since())
        if self.stored.traits.grouped:
            self.live_progress.count_groups()

    def _waiting_since(self) -> float:
        """When the items could have started: at submit, or now in a run that goes on or was reopened (monotonic)."""
        now, unix = self._clock()
        begun = self.run.done > 0 or self.run.paused_seconds > 0
        return now if begun else now - max(0.0, unix - self.run.submitted_at)

    @cached_property
    def terms(self) -> Begin:
        """What a worker is told of it before its items."""
        return Begin(
            run=self.run.id,
            owner=self.run.owner,
            params=json.dumps(dict(self.run.params)),
            columns=list(self.run.columns),
            deadline=self.run.limits.deadline,
            attempts=self.run.limits.attempts,
        )

    @property
    def elastic(self) -> bool:
        """Whether its pool finds its own number of threads."""
        return self.run.pool.threads == AUTO

    def note_peak(self, pool: Pool) -> None:
        """So much of its pool is there now; the most is kept with the run."""
        if self.peak is None or (pool.slots, pool.processes) > (self.peak.slots, self.peak.processes):
            self.peak = self.buffers.peak = pool

    @property
    def idle(self) -> bool:
        """Whether nothing of it is out."""
        return not any(worker.out for worker in self.workers)

    @property
    def writes_for(self) -> str:
        """Its id where its items write files, else empty."""
        return self.run.id if any(column.type == "file" for column in self.run.columns) else ""

    def log(self, kind: str, text: str, **facts: Any) -> None:
        """Write a line of the run's log with the next commit."""
        self.buffers.events.append(Event(at=self.unix(time.monotonic()), kind=kind, text=text, facts=facts))

    # What becomes of an item

    def answer(self, worker: WorkerHandle, answer: Answer, now: float) -> None:
        """Take in one answer of a worker. An answer to no ticket that is out, or to one that no slot has taken, is
        refused."""
        entry = worker.answered(answer.ticket)
        if entry is None:
            return
        why = self._unfit(worker, answer, now)
        if why:
            self._misfit(worker, entry, why, now)
            return
        if self.elastic:
            self.autosize.ended(answer.started, answer.finished - answer.started)
        outcome, later = answer.outcome, answer.outcome.later
        if answer.printed is not None:
            self._keep_printed(entry, answer.printed)
        self._spend(answer)
        stamps = Stamps(worker.name, answer.slot, answer.started, answer.finished, answer.cpu)
        self.untidy = self.untidy or outcome.kind != "ok"  # it may have written a file that no outcome names
        if answer.pace is not None and entry.group:
            self._learn(entry, answer.pace, now)
        if later is None or later.group is None:
            self.circuit_breaker.note(refused=answer.pace is not None and answer.pace.refused)
        if outcome.kind == "memory":
            self._out_of_memory(worker, entry, stamps, now)
        elif later is not None:
            self._later(entry, outcome, later, stamps, now)
        elif outcome.kind == "ok":
            self._final(entry, ItemState.OK, outcome, stamps, now)
        elif worker.life.troubled and not entry.alone:
            self.suspect(entry, now)  # lxml, say, turns a MemoryError of its process into nonsense
        else:
            self._final(entry, ItemState.FAILED, outcome, stamps, now)

    def _spend(self, answer: Answer) -> None:
        """Add what an item has spent; what an earlier run's row says was spent by that one."""
        outcome, column = answer.outcome, self.budget.column
        if not (answer.requests or answer.bytes or column):
            return
        spent = Spent(requests=answer.requests, bytes=answer.bytes)
        if column and outcome.row is not None and not outcome.unchanged:
            amount = amount_of(json.loads(outcome.row), column)
            numbered, ok = amount is not None, outcome.kind == "ok"  # what has failed need not have got so far
            spent = replace(spent, total=amount or 0.0, numbered=int(numbered), unnumbered=int(ok and not numbered))
        if spent:
            self.spent, self.buffers.spent = self.spent.plus(spent), self.buffers.spent.plus(spent)

    def take_lost(self, worker: WorkerHandle, place: SlotState) -> Entry:
        """The item in a slot of a worker that is gone, or is about to be ended; what it has printed so far is kept."""
        entry = worker.assignment.take(place.ticket)
        found = worker.process.printed(place)
        if found is not None:
            self._keep_printed(entry, found, lost=True)
        return entry

    def misfit(self, worker: WorkerHandle, misfit: Misfit, now: float) -> None:
        """An answer that does not fit the protocol is the failure of the item that it names."""
        entry = worker.answered(misfit.ticket)
        if entry is not None:
            self._misfit(worker, entry, misfit.why, now)

    def back(self, worker: WorkerHandle, ticket: int, now: float) -> None:
        """A worker gives an item back that was revoked before it started."""
        entry = worker.assignment.given_back(ticket)
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
        """The machine's own verdict on an item, which may have been writing a file."""
        self.untidy = True
        self._final(entry, ItemState.FAILED, _failure(code, error), stamps, now)

    def end_closed(self) -> None:
        """Store what ends because its origin cannot be reached."""
        for ended in self.schedule.ended:
            error = (
                f"{ended.entry.group} could not be reached at the end of the run either: {ended.why}; retry these later"
            )
            self._store(ended.entry, ItemState.FAILED, _failure(ended.code, error), None)
        self.schedule.ended.clear()

    def _out_of_memory(self, worker: WorkerHandle, entry: Entry, stamps: Stamps, now: float) -> None:
        worker.life.trouble("an item of it met a MemoryError")
        if worker.slots == 1 or entry.alone:
            error = "it needs more memory than a worker may have (JOBS_WORKER_MEMORY)"
            self.fail_item(entry, "out_of_memory", error, stamps, now)
        else:
            self.suspect(entry, now)

    def _unfit(self, worker: WorkerHandle, answer: Answer, now: float) -> str:
        """Why an answer cannot be what that worker has done for this run; empty: it can."""
        if answer.slot > worker.slots or not worker.life.started_at <= answer.started <= answer.finished <= now + 1:
            return f"slot {answer.slot}, from {answer.started:g} to {answer.finished:g}"
        if answer.outcome.row is None:
            return ""
        return self._check_row(answer.outcome.row)

    def _misfit(self, worker: WorkerHandle, entry: Entry, why: str, now: float) -> None:
        if worker.slots > 1 and not entry.alone:
            self.suspect(entry, now)  # whoever performs beside it may have said that
            return
        error = f"the answer of its worker was none that can be stored ({why[:300]})"
        self.fail_item(entry, "unencodable", error, None, now)

    def _keep_printed(self, entry: Entry, said: Printed, *, lost: bool = False) -> None:
        full = self.buffers.printed.keep(entry, said, lost=lost)
        if full:
            self.log("printed", full)

    def _later(self, entry: Entry, outcome: AttemptOutcome, later: Later, stamps: Stamps, now: float) -> None:
        entry.carry, entry.alone = later.carry, False
        if later.group is not None:
            self._move(entry, later.group, outcome, stamps, now)
            return
        entry.counted += 1
        if entry.counted >= self.run.limits.attempts or self.schedule.given_up(entry):
            self._final(entry, ItemState.FAILED, outcome, stamps, now)
            return
        due = now + later.seconds
        self._attempt(entry, "later", outcome.code, outcome.error, stamps, not_before=self.unix(due))
        entry.number += 1
        self.schedule.later(entry, due, now)

    def _move(self, entry: Entry, group: str, outcome: AttemptOutcome, stamps: Stamps, now: float) -> None:
        self.live_progress.leave(entry)
        entry.moves += 1
        if entry.moves > MAX_MOVES:
            error = f"it was moved to another group {MAX_MOVES} times without an outcome"
            self._final(entry, ItemState.FAILED, msgspec.structs.replace(outcome, error=error), stamps, now)
            return
        self.schedule.move(entry, group, now)

    def _final(
        self, entry: Entry, state: ItemState, outcome: AttemptOutcome, stamps: Stamps | None, now: float
    ) -> None:
        self.schedule.end(entry, now)
        self._store(entry, state, outcome, stamps)

    def _store(self, entry: Entry, state: ItemState, outcome: AttemptOutcome, stamps: Stamps | None) -> None:
        words = (outcome.code, outcome.error, outcome.detail, outcome.row)
        if stamps is None:
            stored = OutcomeRow(entry.position, state.value, *words, entry.number - 1, kept=outcome.kept)
        else:
            worker, slot, started, finished, cpu = stamps
            stored = OutcomeRow(
                *(entry.position, state.value, *words, entry.number, worker, slot),
                *(max(0.0, started - entry.since), self.unix(started), finished - started, cpu),
                kept=outcome.kept,
            )
        self.buffers.add(stored, self.run.id, outcome.files)
        self.live_progress.leave(entry)

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

    def _learn(self, entry: Entry, pace: PaceReport, now: float) -> None:
        news = self.schedule.groups.report(entry.group, pace, self.run.limits, now)
        if news:
            self.log("hold", f"{entry.group} {news}", group=entry.group)
        if pace.close:
            outage = self.schedule.unreachable(entry, pace)
            if outage:
                self.log("hold", outage, group=entry.group)
        elif pace.latency is not None:
            self.schedule.answered(entry)

    # Storing

    def commit(self, db: Connection) -> int:
        """Store the buffers, in the caller's transaction; returns how many outcomes were new."""
        if self.closing:
            self.buffers.settle()
        stored = self.buffers.store(db, keyed=self.stored.traits.keyed)
        if self.left == stored and not self.closing:
            self._finish(db)
        elif self.should_pause:
            self._pause(db)
        return stored

    def committed(self, new: int, now: float, *, performed: int) -> None:
        """The transaction went through: what was stored is forgotten here. Of the new outcomes so many were
        `performed`; the others were found to be there."""
        self.buffers.forget()
        self.pausing = self.pausing or (self.should_pause and self.left > new)
        self.left -= new
        self.live_progress.done(performed, now)

    @property
    def should_pause(self) -> bool:
        """Whether nothing more may start until a person decides: most answers are refusals, or its budget is spent."""
        spent = bool(self.budget) and bool(self.budget.reached(self.spent))
        return (spent or self.circuit_breaker.too_many) and not (self.pausing or self.closing)

    def _pause(self, db: Connection) -> None:
        at, sentence, kind = self.unix(time.monotonic()), self.budget.sentence(self.spent), "budget"
        if not sentence:
            sentence, kind = self.circuit_breaker.sentence, "refused"
        runs.move(db, self.number, RunState.PAUSED)
        runs.change(db, self.number, paused_since=at, error=sentence)
        events.log(db, self.number, Event(at=at, kind=kind, text=sentence))

    def _finish(self, db: Connection) -> None:
        at = self.unix(time.monotonic())
        runs.move(db, self.number, RunState.FINISHED)
        runs.end_pause(db, self.number, at)
        runs.change(db, self.number, ended_at=at, live="")
        used = [used for worker in self.workers if (used := worker.process.used()) is not None]
        if usage.describe(used):
            events.log(db, self.number, Event(at=at, kind="used", text=usage.describe(used), facts={"workers": used}))
        events.log(db, self.number, Event(at=at, kind="finished", text="every item has an outcome"))

    def _clock(self) -> tuple[float, float]:
        now = time.monotonic()
        return now, self.unix(now)


def _failure(code: str, error: str) -> AttemptOutcome:
    return AttemptOutcome(kind="failed", code=code, error=error)
