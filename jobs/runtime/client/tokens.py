"""Tokens by which programs are known to the API: made, listed, revoked, and recognised."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress

from jobs.runtime.client import ownership
from jobs.runtime.client.runner_process import store
from jobs.runtime.core import program
from jobs.runtime.core.access import Caller, Scope, Token
from jobs.runtime.core.errors import BadToken, BusyError, FullError, Refused
from jobs.runtime.core.people import acting_owner, digest_of, owner_of, require_admin
from jobs.runtime.store import tokens as token_table

PREFIX = "fanout_"
"""How each token begins, so that one that was left lying about is known for what it is."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NOTED_EVERY = 60.0
"""Seconds between two notes of when a token was used: each is a write."""


def new_token(name: str, scope: Scope, owner: str = "") -> str:
    """Make a token; returns it, which nobody can do again: of its 256 random bits only the SHA-256 is kept. It acts for
    who makes it; an admin may say another `owner`.

    Raises Refused: its owner has one of this name, or it is no name; NotAllowed.
    """
    if not NAME.fullmatch(name):
        raise Refused(f"{name[:80]!r} is no name of a token: want letters, digits, . _ or -, 64 at most")
    text = PREFIX + secrets.token_urlsafe(32)
    token = Token(name=name, owner=_owner(owner), scope=scope, made_at=time.time(), used_at=None)
    with store().write() as db:
        if not token_table.add(db, token, digest_of(text)):
            raise Refused(f"there is a token {name} already: choose another name, or revoke that one first")
    return text


def all_tokens() -> list[Token]:
    """All tokens that who acts may revoke, by name."""
    with store().read() as db:
        return token_table.listed(db, ownership.whose())


def revoke_token(name: str, owner: str = "") -> Token:
    """Accept a token no longer, that of this `owner` where several have one of this name; returns it. Raises Refused:
    there is none of this name."""
    wanted = owner_of(owner) if owner else ""
    with store().write() as db:
        there = token_table.listed(db, ownership.whose(), name) if name else []
        found = ownership.chosen([one for one in there if wanted in ("", one.owner)])
        if found is None:
            raise Refused(f"there is no token {name[:80]} ({program.NAME} token list)")
        token_table.remove(db, found)
    return found


def caller(text: str) -> Caller:
    """Whose token this is; that it was used is noted. Raises BadToken.

    What is looked up is the digest: how long that takes tells nothing of any token.
    """
    with store().read() as db:
        found = token_table.known(db, digest_of(text))
    if found is None:
        raise BadToken("this token is not known: it was revoked, or is one of another home")
    _note_use(found)
    return Caller(name=found.name, owner=found.owner, scope=found.scope)


def _owner(said: str) -> str:
    own = acting_owner()
    if not said or said == own:
        return own
    require_admin("a token for another")
    return owner_of(said)


def _note_use(token: Token) -> None:
    """As long as somebody else writes, or the disk is full, it is not noted: the next use is."""
    now = time.time()
    if token.used_at is None or not 0 <= now - token.used_at < NOTED_EVERY:
        with suppress(BusyError, FullError), store().write_if_free() as db:
            token_table.use(db, token, now)
