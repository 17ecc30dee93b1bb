"""Who asks through the API, and the one question that each of its reads and writes passes: may they do this to
that run?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jobs.runtime.core.errors import NotAllowed
from jobs.runtime.core.records import Run

OWNER = "admin"
"""Whose everything is: the one user there is."""


class Scope(StrEnum):
    """How much a token allows; each has what those before it have."""

    READ = "read"
    RUN = "run"
    ADMIN = "admin"


class Deed(StrEnum):
    """What may be done: see what there is, start a run, steer one (cancel, pause, resume, retry), delete one."""

    SEE = "see"
    START = "start"
    STEER = "steer"
    DELETE = "delete"


LEAST: Mapping[Deed, Scope] = {
    Deed.SEE: Scope.READ,
    Deed.START: Scope.RUN,
    Deed.STEER: Scope.RUN,
    Deed.DELETE: Scope.ADMIN,
}
"""The scope that each deed needs at least."""

_RANKS = {scope: rank for rank, scope in enumerate(Scope)}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks: the name of the token, whose it is, and what it allows."""

    name: str
    owner: str
    scope: Scope


LOCAL = Caller(name="this user", owner=OWNER, scope=Scope.ADMIN)
"""Who calls as a program of the same user of the same machine, and needs no token."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token as it is kept, without what it is: times are Unix seconds, `used_at` to the minute (None: not yet)."""

    name: str
    owner: str
    scope: Scope
    made_at: float
    used_at: float | None


def may(caller: Caller, deed: Deed, run: Run | None = None) -> bool:
    """Whether somebody may do this; `run` is the one it is done to (None: to none, or to one that cannot be read)."""
    del run  # all runs have one owner; where they have several, this is the place that asks
    return _RANKS[caller.scope] >= _RANKS[LEAST[deed]]


def check(caller: Caller, deed: Deed, run: Run | None = None) -> None:
    """Raises NotAllowed where they may not."""
    if not may(caller, deed, run):
        raise NotAllowed(
            f"the token {caller.name} has the scope {caller.scope}, and this needs {LEAST[deed]}: use one that has it"
        )
