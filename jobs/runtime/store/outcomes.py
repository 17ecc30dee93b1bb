"""Outcomes, stored once each."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from jobs.runtime.core.errors import DamagedStore
from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.core.records import ItemResult, ItemState, Outcome
from jobs.runtime.store import items, runs
from jobs.runtime.store.connection import Connection


class OutcomeRow(NamedTuple):
    """An outcome to be stored, in the order of the table's columns; `row` is the JSON text that the worker made.

    A tuple, since the runner makes one of each answer: it goes into SQLite as it is, many in one statement.
    """

    position: int
    state: str
    code: str
    error: str
    detail: str
    row: str | None
    attempts: int
    worker: WorkerName | None = None
    slot: int | None = None
    waited: float | None = None
    started_at: float | None = None
    seconds: float | None = None
    cpu: float | None = None
    duplicate_of: int | None = None
    reused_from: str = ""
    kept: str = ""


_INSERT = """INSERT INTO outcomes (run, position, state, code, error, detail, row, attempts, worker, slot, waited,
             started_at, seconds, cpu, duplicate_of, reused_from, kept)
             VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
             ON CONFLICT (run, position) DO NOTHING"""


def add(db: Connection, number: int, rows: Sequence[OutcomeRow], *, duplicates: bool) -> list[int]:
    """Store outcomes, each once, with copies for their duplicates and the counters; returns the positions that were
    stored. What has an outcome already keeps it."""
    if duplicates:
        rows = [*rows, *(copy for row in rows for copy in _copies(db, number, row))]
    if not rows:
        return []
    last = db.execute("SELECT max(seq) FROM outcomes").fetchone()[0] or 0
    stored = db.executemany(_INSERT, [(number, *row) for row in rows]).rowcount
    new = rows if stored == len(rows) else _stored_after(db, number, last, rows)
    _count(db, number, new)
    return [row.position for row in new]


def take(db: Connection, number: int) -> list[int]:
    """Store the rows of other runs that stand in `temp.found` as those of this one, each once, with the counters, in
    one statement; returns the positions that had none."""
    last = db.execute("SELECT max(seq) FROM outcomes").fetchone()[0] or 0
    db.execute(_TAKE, (number,))
    found = db.execute("SELECT position, code FROM outcomes WHERE seq > ? AND run = ?", (last, number)).fetchall()
    runs.count(db, number, ok=len(found), failed=0, cancelled=0, seconds=0.0, cpu=0.0, reused=len(found))
    codes = Counter([code for _, code in found])
    count_codes(db, number, {("ok", code): many for code, many in codes.items()})
    return [position for position, _ in found]


_TAKE = """INSERT INTO outcomes
             (run, position, state, code, error, detail, row, attempts, started_at, reused_from, kept)
           SELECT ?, f.position, 'ok', CASE o.code WHEN 'duplicate' THEN '' ELSE o.code END, o.error, o.detail,
             coalesce(f.row, o.row), 0, o.started_at, CASE o.reused_from WHEN '' THEN f.id ELSE o.reused_from END,
             o.kept
           FROM temp.found f CROSS JOIN outcomes o ON o.run = f.run AND o.position = f.place
           WHERE o.state = 'ok' ORDER BY f.position
           ON CONFLICT (run, position) DO NOTHING"""


def _copies(db: Connection, number: int, row: OutcomeRow) -> Iterable[OutcomeRow]:
    code = "duplicate" if row.state == ItemState.OK else row.code
    for position in items.copies(db, number, row.position):
        yield OutcomeRow(position, row.state, code, row.error, row.detail, row.row, 0, duplicate_of=row.position)


def _stored_after(db: Connection, number: int, last: int, rows: Sequence[OutcomeRow]) -> list[OutcomeRow]:
    """Those of the rows that were stored after this seq: the first of each position that had no outcome yet."""
    found = db.execute("SELECT position FROM outcomes WHERE seq > ? AND run = ?", (last, number))
    positions = {row[0] for row in found}
    first = {row.position: row for row in reversed(rows)}
    return [row for position, row in first.items() if position in positions]


def _count(db: Connection, number: int, rows: Sequence[OutcomeRow]) -> None:
    codes = Counter(map(itemgetter(1, 2), rows))
    states: Counter[str] = Counter()
    for (state, _), count in codes.items():
        states[state] += count
    runs.count(
        db,
        number,
        ok=states["ok"],
        failed=states["failed"],
        cancelled=states["cancelled"],
        seconds=sum([row.seconds or 0.0 for row in rows]),
        cpu=sum([row.cpu or 0.0 for row in rows]),
        reused=sum([row.reused_from != "" for row in rows]),
    )
    count_codes(db, number, codes)


def count_codes(db: Connection, number: int, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to what each (state, code) of a run counts."""
    db.executemany(
        """INSERT INTO codes (run, state, code, count) VALUES (?,?,?,?)
           ON CONFLICT (run, state, code) DO UPDATE SET count = count + excluded.count""",
        [(number, state, code, count) for (state, code), count in counts.items()],
    )


def cancel_rest(db: Connection, number: int, first: int, last: int) -> int:
    """Give every item between two positions that has no outcome the outcome `cancelled`; returns how many."""
    cursor = db.execute(
        """INSERT INTO outcomes (run, position, state, code, error, detail, attempts)
           SELECT i.run, i.position, 'cancelled', 'cancelled', 'the run was cancelled before this item was done', '',
             (SELECT coalesce(max(a.number), 0) FROM attempts a WHERE a.run = i.run AND a.position = i.position)
           FROM items i WHERE i.run = ? AND i.position BETWEEN ? AND ?
             AND NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.run = i.run AND o.position = i.position)""",
        (number, first, last),
    )
    runs.count(db, number, ok=0, failed=0, cancelled=cursor.rowcount, seconds=0.0, cpu=0.0)
    count_codes(db, number, {("cancelled", "cancelled"): cursor.rowcount})
    return cursor.rowcount


COLUMNS = """o.seq, o.state, o.code, o.error, o.detail, o.row, o.attempts, o.worker, o.slot, o.waited, o.started_at,
             o.seconds, o.cpu, o.duplicate_of, o.reused_from"""
"""What `outcome` reads, of the table under the name o."""


WINDOW_ROWS, WINDOW_CHARACTERS = 4_000, 4 * 2**20
"""What is read at a time holds no more than so many rows, or so much text unless it is one row: each may have 1 MiB,
and what Python makes of it takes up to thirty times as much."""


def rows(db: Connection, number: int, first: int, last: int) -> Iterator[ItemResult]:
    """Items with their outcomes (None: not yet) by position, inclusive; one after the other, as they are taken."""
    return map(result, _between(db, number, first, last))


def windows(db: Connection, number: int, first: int, last: int) -> Iterator[list[ItemResult]]:
    """The same by weight: in lists of some MiB, whatever the rows hold."""
    return by_weight(_between(db, number, first, last))


def by_weight(found: Iterable[Any]) -> Iterator[list[ItemResult]]:
    """Rows of a query as lists of WINDOW_ROWS or WINDOW_CHARACTERS at most."""
    window: list[ItemResult] = []
    weight = 0
    for row in found:
        size = len(row["cell"]) + len(row["others"]) + len(row["row"] or "")
        if window and (len(window) >= WINDOW_ROWS or weight + size > WINDOW_CHARACTERS):
            yield window
            window, weight = [], 0
        window.append(result(row))
        weight += size
    if window:
        yield window


def result(row: Any) -> ItemResult:
    """An item with its outcome, from a row of both tables."""
    return ItemResult(row["position"], items.item(row), None if row["seq"] is None else outcome(row))


def _between(db: Connection, number: int, first: int, last: int) -> Iterable[Any]:
    return db.execute(
        f"""SELECT i.position, i.cell, i.others, {COLUMNS} FROM items i
            LEFT JOIN outcomes o ON o.run = i.run AND o.position = i.position
            WHERE i.run = ? AND i.position BETWEEN ? AND ? ORDER BY i.position""",
        (number, first, last),
    )


FEW = 10_000
"""Outcomes of a run up to which the newest are found among its own, in 3 ms. Those of a run with more lie near the end
of the table, which is walked from there: among 200,000 of its own it would take 50 ms."""


def newest(db: Connection, number: int, most: int, *, done: int) -> Iterator[ItemResult]:
    """The outcomes stored last, newest first; `done` is how many the run has, by its counters."""
    way = "INDEXED BY sqlite_autoindex_outcomes_1" if done <= FEW else "NOT INDEXED"
    found = db.execute(
        f"""SELECT i.position, i.cell, i.others, {COLUMNS} FROM outcomes o
            CROSS JOIN items i ON i.run = o.run AND i.position = o.position
            WHERE o.seq IN (SELECT seq FROM outcomes {way} WHERE run = ? ORDER BY seq DESC LIMIT ?)
            ORDER BY o.seq DESC""",
        (number, most),
    )
    return map(result, found)


def failures(db: Connection, number: int, *, code: str, first: int, most: int) -> Iterator[ItemResult]:
    """Outcomes that are not ok, by position from `first` on; of one code when it is named."""
    condition = "AND o.code = ?" if code else ""
    index = "outcomes_failed" if code else "outcomes_failed_in_order"
    found = db.execute(
        f"""SELECT i.position, i.cell, i.others, {COLUMNS} FROM outcomes o INDEXED BY {index}
            CROSS JOIN items i ON i.run = o.run AND i.position = o.position
            WHERE o.run = ? AND o.state <> 'ok' {condition} AND o.position >= ? ORDER BY o.position LIMIT ?""",
        (number, *([code] if code else []), first, most),
    )
    return map(result, found)


SPREAD = 2_654_435_761
"""Positions are picked by their multiples of 2^32 divided by the golden ratio (Knuth, TAOCP 3, 6.4): evenly, and
without a period that the items may have too."""

_ONE_IN = f"((o.position * {SPREAD}) & 4294967295) * ? < 4294967296"


def timed(db: Connection, number: int, last: int, every: int = 1) -> list[tuple[Any, ...]]:
    """(position, worker, slot, started_at, seconds, state, group) of outcomes that ran, up to a position, of about one
    in so many."""
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(
        f"""SELECT o.position, o.worker, o.slot, o.started_at, o.seconds, o.state, coalesce(p.grp, '')
            FROM outcomes o LEFT JOIN plans p ON p.run = o.run AND p.position = o.position
            WHERE o.run = ? AND o.position <= ? AND {_ONE_IN}
              AND o.worker IS NOT NULL AND o.started_at IS NOT NULL AND o.seconds IS NOT NULL ORDER BY o.position""",
        (number, last, every),
    ).fetchall()


def seconds(db: Connection, number: int, every: int) -> array[float]:
    """The seconds of outcomes that ran, of about one in so many positions."""
    found = db.execute(
        f"""SELECT o.seconds FROM outcomes o
            WHERE o.run = ? AND {_ONE_IN} AND o.seconds IS NOT NULL AND o.worker IS NOT NULL""",
        (number, every),
    )
    return array("d", (row[0] for row in found))


def spread(db: Connection, number: int, most: int) -> list[int]:
    """At most so many positions of a run that have an outcome, spread evenly over all; all, where they are no more."""
    total = db.execute("SELECT items FROM runs WHERE number = ?", (number,)).fetchone()[0]
    found = db.execute(
        f"SELECT o.position FROM outcomes o WHERE o.run = ? AND {_ONE_IN} ORDER BY o.position LIMIT ?",
        (number, max(1, -(-total // most)), most),
    )
    return [row[0] for row in found]


def files(db: Connection, number: int, column: str, first: int, last: int) -> list[str]:
    """The references in a `file` column between two positions."""
    found = db.execute(
        """SELECT json_extract(row, ?) FROM outcomes
           WHERE run = ? AND position BETWEEN ? AND ? AND row IS NOT NULL""",
        (f'$."{column}"', number, first, last),
    )
    return [row[0] for row in found if row[0]]


def outcome(row: Any) -> Outcome:
    """An outcome from a row of the table joined with its position. Raises DamagedStore."""
    return Outcome(
        seq=row["seq"],
        position=row["position"],
        state=ItemState(row["state"]),
        code=row["code"],
        error=row["error"],
        detail=row["detail"],
        row=_cells(row) if row["row"] else None,
        attempts=row["attempts"],
        worker=row["worker"],
        slot=row["slot"],
        waited_seconds=row["waited"],
        started_at=row["started_at"],
        seconds=row["seconds"],
        cpu_seconds=row["cpu"],
        duplicate_of=row["duplicate_of"],
        reused_from=row["reused_from"],
    )


def _cells(row: Any) -> Any:
    try:
        return json.loads(row["row"])
    except ValueError as error:
        where = f"what is stored of the row of item {row['position']} is damaged ({error})"
        raise DamagedStore(f"{where}: its run can be run again and deleted, other runs are whole") from None
