"""Whether there are schedules of runs, and when the first comes: all that most runners ask, which have none."""

from __future__ import annotations

from jobs.runtime.store.connection import Connection


def are_kept(db: Connection) -> bool:
    """Whether there is a schedule, or something left of one: a time, a message."""
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM schedules) OR EXISTS (SELECT 1 FROM firings) OR EXISTS (SELECT 1 FROM tellings)"
    ).fetchone()
    return bool(row[0])


def at_work(db: Connection) -> bool:
    """Whether a schedule is enabled, or one that has come waits for its run."""
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM schedules WHERE next_at IS NOT NULL AND enabled = 1) "
        "OR EXISTS (SELECT 1 FROM firings WHERE state = 'due')"
    ).fetchone()
    return bool(row[0])


def next_time(db: Connection) -> float | None:
    """When the first schedule comes (Unix seconds); None: none does."""
    row = db.execute("SELECT min(next_at) FROM schedules WHERE enabled = 1 AND next_at IS NOT NULL").fetchone()
    return None if row[0] is None else float(row[0])
