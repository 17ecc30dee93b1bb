"""When something happens again and again: by a cron line in a time zone, or every so many seconds."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import floor
from zoneinfo import ZoneInfo, available_timezones

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count

UTC_ZONE = "UTC"
LEAST_SECONDS, MOST_SECONDS = 60.0, 366 * 86_400.0
FIELDS = "minute hour day-of-month month day-of-week"
_END = 2.0**36
"""Unix seconds, in some two thousand years: later than any clock is set to."""

_UNITS = {"min": 60, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_NAMES = (("w", "week"), ("d", "day"), ("h", "hour"), ("min", "minute"))


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """By a `cron` line in a time `zone` (an IANA name), or `every` so many seconds from `anchor` on (Unix seconds)."""

    cron: str = ""
    zone: str = UTC_ZONE
    every: float = 0.0
    anchor: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError: no clock comes to such a time."""
        if (self.every and not LEAST_SECONDS <= self.every <= MOST_SECONDS) or not abs(self.anchor) < _END:
            raise ValueError("it says no time that comes")

    def after(self, moment: float) -> float | None:
        """The first time after a moment (Unix seconds); None: there is none. Raises Refused: it is no recurrence."""
        if self.every:
            steps = max(0, floor((moment - self.anchor) / self.every)) + 1
            return self.anchor + steps * self.every
        return _by_cron(self.cron, self.zone, moment)

    def next_times(self, moment: float, most: int) -> list[float]:
        """The first times after a moment, at most so many."""
        found: list[float] = []
        while len(found) < most and (following := self.after(moment)) is not None:
            found.append(following)
            moment = following
        return found

    def __str__(self) -> str:
        if not self.every:
            return f"{self.cron} ({self.zone})"
        for unit, noun in _NAMES:
            number, rest = divmod(self.every, _UNITS[unit])
            if not rest:
                return f"every {count(int(number), noun)}" if number != 1 else f"every {noun}"
        return f"every {self.every:g} s"

    def spoken(self, moment: float) -> str:
        """A time as the clock of its zone shows it: `Mon 2026-03-30 06:00 +02:00`."""
        shown = datetime.fromtimestamp(moment, _zone(self.zone)).strftime("%a %Y-%m-%d %H:%M %z")
        return f"{shown[:-2]}:{shown[-2:]}"


def cron_line(text: str, zone: str = UTC_ZONE) -> Recurrence:
    """A recurrence by a cron line. Raises Refused: it is none, never comes, or there is no such zone."""
    line = " ".join(text.split())
    if len(line.split(" ")) != 5:
        raise Refused(f"'{in_one_line(line)}' is no cron line: it has five fields, {FIELDS}, as in '0 6 * * 1-5'")
    found = Recurrence(cron=line, zone=zone)
    if found.after(0.0) is None:
        raise Refused(f"'{in_one_line(line)}' never comes: there is no such day")
    return found


def every(text: str, anchor: float) -> Recurrence:
    """A recurrence every so often, as in `6 h`, from a moment on. Raises Refused."""
    found = re.fullmatch(r"([0-9]{1,6})\s*(min|m|h|d|w)", text.strip().lower())
    seconds = float(int(found[1]) * _UNITS[found[2]]) if found else 0.0
    if not found or not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise Refused(f"every '{in_one_line(text)}': give a time from 1 min to 366 d, as in '6 h', '30 min' or '1 w'")
    return Recurrence(every=seconds, anchor=anchor)


@lru_cache(maxsize=2_000)  # many schedules have one line, and come at one moment
def _by_cron(cron: str, zone: str, moment: float) -> float | None:
    """As Debian's cron does when clocks change: a time that is skipped comes right after the change, one that is
    repeated comes once; what recurs within the hour (`*` in minutes or hours) goes on by the time that passes."""
    from cronsim import CronSim, CronSimError  # loaded where there are schedules alone

    try:
        for found in CronSim(cron, datetime.fromtimestamp(moment, _zone(zone))):
            if found.timestamp() > moment:  # in an hour that is repeated the line is read by the clock on the wall
                return found.timestamp()
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise Refused(f"'{in_one_line(cron)}' is no cron line: see its {field} (fields: {FIELDS})") from None
    return None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    """Raises Refused for a time zone that there is not, with those that are called like it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        like = difflib.get_close_matches(name, available_timezones(), n=3)
        hint = f"did you mean {', '.join(like)}?" if like else "give one as in Europe/Berlin, or UTC"
        raise Refused(f"there is no time zone '{in_one_line(name)}': {hint}") from None
