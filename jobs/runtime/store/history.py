"""Runs in lists: newest first, filtered, counted, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.runtime.records import Run, RunState
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.runs import Stored, stored


def listed(
    db: Connection, *, states: Sequence[str], job: str, text: str, limit: int, before: int | None
) -> list[Stored]:
    """Runs, newest first, at most `limit`, with a number below `before`; see `client.runs`."""
    where, values = _filter(states, job, text)
    if before is not None:
        where, values = f"{where} AND number < ?", [*values, before]
    rows = db.execute(f"SELECT * FROM runs WHERE {where} ORDER BY number DESC LIMIT ?", (*values, limit))
    return [stored(row) for row in rows]


def place(db: Connection, submitted_at: float, run_id: str) -> int:
    """The number of a run, also when it is gone: then the first above those that were submitted before it."""
    row = db.execute("SELECT number FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        row = db.execute(
            "SELECT coalesce(max(number), 0) + 1 FROM runs WHERE submitted_at < ?", (submitted_at,)
        ).fetchone()
    return int(row[0])


def counted(db: Connection, *, states: Sequence[str], job: str, text: str) -> int:
    """How many runs `listed` would give without a limit."""
    where, values = _filter(states, job, text)
    return int(db.execute(f"SELECT count(*) FROM runs WHERE {where}", values).fetchone()[0])


def _filter(states: Sequence[str], job: str, text: str) -> tuple[str, list[Any]]:
    where, values = ["state <> 'submitting'"], []
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


def total_items(db: Connection) -> int:
    """How many items all runs have together."""
    return int(db.execute("SELECT total(items) FROM runs").fetchone()[0])


def finished(db: Connection, job: str, limit: int = 20) -> list[Run]:
    """The last finished runs of a job, newest first: what an estimate goes by."""
    rows = db.execute(
        "SELECT * FROM runs WHERE job = ? AND state = ? ORDER BY number DESC LIMIT ?", (job, RunState.FINISHED, limit)
    )
    return [stored(row).run for row in rows]
