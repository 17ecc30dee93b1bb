"""What page and command line ask of the runner, and what it answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from jobs.runtime.store.connection import Connection


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One wish: a verb, the run it is about (None: the runner itself), its particulars (JSON), when it was asked."""

    seq: int
    run: int | None
    verb: str
    text: str
    asked_at: float

    @property
    def body(self) -> Mapping[str, Any]:
        """Its particulars; read late, so that one that cannot be read stops no other."""
        return dict(json.loads(self.text))


def ask(db: Connection, run: int | None, verb: str, body: Mapping[str, Any], at: float) -> int:
    """Leave a command for the runner; returns its number."""
    cursor = db.execute(
        "INSERT INTO commands (run, verb, body, asked_at) VALUES (?,?,?,?)", (run, verb, json.dumps(dict(body)), at)
    )
    return int(cursor.lastrowid or 0)


def waiting(db: Connection) -> list[Command]:
    """Commands without an answer, oldest first."""
    rows = db.execute("SELECT seq, run, verb, body, asked_at FROM commands WHERE done_at IS NULL ORDER BY seq")
    return [
        Command(seq=row["seq"], run=row["run"], verb=row["verb"], text=row["body"], asked_at=row["asked_at"])
        for row in rows
    ]


def done(db: Connection, seq: int, answer: str, at: float) -> None:
    """Answer a command: an empty answer says yes, a sentence says why not."""
    db.execute("UPDATE commands SET done_at = ?, answer = ? WHERE seq = ?", (at, answer, seq))


def answer(db: Connection, seq: int) -> str | None:
    """What the runner answered; None: nothing yet."""
    row = db.execute("SELECT done_at, answer FROM commands WHERE seq = ?", (seq,)).fetchone()
    return None if row is None or row["done_at"] is None else str(row["answer"])


def forget(db: Connection, before: float) -> None:
    """Drop the answered commands older than this (Unix seconds)."""
    db.execute("DELETE FROM commands WHERE done_at < ?", (before,))
