"""Which item of a run may start next, and when: a queue per group and heaps of due times. Pure: time goes in as an
argument (monotonic seconds), nothing here reads a clock, a store or a pipe.

    add ─► queue of its group ─► take ─► (out) ─► end ─► gone
             ▲        ▲                    │
             │        └── back (no blame) ─┤
             └── due heap ◄── later ───────┘

An item whose group is busy, paused or held never leaves its queue, so it never occupies a slot; one whose origin cannot
be reached waits for the end of the run (`outages`).
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Set

from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.records import Limits
from jobs.runtime.runner.schedule.entry import Ended, Entry
from jobs.runtime.runner.schedule.outages import FAILURES_TO_PUT_OFF, Outage, Outages
from jobs.runtime.runner.schedule.pacing import Groups


class Schedule:
    """The items of one run that wait, in memory. `groups` is shared by all runs of the job; `all_read`: nothing of the
    run is left to be read into memory, but what belongs to large groups."""

    def __init__(self, groups: Groups, limits: Limits) -> None:
        self.groups, self.limits = groups, limits
        self.ended: list[Ended] = []
        self.outages = Outages()
        self.all_read = True
        self._plain: deque[Entry] = deque()
        self._queues: dict[str, deque[Entry]] = {}
        self.watched: dict[str, int] = {}
        self.short: set[str] = set()
        self._ready: deque[str] = deque()
        self._placed: set[str] = set()
        self._times: list[tuple[float, int, str]] = []
        self._timed: dict[str, float] = {}
        self._due: list[tuple[float, int, Entry]] = []
        self._alone: deque[Entry] = deque()
        self._order = itertools.count()
        self._size = 0
        groups.listeners.append(self)

    def __len__(self) -> int:
        """How many items wait here."""
        return self._size

    def queued(self, group: str) -> int:
        """How many items of a group wait in its queue, or were put off from it."""
        return len(self._queues.get(group, ())) + (self.outages.count(group) if self.outages.size else 0)

    def waiting_of(self, groups: Set[str]) -> set[str]:
        """Those of the groups of which an item waits here, or is known to come."""
        later = {entry.group for _, _, entry in self._due} | {entry.group for entry in self._alone}
        return set(groups & (self._queues.keys() | self.watched.keys() | later | self.outages.groups()))

    def watch(self, group: str, least: int) -> None:
        """Have a group stand in `short` as soon as fewer than `least` of its items are in its queue."""
        self.watched[group] = least

    def unwatch(self, group: str) -> None:
        """There is nothing more to come of this group."""
        self.watched.pop(group, None)
        self.short.discard(group)

    def refilled(self, group: str) -> None:
        """Items were added to a group that was short."""
        self.short.discard(group)
        self._note_short(group)

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in items, behind those of their group."""
        for entry in entries:
            self._size += 1
            if entry.alone:
                self._alone.append(entry)
            elif entry.group:
                self._queues.setdefault(entry.group, deque()).append(entry)
                self._place(entry.group)
            else:
                self._plain.append(entry)

    def back(self, entry: Entry, now: float) -> None:
        """An item that was out comes back, without blame, before those of its group."""
        self.end(entry, now)
        self._size += 1
        if entry.alone:
            self._alone.append(entry)
        elif entry.group:
            self._queues.setdefault(entry.group, deque()).appendleft(entry)
            self._place(entry.group)
        else:
            self._plain.appendleft(entry)

    def later(self, entry: Entry, due: float, now: float) -> None:
        """An item that was out waits until `due` for its next attempt."""
        self.end(entry, now)
        entry.joined = now
        self.wait(entry, due)

    def wait(self, entry: Entry, due: float) -> None:
        """Take in an item that must not start before `due`."""
        self._size += 1
        heapq.heappush(self._due, (due, next(self._order), entry))

    def move(self, entry: Entry, group: str, now: float) -> None:
        """An item that was out goes on under another group."""
        self.end(entry, now)
        entry.group, entry.joined = group, now
        self.add([entry])

    def end(self, entry: Entry, now: float) -> None:
        """An item is out no more: its group may start another."""
        if entry.group:
            self.outages.came_back(entry)
            self.groups.end(entry.group, now)

    def unreachable(self, entry: Entry, report: PaceReport) -> str:
        """An item's origin, or its whole group, could not be reached; returns what comes of it, for the log."""
        outage = self.outages.failed(report.origin or entry.group, report.close, report.why)
        if outage.over:
            self.ended += [Ended(entry=late, code=outage.code, why=outage.why) for late in self._taken_out(outage)]
            return f"{outage.origin} is given up: {outage.why}"
        if outage.failures == FAILURES_TO_PUT_OFF:
            return f"{outage.origin} waits for the end of the run: {outage.why}"
        return ""

    def given_up(self, entry: Entry) -> bool:
        """Whether an item's origin was found to be unreachable at the end of the run too."""
        outage = self.outages.keeps(entry)
        return outage is not None and outage.over

    def answered(self, entry: Entry) -> None:
        """An item's origin answered: what was put off because of it goes on."""
        self._go_on(self.outages.answered(entry))

    def try_again(self) -> None:
        """Take every origin for one that can be reached: a person asks for it."""
        self._go_on(self.outages.forget())

    def _go_on(self, entries: list[Entry]) -> None:
        self._size -= len(entries)
        self.add(entries)

    def _taken_out(self, outage: Outage) -> list[Entry]:
        ending = self.outages.end(outage)
        self._size -= len(ending)
        for group in {entry.group for entry in ending}:
            self._note_short(group)
        return ending

    def take(self, now: float) -> Entry | None:
        """The next item that may start now; it counts as started. None: none may, for now."""
        self.wake(now)
        if self._plain:
            self._size -= 1
            return self._plain.popleft()
        while self._ready:
            entry = self._start(self._ready.popleft(), now)
            if entry is not None:
                self._size -= 1
                return entry
        return self._probe(now) if self.outages.size else None

    def take_alone(self, now: float) -> Entry | None:
        """The next item that must be tried alone and may start now."""
        self.wake(now)
        for _ in range(len(self._alone)):
            entry = self._alone.popleft()
            if not entry.group or self._may_start(entry.group, now):
                if entry.group:
                    self.groups.start(entry, self.limits, now)
                self._size -= 1
                return entry
            self._alone.append(entry)
        return None

    def startable(self, now: float, most: int) -> int:
        """How many items more could start now if there were slots, counted up to `most` (of each group one)."""
        found = min(most, len(self._plain))
        for group in self._ready:
            if found >= most:
                break
            found += bool(self._queues.get(group)) and self._may_start(group, now)
        return found

    def suspects(self, now: float) -> bool:
        """Whether an item that must be tried alone may start now."""
        return any(not entry.group or self._may_start(entry.group, now) for entry in self._alone)

    def next_time(self) -> float | None:
        """When something may start that may not start now; None: only after something has ended."""
        times = [heap[0][0] for heap in (self._times, self._due) if heap]
        alone = (self.groups.allowed_at(entry.group, self.limits, 0.0) for entry in self._alone if entry.group)
        times += [at for at in alone if at is not None and at > 0]
        return min(times) if times else None

    def clear(self) -> None:
        """Forget all that waits, and listen to the groups no more."""
        self._plain.clear()
        self._queues.clear()
        self.watched.clear()
        self.short.clear()
        self._due.clear()
        self._alone.clear()
        self.outages = Outages()
        self._size = 0
        if self in self.groups.listeners:
            self.groups.listeners.remove(self)

    def released(self, group: str) -> None:
        """The groups' word that one more of this group may start."""
        if group in self._queues:
            self._place(group)

    def _place(self, group: str) -> None:
        if group not in self._placed:
            self._placed.add(group)
            self._ready.append(group)

    def wake(self, now: float) -> None:
        """Let what is due, and groups whose time has come, be looked at again."""
        while self._due and self._due[0][0] <= now:
            entry = heapq.heappop(self._due)[2]
            self._size -= 1
            entry.since = now
            self.add([entry])
        while self._times and self._times[0][0] <= now:
            at, _, group = heapq.heappop(self._times)
            if self._timed.get(group) == at:
                del self._timed[group]
                self._place(group)

    def _start(self, group: str, now: float) -> Entry | None:
        """Start the group's first item, or put the group where it will be looked at again."""
        self._placed.discard(group)
        queue = self._queues.get(group)
        if not queue:
            self._queues.pop(group, None)
            self._timed.pop(group, None)
            return None
        self._put_off(queue)
        if not queue:
            self._queues.pop(group)
            self._note_short(group)
            return None
        at = self.groups.allowed_at(group, self.limits, now)
        if at is None:
            return None
        if at > now:
            self._set_time(group, at)
            return None
        self._timed.pop(group, None)
        entry = queue.popleft()
        self.groups.start(entry, self.limits, now)
        self._place(group) if queue else self._queues.pop(group)
        self._note_short(group)
        return entry

    def _put_off(self, queue: deque[Entry]) -> None:
        """Take out of the queue's head what cannot be reached: to the end of the run, or to its own."""
        while queue and (outage := self.outages.keeps(queue[0])) is not None:
            entry = queue.popleft()
            if outage.over:
                self._size -= 1
                self.ended.append(Ended(entry=entry, code=outage.code, why=outage.why))
            else:
                self.outages.put_off(outage, entry)

    def _probe(self, now: float) -> Entry | None:
        """At the end of the run, one item of an origin that could not be reached, to see whether it can be now."""
        if self._size > self.outages.size or self.short or not self.all_read:
            return None
        for outage in self.outages.to_probe():
            group = outage.waiting[0].group
            at = self.groups.allowed_at(group, self.limits, now)
            if at is not None and at <= now:
                self.groups.start(outage.waiting[0], self.limits, now)
                self._size -= 1
                return self.outages.probe(outage)
            if at is not None:
                self._set_time(group, at)
        return None

    def _set_time(self, group: str, at: float) -> None:
        """Have the group looked at again then; a time that was set before counts no more (what an item reports may
        bring it nearer)."""
        if self._timed.get(group) != at:
            self._timed[group] = at
            heapq.heappush(self._times, (at, next(self._order), group))

    def _note_short(self, group: str) -> None:
        if group in self.watched and self.queued(group) < self.watched[group]:
            self.short.add(group)

    def _may_start(self, group: str, now: float) -> bool:
        at = self.groups.allowed_at(group, self.limits, now)
        return at is not None and at <= now
