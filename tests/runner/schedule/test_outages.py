"""What cannot be reached: counted by origin and run, put at the run's end, tried once more there, and then ended."""

from __future__ import annotations

import pytest

from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.records import Limits
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.outages import origin_of
from jobs.runtime.runner.schedule.pacing import Groups
from jobs.runtime.runner.schedule.schedule import Schedule

HOST = "a.org"


def new(*cells: str, groups: Groups | None = None, at_once: int = 1) -> tuple[Schedule, list[Entry]]:
    limits = Limits(attempts=1, deadline=None, at_once=at_once, pause=0.0)
    schedule = Schedule(groups or Groups(jitter=lambda: 1.0), limits)
    entries = [
        Entry(position=number, cell=cell, group=cell.split("/")[2].split(":")[0])
        for number, cell in enumerate(cells, start=1)
    ]
    schedule.add(entries)
    return schedule, entries


def fail(schedule: Schedule, entry: Entry, origin: str = "") -> str:
    report = PaceReport(close="host_down", origin=origin or origin_of(entry.cell, entry.group), why="refused")
    said = schedule.unreachable(entry, report)
    schedule.end(entry, 0)
    return said


def take(schedule: Schedule) -> Entry:
    entry = schedule.take(0)
    assert entry is not None
    return entry


DEAD = [f"http://{HOST}:81/{number}" for number in range(5)]
ALIVE = [f"http://{HOST}/{number}" for number in range(2)]


@pytest.mark.parametrize(
    ("cell", "origin"),
    [
        ("http://a.org/x:9", "http://a.org:80"),
        ("HTTPS://a.org", "https://a.org:443"),
        ("http://A.org:8080/x", "http://a.org:8080"),
        ("a.org/x", "https://a.org:443"),
        ("a.org:8080", "https://a.org:8080"),
        ("//a.org:81/x", "https://a.org:81"),
        ("http:\\\\a.org:81\\x", "http://a.org:81"),
        ("<http://a.org:81/x>", "http://a.org:81"),
        ("[text](http://a.org:81/x)", "http://a.org:81"),
        ("  http://a.org:81/x ", "http://a.org:81"),
        ("5", "https://a.org:443"),
    ],
)
def test_the_origin_of_a_cell_is_its_scheme_host_and_port(cell: str, origin: str) -> None:
    assert origin_of(cell, HOST) == origin


def test_two_failures_put_the_other_items_of_the_origin_at_the_end() -> None:
    schedule, _ = new(*DEAD, *ALIVE)

    said = [fail(schedule, take(schedule)) for _ in range(2)]
    order = []
    for _ in range(3):
        entry = take(schedule)
        order.append(entry.cell)
        if entry.cell in ALIVE:
            schedule.answered(entry)
            schedule.end(entry, 0)

    assert said == ["", "http://a.org:81 waits for the end of the run: refused"]
    assert order == [*ALIVE, DEAD[2]]
    assert schedule.ended == []


def test_one_more_failure_at_the_end_ends_the_rest() -> None:
    schedule, _ = new(*DEAD)
    for _ in range(2):
        fail(schedule, take(schedule))

    probe = take(schedule)
    waits = schedule.take(0)
    said = fail(schedule, probe)

    assert (probe.cell, waits) == (DEAD[2], None)
    assert [(ended.entry.cell, ended.code) for ended in schedule.ended] == [(cell, "host_down") for cell in DEAD[3:]]
    assert said == "http://a.org:81 is given up: refused"
    assert len(schedule) == 0


def test_an_answer_at_the_end_lets_the_rest_go_on() -> None:
    schedule, _ = new(*DEAD)
    for _ in range(2):
        fail(schedule, take(schedule))
    probe = take(schedule)

    schedule.answered(probe)
    schedule.end(probe, 0)

    assert take(schedule).cell == DEAD[3]
    assert len(schedule) == 1


def test_failures_of_items_that_were_out_already_end_nothing() -> None:
    schedule, _ = new(*DEAD, at_once=4)
    out = [take(schedule) for _ in range(4)]

    for entry in out:
        fail(schedule, entry)

    assert schedule.ended == []
    assert take(schedule).cell == DEAD[4]


def test_an_answer_between_two_failures_starts_the_count_anew() -> None:
    schedule, _ = new(*DEAD)
    fail(schedule, take(schedule))
    good = take(schedule)
    schedule.answered(good)
    schedule.end(good, 0)

    fail(schedule, take(schedule))

    assert take(schedule).cell == DEAD[3]


def test_a_probe_that_says_nothing_is_followed_by_another() -> None:
    schedule, _ = new(*DEAD)
    for _ in range(2):
        fail(schedule, take(schedule))

    for cell in DEAD[2:]:
        probe = take(schedule)
        schedule.end(probe, 0)
        assert probe.cell == cell

    assert len(schedule) == 0


def test_another_run_learns_nothing_of_it() -> None:
    groups = Groups(jitter=lambda: 1.0)
    first, _ = new(*DEAD, groups=groups)
    second, _ = new(*DEAD, groups=groups)
    for _ in range(3):
        fail(first, take(first))

    assert len(first.ended) == 2
    for cell in DEAD:
        entry = take(second)
        second.answered(entry)
        second.end(entry, 0)
        assert entry.cell == cell


def test_an_item_that_a_redirect_led_here_is_not_put_off() -> None:
    schedule, _ = new(*DEAD[:2])
    for _ in range(2):
        fail(schedule, take(schedule))
    guest = Entry(position=9, cell=DEAD[3], group="b.org")
    schedule.add([guest])
    assert take(schedule) is guest
    guest.moves = 1

    schedule.move(guest, HOST, 0)

    assert take(schedule) is guest


def test_a_whole_group_is_put_off_where_no_origin_is_named() -> None:
    schedule, _ = new(*DEAD, *ALIVE)
    for _ in range(2):
        fail(schedule, take(schedule), HOST)
    schedule.add([Entry(position=9, cell="http://b.org/x", group="b.org")])

    assert take(schedule).group == "b.org"
    assert len(schedule) == 5


def test_the_end_waits_for_what_is_still_to_be_read() -> None:
    schedule, _ = new(*DEAD[:3])
    for _ in range(2):
        fail(schedule, take(schedule))
    schedule.all_read = False

    early = schedule.take(0)
    schedule.all_read = True

    assert early is None
    assert take(schedule).cell == DEAD[2]


def test_what_is_read_of_an_origin_that_is_given_up_ends_too() -> None:
    schedule, _ = new(*DEAD[:3])
    for _ in range(3):
        fail(schedule, take(schedule))

    schedule.add([Entry(position=9, cell=DEAD[4], group=HOST)])

    assert schedule.take(0) is None
    assert [ended.entry.position for ended in schedule.ended] == [9]
    assert len(schedule) == 0


def test_a_retry_takes_every_origin_for_reachable() -> None:
    schedule, _ = new(*DEAD)
    for _ in range(2):
        fail(schedule, take(schedule))
    assert take(schedule).cell == DEAD[2]

    schedule.try_again()

    assert schedule.queued(HOST) == 2


def test_an_origin_is_given_up_with_all_its_items() -> None:
    schedule, entries = new(*DEAD)
    for _ in range(2):
        fail(schedule, take(schedule))
    before = schedule.given_up(entries[0])
    fail(schedule, take(schedule))

    assert (before, [schedule.given_up(entry) for entry in entries]) == (False, [True] * len(DEAD))


def report(groups: Groups, said: PaceReport) -> None:
    """An item of the host comes back with this."""
    limits = Limits(attempts=1, deadline=None, at_once=4, pause=0.0)
    groups.report(HOST, said, limits, 0)
    groups.end(HOST, 0)


def test_where_nobody_answers_one_item_at_a_time_holds_a_slot() -> None:
    schedule, _ = new(*DEAD, at_once=4)
    first = take(schedule)
    report(schedule.groups, PaceReport(close="host_down", why="silent"))
    schedule.outages.came_back(first)

    second, third = schedule.take(0), schedule.take(0)

    assert (second is not None, third) == (True, None)


def test_an_answer_lets_a_host_have_several_slots_again() -> None:
    schedule, _ = new(*DEAD, at_once=4)
    for said in (PaceReport(close="host_down"), PaceReport(latency=0.1)):
        take(schedule)
        report(schedule.groups, said)

    assert [schedule.take(0) is not None for _ in range(3)] == [True] * 3
