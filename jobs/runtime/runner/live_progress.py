"""What the page shows of a run in work: its rate, the items in progress, the holds, and how long it will still take."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from jobs.runtime.core.records import InProgress
from jobs.runtime.runner.feed import Feed
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.schedule.schedule import Schedule
from jobs.runtime.store import items
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.run_row import StoredRun

RATE_SECONDS = 5.0
LEAST_RATE_SECONDS = 1.0
"""After the pool has changed its size, the rate is of the time since, but of no less than this."""

MAX_DOING = 64
MAX_HOLDS = 20
COUNTED_AT_ONCE = 20_000
"""Positions whose groups are counted with one look: some 20 ms, in which nothing else is stored."""

MANY_GROUPS = 5_000
"""With more groups than this, the smaller half is not counted on: the estimate goes by the largest."""


Hold = tuple[str, float, str]
"""A group, the seconds that are left, and why."""


class LiveProgress:
    """The moment of one run. `unix` turns monotonic seconds into Unix seconds."""

    def __init__(self, stored: StoredRun, groups: Groups, unix: Callable[[float], float]) -> None:
        self.number, self.run, self.groups, self.unix = stored.number, stored.run, groups, unix
        self.waiting: Counter[str] = Counter()
        self._counted = stored.run.items
        self._resized_at = 0.0
        self._done: deque[tuple[float, int]] = deque()
        self._done_count = 0

    def count_groups(self) -> None:
        """From now on it is known which group each item is in: count them."""
        self._counted = 0

    def done(self, new: int, now: float) -> None:
        """So many outcomes were stored."""
        self._done_count += new
        if new:
            self._done.append((now, self._done_count))

    def leave(self, entry: Entry) -> None:
        """An item waits in the group that it was given at first no more."""
        if entry.moves == 0 and entry.position <= self._counted and entry.group in self.waiting:
            self.waiting[entry.group] -= 1

    def resized(self, now: float) -> None:
        """The pool has another size from now on: the rate before says little of the one to come."""
        self._resized_at = now

    def seconds_left(self, left: int, now: float) -> float | None:
        """So long what is left takes at the rate of the last seconds; None: too early to say."""
        rate = self._rate(now)
        return left / rate if rate else None

    def text(
        self,
        db: Connection,
        workers: Iterable[WorkerHandle],
        left: int,
        now: float,
        held: Sequence[Hold] = (),
        *,
        slots: int,
    ) -> str:
        """What the store keeps of the moment, as JSON; `left` is how many items have no outcome, `held` the holds that
        concern them."""
        self._count_more(db)
        rate = self._rate(now)
        slowest, group_seconds = self._slowest(slots)
        by_rate = left / rate if rate else None
        known = [seconds for seconds in (by_rate, group_seconds) if seconds is not None]
        body: dict[str, Any] = {
            "at": self.unix(now),
            "rate": rate,
            "seconds_left": max(known) if known else None,
            "slowest_group": slowest if group_seconds and group_seconds >= (by_rate or 0.0) * 0.8 else "",
            "holds": [[group, self.unix(now + rest), why] for group, rest, why in held[:MAX_HOLDS]],
            "doing": [asdict(doing) for doing in self._doing(workers)],
        }
        return json.dumps(body)

    def _count_more(self, db: Connection) -> None:
        """Count what waits of each group, a part of the run at a time: all of a million items would take a second."""
        if self._counted >= self.run.items:
            return
        last = min(self.run.items, self._counted + COUNTED_AT_ONCE)
        self.waiting.update(items.waiting_by_group(db, self.number, self._counted, last))
        self._counted = last
        if len(self.waiting) > MANY_GROUPS:
            self.waiting = Counter(dict(self.waiting.most_common(MANY_GROUPS // 2)))

    def _rate(self, now: float) -> float | None:
        begin = max(now - RATE_SECONDS, min(self._resized_at, now - LEAST_RATE_SECONDS))
        while len(self._done) > 2 and self._done[0][0] < begin:
            self._done.popleft()
        if not self._done or now - self._done[0][0] < 0.2:
            return None
        return (self._done_count - self._done[0][1]) / (now - self._done[0][0]) or None

    def _slowest(self, slots: int) -> tuple[str, float | None]:
        """The group that will take longest at its pace, and how long (seconds)."""
        groups, limits = self.groups, self.run.limits
        slowest, longest = "", 0.0
        for group, count in self.waiting.items():
            pace = groups.paces.get(group)
            if pace is None or count <= 0:
                continue
            at_once = groups.at_once(pace, limits)
            each = max(groups.pause(pace, limits), (pace.latency or 0.0) / min(at_once, slots))
            if count * each > longest:
                slowest, longest = group, count * each
        return slowest, longest or None

    def _doing(self, workers: Iterable[WorkerHandle]) -> list[InProgress]:
        found = [
            InProgress(
                position=worker.out[busy.ticket].position,
                worker=worker.name,
                slot=busy.slot,
                started_at=self.unix(busy.started),
                share=busy.share,
                phase=busy.phase,
            )
            for worker in workers
            for busy in worker.busy_out()
        ]
        return found[:MAX_DOING]


def holds_of_run(schedule: Schedule, feed: Feed | None, out: Iterable[Entry], db: Connection, now: float) -> list[Hold]:
    """The holds of groups of which an item of the run waits in memory, is out, or is still to be read."""
    told = schedule.groups.holds(now)
    if not told or feed is None:
        return []
    groups = {group for group, _, _ in told}
    own = schedule.waiting_of(groups) | {entry.group for entry in out}
    own |= feed.to_come(db, groups - own)
    return [hold for hold in told if hold[0] in own]
