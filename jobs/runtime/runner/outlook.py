"""What the page shows of a run in work: its rate, the items in progress, the holds, and how long it will still take."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from jobs.runtime.groups import Groups
from jobs.runtime.records import Doing
from jobs.runtime.runner.holds import Hold
from jobs.runtime.schedule import Entry
from jobs.runtime.store import items
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.runs import Stored
from jobs.runtime.worker_process import WorkerProcess

RATE_SECONDS = 5.0
MAX_DOING = 64
MAX_HOLDS = 20
COUNTED_AT_ONCE = 20_000
"""Positions whose groups are counted with one look: some 20 ms, in which nothing else is stored."""

MANY_GROUPS = 5_000
"""With more groups than this, the smaller half is not counted on: the estimate goes by the largest."""


class Outlook:
    """The moment of one run. `unix` turns monotonic seconds into Unix seconds."""

    def __init__(self, stored: Stored, groups: Groups, unix: Callable[[float], float]) -> None:
        self.number, self.run, self.groups, self.unix = stored.number, stored.run, groups, unix
        self.waiting: Counter[str] = Counter()
        self._counted = stored.run.items
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

    def text(
        self, db: Connection, workers: Iterable[WorkerProcess], left: int, now: float, held: Sequence[Hold] = ()
    ) -> str:
        """What the store keeps of the moment, as JSON; `left` is how many items have no outcome, `held` the holds that
        concern them."""
        self._count_more(db)
        rate = self._rate(now)
        slowest, group_seconds = self._slowest()
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
        while len(self._done) > 2 and self._done[0][0] < now - RATE_SECONDS:
            self._done.popleft()
        if not self._done or now - self._done[0][0] < 0.2:
            return None
        return (self._done_count - self._done[0][1]) / (now - self._done[0][0]) or None

    def _slowest(self) -> tuple[str, float | None]:
        """The group that will take longest at its pace, and how long (seconds)."""
        groups, limits = self.groups, self.run.limits
        slowest, longest = "", 0.0
        for group, count in self.waiting.items():
            pace = groups.paces.get(group)
            if pace is None or count <= 0:
                continue
            at_once = groups.at_once(pace, limits)
            each = max(groups.pause(pace, limits), (pace.latency or 0.0) / min(at_once, self.run.pool.slots))
            if count * each > longest:
                slowest, longest = group, count * each
        return slowest, longest or None

    def _doing(self, workers: Iterable[WorkerProcess]) -> list[Doing]:
        found = [
            Doing(
                position=worker.out[busy.ticket].position,
                worker=worker.pid,
                slot=busy.slot,
                started_at=self.unix(busy.started),
                share=busy.share,
                phase=busy.phase,
            )
            for worker in workers
            for busy in worker.board.busy()
            if busy.ticket in worker.out
        ]
        return found[:MAX_DOING]
