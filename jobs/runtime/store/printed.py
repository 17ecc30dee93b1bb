"""What attempts printed: as many rows as there were pieces of it, in the order they came; they go with their run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobs.runtime.core.printed import Printed, PrintedAttempt
from jobs.runtime.core.records import ItemResult
from jobs.runtime.store.connection import Connection


class NewPrinted(NamedTuple):
    """What an attempt at an item printed; `lost`: its worker was lost or ended before it had answered."""

    position: int
    attempt: int
    lost: bool
    printed: Printed


def add(db: Connection, number: int, new: Iterable[NewPrinted]) -> None:
    """Store what attempts printed."""
    db.executemany(
        "INSERT INTO printed (run, position, attempt, lost, kept, size) VALUES (?,?,?,?,?,?)",
        [(number, one.position, one.attempt, one.lost, one.printed.kept, one.printed.size) for one in new],
    )


def add_left(db: Connection, run: str, left: NewPrinted) -> None:
    """Store what was left of a worker that went with its runner, unless it is stored already, the item has its outcome,
    or there is no such item."""
    db.execute(
        """INSERT INTO printed (run, position, attempt, lost, kept, size)
           SELECT r.number, i.position, ?, ?, ?, ? FROM runs r JOIN items i ON i.run = r.number AND i.position = ?
           WHERE r.id = ? AND NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.run = i.run AND o.position = i.position)
             AND NOT EXISTS (SELECT 1 FROM printed p
                             WHERE p.run = i.run AND p.position = i.position AND p.attempt = ? AND p.kept = ?)""",
        (
            *(left.attempt, left.lost, left.printed.kept, left.printed.size, left.position, run),
            *(left.attempt, left.printed.kept),
        ),
    )


def size(db: Connection, number: int) -> int:
    """How many bytes are kept of a run."""
    return int(db.execute("SELECT total(length(kept)) FROM printed WHERE run = ?", (number,)).fetchone()[0])


def of_results(db: Connection, number: int, results: Sequence[ItemResult]) -> list[list[PrintedAttempt]]:
    """What was printed of each of these items, oldest first; of a duplicate, what the item printed that it equals."""
    performed = [(outcome and outcome.duplicate_of) or position for position, _, outcome in results]
    rows = db.execute(
        """SELECT p.position, p.attempt, p.lost, p.kept, p.size FROM json_each(?) w
           CROSS JOIN printed p ON p.run = ? AND p.position = w.value ORDER BY p.position, p.seq""",
        (json.dumps(sorted(set(performed))), number),
    )
    found: dict[int, list[PrintedAttempt]] = {}
    for position, attempt, lost, kept, length in rows:
        one = PrintedAttempt(attempt=attempt, lost=bool(lost), printed=Printed(bytes(kept), length))
        found.setdefault(position, []).append(one)
    return [found.get(position, []) for position in performed]
