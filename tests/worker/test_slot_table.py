"""The page of memory that a worker shares with the runner."""

from __future__ import annotations

import pytest

from jobs.runtime.worker.slot_table import MOST_SLOTS, PHASE_BYTES, SlotState, SlotTable, new_memory, spawn_context


@pytest.fixture
def slot_table() -> SlotTable:
    return SlotTable(new_memory(spawn_context(), 2), 2)


def only(slot_table: SlotTable) -> SlotState:
    (busy,) = slot_table.busy()
    return busy


def test_what_a_slot_reports_is_read(slot_table: SlotTable) -> None:
    slot_table.begin(2, 5, 7_000_000_000)

    slot_table.report(2, 0.5, "32,000,000 of 65,657,060 digits")

    found = only(slot_table)
    assert (found.slot, found.ticket, found.started) == (2, 5, 7.0)
    assert (found.share, found.phase) == (0.5, "32,000,000 of 65,657,060 digits")


def test_an_item_inherits_nothing_of_the_one_before(slot_table: SlotTable) -> None:
    slot_table.begin(1, 5, 0)
    slot_table.report(1, 0.5, "32,000,000 of 65,657,060 digits")
    slot_table.finish(1)

    slot_table.begin(1, 6, 0)

    assert (only(slot_table).share, only(slot_table).phase) == (None, "")


def test_a_shorter_phase_leaves_nothing_of_the_longer(slot_table: SlotTable) -> None:
    slot_table.begin(1, 5, 0)
    slot_table.report(1, -1.0, "a phase of many words")

    slot_table.report(1, 1.0, "short")

    assert (only(slot_table).share, only(slot_table).phase) == (1.0, "short")


def test_a_phase_too_long_is_cut_at_a_whole_character(slot_table: SlotTable) -> None:
    slot_table.begin(1, 5, 0)

    slot_table.report(1, 0.0, "é" * 100)

    assert only(slot_table).phase == "é" * (PHASE_BYTES // 2)


def test_a_table_has_room_for_slots_to_come(slot_table: SlotTable) -> None:
    slot_table.slots = MOST_SLOTS
    slot_table.begin(MOST_SLOTS, 9, 0)

    assert (slot_table.capacity, slot_table.highest_taken(), only(slot_table).slot) == (MOST_SLOTS, 9, MOST_SLOTS)
