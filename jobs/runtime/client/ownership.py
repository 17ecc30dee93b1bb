"""Whose a run, a preset, a schedule or a token is: each read and each write of the client asks here, and nowhere else.

What belongs to others is as if it were not there: it is not found by the same statement, and told by the same sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from jobs.runtime.client.runner_process import store
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.people import acting, acting_owner
from jobs.runtime.core.records import Run
from jobs.runtime.store import runs
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.readers import Readers
from jobs.runtime.store.run_row import StoredRun


class Owned(Protocol):
    """What has an owner and a name for sentences."""

    @property
    def owner(self) -> str: ...  # noqa: D102

    @property
    def title(self) -> str: ...  # noqa: D102


Thing = TypeVar("Thing", bound=Owned)


def whose() -> str | None:
    """The owner whose things are found now; None: everybody's, for an admin acts."""
    return None if acting().admin else acting().owner


def readers() -> Readers:
    """For whom runs are looked up to be read: their owner, an admin, or who was given a link to one."""
    return Readers(owner=whose(), shared=acting().shared)


def find(db: Connection, run_id: str) -> StoredRun:
    """The run whose id begins so, to be read. Raises UnknownRun, DamagedRun."""
    return runs.find(db, run_id, readers())


def named(db: Connection, run_id: str) -> tuple[int, str]:
    """Its number and id, also of a damaged one. Raises UnknownRun."""
    return runs.named(db, run_id, readers())


def run(run_id: str) -> StoredRun:
    """The run whose id begins so, to be read, as it is now. Raises UnknownRun, DamagedRun."""
    with store().read() as db:
        return find(db, run_id)


def own_named(db: Connection, run_id: str) -> tuple[int, str]:
    """Number and id of a run that may be changed, and whose secrets may be used again: a link allows neither. Raises
    UnknownRun."""
    return runs.named(db, run_id, Readers(owner=whose()))


def own_run(run_id: str) -> StoredRun:
    """The same as records. Raises UnknownRun, DamagedRun."""
    with store().read() as db:
        return runs.get(db, own_named(db, run_id)[0])


def check_seen(run: Run) -> None:
    """Raises UnknownRun: a run that was looked up for several people at once is not for who acts."""
    who = acting()
    if not (who.admin or run.owner == who.owner or run.id == who.shared):
        raise UnknownRun.of(run.id)


def by_nonce(db: Connection, nonce: str) -> StoredRun | None:
    """The run that was submitted under this nonce by who acts. Raises Refused: another did."""
    found = runs.by_nonce(db, nonce)
    if found is not None and found.run.owner != acting_owner():
        raise Refused("this key was that of another request: take a new key")
    return found


def chosen(found: Sequence[Thing]) -> Thing | None:
    """Of things of one name that may be found: one's own, or the only one; None: there is none. Raises Refused: several
    owners have one."""
    own = [one for one in found if one.owner == acting().owner]
    if len(own or found) > 1:
        owners = ", ".join(one.owner for one in found)
        raise Refused(f"several owners have one that is called {found[0].title} ({owners}): say whose it is, as owner")
    return next(iter(own or found), None)
