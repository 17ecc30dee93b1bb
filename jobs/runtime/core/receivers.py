"""Whom a schedule tells of its runs, by which rule, and what became of each message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.text import in_one_line

MOST_RECEIVERS = 10
"""Receivers of one schedule."""

MOST_TELLINGS = 6
"""How often a receiver is told of one time until that is given up, whatever came between."""


class TellRule(StrEnum):
    """Of which runs people are told beside those that could not be begun, or did not finish."""

    ALWAYS = "always"
    FAILURE = "failure"
    CHANGE = "change"


class ReceiverKind(StrEnum):
    """How a message gets to a receiver."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    APPRISE = "apprise"


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """One that a schedule tells: `where` is a URL, an address of e-mail, or the name of a target of Apprise; by which
    rule, and of changes in which column (empty: in any); and the key that a message to a webhook is signed by, as
    {secret:NAME} (empty: it is not signed)."""

    kind: ReceiverKind
    where: str
    rule: TellRule = TellRule.ALWAYS
    column: str = ""
    key: str = ""

    @property
    def spoken(self) -> str:
        """Its rule as people write it: `always`, `failure`, `change`, `change:price`."""
        return f"{self.rule}:{self.column}" if self.column else str(self.rule)


class Told(StrEnum):
    """What became of a message to a receiver."""

    DUE = "due"
    SENT = "sent"
    UNNEEDED = "not needed"
    FAILED = "not delivered"


@dataclass(frozen=True, kw_only=True)
class DeliveryAttempt:
    """One try at a message: when (Unix seconds), and why it was not taken (empty: it was)."""

    at: float
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What a receiver is told of one time of a schedule: the receiver by its place (from 0), how it stands, and each
    attempt so far, oldest first."""

    schedule: int
    due: float
    place: int
    told: Told
    attempts: tuple[DeliveryAttempt, ...] = ()

    @property
    def key(self) -> tuple[int, float, int]:
        """What it is known by."""
        return self.schedule, self.due, self.place

    @property
    def open_because(self) -> str:
        """Why the receiver does not know (yet); empty: it does, or nothing was tried."""
        return self.attempts[-1].why if self.attempts and self.told is not Told.SENT else ""


@dataclass(frozen=True, kw_only=True)
class OpenTarget:
    """One who has not been told all yet: `kind` and `where` as they are stored, whether something is to be told by now,
    and whether some of it was not taken before."""

    kind: str
    where: str
    waits: bool
    failed: bool

    @property
    def server(self) -> str:
        """Who is asked to take it: of those that have one in common, one that does not answer holds up the others. The
        host of a webhook, the mail server of all addresses, a target of Apprise."""
        if self.kind == ReceiverKind.EMAIL:
            return self.kind
        try:
            return f"{self.kind} {urlsplit(self.where).netloc or self.where}"
        except ValueError:  # brackets that hold no address
            return f"{self.kind} {self.where}"


def read_rule(text: str) -> tuple[TellRule, str]:
    """A rule and its column (empty: any) as people write them: `always`, `failure`, `change`, `change:price`. Raises
    Refused."""
    rule, sign, column = text.partition(":")
    if rule not in list(TellRule) or (sign and (rule != TellRule.CHANGE or not column.strip())):
        shown = in_one_line(text)[:200]
        raise Refused(f"'{shown}' is no rule: give always, failure, change, or change:COLUMN as in change:price")
    return TellRule(rule), column.strip()
