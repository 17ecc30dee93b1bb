"""When a schedule comes: cron lines in time zones, across changes of the clocks, and every so often."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.recurrence import Recurrence, cron_line, every

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(when: Recurrence, since: float, most: int = 5) -> list[str]:
    return [when.spoken(moment) for moment in when.next_times(since, most)]


def test_a_cron_line_goes_by_the_clock_of_its_zone() -> None:
    when = cron_line("0  6 * * mon-fri", BERLIN)

    assert shown(when, at("2026-11-27T12:00"), 3) == [
        "Mon 2026-11-30 06:00 +01:00",
        "Tue 2026-12-01 06:00 +01:00",
        "Wed 2026-12-02 06:00 +01:00",
    ]
    assert str(when) == "0 6 * * mon-fri (Europe/Berlin)"


def test_a_time_that_the_clocks_skip_comes_right_after_the_change() -> None:
    """On 29 March 2026 it is 03:00 after 01:59 in Berlin."""
    assert shown(cron_line("30 2 * * *", BERLIN), at("2026-03-27T12:00"), 4) == [
        "Sat 2026-03-28 02:30 +01:00",
        "Sun 2026-03-29 03:00 +02:00",
        "Mon 2026-03-30 02:30 +02:00",
        "Tue 2026-03-31 02:30 +02:00",
    ]


def test_two_times_that_the_clocks_skip_come_once() -> None:
    assert shown(cron_line("0,30 2 * * *", BERLIN), at("2026-03-28T12:00"), 2) == [
        "Sun 2026-03-29 03:00 +02:00",
        "Mon 2026-03-30 02:00 +02:00",
    ]


def test_a_time_that_the_clocks_repeat_comes_once() -> None:
    """On 25 October 2026 it is 02:00 again after 02:59 in Berlin."""
    when = cron_line("30 2 * * *", BERLIN)

    assert shown(when, at("2026-10-24T12:00"), 3) == [
        "Sun 2026-10-25 02:30 +02:00",
        "Mon 2026-10-26 02:30 +01:00",
        "Tue 2026-10-27 02:30 +01:00",
    ]
    within = at("2026-10-25T01:10")  # 02:10 for the second time
    assert shown(when, within, 1) == ["Mon 2026-10-26 02:30 +01:00"]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize(("line", "minutes"), [("*/15 * * * *", 15), ("0 * * * *", 60)])
def test_what_recurs_within_the_day_goes_on_by_the_time_that_passes(day: str, line: str, minutes: int) -> None:
    times = cron_line(line, BERLIN).next_times(at(f"{day}T00:00", BERLIN), 10)

    assert {later - earlier for earlier, later in pairwise(times)} == {minutes * 60.0}


def test_every_so_often_is_counted_from_the_beginning_whatever_was_missed() -> None:
    when = every("6 h", at("2026-03-28T20:00"))

    assert shown(when, at("2026-03-28T20:00"), 3) == [
        "Sun 2026-03-29 02:00 +00:00",
        "Sun 2026-03-29 08:00 +00:00",
        "Sun 2026-03-29 14:00 +00:00",
    ]
    assert shown(when, at("2026-04-01T03:00"), 1) == ["Wed 2026-04-01 08:00 +00:00"]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [("6h", "every 6 hours"), ("90 min", "every 90 minutes"), ("1 d", "every day"), ("14 D", "every 2 weeks")],
)
def test_every_so_often_is_told_in_the_largest_unit(text: str, spoken: str) -> None:
    assert str(every(text, 0.0)) == spoken


@pytest.mark.parametrize("text", ["", "6", "h", "0 h", "10 s", "-1 h", "1.5 h", "400 d", "6 h\n7 h", "٦ h", "999999 w"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="give a time from 1 min to 366 d"):
        every(text, 0.0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("0 0 6 * * *", "five fields"),
        ("@daily", "five fields"),
        ("61 * * * *", "see its minute"),
        ("0 25 * * *", "see its hour"),
        ("0 0 1-40 * *", "see its day-of-month"),
        ("0 0 * FOO *", "see its month"),
        ("0 0 * * 9", "see its day-of-week"),
        ("*/0 * * * *", "see its minute"),
        ("0 0 31 2 *", "day-of-month|never comes"),
        ("\u202e0 6 * * *", r"no cron line|see its"),
    ],
)
def test_what_is_no_cron_line_is_refused_with_the_field(line: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        cron_line(line)

    assert "\u202e" not in str(refused.value)


@pytest.mark.parametrize("zone", ["Europe/Berlni", "", "Europe", "../etc/passwd", "/etc/localtime", "a\x00b", "CEST"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(Refused, match="there is no time zone"):
        cron_line("0 6 * * *", zone)


def test_a_time_zone_that_is_misspelt_is_named() -> None:
    with pytest.raises(Refused, match="did you mean Europe/Berlin"):
        cron_line("0 6 * * *", "Europe/Berlni")
