"""What has held an item up is told with it: a hold of its group, a long pause between two starts."""

from __future__ import annotations

from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.records import Limits
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.schedule.schedule import Schedule

HELD = "asked us to wait 5.0 s (Retry-After)"


def new(*, at_once: int | None = None, pause: float = 0.0) -> Schedule:
    limits = Limits(attempts=3, deadline=None, at_once=at_once, pause=pause)
    return Schedule(Groups(jitter=lambda: 1.0), limits)


def hold(schedule: Schedule, group: str, now: float) -> None:
    schedule.groups.report(group, PaceReport(hold=5.0, why="Retry-After"), schedule.limits, now)


def started(schedule: Schedule, now: float) -> list[str]:
    found = []
    while (entry := schedule.take(now)) is not None:
        found.append(entry.waited_for)
        schedule.end(entry, now)
    return found


def test_who_waited_while_the_group_was_held_is_told_of_it() -> None:
    schedule = new()
    asked = Entry(position=1, cell="", group="a")
    schedule.add([asked, Entry(position=2, cell="", group="b")])
    assert schedule.take(1) is asked
    hold(schedule, "a", 2)
    schedule.later(asked, 7, 2)
    schedule.add([Entry(position=3, cell="", group="a")])

    assert started(schedule, 3) == [""]
    assert started(schedule, 7.5) == [HELD, HELD]


def test_who_came_after_the_hold_is_told_nothing() -> None:
    schedule = new()
    moved = Entry(position=1, cell="", group="b")
    schedule.add([moved])
    schedule.take(1)
    hold(schedule, "a", 2)
    schedule.move(moved, "a", 8)

    assert started(schedule, 9) == [""]


def test_a_pause_of_half_a_second_is_told_to_all_but_the_first() -> None:
    schedule, quick = new(pause=0.5), new(pause=0.25)
    for each in (schedule, quick):
        each.add([Entry(position=position, cell="", group="a") for position in (1, 2)])

    assert started(schedule, 1) + started(schedule, 2) == ["", "is asked about every 0.5 s (the pause of this run)"]
    assert started(quick, 1) + started(quick, 2) == ["", ""]


def test_a_host_that_is_asked_more_slowly_than_the_run_says_is_told() -> None:
    schedule = new(pause=0.25, at_once=1)
    schedule.add([Entry(position=position, cell="", group="a") for position in (1, 2, 3)])
    schedule.groups.report("a", PaceReport(latency=4.0), schedule.limits, 0)

    assert started(schedule, 1) + started(schedule, 9) == ["", "is asked about every 4 s (as slowly as it answers)"]


def test_what_an_item_has_learnt_of_a_pause_it_says_itself() -> None:
    schedule = new(pause=0.5)
    schedule.add([Entry(position=position, cell="", group="a") for position in (1, 2)])
    schedule.groups.report("a", PaceReport(pause=2.0, why="Crawl-delay"), schedule.limits, 0)

    assert started(schedule, 1) + started(schedule, 9) == ["", ""]
