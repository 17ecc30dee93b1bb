"""What a worker was given: its run, the items that are out under their tickets, and how quickly it answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs.runtime.runner.schedule.entry import Entry

DEPTH_SECONDS = 0.007
"""Of 7, 10, 14, 20 and 30 ms, on a busy machine: the lag grew with the depth; whether deeper is faster, the noise did
not let one see (tests/bench/lag.py)."""

LEAST_BEHIND = 0.25
MAX_DEPTH = 256


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Positions whose hooks a worker runs, from `first` to `last`, since when (monotonic)."""

    first: int
    last: int
    since: float


class Assignment:
    """The work of one worker. `out` maps tickets to what it holds; tickets count up over its life. `slots` may be at
    work; `lied`: it has answered for an item that no slot of it had taken."""

    def __init__(self, slots: int, now: float) -> None:
        self.slots = slots
        self.run: int | None = None
        self.writes_for = ""
        self.begun = self.recalled = self.lied = False
        self.out: dict[int, Entry] = {}
        self.batch: Batch | None = None
        self.last_heard = now
        self._rate = 0.0
        self._next = 1
        self._taken = self._revoked = 0

    def join(self, run: int, writes_for: str) -> None:
        """What it is given from here on is of this run; `writes_for`: its id where it writes files, else empty."""
        self.run, self.begun, self.writes_for = run, False, writes_for

    def leave(self) -> None:
        """It has no run."""
        self.run = self.batch = None

    def resize(self, slots: int) -> None:
        """So many slots may be at work from now on; 0: the worker rests."""
        self.slots = slots

    def begin(self) -> None:
        """It says that it can take the items of its run."""
        self.begun = True

    def give(self, entries: list[Entry]) -> int:
        """Note items as out; returns the ticket of the first, from which the others count up."""
        if not self.out:
            self.last_heard = time.monotonic()
        first, self._next = self._next, self._next + len(entries)
        self.out.update(zip(range(first, self._next), entries, strict=True))
        return first

    def prepare(self, batch: Batch | None) -> Batch | None:
        """Note the batch that it prepares; returns the one before."""
        before, self.batch = self.batch, batch
        return before

    def recall(self) -> int:
        """Ask for all back that has not started; returns the last ticket of those."""
        self.recalled, self._rate = True, 0.0
        if self.out:
            self._revoked = self._next - 1
        return self._revoked

    def unstarted(self, taken: int) -> list[Entry]:
        """The items above the highest ticket that was taken, which are out no more: they never start. Those below are
        answered or given back."""
        return [self.out.pop(ticket) for ticket in [ticket for ticket in self.out if ticket > taken]]

    def answered(self, ticket: int, highest_taken: Callable[[], int]) -> Entry | None:
        """The item under a ticket, which is out no more; None: it is not out, or no slot has taken it yet."""
        if ticket > self._taken:
            self._taken = highest_taken()
        if ticket <= self._taken:
            return self.out.pop(ticket, None)
        self.lied = self.lied or ticket in self.out
        return None

    def given_back(self, ticket: int) -> Entry | None:
        """The same of an item that the worker gives back; None: it is not out, or nobody has asked for it."""
        return self.out.pop(ticket, None) if ticket <= self._revoked else None

    def take(self, ticket: int) -> Entry:
        """The item under a ticket that is out, which is out no more."""
        return self.out.pop(ticket)

    def clear(self) -> list[tuple[int, Entry]]:
        """All that is out, by ticket, which is out no more."""
        held, self.out = list(self.out.items()), {}
        return held

    def heard(self, answers: int, now: float) -> None:
        """Measure its rate by the answers that came together."""
        elapsed = max(1e-6, now - self.last_heard)
        self._rate = 0.7 * self._rate + 0.3 * min(100_000.0, answers / elapsed)
        self.last_heard, self.recalled = now, False

    def ready(self, now: float) -> None:
        """It can be heard of from now on."""
        self.last_heard = now

    def depth(self, round_trip: float = 0.0) -> int:
        """How many items it may hold: one a slot, and behind them what it does at its measured rate in 7 ms and in the
        time that a word takes to it and back (seconds): the first from a quarter of one, so that a slot has no
        pause between items of up to 28 ms, and nothing behind longer ones, which would be taken back as stranded."""
        if not 0 < self.slots < MAX_DEPTH:
            return self.slots
        return min(MAX_DEPTH, self.slots + int(self._rate * (DEPTH_SECONDS + round_trip) + 1 - LEAST_BEHIND))

    def free_slots(self) -> int:
        """How many slots have nothing to do."""
        return max(0, self.slots - len(self.out))
