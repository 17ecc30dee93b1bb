"""The page of memory that a worker shares with the runner: what each slot does, exact up to the instant of death.

Words of 64 bits, each written in one piece. Word 0 belongs to the runner: tickets up to it that have not started never
will (`recall`). Words 1 to 3 are the main thread's: which hook of the job it is in, for which position, since when.
Then a cell of 16 words a slot, written by the slot alone: the ticket it took last, when it started
(monotonic nanoseconds), thread ident, native thread id, share done (parts in a million + 1; 0: not known), the phase it
is in as 64 bytes of UTF-8, and whether it is busy with that ticket.

A slot writes its ticket, then reads word 0, then starts; the runner writes word 0, waits a millisecond, then reads the
tickets. So whichever comes first, both agree on what has started.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from time import monotonic_ns
from typing import Any

HEAD = 16
CELL = 16
MOST_SLOTS = 512
"""So many a worker may come to have: 64 KiB of cells."""

PHASE_WORD = 5
PHASE_BYTES = 64
BUSY_WORD = 13


HOOKS = ("ready", "check", "group", "cost", "key")
"""The hooks that run in a worker."""


@dataclass(frozen=True, slots=True)
class HookState:
    """The hook of the job that a worker is in, for the item at which position (0: for none), and since when (monotonic
    seconds)."""

    name: str
    position: int
    started: float


@dataclass(frozen=True, slots=True)
class SlotState:
    """What a slot (from 1) says it is doing: the ticket, when it started (monotonic seconds), its native thread id
    and ident, how far it is (0 to 1; None: not known) and in which phase."""

    slot: int
    ticket: int
    started: float
    ident: int
    native: int
    share: float | None
    phase: str


def new_memory(context: SpawnContext, slots: int) -> Any:
    """Shared memory for a worker of so many slots, which may become `MOST_SLOTS`, to be handed to its process."""
    return context.RawArray("Q", HEAD + CELL * max(slots, MOST_SLOTS))


class SlotTable:
    """One worker's page, from either side; `slots`: how many of its cells are in use."""

    def __init__(self, memory: Any, slots: int) -> None:
        self._bytes = memoryview(memory).cast("B")
        self._words = self._bytes.cast("Q")
        self.slots = slots

    @property
    def capacity(self) -> int:
        """How many slots it has cells for."""
        return (len(self._words) - HEAD) // CELL

    @property
    def revoked(self) -> int:
        """Tickets up to this one do not start any more."""
        return self._words[0]

    @revoked.setter
    def revoked(self, ticket: int) -> None:
        self._words[0] = ticket

    def enter_hook(self, name: str, position: int) -> None:
        """The main thread calls a hook."""
        self._words[2], self._words[3] = position, monotonic_ns()
        self._words[1] = HOOKS.index(name) + 1

    def leave_hook(self) -> None:
        """The main thread is in no hook any more."""
        self._words[1] = 0

    def hook(self) -> HookState | None:
        """The hook that the main thread is in."""
        number, position, started = self._words[1:4]
        return HookState(HOOKS[number - 1], position, started / 1e9) if 0 < number <= len(HOOKS) else None

    def assign(self, slot: int, ident: int, native: int) -> None:
        """A slot says which thread it is."""
        at = self._at(slot)
        self._words[at + 2], self._words[at + 3] = ident, native

    def begin(self, slot: int, ticket: int, started_ns: int) -> None:
        """A slot takes up a ticket."""
        at = self._at(slot)
        self._words[at + 4] = 0
        self._words[at + PHASE_WORD] = 0
        self._words[at + 1] = started_ns
        self._words[at] = ticket
        self._words[at + BUSY_WORD] = 1

    def finish(self, slot: int) -> None:
        """A slot is idle again."""
        self._words[self._at(slot) + BUSY_WORD] = 0

    def report(self, slot: int, share: float, phase: str) -> None:
        """A slot says how far its item is (a share below 0: not known)."""
        at = self._at(slot)
        self._words[at + 4] = 0 if share < 0 else round(share * 1_000_000) + 1
        text = phase.encode("utf-8", "replace")[:PHASE_BYTES].ljust(PHASE_BYTES, b"\0")
        start = (at + PHASE_WORD) * 8
        self._bytes[start : start + PHASE_BYTES] = text

    def busy(self) -> list[SlotState]:
        """The slots that are busy."""
        return [self._busy(slot) for slot in range(1, self.slots + 1) if self._words[self._at(slot) + BUSY_WORD]]

    def last(self) -> list[SlotState]:
        """What each slot took last, also where it is done with it."""
        return [self._busy(slot) for slot in range(1, self.slots + 1) if self._words[self._at(slot)]]

    def snapshot(self) -> bytes:
        """Its words as they are now, as far as they are in use."""
        return bytes(self._bytes[: 8 * (HEAD + CELL * self.slots)])

    def highest_taken(self) -> int:
        """The highest ticket that any slot has taken, 0 for none."""
        return max(self._words[HEAD : self._at(self.slots + 1) : CELL])

    def _busy(self, slot: int) -> SlotState:
        at = self._at(slot)
        ticket, started, ident, native, share = self._words[at : at + 5]
        start = (at + PHASE_WORD) * 8
        phase = bytes(self._bytes[start : start + PHASE_BYTES]).partition(b"\0")[0].decode("utf-8", "ignore")
        return SlotState(
            slot=slot,
            ticket=ticket,
            started=started / 1e9,
            ident=ident,
            native=native,
            share=min(1.0, (share - 1) / 1_000_000) if share else None,
            phase=phase,
        )

    def _at(self, slot: int) -> int:
        return HEAD + CELL * (slot - 1)


def spawn_context() -> SpawnContext:
    """The way workers are started: a fresh interpreter each, never a fork of a process with threads."""
    return multiprocessing.get_context("spawn")
