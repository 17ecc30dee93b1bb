"""What the page shows of the moment: the groups that wait are counted in parts, and only the largest are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.runner import live_progress
from jobs.runtime.runner.live_progress import LiveProgress
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.store.connection import Store
from tests.runner.test_feed import new_run


def new(store: Store, names: list[str]) -> LiveProgress:
    found = LiveProgress(new_run(store, names), Groups(jitter=lambda: 1.0), lambda monotonic: monotonic)
    found.count_groups()
    return found


def look(store: Store, shown: LiveProgress) -> dict[str, object]:
    with store.read() as db:
        text = shown.text(db, [], left=1, now=0.0, slots=1)
    found: dict[str, object] = json.loads(text)
    return found


def test_groups_are_counted_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_progress, "COUNTED_AT_ONCE", 4)
    store = Store(tmp_path)
    shown = new(store, ["a", "b", "a", "", "b", "a"])
    look(store, shown)
    first = dict(shown.waiting)
    shown.leave(Entry(position=1, cell="", group="a"))
    shown.leave(Entry(position=6, cell="", group="a"))  # not counted yet: stored before it would be
    look(store, shown)

    assert first == {"a": 2, "b": 1}
    assert shown.waiting == {"a": 2, "b": 2}


def test_of_very_many_groups_the_largest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_progress, "MANY_GROUPS", 10)
    store = Store(tmp_path)
    shown = new(store, [*(f"host-{number}" for number in range(100)), *["large"] * 5])
    look(store, shown)
    for number in range(100):
        shown.leave(Entry(position=number + 1, cell="", group=f"host-{number}"))

    assert len(shown.waiting) == 5
    assert shown.waiting["large"] == 5


def test_the_group_that_will_take_longest_says_how_long(tmp_path: Path) -> None:
    store = Store(tmp_path)
    shown = new(store, ["slow"] * 4 + ["quick"] * 40)
    groups, limits = shown.groups, shown.run.limits
    groups.report("slow", PaceReport(latency=30.0), limits, 0.0)
    groups.report("quick", PaceReport(latency=0.1), limits, 0.0)

    found = look(store, shown)

    assert (found["slowest_group"], found["seconds_left"]) == ("slow", 120.0)


@pytest.mark.parametrize(("resized", "seconds"), [(True, 10.0), (False, 400 / 9.6)])
def test_once_a_pool_has_another_size_its_rate_is_of_the_time_since(
    tmp_path: Path, resized: bool, seconds: float
) -> None:
    shown = new(Store(tmp_path), ["a"])
    for second in range(6):
        shown.done(2, float(second))
    if resized:
        shown.resized(5.0)
    shown.done(20, 5.5)
    shown.done(20, 6.0)

    assert shown.seconds_left(400, 6.0) == pytest.approx(seconds)
