"""By which way somebody acts: the page, the command line, a program or a model, a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The ways there are."""

    COMMAND_LINE = "command line"
    PAGE = "page"
    API = "api"
    MODEL = "mcp"
    SCHEDULE = "schedule"


@dataclass(frozen=True, kw_only=True)
class Means:
    """A way, and by what: the name of a token, or of a schedule (empty: by nothing that has one)."""

    channel: Channel
    name: str = ""


def means() -> Means:
    """By which way who acts now does so."""
    return _said.get() or _usual[0]


@contextmanager
def acting_through(channel: Channel, name: str = "") -> Iterator[None]:
    """Have what is done within the block, and in threads that are begun there with its context, come by this way."""
    token = _said.set(Means(channel=channel, name=name))
    try:
        yield
    finally:
        _said.reset(token)


def usually_through(channel: Channel) -> None:
    """Have what the whole process does come by this way, where `acting_through` does not say another."""
    _usual[:] = [Means(channel=channel)]


_said: ContextVar[Means | None] = ContextVar("means", default=None)
_usual = [Means(channel=Channel.COMMAND_LINE)]
