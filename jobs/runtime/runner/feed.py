"""What a run's schedule holds in memory of a run that may have a million items: windows of those that wait, read from
the store as they are needed, and of each group only the first few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from math import inf

from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.pacing import MAX_HOLD
from jobs.runtime.runner.schedule.schedule import Schedule
from jobs.runtime.store import attempts, items
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.run_row import StoredRun

LOW = 2_000
"""With fewer items in memory, more are read."""

MOST = 100_000
"""Never more in memory, even where slots are free and the groups of all that are in memory are busy."""

STEP = 5_000
"""Positions looked at in one go: about 10 ms."""

GROUP_WINDOW = 32
"""Items of one group in memory; the rest of a larger group is read when these are nearly used up."""

GROUPS_AT_ONCE = 200
"""Large groups read on in one go."""


class Feed:
    """Fills the schedule of one run. `clock` gives (monotonic, Unix) seconds of one moment; `since` is when its items
    could have started first (monotonic)."""

    def __init__(
        self, stored: StoredRun, schedule: Schedule, clock: Callable[[], tuple[float, float]], *, since: float = 0.0
    ) -> None:
        self.number, self.items = stored.number, stored.run.items
        self.planned, self.costed = stored.traits.prepares, stored.traits.costed
        self.schedule, self.clock = schedule, clock
        self.since = since
        self._reached = 0
        self._turn: items.Turn | None = items.Turn()
        self._rests: dict[str, int] = {}
        self._next: dict[str, float] = {}

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left in the store that has not been read."""
        return self.read_through and not self.schedule.watched

    @property
    def read_through(self) -> bool:
        """Whether every item was looked at: what is left then belongs to large groups."""
        return self._turn is None if self.costed else self._reached >= self.items

    def fill(self, db: Connection, *, hungry: bool) -> bool:
        """Read one step more where it is wanted; `hungry`: slots are free and nothing in memory may start.
        Returns whether anything was read."""
        read = self._fill_groups(db)
        wanted = len(self.schedule) < LOW or (hungry and len(self.schedule) < MOST)
        if not wanted or self.read_through:
            return read
        self._take_in(db, self._read_on(db))
        return True

    def to_come(self, db: Connection, groups: Iterable[str]) -> set[str]:
        """Those of the groups of which an item waits that was not read yet."""
        if self.read_through or not self.planned:
            return set()
        return {group for group in groups if self._next_of(db, group) < inf}

    def _next_of(self, db: Connection, group: str) -> float:
        """The position of the next item of a group that was not read; infinite: there is none. It is looked up
        anew only when it may have been read."""
        known = self._next.get(group, 0)
        if known <= self._reached or (self.costed and known < inf):
            found = items.waiting_of_group(db, self.number, group, max(self._reached, int(known) - 1), 1)
            known = self._next[group] = found[0].position if found else inf
        return known

    def _read_on(self, db: Connection) -> list[items.Waiting]:
        """Those that wait among the next STEP items."""
        if self.costed:
            found, self._turn = items.waiting_dearest(db, self.number, self._turn or items.Turn(), STEP)
            return found
        after, self._reached = self._reached, min(self.items, self._reached + STEP)
        read = items.waiting_planned if self.planned else items.waiting_plain
        return read(db, self.number, after, self._reached)

    def _take_in(self, db: Connection, found: list[items.Waiting]) -> None:
        if not self.planned or self.costed:  # of no group, or to be taken in turn
            self._add(db, found)
            return
        new: Counter[str] = Counter()
        self._add(db, [waiting for waiting in found if not self._left_for_later(waiting, new)])

    def _left_for_later(self, waiting: items.Waiting, new: Counter[str]) -> bool:
        """Whether an item belongs to a large group, whose rest is read group by group."""
        group = waiting.group
        if not group:
            return False
        if group in self._rests:
            return True
        if self.schedule.queued(group) + new[group] >= GROUP_WINDOW:
            self._rests[group] = waiting.position - 1
            self.schedule.watch(group, GROUP_WINDOW // 4)
            return True
        new[group] += 1
        return False

    def _fill_groups(self, db: Connection) -> bool:
        """Read on in the large groups whose queue has become short."""
        short = list(islice(self.schedule.short, GROUPS_AT_ONCE))
        for group in short:
            found = items.waiting_of_group(db, self.number, group, self._rests[group], GROUP_WINDOW)
            if len(found) < GROUP_WINDOW:
                self.schedule.unwatch(group)
            else:
                self._rests[group] = found[-1].position
            self._add(db, found)
            self.schedule.refilled(group)
        return bool(short)

    def _add(self, db: Connection, found: list[items.Waiting]) -> None:
        tried = attempts.tries(db, self.number, [waiting.position for waiting in found])
        monotonic, unix = self.clock()
        ready = []
        for waiting in found:
            entry = Entry(position=waiting.position, cell=waiting.cell, group=waiting.group)
            entry.since, entry.joined, entry.earlier = self.since, self.since, waiting.earlier
            before = tried.get(waiting.position)
            if before is not None:
                entry.number, entry.counted, entry.lost = before.number + 1, before.counted, before.lost
                entry.alone = before.lost > 0
                if before.not_before is not None and before.not_before > unix:
                    self.schedule.wait(entry, monotonic + min(MAX_HOLD, before.not_before - unix))
                    continue
            ready.append(entry)
        self.schedule.add(ready)
