"""Owners share: who has many runs waits, not who has one."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from jobs.runtime.core.records import Limits
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.fair_share import in_turn, next_runs
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.schedule.schedule import Schedule

ANN, BOB, CLEO = "ann@example.org", "bob@example.org", "cleo@example.org"


def queue(*owners: str) -> list[tuple[int, str]]:
    return list(enumerate(owners, 1))


def test_one_owner_has_all_places_the_oldest_first() -> None:
    assert next_runs(queue(*[ANN] * 10), {}, places=4) == [1, 2, 3, 4]
    assert next_runs(queue(*[ANN] * 10), {ANN: 4}, places=4) == []
    assert next_runs(queue(*[ANN] * 10), {ANN: 3}, places=4) == [1]
    assert next_runs([], {}, places=4) == []


def test_who_has_fewest_at_work_is_next() -> None:
    queued = queue(*[ANN] * 10, BOB, BOB, BOB)

    assert next_runs(queued, {}, places=4) == [1, 11, 2, 12]
    assert next_runs(queued, {ANN: 2, BOB: 1}, places=4) == [11]
    assert next_runs(queued, {ANN: 1, BOB: 2}, places=4) == [1]


def test_a_first_run_waits_for_nobody_elses_to_end() -> None:
    assert next_runs(queue(*[ANN] * 6, BOB), {ANN: 4}, places=4) == [7]
    assert next_runs(queue(ANN, BOB, BOB), {ANN: 4}, places=4) == [2]
    assert next_runs(queue(BOB), {ANN: 1}, places=1) == [1]


def test_first_runs_have_as_many_places_again_and_no_more() -> None:
    queued = queue(*(f"{number}@example.org" for number in range(20)))

    assert next_runs(queued, {}, places=4) == list(range(1, 9))
    assert next_runs(queued, {ANN: 8}, places=4) == []


def test_ten_runs_of_one_and_one_of_another_end_alike_soon() -> None:
    """Runs of 10 s each, four places: the only one of Bob's begins at once, though Ann came first with all of hers."""
    queued, at_work, began = queue(*[ANN] * 10, BOB, CLEO), Counter[str](), {}
    for clock in range(0, 60, 10):
        for number in next_runs(queued, at_work, places=4):
            began[number] = clock
        at_work.clear()  # each of those has ended by the next round
        queued = [one for one in queued if one[0] not in began]

    assert (began[11], began[12]) == (0, 0)
    assert [began[number] for number in range(1, 11)] == [0, 0, 10, 10, 10, 10, 20, 20, 20, 20]


def test_the_runs_of_one_owner_stay_in_order() -> None:
    def forbidden(_: list[str]) -> None:
        raise AssertionError("there is nothing to shuffle")

    assert in_turn([3, 1, 2], lambda _: ANN, forbidden) == [3, 1, 2]
    assert in_turn([], lambda _: ANN, forbidden) == []


def test_owners_come_by_chance_and_their_runs_in_order() -> None:
    owners = {1: ANN, 2: ANN, 3: BOB, 4: ANN}

    assert in_turn(list(owners), owners.__getitem__, lambda names: names.reverse()) == [3, 1, 2, 4]
    assert in_turn(list(owners), owners.__getitem__, lambda _: None) == [1, 2, 4, 3]


@pytest.mark.parametrize("of_ann", [1, 10])
def test_a_host_that_both_ask_is_shared_by_owners_not_by_runs(of_ann: int) -> None:
    """One item at a time, a pause between two starts, and two looks between them: each owner has half of the starts."""
    chance, limits = random.Random(7), Limits(attempts=1, deadline=None, at_once=1, pause=1.0)
    groups = Groups(jitter=lambda: 1.0)
    runs = [(ANN, Schedule(groups, limits)) for _ in range(of_ann)] + [(BOB, Schedule(groups, limits))]
    for _, schedule in runs:
        schedule.add(Entry(position=position, cell="x", group="host") for position in range(1_000))
    started, out = Counter[str](), []
    for half_seconds in range(2_000):
        now = half_seconds / 2
        while out:
            out[0][0].end(out.pop()[1], now)
        for owner, schedule in in_turn(runs, lambda run: run[0], chance.shuffle):
            entry = schedule.take(now)
            if entry is not None:
                started[owner] += 1
                out.append((schedule, entry))

    assert started.total() > 900
    assert abs(started[ANN] - started[BOB]) < 0.15 * started.total()
