"""A schedule of runs: what is begun, on what, and when; and each time that it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.kept_name import kept_name
from jobs.runtime.core.presets import RunPreset, of_plain
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


class TellRule(StrEnum):
    """Of which runs people are told beside those that could not be begun, or did not finish."""

    ALWAYS = "always"
    FAILURE = "failure"
    CHANGE = "change"


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Whom a schedule tells: a URL; by which rule, and of changes in which column (empty: in any); and the key that
    the message is signed by, as {secret:NAME} (empty: it is not signed)."""

    url: str
    rule: TellRule = TellRule.ALWAYS
    column: str = ""
    key: str = ""

    @property
    def spoken(self) -> str:
        """Its rule as people write it: `always`, `failure`, `change`, `change:price`."""
        return f"{self.rule}:{self.column}" if self.column else str(self.rule)


def webhook_by(url: str, tell: str, key: str) -> Webhook | None:
    """Whom to tell by a rule as people write it (`spoken`), and the key that signs; None: nobody. Raises Refused."""
    rule, sign, column = tell.partition(":")
    if rule not in list(TellRule) or (sign and (rule != TellRule.CHANGE or not column.strip())):
        raise Refused(f"tell '{in_one_line(tell)}': give always, failure, change, or change:COLUMN as in change:price")
    if url:
        return Webhook(url=url, rule=TellRule(rule), column=column.strip(), key=key)
    if key or tell != TellRule.ALWAYS:
        raise Refused("tell and sign say of what a webhook is told: give its URL too, or leave them out")
    return None


@dataclass(frozen=True, kw_only=True)
class RunSchedule:
    """A run that begins by itself.

    `settings` are what it says itself (its job, params, how it is run, columns), over those of the preset of the name
    `preset` (empty: none), as that is at the time. `overlap`: it begins although the run before is still at work.
    `reuse`: of earlier runs it takes what is there. `webhook` is told of its runs (None:
    nobody is). `on_page`: it was made on the page or by a program, not on the command line.
    `number` and `next_at` (Unix seconds; None: it does not come any more) are the store's. `fault` says why it is
    damaged there (empty: it is not).
    """

    number: int = 0
    name: str
    owner: str
    settings: RunPreset
    preset: str = ""
    source: ItemsSource
    recurrence: Recurrence
    overlap: bool = False
    reuse: Reuse | None = None
    on_page: bool = False
    webhook: Webhook | None = None
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

    def plain(self) -> dict[str, Any]:
        """What it says, ready for JSON."""
        return {
            "settings": self.settings.plain(),
            "preset": self.preset,
            "source": asdict(self.source),
            "recurrence": asdict(self.recurrence),
            "overlap": self.overlap,
            "reuse": None if self.reuse is None else asdict(self.reuse),
            "on_page": self.on_page,
            "webhook": None if self.webhook is None else asdict(self.webhook),
        }


def said_by(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a schedule that `plain` gave. Raises ValueError, TypeError or LookupError."""
    source, reuse, hook = given["source"], given["reuse"], given.get("webhook")
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
        "webhook": None if hook is None else Webhook(**{**hook, "rule": TellRule(hook["rule"])}),
    }


class FiringState(StrEnum):
    """What became of a time at which a schedule came."""

    DUE = "due"
    SUBMITTED = "submitted"
    FAILED = "failed"
    SKIPPED = "skipped"


class Told(StrEnum):
    """Whether the webhook of a schedule knows of a time of it; NOBODY: it had none."""

    NOBODY = ""
    DUE = "due"
    SENT = "sent"
    UNNEEDED = "not needed"
    FAILED = "not delivered"


@dataclass(frozen=True, kw_only=True)
class Firing:
    """One time at which a schedule came: when it was due and when that was noticed (Unix seconds), what became of it,
    the id of its run (empty: none) with the state that it is in now (empty: it was deleted), and what is to be said of
    it, in sentences. `told`: whether the webhook was told, after how many failed attempts, and why the last failed."""

    schedule: int
    due: float
    at: float
    state: FiringState
    run: str = ""
    run_state: str = ""
    said: str = ""
    tries: int = 0
    told: Told = Told.NOBODY
    tellings: int = 0
    untold: str = ""

    @property
    def nonce(self) -> str:
        """What makes its run one, however often it is tried."""
        return f"schedule-{self.schedule}-{self.due:.3f}"


def schedule_name(text: str) -> str:
    """The name of a schedule as it is kept. Raises Refused for none, and for a long one."""
    return kept_name(text, "a schedule", MOST_NAME)
