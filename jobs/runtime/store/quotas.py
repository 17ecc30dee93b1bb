"""What each owner has: runs that are not over, items that were started on a day, the items of all their runs."""

from __future__ import annotations

from jobs.runtime.core.records import RunState
from jobs.runtime.store.connection import Connection

_OVER = tuple(state for state in RunState if state.terminal)


def runs_not_over(db: Connection, owner: str, besides: int = 0) -> int:
    """How many runs of an owner are not over, or are about to go on by a retry that was asked; but for one, and for
    those that were deleted and go piece by piece."""
    marks = ",".join("?" * len(_OVER))
    query = f"""SELECT count(*) FROM runs WHERE owner = ? AND number <> ?
                AND (state NOT IN ({marks})
                     OR number IN (SELECT run FROM commands WHERE verb = 'retry' AND done_at IS NULL))
                AND NOT (state = 'submitting' AND touched_at NOT BETWEEN 1 AND 1e300)"""
    return int(db.execute(query, (owner, besides, *_OVER)).fetchone()[0])


def owner_of(db: Connection, number: int) -> str:
    """Whose a run is; empty: it is gone."""
    row = db.execute("SELECT owner FROM runs WHERE number = ?", (number,)).fetchone()
    return "" if row is None else str(row[0])


def items_started(db: Connection, owner: str, day: int) -> int:
    """How many items an owner has started on a day, whatever became of their runs."""
    row = db.execute("SELECT items FROM item_days WHERE owner = ? AND day = ?", (owner, day)).fetchone()
    return 0 if row is None else int(row[0])


def count_items(db: Connection, owner: str, day: int, items: int) -> None:
    """Note that so many more were started, and forget days before."""
    db.execute("DELETE FROM item_days WHERE day < ?", (day,))
    db.execute(
        """INSERT INTO item_days (owner, day, items) VALUES (?,?,?)
           ON CONFLICT (owner, day) DO UPDATE SET items = items + excluded.items""",
        (owner, day, items),
    )


def runs_of(db: Connection, owner: str) -> tuple[float, list[str]]:
    """Which share of the items of all runs those of an owner have (0 to 1), and their ids."""
    whole = db.execute("SELECT total(items) FROM runs").fetchone()[0]
    rows = db.execute("SELECT id, items FROM runs WHERE owner = ?", (owner,)).fetchall()
    return (sum(row[1] for row in rows) / whole if whole else 0.0), [row[0] for row in rows]
