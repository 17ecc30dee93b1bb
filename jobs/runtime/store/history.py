"""Runs in lists: newest first, filtered, counted, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.runtime.core.errors import DamagedRun
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.readers import ANYBODY, Readers
from jobs.runtime.store.run_row import StoredRun, fetched, stored

APART = (f"measure {'[0-9a-f]' * 6} · *", "How it works · *")
"""How the runs are called that a measurement or a demonstration of the lesson has made: they are nobody's own."""


@dataclass(frozen=True, kw_only=True)
class EndedRun:
    """A run that is over: whose, since when (Unix seconds), which share of the items of all runs it has (0 to 1)."""

    number: int
    id: str
    owner: str
    ended_at: float
    share: float


def listed(
    db: Connection,
    *,
    states: Sequence[str],
    job: str,
    text: str,
    limit: int,
    before: int | None,
    apart: bool | None = None,
    readers: Readers = ANYBODY,
) -> list[StoredRun | DamagedRun]:
    """Runs, newest first, at most `limit`, with a number below `before`; see `client.listing`."""
    where, values = _filter(states, job, text, apart, readers)
    if before is not None:
        where, values = f"{where} AND number < ?", [*values, before]
    rows = fetched(db, f"SELECT * FROM runs WHERE {where} ORDER BY number DESC LIMIT ?", (*values, limit))
    return [_readable(row) for row in rows]


def _readable(row: Any) -> StoredRun | DamagedRun:
    try:
        return stored(row)
    except DamagedRun as error:
        return error


def counted(
    db: Connection,
    *,
    states: Sequence[str],
    job: str,
    text: str,
    apart: bool | None = None,
    readers: Readers = ANYBODY,
) -> int:
    """How many runs `listed` would give without a limit."""
    where, values = _filter(states, job, text, apart, readers)
    return int(db.execute(f"SELECT count(*) FROM runs WHERE {where}", values).fetchone()[0])


def _filter(states: Sequence[str], job: str, text: str, apart: bool | None, readers: Readers) -> tuple[str, list[Any]]:
    theirs, owners = readers.condition()
    where, values = ["state IS NOT 'submitting'", theirs], [*owners]
    if apart is not None:
        where.append(f"{'' if apart else 'NOT'} coalesce({' OR '.join('name GLOB ?' for _ in APART)}, 0)")
        values += APART
    if states:
        where.append(f"state IN ({','.join('?' * len(states))})")
        values += list(states)
    if job:
        where.append("job = ?")
        values.append(job)
    if text:
        where.append("(instr(lower(name), ?) OR instr(lower(source), ?) OR id LIKE ? ESCAPE '!')")
        escaped = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values += [text.lower(), text.lower(), f"{escaped}%"]
    return " AND ".join(where), values


def share_of_items(db: Connection, number: int) -> float:
    """Which share of the items of all runs a run has: 0 to 1."""
    row = db.execute("SELECT total(items), total(CASE number WHEN ? THEN items END) FROM runs", (number,)).fetchone()
    return max(0.0, min(1.0, row[1] / row[0])) if row[0] else 0.0


def ended(db: Connection) -> list[EndedRun]:
    """The runs that are over and not pinned, those first that ended first."""
    whole = db.execute("SELECT total(items) FROM runs").fetchone()[0] or 1.0
    states = tuple(state for state in RunState if state.terminal)
    rows = fetched(
        db,
        f"""SELECT number, id, owner, ended_at, items FROM runs
            WHERE state IN ({",".join("?" * len(states))}) AND NOT pinned AND typeof(ended_at) IN ('real', 'integer')
            ORDER BY ended_at, number""",
        states,
    )
    return [
        EndedRun(
            number=row["number"],
            id=row["id"],
            owner=row["owner"],
            ended_at=row["ended_at"],
            share=row["items"] / whole,
        )
        for row in rows
    ]


def finished(db: Connection, job: str, readers: Readers = ANYBODY, limit: int = 20) -> list[Run]:
    """The last finished runs of a job, newest first: what an estimate goes by."""
    past = listed(db, states=(RunState.FINISHED,), job=job, text="", limit=limit, before=None, readers=readers)
    return [old.run for old in past if isinstance(old, StoredRun)]
