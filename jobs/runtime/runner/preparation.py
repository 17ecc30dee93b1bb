"""A run's first step: the job's hooks over all its items, in batches, by its workers; stored in input order."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
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
        asked = run.run.reuse
        self.earlier = EarlierRows(home, run.stored, asked) if asked is not None else None
        self.stored = run.stored.prepared if self.earlier is None else self.earlier.start
        self.next = self.stored + 1
        self.settled = 0
        self._ahead: list[PlannedItem] = []
        self._is_stored = False
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

    def look_ahead(self, db: Connection) -> None:
        """Take the batches that are stored next, in input order, and find what earlier runs have of them: before the
        transaction, since files are linked meanwhile. What was found stays until it is stored."""
        if self._ahead or not self._looked_through:
            return
        while self._reached + 1 in self.done and len(self._ahead) < STORED_AT_ONCE:
            self._ahead += self.done[self._reached + 1][1]
        if self.earlier is not None and self._ahead:
            self.earlier.find(db, [plan for plan in self._ahead if plan.failure is None])

    @property
    def _looked_through(self) -> bool:
        return self.earlier is None or self.earlier.ready

    @property
    def _reached(self) -> int:
        """The last item of those taken to be stored."""
        return self._ahead[-1].position if self._ahead else self.stored

    def commit(self, db: Connection) -> int:
        """Store what was taken, in the caller's transaction; returns how many outcomes were new."""
        self.settled, self._is_stored = 0, False
        if self.earlier is not None and not self.earlier.ready:
            self.earlier.look(db)
        elif self._ahead and self._may_end(db):
            self.settled, self._is_stored = self._store(db, self._ahead), True
            runs.change(db, self.run.number, prepared=self._reached)
            self._tell_reused(db)
        return self.settled

    def _may_end(self, db: Connection) -> bool:
        """Whether this may be stored: with the last batch the run may end, and what was taken is findable by then."""
        return self.earlier is None or self._reached < self.run.run.items or self.earlier.index_taken(db)

    def _tell_reused(self, db: Connection) -> None:
        if self.earlier is not None and self._reached >= self.run.run.items:
            reused = runs.get(db, self.run.number).run.reused
            text = f"{reused:,} of {count(self.run.run.items, 'item')} were there already, in earlier runs"
            at = self.run.unix(time.monotonic())
            events.log(db, self.run.number, Event(at=at, kind="reused", text=text, facts={"reused": reused}))

    def committed(self) -> None:
        """The transaction went through."""
        if self.earlier is not None:
            self.earlier.committed()
        if self._is_stored:
            reached, self._is_stored = self._reached, False
            self._ahead.clear()
            while self.stored < reached:
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
        settled, places = self._take(db, self.earlier) if self.earlier is not None else (set(), {})
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

    def _take(self, db: Connection, earlier: EarlierRows) -> tuple[set[int], Mapping[int, tuple[int, int]]]:
        """Store what was found in earlier runs; its positions, and where the rows are that are to be asked about."""
        settled = set(earlier.take(db))
        self.run.untidy = self.run.untidy or earlier.is_left(settled)
        return settled, earlier.places


def _position(worker: WorkerHandle, batch: Batch) -> int:
    """The item of its batch whose hooks a worker is in, as far as it says so itself."""
    hook = worker.process.hook()
    return hook.position if hook is not None and batch.first <= hook.position <= batch.last else batch.first
