"""A schedule of runs: what is begun, on what, and when; and each time that it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from jobs.runtime.core.kept_name import kept_name
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.presets import RunPreset, of_plain
from jobs.runtime.core.receivers import Receiver, Telling
from jobs.runtime.core.recurrence import Recurrence
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.text import in_one_line

MOST_NAME = 100
"""Characters of a schedule's name."""


class SourceKind(StrEnum):
    """Where the items of a scheduled run come from: read anew each time."""

    FILE = "file"
    URL = "url"
    RUN = "run"


@dataclass(frozen=True, kw_only=True)
class ItemsSource:
    """Where items come from: the path of a file, the URL of one, or the id of a run whose results they are; `options`
    say how it is read (sheet, delimiter, header, encoding, sitemaps; only, where, explode)."""

    kind: SourceKind
    where: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"results of run {self.where[:8]}" if self.kind is SourceKind.RUN else self.where


@dataclass(frozen=True, kw_only=True)
class RunSchedule:
    """A run that begins by itself.

    `settings` are what it says itself (its job, params, how it is run, columns), over those of the preset of the name
    `preset` (empty: none), as that is at the time. `overlap`: it begins although the run before is still at work.
    `reuse`: of earlier runs it takes what is there. `receivers` are told of its runs, each known by its place.
    `on_page`: it was made on the page or by a program, not on the command line.
    `number` and `next_at` (Unix seconds; None: it does not come any more) are the store's. `fault` says why it is
    damaged there (empty: it is not).
    """

    number: int = 0
    name: str
    owner: str = OWNER
    settings: RunPreset
    preset: str = ""
    source: ItemsSource
    recurrence: Recurrence
    overlap: bool = False
    reuse: Reuse | None = None
    on_page: bool = False
    receivers: tuple[Receiver, ...] = ()
    enabled: bool = True
    made_at: float = 0.0
    next_at: float | None = None
    fault: str = ""

    @property
    def job(self) -> str:
        """The job that is run."""
        return self.settings.job

    @property
    def title(self) -> str:
        """Its name within a sentence."""
        return f"'{in_one_line(self.name)}'"

    def receiver_at(self, place: int) -> str:
        """Who is at this place among its receivers, as people know it."""
        return self.receivers[place].where if place < len(self.receivers) else f"receiver {place + 1}"

    def plain(self) -> dict[str, Any]:
        """What it says but for its receivers, ready for JSON."""
        return {
            "settings": self.settings.plain(),
            "preset": self.preset,
            "source": asdict(self.source),
            "recurrence": asdict(self.recurrence),
            "overlap": self.overlap,
            "reuse": None if self.reuse is None else asdict(self.reuse),
            "on_page": self.on_page,
        }


def said_by(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a schedule that `plain` gave. Raises ValueError, TypeError or LookupError."""
    source, reuse = given["source"], given["reuse"]
    return {
        "settings": of_plain(given["settings"]),
        "preset": str(given["preset"]),
        "source": ItemsSource(
            kind=SourceKind(source["kind"]), where=str(source["where"]), options=dict(source["options"])
        ),
        "recurrence": msgspec.convert(given["recurrence"], Recurrence),
        "overlap": bool(given["overlap"]),
        "reuse": None if reuse is None else Reuse(**reuse),
        "on_page": bool(given["on_page"]),
    }


@dataclass(frozen=True, kw_only=True)
class DueSchedule:
    """What is needed of a schedule to note that it has come: when it was due (Unix seconds), when it comes again, and
    whether its runs may overlap; `fault` says why that cannot be read (empty: it can)."""

    number: int
    due: float
    recurrence: Recurrence = field(default_factory=Recurrence)
    overlap: bool = False
    fault: str = ""


class FiringState(StrEnum):
    """What became of a time at which a schedule came."""

    DUE = "due"
    SUBMITTED = "submitted"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Firing:
    """One time at which a schedule came: when it was due and when that was noticed (Unix seconds), what became of it,
    the id of its run (empty: none) with the state that it is in now (empty: it was deleted), and what is to be said of
    it, in sentences. `tellings`: what its receivers are told of it, by their places."""

    schedule: int
    due: float
    at: float
    state: FiringState
    run: str = ""
    run_state: str = ""
    said: str = ""
    tries: int = 0
    tellings: tuple[Telling, ...] = ()

    @property
    def key(self) -> tuple[int, float]:
        """What it is known by."""
        return self.schedule, self.due

    @property
    def nonce(self) -> str:
        """What makes its run one, however often it is tried."""
        return f"schedule-{self.schedule}-{self.due:.3f}"


def schedule_name(text: str) -> str:
    """The name of a schedule as it is kept. Raises Refused for none, and for a long one."""
    return kept_name(text, "a schedule", MOST_NAME)
