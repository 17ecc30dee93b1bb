"""A run's first step: the job's hooks over all its items, in batches, by its workers; stored in input order."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from jobs.runtime.records import ItemState
from jobs.runtime.runner.active import MAX_LOST, ActiveRun
from jobs.runtime.store import items, outcomes, runs
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.items import Plan
from jobs.runtime.store.outcomes import OutcomeRow
from jobs.runtime.worker_process import WorkerProcess
from jobs.runtime.workers import Workers

BATCH = 500
BATCH_SECONDS = 10.0
"""A batch of hooks that takes longer is split, down to the item that hangs: hooks are pure and cheap."""

MAX_AHEAD = 40
FORGOTTEN_AT_ONCE = 20_000
"""Keys dropped in one commit, once all is prepared: some 10 ms, in which nothing else is stored."""


class Preparation:
    """What of a run's preparation is to do, under way and done."""

    def __init__(self, run: ActiveRun) -> None:
        self.run = run
        self.next = run.stored.prepared + 1
        self.stored = run.stored.prepared
        self.forgotten = self._swept = False
        self.again: deque[tuple[int, int]] = deque()
        self.hung: set[int] = set()
        self.deaths: Counter[int] = Counter()
        self.done: dict[int, tuple[int, list[list[Any]]]] = {}

    @property
    def storable(self) -> bool:
        """Whether the next batch in input order is done, or there are keys to drop."""
        return self.stored + 1 in self.done or (self.stored >= self.run.run.items and not self.forgotten)

    @property
    def complete(self) -> bool:
        """Whether every item is prepared and stored, and what only that needed is gone."""
        return self.stored >= self.run.run.items and self.forgotten

    def dispatch(self, db: Connection, workers: Workers, now: float) -> None:
        """Give each worker that has none a batch."""
        for worker in self.run.workers:
            if worker.ready and worker.planning is None and (self.again or len(self.done) < MAX_AHEAD):
                batch = self._next_batch()
                if batch is None:
                    return
                worker.planning = (*batch, now)
                cells = items.cells(db, self.run.number, *batch)
                workers.send(worker, "plan", {"first": batch[0], "cells": cells})

    def planned(self, worker: WorkerProcess, body: dict[str, Any]) -> None:
        """Take in a batch that a worker has done; what is not the batch it was given does not count."""
        if worker.planning is None:
            return
        first, last, _ = worker.planning
        if body["first"] == first and [plan[0] for plan in body["plans"]] == list(range(first, last + 1)):
            self.done[first] = (last, body["plans"])
            worker.planning = None

    def lost(self, worker: WorkerProcess, how: str) -> None:
        """A worker died or hung over a batch: it is split, until one item is left to blame. A death may have come from
        outside, so it takes three of them."""
        if worker.planning is None:
            return
        first, last, _ = worker.planning
        worker.planning = None
        hung = first in self.hung
        if first < last:
            middle = (first + last) // 2
            self.again += [(first, middle), (middle + 1, last)]
            return
        self.deaths[first] += 1
        if hung or self.deaths[first] >= MAX_LOST:
            code = "timeout" if hung else "worker_lost"
            self.done[first] = (last, [[first, code, f"preparing it, its worker {how}", "", "", None, None]])
        else:
            self.again.append((first, last))

    def check(self, workers: Workers, now: float) -> None:
        """Kill a worker whose hooks take too long."""
        for worker in self.run.workers:
            if worker.planning is not None and now - worker.planning[2] > BATCH_SECONDS and not worker.killed_why:
                self.hung.add(worker.planning[0])
                workers.kill(worker, f"a hook of the job took longer than {BATCH_SECONDS:.0f} s")

    def commit(self, db: Connection) -> int:
        """Store what is done, in input order, in the caller's transaction; returns how many outcomes were new."""
        stored, reached = 0, self.stored
        while reached + 1 in self.done:
            last, plans = self.done[reached + 1]
            stored += self._store(db, plans)
            reached = last
        if reached > self.stored:
            runs.change(db, self.run.number, prepared=reached)
        if reached >= self.run.run.items and not self.forgotten:
            self._swept = items.forget_keys(db, self.run.number, FORGOTTEN_AT_ONCE) < FORGOTTEN_AT_ONCE
        return stored

    def committed(self) -> None:
        """The transaction went through."""
        while self.stored + 1 in self.done:
            self.stored = self.done.pop(self.stored + 1)[0]
        self.forgotten = self.forgotten or self._swept

    def _next_batch(self) -> tuple[int, int] | None:
        if self.again:
            return self.again.popleft()
        if self.next > self.run.run.items:
            return None
        first, self.next = self.next, min(self.next + BATCH, self.run.run.items + 1)
        return first, self.next - 1

    def _store(self, db: Connection, plans: list[list[Any]]) -> int:
        bad = [
            OutcomeRow(position, ItemState.FAILED, code, error, detail, None, 0)
            for position, code, error, detail, *_ in plans
            if code
        ]
        stored = outcomes.add(db, self.run.number, bad, duplicates=False)  # first: nothing becomes a duplicate of these
        good = [
            Plan(position=position, group=group, cost=cost, key=bytes.fromhex(key) if key else None)
            for position, code, _, _, group, cost, key in plans
            if not code
        ]
        items.plan(db, self.run.number, good)
        return len(stored)
