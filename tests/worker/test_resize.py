"""A worker's slots while it lives: more are started, those beyond what is wanted rest, and are woken again."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from jobs.runtime.worker import main
from jobs.runtime.worker.main import Worker
from jobs.runtime.worker.messages import QueuedItem, Resize
from jobs.runtime.worker.slot import Ticket
from jobs.runtime.worker.slot_table import SlotTable, new_memory, spawn_context
from jobs.runtime.worker.terms import Terms
from jobs.runtime.worker.wear import Wear
from tests.support.machine import stays, until


class HeldSlot:
    """A slot whose items take until they are let go."""

    doing: ClassVar[set[int]]
    over: ClassVar[threading.Event]

    def __init__(self, *_number: Any, **_parts: Any) -> None:
        self._doing, self._over = self.doing, self.over  # those of its test: its thread outlives it

    def take(self, ticket: Ticket) -> None:
        self._doing.add(ticket.number)
        self._over.wait()
        self._doing.discard(ticket.number)


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker of two slots."""
    HeldSlot.doing, HeldSlot.over = set(), threading.Event()
    monkeypatch.setattr(main, "Slot", HeldSlot)
    ours, theirs = socket.socketpair()
    terms = Terms(job="held", slots=2, home=tmp_path, files=tmp_path, runner=os.getpid(), memory=0)
    worker = Worker(theirs, SlotTable(new_memory(spawn_context(), 2), 2), terms)
    worker.wear = Wear(2)
    worker._start_slots(1, 2)
    yield worker
    HeldSlot.over.set()
    ours.close()
    theirs.close()


def give(worker: Worker, *numbers: int) -> None:
    for number in numbers:
        item = QueuedItem(position=number, cell="", attempt=1, carry=None)
        worker.todo.put(Ticket(number, None, item))  # type: ignore[arg-type]


def test_further_slots_take_what_waits(worker: Worker) -> None:
    give(worker, *range(1, 8))
    until(lambda: len(HeldSlot.doing) == 2)

    worker._take(Resize(slots=6))

    until(lambda: len(HeldSlot.doing) == 6)
    assert worker.slot_table.slots == 6


def test_slots_at_rest_take_nothing_until_they_are_woken(worker: Worker) -> None:
    worker._take(Resize(slots=1))
    give(worker, 1, 2, 3)
    until(lambda: HeldSlot.doing == {1})
    stays(lambda: HeldSlot.doing == {1}, 0.2)

    worker._take(Resize(slots=3))

    until(lambda: HeldSlot.doing == {1, 2, 3})


def test_a_larger_table_of_slots_is_no_wear(worker: Worker) -> None:
    before = worker.wear._then

    worker._take(Resize(slots=40))

    assert worker.wear._then == before
    assert worker.wear._most_threads > Wear(2)._most_threads
