"""What a worker was given: tickets, what comes back, and how much it may hold."""

from __future__ import annotations

import pytest

from jobs.runtime.runner.dispatch import STRANDED_SECONDS
from jobs.runtime.runner.pool.assignment import MAX_DEPTH, Assignment, Batch
from jobs.runtime.runner.schedule.entry import Entry


def given(many: int = 3) -> Assignment:
    assignment = Assignment(slots=2, now=0.0)
    assignment.give([Entry(position=position, cell="") for position in range(1, many + 1)])
    return assignment


def test_an_answer_counts_once_and_only_where_a_slot_has_taken_its_ticket() -> None:
    assignment = given()
    taken = [assignment.answered(ticket, lambda: 2) for ticket in (2, 2, 3, 99)]

    assert [entry and entry.position for entry in taken] == [2, None, None, None]
    assert list(assignment.out) == [1, 3]
    assert assignment.lied


def test_an_item_comes_back_only_where_it_was_asked_for() -> None:
    assignment = given()
    before = assignment.given_back(3)
    assignment.recall()
    assignment.give([Entry(position=4, cell="")])

    assert before is None
    assert assignment.given_back(4) is None
    assert assignment.given_back(3) is not None


def test_what_no_slot_has_taken_is_taken_back() -> None:
    assignment = given()

    assert assignment.recall() == 3
    assert [entry.position for entry in assignment.unstarted(1)] == [2, 3]
    assert list(assignment.out) == [1]


def test_its_depth_grows_with_its_rate_and_ends_with_a_recall() -> None:
    assignment = given()
    for turn in range(1, 50):
        assignment.heard(1_000, turn * 0.01)
    quick = assignment.depth()
    assignment.recall()

    assert quick == MAX_DEPTH
    assert assignment.depth() == 2
    assert assignment.recalled


@pytest.mark.parametrize(("seconds", "behind"), [(0.02, 1), (0.04, 0), (1.0, 0)])
def test_one_waits_behind_where_items_are_shorter_than_what_is_taken_back_as_stranded(
    seconds: float, behind: int
) -> None:
    assignment = Assignment(1, 0.0)
    for turn in range(1, 50):
        assignment.heard(1, turn * seconds)

    assert assignment.depth() == 1 + behind
    assert seconds < STRANDED_SECONDS or not behind


def test_who_leaves_a_run_prepares_nothing_more() -> None:
    assignment = given()
    assignment.join(7, "")
    assignment.prepare(Batch(first=1, last=2, since=0.0))
    assignment.leave()

    assert (assignment.run, assignment.batch) == (None, None)
