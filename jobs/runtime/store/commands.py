"""What page and command line ask of the runner, and what it answered; and the events of a run, its log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.runtime.records import Event
from jobs.runtime.store.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Command:
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


def log(db: Connection, run: int, event: Event) -> None:
    """Write one line of a run's log."""
    db.execute(
        "INSERT INTO events (run, at, kind, text, facts) VALUES (?,?,?,?,?)",
        (run, event.at, event.kind, event.text, json.dumps(dict(event.facts))),
    )


def events(db: Connection, run: int, most: int) -> list[Event]:
    """The log of a run, newest first."""
    rows = db.execute("SELECT at, kind, text, facts FROM events WHERE run = ? ORDER BY seq DESC LIMIT ?", (run, most))
    return list(map(_event, rows))


def events_of(db: Connection, run: int, kind: str) -> list[Event]:
    """All lines of one kind in the log of a run, oldest first."""
    rows = db.execute("SELECT at, kind, text, facts FROM events WHERE run = ? AND kind = ? ORDER BY seq", (run, kind))
    return list(map(_event, rows))


def _event(row: Any) -> Event:
    return Event(at=row["at"], kind=row["kind"], text=row["text"], facts=json.loads(row["facts"]))


def count_events(db: Connection, run: int, kind: str) -> int:
    """How many lines of this kind the log of a run has."""
    return int(db.execute("SELECT count(*) FROM events WHERE run = ? AND kind = ?", (run, kind)).fetchone()[0])
