"""The feed: windows of a run, large groups apart, and every item once."""

from __future__ import annotations

import random
from math import inf, isnan, nan
from pathlib import Path

import pytest

from jobs.runtime.core.records import Attempt, Item, Limits
from jobs.runtime.runner.feed import GROUP_WINDOW, STEP, Feed
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.schedule.schedule import Schedule
from jobs.runtime.store import attempts, items, outcomes, runs
from jobs.runtime.store.attempts import NewAttempt
from jobs.runtime.store.connection import Store
from jobs.runtime.store.outcomes import OutcomeRow
from tests.support.machine import unstored

LIMITS = Limits(attempts=1, deadline=None, at_once=2, pause=0)


def new_run(store: Store, groups: list[str], *, costs: list[float] | None = None) -> runs.StoredRun:
    with store.write() as db:
        traits = runs.JobTraits(prepares=True, grouped=True, costed=costs is not None)
        number = runs.add(db, unstored(job="act", limits=LIMITS), traits)
        items.add(db, number, 1, [Item(cell=f"cell {position}") for position in range(1, len(groups) + 1)])
        plans = [
            items.ItemPlan(position=position, group=group, cost=costs[position - 1] if costs else None)
            for position, group in enumerate(groups, 1)
        ]
        items.plan(db, number, plans)
        runs.queue(db, number, items=len(groups), sample=False, at=1.0)
        return runs.get(db, number)


def drain(store: Store, feed: Feed, schedule: Schedule) -> list[int]:
    """Take and end everything, reading on where it is wanted; the positions in the order they started."""
    started: list[int] = []
    db = store.connect()
    while True:
        read = feed.fill(db, hungry=True)
        entry = schedule.take(0.0)
        if entry is None and not read and feed.exhausted:
            db.close()
            return started
        if entry is not None:
            started.append(entry.position)
            schedule.end(entry, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_every_item_is_read_once_whatever_the_sizes_of_the_groups(tmp_path: Path, seed: int) -> None:
    chance, store = random.Random(seed), Store(tmp_path)
    names = ["large"] * 20 + ["middle"] * 5 + [f"small-{number}" for number in range(30)]
    stored = new_run(store, [chance.choice(names) for _ in range(STEP * 2 + 123)])
    schedule = Schedule(Groups(), LIMITS)

    started = drain(store, Feed(stored, schedule, lambda: (0.0, 0.0)), schedule)

    assert sorted(started) == list(range(1, stored.run.items + 1))


def test_of_a_large_group_only_a_window_is_in_memory_and_others_are_found_behind_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = new_run(store, ["large"] * (STEP * 3) + ["other"])
    schedule = Schedule(Groups(), LIMITS)
    feed, db = Feed(stored, schedule, lambda: (0.0, 0.0)), store.connect()
    while feed.fill(db, hungry=True):
        pass
    db.close()

    assert len(schedule) <= 2 * GROUP_WINDOW + 1
    groups = [entry.group for entry in iter(lambda: schedule.take(0.0), None)]
    assert sorted(groups) == ["large", "large", "other"]


def test_what_has_an_outcome_is_left_out_and_what_was_tried_goes_on_from_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = new_run(store, ["a", "", "b", ""])
    with store.write() as db:
        outcomes.add(db, stored.number, [OutcomeRow(2, "ok", "", "", "", None, 1)], duplicates=False)
        tried = Attempt(position=3, number=1, kind="later", code="busy", error="")
        attempts.add(db, stored.number, [NewAttempt(attempt=tried, not_before=1_000.0)])
    schedule = Schedule(Groups(), LIMITS)
    feed, db = Feed(stored, schedule, lambda: (50.0, 990.0)), store.connect()
    feed.fill(db, hungry=False)
    db.close()

    first = [entry.position for entry in iter(lambda: schedule.take(50.0), None)]
    (late,) = iter(lambda: schedule.take(60.0), None)
    assert sorted(first) == [1, 4]
    assert (late.position, late.number, late.counted) == (3, 2, 1)


def test_a_large_group_is_read_on_while_its_first_items_wait_for_their_next_attempt(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = new_run(store, ["large"] * (3 * GROUP_WINDOW))
    with store.write() as db:
        later = [Attempt(position=at, number=1, kind="later", code="busy", error="") for at in range(1, GROUP_WINDOW)]
        attempts.add(db, stored.number, [NewAttempt(attempt=tried, not_before=1_000.0) for tried in later])
    schedule = Schedule(Groups(), LIMITS)
    feed, db = Feed(stored, schedule, lambda: (50.0, 990.0)), store.connect()

    started = []
    for _ in range(10 * GROUP_WINDOW):
        feed.fill(db, hungry=True)
        entry = schedule.take(50.0)
        if entry is not None:
            started.append(entry.position)
            schedule.end(entry, 50.0)
    db.close()
    assert started == list(range(GROUP_WINDOW, 3 * GROUP_WINDOW + 1))
    assert schedule.next_time() == 60.0


@pytest.mark.parametrize("costs", [[7.0] * (2 * STEP + 1), [inf, nan, -1.0, 0.0, -inf, 2.5] * 3])
def test_items_of_any_cost_are_read_once(tmp_path: Path, costs: list[float]) -> None:
    store = Store(tmp_path)
    stored = new_run(store, [""] * len(costs), costs=costs)
    schedule = Schedule(Groups(), LIMITS)

    started = drain(store, Feed(stored, schedule, lambda: (0.0, 0.0)), schedule)

    worth = [0.0 if isnan(cost) else cost for cost in costs]
    assert started == sorted(range(1, len(costs) + 1), key=lambda position: -worth[position - 1])


def test_the_dearest_are_read_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = new_run(store, [""] * 300, costs=[float(position % 100) for position in range(300)])
    schedule = Schedule(Groups(), LIMITS)

    started = drain(store, Feed(stored, schedule, lambda: (0.0, 0.0)), schedule)

    costs = [(position - 1) % 100 for position in started]
    assert costs == sorted(costs, reverse=True)
    assert len(set(started)) == 300
