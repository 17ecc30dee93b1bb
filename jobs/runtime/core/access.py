"""Who asks through the API, and what a token allows: each read and write asks for it first. Whose a run is, the client
asks by itself (`people`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jobs.runtime.core.errors import NotAllowed
from jobs.runtime.core.people import OWNER, Person, of_owner


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

    @property
    def person(self) -> Person:
        """On whose behalf its reads and writes are."""
        return of_owner(self.owner)


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

    @property
    def title(self) -> str:
        """Its name within a sentence."""
        return self.name


def may(caller: Caller, deed: Deed) -> bool:
    """Whether the token of somebody allows this."""
    return _RANKS[caller.scope] >= _RANKS[LEAST[deed]]


def check(caller: Caller, deed: Deed) -> None:
    """Raises NotAllowed where it does not."""
    if not may(caller, deed):
        raise NotAllowed(
            f"the token {caller.name} has the scope {caller.scope}, and this needs {LEAST[deed]}: use one that has it"
        )
