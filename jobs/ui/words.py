"""How the pages say things: numbers with their units, times and states; and how text of others is made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from jobs.runtime.records import ItemState, Run, RunState, count

UNMEASURED = "–"
"""What is shown where nothing was measured."""

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
    line = shortened(" ".join(text.split()), most)
    return re.sub(r"(?i)www", f"ww{JOINER}w", _SPECIAL.sub(_escaped, line))


def _escaped(found: re.Match[str]) -> str:
    mark = found.group(1)
    return f"\\{mark}{JOINER}" if _JOINED.match(mark) else f"\\{mark}"


def apart(text: str, most: int) -> str:
    """A text of others within a sentence of ours: one line, cut, and without a hold on which way the rest is read.

    What turns the direction by itself is left out, and a text that runs from right to left is set apart.
    """
    line = shortened(" ".join(_TURNS.sub("", text).split()), most)
    leftwards = any(unicodedata.bidirectional(character) in ("R", "AL") for character in line)
    return f"{ISOLATE}{line}{POP_ISOLATE}" if leftwards else line


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters, cut with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def seconds(value: float | None) -> str:
    """A duration as a person reads it: `0.4 ms`, `420 ms`, `4.2 s`, `3 min 12 s`, `2 h 5 min`."""
    if value is None:
        return UNMEASURED
    if value < 0.9995:
        thousandths = value * 1000
        return f"{thousandths:.0f} ms" if thousandths >= 9.95 or thousandths == 0 else f"{thousandths:.1f} ms"
    if value < 59.5:
        return f"{value:.1f} s" if value < 9.95 else f"{value:.0f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def number(value: float | None, digits: int = 1) -> str:
    """A measured figure with so many decimals."""
    return UNMEASURED if value is None else f"{value:,.{digits}f}"


def percent(share: float | None) -> str:
    """A share (1 is all) in percent."""
    if share is None:
        return UNMEASURED
    return f"{share * 100:.1f} %" if 0 < share < 0.0995 else f"{share * 100:,.0f} %"


def moment(at: float, now: float, zone: tzinfo | None) -> str:
    """A time of day, with its date when it was not today."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    return f"{then.day} {then:%b %H:%M}" if then.year == today.year else f"{then.day} {then:%b %Y %H:%M}"


def ago(elapsed: float) -> str:
    """How long ago, roughly: `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 days ago`."""
    if elapsed < 2:
        return "just now"
    if elapsed < 60:
        return f"{elapsed:.0f} s ago"
    if elapsed < 3600:
        return f"{elapsed // 60:.0f} min ago"
    if elapsed < 48 * 3600:
        return f"{elapsed // 3600:.0f} h ago"
    return f"{elapsed // 86400:.0f} days ago"


def run_badge(run: Run, *, interrupted: bool = False) -> Badge:
    """How the state of a run looks."""
    return RUN_BADGES["interrupted" if interrupted else run.state]


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


def concurrency(run: Run, now: float) -> str:
    """The average concurrency and how many slots there were: `5.2 of 6`, `0.09 of 2`."""
    average = average_concurrency(run, now)
    if average is None:
        return UNMEASURED
    return f"{number(average, 1 if average >= 0.95 else 2)} of {run.pool.slots}"


def progress_sentence(run: Run, *, rate: float | None, left: float | None, slowest: str, now: float) -> str:
    """How far a run is, in one line; what is not known, or does not move, is left out."""
    parts = [f"{performed(run):,} of {run.items:,} done"]
    if run.failed:
        parts.append(f"{run.failed:,} failed")
    if run.cancelled:
        parts.append(f"{run.cancelled:,} cancelled")
    if run.state.terminal:
        parts.append(f"in {seconds(run.seconds(now))}")
        return " · ".join(parts)
    if run.state is not RunState.RUNNING:
        return " · ".join(parts)
    if rate is not None:
        parts.append(f"{rate:,.1f} items/s")
    if left is not None:
        slow = f" (slowest: {apart(slowest, 80)})" if slowest else ""
        parts.append(f"about {seconds(max(1.0, round(left)))} left{slow}")
    return " · ".join(parts)
