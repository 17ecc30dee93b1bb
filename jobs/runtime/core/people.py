"""Who is acting: on whose behalf the present call reads and writes. Front ends say it; `client.ownership` asks for it.

The command line, and a page that nobody signs in to, act for the local admin. A front end that knows people says who
asks, around each call (`acting_as`) or once for whatever it has not said itself (`otherwise`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from jobs.runtime.core.errors import NotAllowed, Refused

OWNER = "admin"
"""Under what the things of the local admin are kept, and whatever is older than owners. No e-mail address is this."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who acts: `owner` is under what their things are kept (an e-mail address in small letters; `OWNER`;
    empty: nobody is known), `admin` whether they see and touch what belongs to others, `shared` the id of the one run
    that a link lets them read (empty: none)."""

    owner: str
    admin: bool = False
    shared: str = ""


LOCAL_ADMIN = Person(owner=OWNER, admin=True)
"""The user whose process this is."""

NOBODY = Person(owner="")
"""Who has not signed in."""


def acting() -> Person:
    """Who acts now."""
    return _said.get() or _otherwise()


@contextmanager
def acting_as(person: Person) -> Iterator[None]:
    """Have this person act within the block, and in the threads and tasks that are begun there with its context."""
    token = _said.set(person)
    try:
        yield
    finally:
        _said.reset(token)


def otherwise(who: Callable[[], Person]) -> None:
    """Have the whole process ask here who acts where `acting_as` does not say it."""
    global _otherwise  # noqa: PLW0603  (one front end a process)
    _otherwise = who


def of_owner(owner: str) -> Person:
    """Who acts for an owner where nobody sits there: a program by its token, a schedule. Nobody is an admin so but the
    local one."""
    return LOCAL_ADMIN if owner == OWNER else Person(owner=owner)


def owner_of(text: str) -> str:
    """An e-mail address as the owner that it names; `OWNER` itself too. Raises Refused for what is none, and for one
    with letters that are others' in small (U+212A, the sign of kelvin) or cannot be seen."""
    given = text.strip()
    owner = given.lower()
    plain = given.isprintable() and unicodedata.is_normalized("NFKC", given)
    if not plain or (owner != OWNER and not _ADDRESS.fullmatch(owner)):
        raise Refused(f"{text[:80]!r} is no owner: want an e-mail address, or {OWNER}")
    return owner


def acting_owner() -> str:
    """Whose it will be what is made now. Raises NotAllowed: nobody has signed in."""
    owner = acting().owner
    if not owner:
        raise NotAllowed("only who has signed in can do this: sign in first")
    return owner


def require_admin(what: str) -> None:
    """Raises NotAllowed where it is no admin that acts; `what` says what is asked for."""
    if not acting().admin:
        raise NotAllowed(f"{what} is for an admin alone")


def digest_of(text: str) -> bytes:
    """What is kept of a text by which somebody is known, a token or what is secret in a link: its SHA-256."""
    import hashlib  # OpenSSL comes with it: 4 ms, only where there are links or tokens

    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


_ADDRESS = re.compile(r"[^\s@\x00-\x1f]{1,64}@[^\s@\x00-\x1f]{1,255}")

_said: ContextVar[Person | None] = ContextVar("acting", default=None)


def _local() -> Person:
    return LOCAL_ADMIN


_otherwise: Callable[[], Person] = _local
