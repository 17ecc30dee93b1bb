"""How gentle a job is with each group now: counted across its runs, adapted to what the items report.

The rule is Scrapy's AutoThrottle (https://docs.scrapy.org/en/latest/topics/autothrottle.html) over a preset that is
never undercut; a refusal halves what may run at once, 20 good answers in a row give one back.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.records import Limits
from jobs.runtime.core.units import duration
from jobs.runtime.runner.schedule.entry import Entry

GOOD_IN_A_ROW = 20
MAX_HOLD = 300.0
MAX_CRAWL_DELAY = 30.0
MAX_DELAY = 60.0
LONG_PAUSE = 0.5
"""Seconds between two starts: from here on an item is told that it has waited for them."""

UNLIMITED = 10**9
MANY = 10_000
"""With more groups than this in memory, those are forgotten that can wait no longer for anything."""


class Listener(Protocol):
    """A schedule, told when a group may start again."""

    def released(self, group: str) -> None:
        """One item of the group has ended."""


@dataclass(slots=True)
class GroupPace:
    """One group: what is in progress, when it started last, and what its items have reported (times: monotonic).

    `met`: one of its items has come back, with what the group asks for; `silent`: the last that came back has found
    nobody there.
    """

    active: int = 0
    met: bool = False
    silent: bool = False
    last_start: float = float("-inf")
    last_end: float = float("-inf")
    rest: float = 0.0
    jitter: float = 1.0
    cap: int = UNLIMITED
    delay: float = 0.0
    crawl_delay: float = 0.0
    hold_until: float = float("-inf")
    hold_why: str = ""
    hold_words: str = ""
    good: int = 0
    latency: float | None = None

    def forgettable(self, now: float) -> bool:
        """Whether nothing of it can matter any more."""
        resting = now - self.last_end <= max(self.rest, self.delay, self.crawl_delay)
        return self.active == 0 and not resting and self.hold_until <= now


@dataclass
class Groups:
    """The paces of one job's groups, by name. Nothing here reads a clock: every call is given the time."""

    jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.5)
    paces: dict[str, GroupPace] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    _room: int = MANY

    def allowed_at(self, group: str, limits: Limits, now: float) -> float | None:
        """From when one more item of the group may start (now or earlier: at once); None: not before one has ended."""
        pace = self.paces.get(group)
        if pace is None:
            return now
        if pace.active >= self.at_once(pace, limits):
            return None
        return max(pace.hold_until, pace.last_start + self.pause(pace, limits))

    def at_once(self, pace: GroupPace, limits: Limits) -> int:
        """How many items of the group may be in progress. Where pauses are kept the first goes alone, to learn them;
        where nobody answers each does, so that no other slot waits for the same."""
        alone = pace.silent or (limits.pause > 0 and not pace.met)
        return 1 if alone else min(pace.cap, limits.at_once or UNLIMITED)

    def pause(self, pace: GroupPace, limits: Limits) -> float:
        """Seconds between two starts; 0 where the run asks for no pause at all."""
        if limits.pause <= 0:
            return 0.0
        return max(limits.pause * pace.jitter, pace.delay, pace.crawl_delay)

    def start(self, entry: Entry, limits: Limits, now: float) -> None:
        """One item of a group starts (or is on its way to a worker), and learns what it has waited for."""
        if len(self.paces) > self._room:
            self._forget(now)
        pace = self.paces.setdefault(entry.group, GroupPace())
        entry.waited_for = _held_up(pace, entry.joined, limits)
        pace.active += 1
        pace.last_start, pace.rest = now, 2 * limits.pause
        pace.jitter = self.jitter()

    def end(self, group: str, now: float) -> None:
        """One item of the group is in progress no more."""
        pace = self.paces.get(group)
        if pace is None:
            return
        pace.active, pace.last_end = max(0, pace.active - 1), now
        pace.met = pace.met or not pace.silent
        for listener in self.listeners:
            listener.released(group)

    def report(self, group: str, said: PaceReport, limits: Limits, now: float) -> str:
        """Take in what an item said of its group; returns why the group is held from now on, for the log, or an empty
        text."""
        pace = self.paces.setdefault(group, GroupPace())
        news = "" if said.pause is None else self._slow_down(pace, said.pause, said.why, limits)
        pace.silent = (pace.silent or bool(said.close)) and said.latency is None
        if said.latency is not None:
            if said.pause is not None:  # counted from when the group was asked, not from the item's turn
                pace.last_start = max(pace.last_start, now - said.latency)
            self._learn(pace, said.latency, limits, bad=bool(said.error))
        if said.error or said.close:
            pace.good = 0
        if said.hold is not None:
            return self._hold(pace, said.hold, said.why, limits, now)
        return news

    def holds(self, now: float) -> list[tuple[str, float, str]]:
        """The holds in force: group, seconds left, why."""
        return [
            (group, pace.hold_until - now, pace.hold_why) for group, pace in self.paces.items() if pace.hold_until > now
        ]

    def _forget(self, now: float) -> None:
        for group in [group for group, pace in self.paces.items() if pace.forgettable(now)]:
            del self.paces[group]
        self._room = max(MANY, 2 * len(self.paces))

    def _slow_down(self, pace: GroupPace, seconds: float, why: str, limits: Limits) -> str:
        before, pace.crawl_delay = pace.crawl_delay, min(MAX_CRAWL_DELAY, max(0.0, seconds))
        if pace.crawl_delay <= max(before, limits.pause) or limits.pause <= 0:
            return ""
        return f"wants {pace.crawl_delay:g} s between two starts" + (f" ({why})" if why else "")

    def _learn(self, pace: GroupPace, latency: float, limits: Limits, *, bad: bool) -> None:
        pace.latency = latency if pace.latency is None else 0.8 * pace.latency + 0.2 * latency
        target = latency / (limits.at_once or 1)
        delay = min(MAX_DELAY, max(target, (pace.delay + target) / 2))
        if bad:
            pace.delay = max(pace.delay, delay)
            return
        pace.delay = delay
        pace.good += 1
        if pace.good >= GOOD_IN_A_ROW and pace.cap != UNLIMITED:
            pace.good, pace.cap = 0, pace.cap + 1
            if pace.cap >= (limits.at_once or UNLIMITED):
                pace.cap = UNLIMITED

    def _hold(self, pace: GroupPace, seconds: float, why: str, limits: Limits, now: float) -> str:
        until = now + min(MAX_HOLD, max(0.0, seconds))
        current = min(pace.cap, limits.at_once or max(1, pace.active))
        pace.cap, pace.good = max(1, current // 2), 0
        if until <= pace.hold_until:
            return ""
        pace.hold_until, pace.hold_why = until, why
        pace.hold_words = f"asked us to wait {duration(round(until - now))}" + (f" ({why})" if why else "")
        return pace.hold_words


def _held_up(pace: GroupPace, since: float, limits: Limits) -> str:
    """What an item that has waited since then was held up by, as words that follow the name of its group; of a pause
    that an item has reported (Crawl-delay) the job says so itself."""
    words = [pace.hold_words] if pace.hold_until > since else []
    own = max(limits.pause, pace.delay) if limits.pause > 0 else 0.0
    if own >= max(LONG_PAUSE, pace.crawl_delay) and pace.last_start + own > since:
        why = "the pause of this run" if own == limits.pause else "as slowly as it answers"
        words.append(f"is asked about every {own:.3g} s ({why})")
    return ", and ".join(words)
