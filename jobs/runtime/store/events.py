"""The events of a run: its log."""

from __future__ import annotations

import itertools
import json
from typing import Any

from jobs.runtime.core.records import Event
from jobs.runtime.store.connection import Connection


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


def count_since(db: Connection, run: int, kind: str, since: str) -> int:
    """How many lines of a kind the log of a run has after its last of kind `since`."""
    return int(db.execute(f"SELECT count(*) {_SINCE}", (run, kind, run, since)).fetchone()[0])


def repeated(db: Connection, run: int, kind: str, fact: str, since: str) -> tuple[Any, int]:
    """A fact of the last line of a kind after the last of kind `since`, and how many lines up to it say the same; None
    and 0: there is none."""
    rows = db.execute(f"SELECT facts {_SINCE} ORDER BY seq DESC LIMIT 100", (run, kind, run, since))
    values = [json.loads(row[0]).get(fact) for row in rows]
    same = itertools.takewhile(lambda value: value == values[0], values)
    return (values[0], len(list(same))) if values else (None, 0)


_SINCE = """FROM events WHERE run = ? AND kind = ?
    AND seq > coalesce((SELECT max(seq) FROM events WHERE run = ? AND kind = ?), 0)"""
