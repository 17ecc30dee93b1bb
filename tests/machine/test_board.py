"""The page of memory that a worker shares with the runner."""

from __future__ import annotations

import pytest

from jobs.runtime.board import PHASE_BYTES, Board, Busy, new_memory, spawn_context


@pytest.fixture
def board() -> Board:
    return Board(new_memory(spawn_context(), 2))


def only(board: Board) -> Busy:
    (busy,) = board.busy()
    return busy


def test_what_a_slot_reports_is_read(board: Board) -> None:
    board.begin(2, 5, 7_000_000_000)

    board.report(2, 0.5, "32,000,000 of 65,657,060 digits")

    found = only(board)
    assert (found.slot, found.ticket, found.started) == (2, 5, 7.0)
    assert (found.share, found.phase) == (0.5, "32,000,000 of 65,657,060 digits")


def test_an_item_inherits_nothing_of_the_one_before(board: Board) -> None:
    board.begin(1, 5, 0)
    board.report(1, 0.5, "32,000,000 of 65,657,060 digits")
    board.finish(1)

    board.begin(1, 6, 0)

    assert (only(board).share, only(board).phase) == (None, "")


def test_a_shorter_phase_leaves_nothing_of_the_longer(board: Board) -> None:
    board.begin(1, 5, 0)
    board.report(1, -1.0, "a phase of many words")

    board.report(1, 1.0, "short")

    assert (only(board).share, only(board).phase) == (1.0, "short")


def test_a_phase_too_long_is_cut_at_a_whole_character(board: Board) -> None:
    board.begin(1, 5, 0)

    board.report(1, 0.0, "é" * 100)

    assert only(board).phase == "é" * (PHASE_BYTES // 2)
