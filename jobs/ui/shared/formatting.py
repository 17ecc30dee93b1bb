"""How the pages say things: numbers with their units, times and states; and how text of others is made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from jobs.runtime.core.records import ItemState, Run, RunState
from jobs.runtime.core.text import visible
from jobs.runtime.core.units import UNMEASURED, about, count, duration, number

JOINER = "\u2060"
"""Has no width; it breaks what Markdown would recognise in a text, and nothing that a person sees."""


@dataclass(frozen=True, kw_only=True)
class Badge:
    """How a state looks: a word, a Material icon, a colour of the theme, and a glyph for table cells."""

    word: str
    icon: str
    colour: str
    glyph: str

    @property
    def in_table(self) -> str:
        """Glyph and word, for a table cell."""
        return f"{self.glyph} {self.word}"


RUN_BADGES: Mapping[str, Badge] = {
    RunState.SUBMITTING: Badge(word="Submitting", icon=":material/upload:", colour="gray", glyph="↑"),
    RunState.QUEUED: Badge(word="Queued", icon=":material/schedule:", colour="violet", glyph="…"),
    RunState.RUNNING: Badge(word="Running", icon=":material/play_circle:", colour="blue", glyph="▶"),
    RunState.PAUSED: Badge(word="Paused", icon=":material/pause_circle:", colour="orange", glyph="‖"),
    RunState.CANCELLING: Badge(word="Cancelling…", icon=":material/hourglass_top:", colour="orange", glyph="◌"),
    RunState.FINISHED: Badge(word="Finished", icon=":material/check_circle:", colour="green", glyph="✓"),
    RunState.FAILED: Badge(word="Failed", icon=":material/error:", colour="red", glyph="✗"),
    RunState.CANCELLED: Badge(word="Cancelled", icon=":material/cancel:", colour="gray", glyph="○"),
    "finished_with_failures": Badge(
        word="Finished with failures", icon=":material/warning:", colour="orange", glyph="!"
    ),
    "interrupted": Badge(word="Interrupted", icon=":material/bolt:", colour="orange", glyph="!"),
}
ITEM_BADGES: Mapping[str, Badge] = {
    ItemState.WAITING: Badge(word="waiting", icon=":material/schedule:", colour="gray", glyph="…"),
    ItemState.RUNNING: Badge(word="running", icon=":material/play_circle:", colour="blue", glyph="▶"),
    ItemState.OK: Badge(word="ok", icon=":material/check_circle:", colour="green", glyph="✓"),
    ItemState.FAILED: Badge(word="failed", icon=":material/error:", colour="red", glyph="✗"),
    ItemState.CANCELLED: Badge(word="cancelled", icon=":material/cancel:", colour="gray", glyph="○"),
}

ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")
_JOINED = re.compile(r"([:@/<>~=\-.])")


def literal(text: str, most: int = 300) -> str:
    """A text for a place that renders Markdown, written so that it is shown as it stands and nothing of it happens.

    It is one line of at most `most` characters. Backslashes stop Markdown itself; links, icons and emoji are
    recognised later, in the finished text, so that an invisible joiner must part them.
    """
    line = shortened(" ".join(visible(text).split()), most)
    return re.sub(r"(?i)www", f"ww{JOINER}w", _SPECIAL.sub(_escaped, line))


def _escaped(found: re.Match[str]) -> str:
    mark = found.group(1)
    return f"\\{mark}{JOINER}" if _JOINED.match(mark) else f"\\{mark}"


def apart(text: str, most: int) -> str:
    """A text of others within a sentence of ours: one line, cut, and without a hold on which way the rest is read.

    What turns the direction by itself is left out, and a text that runs from right to left is set apart.
    """
    line = shortened(" ".join(visible(_TURNS.sub("", text)).split()), most)
    leftwards = any(unicodedata.bidirectional(character) in ("R", "AL") for character in line)
    return f"{ISOLATE}{line}{POP_ISOLATE}" if leftwards else line


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters, cut with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def shortened_name(text: str) -> str:
    """The name of a column where there is little room."""
    return shortened(text, 40)


def moment(at: float, now: float, zone: tzinfo | None) -> str:
    """A time of day, with its date when it was not today."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    return f"{then.day} {then:%b %H:%M}" if then.year == today.year else f"{then.day} {then:%b %Y %H:%M}"


def run_badge(run: Run, *, interrupted: bool = False) -> Badge:
    """How the state of a run looks; one that is finished is not green where something failed."""
    if run.state is RunState.FINISHED and run.failed:
        return RUN_BADGES["finished_with_failures"]
    return RUN_BADGES["interrupted" if interrupted else run.state]


def run_word(run: Run, *, interrupted: bool = False) -> str:
    """The state of a run in words, with how many failed of one that is finished."""
    if run.state is RunState.FINISHED and run.failed:
        return f"Finished, {run.failed:,} failed"
    return run_badge(run, interrupted=interrupted).word


def item_state(state: str) -> str:
    """The state of an item in a table cell: a glyph and the word."""
    badge = ITEM_BADGES.get(state)
    return badge.in_table if badge else state


def run_state(run: Run, *, interrupted: bool = False) -> str:
    """The state of a run in a table cell: a glyph and the word."""
    return run_badge(run, interrupted=interrupted).in_table


def short_id(run_id: str) -> str:
    """The beginning of a run's id, as people quote it."""
    return run_id[:6]


def title_of(job: str) -> str:
    """The name of a job as a heading: `word_count` is "Word count"."""
    return job.replace("_", " ").capitalize()


def items_of(number_of: int, kind: str) -> str:
    """So many items under the name of their kind: `48 URLs`, `4 whole numbers`."""
    return count(number_of, kind)


def performed(run: Run) -> int:
    """How many items were done: those that ended as ok or failed, not those that were cancelled."""
    return run.ok + run.failed


def share_done(run: Run) -> float:
    """The same as a share of all items: 0 to 1."""
    return min(1.0, performed(run) / run.items) if run.items else 1.0


def average_concurrency(run: Run, now: float) -> float | None:
    """Sum of the items' seconds ÷ wall time; None: nothing has run yet."""
    wall = run.seconds(now)
    return run.item_seconds / wall if wall > 0 and run.item_seconds > 0 else None


LEAST_CONCURRENCY = 0.05
"""Below it, how busy a run was says nothing: it waited to begin."""

SETTLED = 10.0
"""Seconds of a run that goes on after which it is known whether it mostly waits."""


def was_busy(run: Run, now: float) -> bool:
    """Whether how busy a run was says anything of it, or is not known yet: not of one that mostly waited to begin."""
    unknown = not run.state.terminal and run.seconds(now) < SETTLED
    return unknown or (average_concurrency(run, now) or 1.0) >= LEAST_CONCURRENCY


def telling_concurrency(run: Run, now: float) -> bool:
    """The same of its average concurrency, which says nothing of one item at a time either."""
    return run.most_slots > 1 and was_busy(run, now)


def concurrency(run: Run, now: float) -> str:
    """The average concurrency and how many slots there were: `5.2 of 6`, `0.09 of 2`, `52 of up to 128` where the pool
    found its own size, `5.2` where how large that was is not stored yet."""
    average = average_concurrency(run, now)
    if average is None or average < 0.005:  # the first moments, which the figure says nothing of yet
        return UNMEASURED
    shown = number(average, 1 if average >= 0.95 else 2)
    return f"{shown} of {slots(run)}" if run.most_slots else shown


def slots(run: Run) -> str:
    """How many slots a run had: `6`, or `up to 128` where the pool found its own size."""
    return f"{run.most_slots:,}" if run.pool.slots else f"up to {run.most_slots:,}"


def progress_sentence(
    run: Run, *, rate: float | None, left: float | None, slowest: str, now: float, went: str = ""
) -> str:
    """How far a run is, in one line; what is not known, or does not move, is left out. `went` says how its time passed,
    where that was not all in running."""
    parts = [f"{performed(run):,} of {run.items:,} done"]
    if run.reused:
        parts.append(f"{run.reused:,} of them from earlier runs")
    if run.failed:
        parts.append(f"{run.failed:,} failed")
    if run.cancelled:
        parts.append(f"{run.cancelled:,} cancelled")
    if run.state.terminal:
        parts.append(f"in {duration(run.seconds(now))}" + (f" ({went})" if went else ""))
        return " · ".join(parts)
    if run.state is not RunState.RUNNING:
        return " · ".join(parts)
    if rate is not None:
        parts.append(f"{rate:,.1f} items/s")
    if left is not None:
        slow = f" (slowest: {apart(slowest, 80)})" if slowest else ""
        parts.append(f"{about(max(1.0, left))} left{slow}")
    return " · ".join(parts)
