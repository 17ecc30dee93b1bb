"""A run's first step: the job's hooks over all its items, in batches, by its workers; stored in input order."""

from __future__ import annotations

import time
from collections import Counter, deque
from pathlib import Path

from jobs.runtime.core.records import Event, ItemState
from jobs.runtime.core.units import count
from jobs.runtime.runner.active_run import MAX_LOST, ActiveRun
from jobs.runtime.runner.earlier_rows import EarlierRows
from jobs.runtime.runner.pool.assignment import Batch
from jobs.runtime.runner.pool.pool import WorkerPool
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.store import events, items, outcomes, runs
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.items import ItemPlan
from jobs.runtime.store.outcomes import OutcomeRow
from jobs.runtime.worker.messages import AttemptOutcome, PlannedItem, Prepare, Prepared

BATCH = 500
ITEM_SECONDS = 10.0
"""An item in whose hooks a worker is for longer fails: hooks are pure and cheap."""

HOOK_SECONDS = 60.0
"""When the hooks have hung for so long in all, it is not the items: the run fails."""

MAX_AHEAD = 40
STORED_AT_ONCE = 2_000
"""Items whose plans are stored in one commit, or whose rows are taken from earlier runs: up to 50 ms, in which nothing
else is stored."""


class Preparation:
    """What of a run's preparation is to do, under way and done."""

    def __init__(self, run: ActiveRun, home: Path) -> None:
        self.run = run
        self.next = run.stored.prepared + 1
        self.stored = self._reached = run.stored.prepared
        self.settled = 0
        asked = run.run.reuse
        self.earlier = EarlierRows(home, run.stored, asked) if asked is not None else None
        self.again: deque[tuple[int, int]] = deque()
        self.hung: dict[int, str] = {}
        self.deaths: Counter[int] = Counter()
        self.done: dict[int, tuple[int, list[PlannedItem]]] = {}

    @property
    def storable(self) -> bool:
        """Whether the next batch in input order is done, or earlier runs are to be looked through."""
        return self.stored + 1 in self.done or (self.earlier is not None and not self.earlier.ready)

    @property
    def complete(self) -> bool:
        """Whether every item is prepared and stored."""
        return self.stored >= self.run.run.items

    def dispatch(self, db: Connection, workers: WorkerPool, now: float) -> None:
        """Give each worker that has none a batch."""
        for worker in self.run.workers:
            if worker.ready and worker.assignment.batch is None and (self.again or len(self.done) < MAX_AHEAD):
                batch = self._next_batch()
                if batch is None:
                    return
                worker.assignment.prepare(Batch(first=batch[0], last=batch[1], since=now))
                workers.send(worker, Prepare(cells=items.cells(db, self.run.number, *batch)))

    def planned(self, worker: WorkerHandle, prepared: Prepared) -> None:
        """Take in a batch that a worker has done; what is not the batch it was given does not count."""
        batch = worker.assignment.batch
        if batch is None:
            return
        first, last = batch.first, batch.last
        if [plan.position for plan in prepared.plans] == list(range(first, last + 1)):
            self.done[first] = (last, prepared.plans)
            worker.assignment.prepare(None)

    def lost(self, worker: WorkerHandle, how: str) -> None:
        """A worker died or hung over a batch: what was before and after the item that it was at goes on. A death may
        have come from outside, so it takes three of them to blame that item."""
        batch = worker.assignment.prepare(None)
        if batch is None:
            return
        at = _position(worker, batch)
        self.again += [part for part in ((batch.first, at - 1), (at + 1, batch.last)) if part[0] <= part[1]]
        self.deaths[at] += 1
        if at in self.hung:
            self._fail(at, "timeout", f"the hook `{self.hung[at]}` did not return within {ITEM_SECONDS:g} s")
        elif self.deaths[at] >= MAX_LOST:
            self._fail(at, "worker_lost", f"preparing it, its worker {how}")
        else:
            self.again.append((at, at))

    def _fail(self, position: int, code: str, error: str) -> None:
        failure = AttemptOutcome(kind="failed", code=code, error=error)
        self.done[position] = (position, [PlannedItem(position=position, failure=failure)])

    def check(self, workers: WorkerPool, now: float) -> None:
        """Kill a worker that is in the hooks of one item for too long; when that goes on and on, the run fails."""
        for worker in self.run.workers:
            batch, hook = worker.assignment.batch, worker.process.hook()
            if batch is None or hook is None or worker.life.killed_why:
                continue
            if now - max(hook.started, batch.since) > ITEM_SECONDS:
                self.hung[_position(worker, batch)] = hook.name
                workers.kill(worker, f"the hook `{hook.name}` did not return within {ITEM_SECONDS:g} s")
                self._give_up(hook.name)

    def _give_up(self, hook: str) -> None:
        if len(self.hung) * ITEM_SECONDS >= HOOK_SECONDS or len(self.hung) >= self.run.run.items:
            many = count(len(self.hung), "item")
            self.run.failure = f"the hook `{hook}` of {self.run.run.job} does not return: it hung for {many}"

    def commit(self, db: Connection) -> int:
        """Store what is done, in input order, in the caller's transaction; returns how many outcomes were new."""
        self.settled, self._reached = 0, self.stored
        if self.earlier is not None and not self.earlier.ready:
            self.earlier.look(db)
            return 0
        while self._reached + 1 in self.done and self._reached - self.stored < STORED_AT_ONCE:
            last, plans = self.done[self._reached + 1]
            if last >= self.run.run.items and not self._may_end(db):
                break
            self._reached = last
            self.settled += self._store(db, plans)
        if self._reached > self.stored:
            runs.change(db, self.run.number, prepared=self._reached)
            self._tell_reused(db)
        return self.settled

    def _may_end(self, db: Connection) -> bool:
        """Whether the last batch may be stored, with which the run may end: what was taken is findable by then."""
        return self.earlier is None or self.earlier.index_taken(db)

    def _tell_reused(self, db: Connection) -> None:
        if self.earlier is not None and self._reached >= self.run.run.items:
            reused = runs.get(db, self.run.number).run.reused
            text = f"{reused:,} of {count(self.run.run.items, 'item')} were there already, in earlier runs"
            at = self.run.unix(time.monotonic())
            events.log(db, self.run.number, Event(at=at, kind="reused", text=text, facts={"reused": reused}))

    def committed(self) -> None:
        """The transaction went through."""
        while self.stored < self._reached:
            self.stored = self.done.pop(self.stored + 1)[0]

    def _next_batch(self) -> tuple[int, int] | None:
        if self.again:
            return self.again.popleft()
        if self.next > self.run.run.items:
            return None
        first, self.next = self.next, min(self.next + BATCH, self.run.run.items + 1)
        return first, self.next - 1

    def _store(self, db: Connection, plans: list[PlannedItem]) -> int:
        bad = [
            OutcomeRow(plan.position, ItemState.FAILED, failed.code, failed.error, failed.detail, None, 0)
            for plan in plans
            if (failed := plan.failure) is not None
        ]
        stored = outcomes.add(db, self.run.number, bad, duplicates=False)  # first: nothing becomes a duplicate of these
        fit = [plan for plan in plans if plan.failure is None]
        settled = set(self.earlier.take(db, fit)) if self.earlier is not None else set()
        places = self.earlier.places if self.earlier is not None else {}
        good = [
            ItemPlan(
                position=plan.position,
                group=plan.group,
                cost=plan.cost,
                key=plan.key,
                earlier=places.get(plan.position),
            )
            for plan in plans
            if plan.failure is None and plan.position not in settled
        ]
        items.plan(db, self.run.number, good)
        return len(stored) + len(settled)


def _position(worker: WorkerHandle, batch: Batch) -> int:
    """The item of its batch whose hooks a worker is in, as far as it says so itself."""
    hook = worker.process.hook()
    return hook.position if hook is not None and batch.first <= hook.position <= batch.last else batch.first
