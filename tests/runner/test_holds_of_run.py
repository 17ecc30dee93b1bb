"""Holds: a run shows those of its own items, wherever these wait, and none of another run."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.runner.feed import LOW, Feed
from jobs.runtime.runner.live_progress import holds_of_run
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.schedule.schedule import Schedule
from jobs.runtime.store import outcomes
from jobs.runtime.store.connection import Connection, Store
from jobs.runtime.store.outcomes import OutcomeRow
from tests.runner.test_feed import LIMITS, new_run
from tests.support.machine import Machine, until


class Waiting:
    """A run whose items wait, beside another run of the same job: all groups ever named are on hold."""

    def __init__(self, store: Store, names: list[str], costs: list[float] | None = None) -> None:
        self.stored = new_run(store, names, costs=costs)
        self.schedule = Schedule(Groups(jitter=lambda: 1.0), LIMITS)
        self.feed = Feed(self.stored, self.schedule, lambda: (0.0, 0.0))
        self.db: Connection = store.connect()

    def held(self, *groups: str, out: tuple[Entry, ...] = ()) -> list[str]:
        for group in groups:
            self.schedule.groups.report(group, PaceReport(hold=60.0, why="Retry-After"), LIMITS, 0.0)
        return [group for group, _, _ in holds_of_run(self.schedule, self.feed, out, self.db, 1.0)]

    def done(self, *positions: int) -> None:
        outcomes.add(self.db, self.stored.number, [_ok(position) for position in positions], duplicates=False)
        self.db.commit()


def _ok(position: int) -> OutcomeRow:
    return OutcomeRow(position, "ok", "", "", "", None, 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_the_holds_of_another_run_are_not_shown(store: Store) -> None:
    run = Waiting(store, ["own", "own"])

    assert run.held("own", "other") == ["own"]
    run.feed.fill(run.db, hungry=False)
    assert run.held("own", "other") == ["own"]
    run.db.close()


def test_a_hold_is_shown_until_no_item_of_its_group_is_left(store: Store) -> None:
    run = Waiting(store, ["a", "b"])
    run.feed.fill(run.db, hungry=False)
    first, second = run.schedule.take(0.0), run.schedule.take(0.0)
    assert first is not None
    assert second is not None

    assert run.held("a", "b", out=(first, second)) == ["a", "b"]
    run.schedule.end(first, 0.0)
    run.schedule.later(second, 99.0, 0.0)
    assert run.held() == ["b"]
    run.db.close()


def test_an_item_that_has_moved_waits_for_its_new_group_alone(store: Store) -> None:
    run = Waiting(store, ["from"])
    run.feed.fill(run.db, hungry=False)
    entry = run.schedule.take(0.0)
    assert entry is not None
    run.schedule.move(entry, "to", 0.0)

    assert run.held("from", "to") == ["to"]
    run.db.close()


def test_items_that_were_not_read_yet_wait_too(store: Store) -> None:
    names = [f"early-{place % 500}" for place in range(5_000)] + ["late", "done"]
    run = Waiting(store, names)
    run.done(5_002)
    run.feed.fill(run.db, hungry=False)
    assert len(run.schedule) > LOW

    assert run.held("late", "done", "other") == ["late"]
    while run.feed.fill(run.db, hungry=True):
        pass
    assert run.held() == ["late"]
    run.db.close()


def test_a_large_group_is_held_as_long_as_some_of_it_is_to_come(store: Store) -> None:
    run = Waiting(store, ["large"] * 100 + ["other"])
    while run.feed.fill(run.db, hungry=True):
        pass

    assert run.held("large", "elsewhere") == ["large"]
    run.db.close()


def test_items_that_are_read_the_dearest_first_wait_too(store: Store) -> None:
    run = Waiting(store, ["a", "b"], costs=[1.0, 2.0])
    assert run.held("a", "b", "c") == ["a", "b"]
    run.done(1)

    assert run.held() == ["b"]
    run.db.close()


def test_a_run_beside_one_that_is_held_shows_no_hold(machine: Machine) -> None:
    held = machine.submit(["hold 40@slow", "ok@slow"], at_once=1)
    until(lambda: client.progress(held.id).holds)

    beside = machine.submit(["sleep 10@other", "ok@other"])
    until(lambda: client.progress(beside.id).doing)

    assert client.progress(beside.id).holds == ()
    assert [group for group, _, _ in client.progress(held.id).holds] == ["slow"]
    for run in (held, beside):
        client.cancel(run.id)
