"""Tokens by which programs are known: of each only its digest."""

from __future__ import annotations

from typing import Any

from jobs.runtime.core.access import Scope, Token
from jobs.runtime.store.connection import Connection

_COLUMNS = "name, owner, scope, made_at, used_at"


def add(db: Connection, token: Token, digest: bytes) -> bool:
    """Keep a new token; False: its owner has one of this name."""
    return bool(
        db.execute(
            """INSERT INTO tokens (name, owner, scope, digest, made_at) VALUES (?,?,?,?,?)
               ON CONFLICT (owner, name) DO NOTHING""",
            (token.name, token.owner, token.scope, digest, token.made_at),
        ).rowcount
    )


def known(db: Connection, digest: bytes) -> Token | None:
    """The token of this digest."""
    row = db.execute(f"SELECT {_COLUMNS} FROM tokens WHERE digest = ?", (digest,)).fetchone()
    return None if row is None else _token(row)


def listed(db: Connection, owner: str | None, name: str = "") -> list[Token]:
    """The tokens of an owner (None: all), of all names or of one, by name."""
    query = f"""SELECT {_COLUMNS} FROM tokens WHERE (owner = ?1 OR ?1 IS NULL) AND (name = ?2 OR ?2 = '')
                ORDER BY name, owner"""
    return list(map(_token, db.execute(query, (owner, name))))


def use(db: Connection, token: Token, at: float) -> None:
    """Note when a token was used last."""
    db.execute("UPDATE tokens SET used_at = ? WHERE owner = ? AND name = ?", (at, token.owner, token.name))


def remove(db: Connection, token: Token) -> None:
    """Forget a token."""
    db.execute("DELETE FROM tokens WHERE owner = ? AND name = ?", (token.owner, token.name))


def remove_all(db: Connection) -> None:
    """Forget all tokens, and overwrite what is left of them in the file."""
    db.execute("PRAGMA secure_delete = ON")
    db.execute("DELETE FROM tokens")


def _token(row: Any) -> Token:
    return Token(
        name=row["name"], owner=row["owner"], scope=Scope(row["scope"]), made_at=row["made_at"], used_at=row["used_at"]
    )
