"""What a run's schedule holds in memory of a run that may have a million items: windows of those that wait, read from
the store as they are needed, and of each group only the first few."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from jobs.runtime.groups import MAX_HOLD
from jobs.runtime.schedule import Entry, Schedule
from jobs.runtime.store import items, outcomes
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.runs import Stored

LOW = 2_000
"""With fewer items in memory, more are read."""

MOST = 200_000
"""Never more in memory, even where slots are free and the groups of all that are in memory are busy."""

STEP = 5_000
"""Positions looked at in one go: about 10 ms."""

GROUP_WINDOW = 32
"""Items of one group in memory; the rest of a larger group is read when these are nearly used up."""

GROUPS_AT_ONCE = 200
"""Large groups looked after in one go."""


@dataclass
class _Rest:
    """A large group: the last position that was read of it, and whether there is more."""

    after: int
    more: bool = True


class Feed:
    """Fills the schedule of one run. `clock` gives (monotonic, Unix) seconds of one moment; `since` is when its items
    could have started first (monotonic)."""

    def __init__(
        self, stored: Stored, schedule: Schedule, clock: Callable[[], tuple[float, float]], *, since: float = 0.0
    ) -> None:
        self.number, self.items = stored.number, stored.run.items
        self.planned, self.ordered = stored.traits.prepares, stored.ordered
        self.schedule, self.clock = schedule, clock
        self.since = since
        self.reached = 0
        self.rests: dict[str, _Rest] = {}
        self._turns: deque[str] = deque()

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left in the store that has not been read."""
        return self.reached >= self.items and not self._turns

    def fill(self, db: Connection, *, hungry: bool) -> bool:
        """Read one step more where it is wanted; `hungry`: slots are free and nothing in memory may start.
        Returns whether anything was read."""
        read = self._fill_groups(db)
        wanted = len(self.schedule) < LOW or (hungry and len(self.schedule) < MOST)
        if not wanted or self.reached >= self.items:
            return read
        last = min(self.items, self.reached + STEP)
        self._take_in(db, self._read(db, self.reached, last))
        self.reached = last
        return True

    def _read(self, db: Connection, after: int, last: int) -> list[items.Waiting]:
        if not self.planned:
            return items.waiting_plain(db, self.number, after, last)
        read = items.waiting_ordered if self.ordered else items.waiting_planned
        return read(db, self.number, after, last)

    def _take_in(self, db: Connection, found: list[items.Waiting]) -> None:
        if not self.planned or self.ordered:  # of no group, or to be taken in turn
            self._add(db, found)
            return
        new: Counter[str] = Counter()
        self._add(db, [waiting for waiting in found if not self._left_for_later(waiting, new)])

    def _left_for_later(self, waiting: items.Waiting, new: Counter[str]) -> bool:
        """Whether an item belongs to a large group, whose rest is read group by group."""
        group = waiting.group
        if not group:
            return False
        if group in self.rests:
            return True
        if self.schedule.queued(group) + new[group] >= GROUP_WINDOW:
            self.rests[group] = _Rest(after=waiting.position - 1)
            self._turns.append(group)
            return True
        new[group] += 1
        return False

    def _fill_groups(self, db: Connection) -> bool:
        read = False
        for _ in range(min(GROUPS_AT_ONCE, len(self._turns))):
            group = self._turns.popleft()
            rest = self.rests[group]
            if self.schedule.queued(group) < GROUP_WINDOW // 4:
                found = items.waiting_of_group(db, self.number, group, rest.after, GROUP_WINDOW)
                rest.more = len(found) == GROUP_WINDOW
                rest.after = found[-1].position if found else rest.after
                self._add(db, found)
                read = True
            if rest.more:
                self._turns.append(group)
        return read

    def _add(self, db: Connection, found: list[items.Waiting]) -> None:
        tried = outcomes.tries(db, self.number, [waiting.position for waiting in found])
        monotonic, unix = self.clock()
        ready = []
        for waiting in found:
            entry = Entry(position=waiting.position, cell=waiting.cell, group=waiting.group, since=self.since)
            before = tried.get(waiting.position)
            if before is not None:
                entry.number, entry.counted, entry.lost = before.number + 1, before.counted, before.lost
                entry.alone = before.lost > 0
                if before.not_before is not None and before.not_before > unix:
                    self.schedule.wait(entry, monotonic + min(MAX_HOLD, before.not_before - unix))
                    continue
            ready.append(entry)
        self.schedule.add(ready)
