"""Items: written once, in chunks; planned by the hooks (group, turn, duplicates); and those that still wait."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from jobs.runtime.core.records import Item
from jobs.runtime.core.text import stored_text
from jobs.runtime.store.connection import Connection


class ItemPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the hooks said of one item: its group (empty: none), its cost and its key; and where an earlier run has its
    row (run, position), where it is only to be asked whether that has changed."""

    position: int
    group: str = ""
    cost: float | None = None
    key: bytes | None = None
    earlier: tuple[int, int] | None = None


class Waiting(NamedTuple):
    """An item without an outcome: its cell and its group, and where an earlier run has its row (run, position)."""

    position: int
    cell: str
    group: str
    earlier: tuple[int, int] | None = None


class Turn(NamedTuple):
    """Where an item stands in a run that takes the dearest first: minus its cost, and its position among equal ones."""

    turn: float = -math.inf
    position: int = 0


def add(db: Connection, number: int, first: int, items: Iterable[Item]) -> None:
    """Store items at the positions from `first` on."""
    rows = (
        (number, position, item.cell, json.dumps(item.others, ensure_ascii=False) if item.others else "")
        for position, item in enumerate(items, first)
    )
    db.executemany("INSERT INTO items (run, position, cell, others) VALUES (?,?,?,?)", rows)


def copy(db: Connection, source: int, target: int, first: int, last: int) -> None:
    """The items of one run again, for another."""
    db.execute(
        """INSERT INTO items (run, position, cell, others)
           SELECT ?, position, cell, others FROM items WHERE run = ? AND position BETWEEN ? AND ?""",
        (target, source, first, last),
    )


def between(db: Connection, number: int, first: int, last: int) -> list[tuple[int, Item]]:
    """Items by position, inclusive."""
    rows = db.execute(
        "SELECT position, cell, others FROM items WHERE run = ? AND position BETWEEN ? AND ? ORDER BY position",
        (number, first, last),
    )
    return [(row["position"], item(row)) for row in rows]


def item(row: Any) -> Item:
    """An item from a row with its cell and others."""
    return Item(cell=row["cell"], others=tuple(json.loads(row["others"])) if row["others"] else ())


def cells(db: Connection, number: int, first: int, last: int) -> list[tuple[int, str]]:
    """Positions and cells, inclusive: what a worker prepares."""
    rows = db.execute(
        "SELECT position, cell FROM items WHERE run = ? AND position BETWEEN ? AND ? ORDER BY position",
        (number, first, last),
    )
    return [(row["position"], stored_text(row["cell"])) for row in rows]


def plan(db: Connection, number: int, plans: Sequence[ItemPlan]) -> None:
    """Store what the hooks said; an item whose key was seen before becomes a duplicate of the first. One that has an
    outcome already keeps its plan: it waits for no other, and no other waits for it."""
    positions = [entry.position for entry in plans]
    done = with_outcome(db, number, min(positions), max(positions)) if plans else set()
    rows = [
        (
            *(number, entry.position, entry.group, _turn(entry.cost), _first(db, number, entry)),
            *(entry.earlier or (None, None)),
        )
        for entry in plans
        if entry.position not in done
    ]
    db.executemany(
        """INSERT OR REPLACE INTO plans (run, position, grp, turn, duplicate_of, source, place)
           VALUES (?,?,?,?,?,?,?)""",
        rows,
    )


def with_outcome(db: Connection, number: int, first: int, last: int) -> set[int]:
    """Which positions between two have an outcome, in a run that is prepared again (retry, say)."""
    rows = db.execute("SELECT position FROM outcomes WHERE run = ? AND position BETWEEN ? AND ?", (number, first, last))
    return {row[0] for row in rows}


def _turn(cost: float | None) -> float | None:
    """Where a cost stands, the dearest lowest; one that is no number counts as nothing (SQLite would store a null)."""
    return None if cost is None else 0.0 if math.isnan(cost) else -cost


def _first(db: Connection, number: int, entry: ItemPlan) -> int | None:
    """The earlier item of the same key that is still to be done; None: this one is the first, or the first again."""
    if entry.key is None:
        return None
    added = db.execute(
        "INSERT OR IGNORE INTO keys (run, key, position) VALUES (?,?,?)", (number, entry.key, entry.position)
    )
    if added.rowcount == 1:
        return None
    row = db.execute(
        """SELECT k.position, o.position IS NOT NULL AS done FROM keys k
           LEFT JOIN outcomes o ON o.run = k.run AND o.position = k.position WHERE k.run = ? AND k.key = ?""",
        (number, entry.key),
    ).fetchone()
    if row["position"] < entry.position and not row["done"]:
        return int(row["position"])
    db.execute("UPDATE keys SET position = ? WHERE run = ? AND key = ?", (entry.position, number, entry.key))
    return None


_PENDING = "NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.run = i.run AND o.position = i.position)"


def waiting_plain(db: Connection, number: int, after: int, last: int) -> list[Waiting]:
    """Items without an outcome at the positions after `after` up to `last`, of a run that was not prepared."""
    rows = db.execute(
        f"""SELECT i.position, i.cell FROM items i
            WHERE i.run = ? AND i.position > ? AND i.position <= ? AND {_PENDING} ORDER BY i.position""",
        (number, after, last),
    )
    return [Waiting(row[0], row[1], "") for row in rows]


def waiting_planned(db: Connection, number: int, after: int, last: int) -> list[Waiting]:
    """The same in a prepared run; duplicates are left out: they wait for their first."""
    rows = db.execute(
        f"""SELECT i.position, i.cell, p.grp, p.source, p.place
            FROM items i JOIN plans p ON p.run = i.run AND p.position = i.position
            WHERE i.run = ? AND i.position > ? AND i.position <= ? AND p.duplicate_of IS NULL AND {_PENDING}
            ORDER BY i.position""",
        (number, after, last),
    )
    return [Waiting(row[0], row[1], row[2], _place(row)) for row in rows]


def _place(row: Any) -> tuple[int, int] | None:
    """Where an earlier run has the row."""
    return None if row["source"] is None else (row["source"], row["place"])


def waiting_dearest(db: Connection, number: int, after: Turn, count: int) -> tuple[list[Waiting], Turn | None]:
    """The same of the `count` items that come after a turn, the dearest first; and the turn to go on from (None: these
    were the last). Of a prepared run whose job declares a cost."""
    rows = db.execute(
        f"""SELECT i.position, c.cell, i.grp, i.turn, i.duplicate_of IS NULL AND {_PENDING}, i.source, i.place
            FROM plans i CROSS JOIN items c ON c.run = i.run AND c.position = i.position
            WHERE i.run = ? AND i.turn IS NOT NULL AND (i.turn, i.position) > (?, ?)
            ORDER BY i.turn, i.position LIMIT ?""",
        (number, *after, count),
    ).fetchall()
    found = [Waiting(row[0], row[1], row[2], _place(row)) for row in rows if row[4]]
    return found, Turn(rows[-1][3], rows[-1][0]) if len(rows) == count else None


def waiting_of_group(db: Connection, number: int, group: str, after: int, limit: int) -> list[Waiting]:
    """The next items of one group without an outcome, by position."""
    rows = db.execute(
        f"""SELECT i.position, c.cell, i.source, i.place
            FROM plans i JOIN items c ON c.run = i.run AND c.position = i.position
            WHERE i.run = ? AND i.grp = ? AND i.grp <> '' AND i.position > ? AND i.duplicate_of IS NULL AND {_PENDING}
            ORDER BY i.position LIMIT ?""",
        (number, group, after, limit),
    )
    return [Waiting(row[0], row[1], group, _place(row)) for row in rows]


def waiting_by_group(db: Connection, number: int, after: int, last: int) -> dict[str, int]:
    """How many items of each group wait at the positions after `after` up to `last`."""
    rows = db.execute(
        f"""SELECT i.grp, count(*) FROM plans i
            WHERE i.run = ? AND i.position > ? AND i.position <= ? AND i.grp <> '' AND i.duplicate_of IS NULL
              AND {_PENDING} GROUP BY i.grp""",
        (number, after, last),
    )
    return {row[0]: row[1] for row in rows}


def copies(db: Connection, number: int, position: int) -> list[int]:
    """Positions of the duplicates of an item."""
    rows = db.execute("SELECT position FROM plans WHERE run = ? AND duplicate_of = ?", (number, position))
    return [row[0] for row in rows]


def remove(db: Connection, number: int, most: int) -> int:
    """Delete up to `most` rows of a run from each of its tables; returns how many went, 0 when none is left.

    What its log says of errors stays to the last: how often its removal has failed.
    """
    gone = 0
    for table in ("items", "plans", "keys"):
        key = "key" if table == "keys" else "position"
        cursor = db.execute(
            f"""DELETE FROM {table} WHERE run = ? AND {key} IN
                (SELECT {key} FROM {table} WHERE run = ? LIMIT ?)""",
            (number, number, most),
        )
        gone += cursor.rowcount
    for table, which in (("outcomes", ""), ("attempts", ""), ("printed", ""), ("events", "AND kind <> 'crashed'")):
        cursor = db.execute(
            f"DELETE FROM {table} WHERE seq IN (SELECT seq FROM {table} WHERE run = ? {which} LIMIT ?)", (number, most)
        )
        gone += cursor.rowcount
    db.execute("DELETE FROM codes WHERE run = ?", (number,))
    return gone
