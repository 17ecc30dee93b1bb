"""Rows that are there already: the earlier runs that may have them, and one run's rows again as another's."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from jobs.runtime.core.reuse import key_digest
from jobs.runtime.store import outcomes
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.run_row import fetched

INDEXED_AT_ONCE = 10_000
"""Cells indexed in one commit: some 50 ms, in which nothing else is stored."""


class Source(NamedTuple):
    """An earlier run whose rows may be taken: its number and id, its params as JSON, and since when (Unix seconds) its
    rows count. `indexed`: its items can be found by their keys; where its job has none, those of its cells."""

    number: int
    id: str
    params: str
    since: float
    indexed: bool


class EarlierRow(NamedTuple):
    """A row that is there: of which run, at which position, when it was performed (Unix seconds), and whether it can be
    asked of it whether it has changed."""

    source: Source
    position: int
    started_at: float
    kept: bool


def sources(db: Connection, *, owner: str, job: str, code_hash: str, besides: int, since: float) -> Iterator[Source]:
    """The runs that an owner has of a job with this code and that were not over before a time (Unix seconds), newest
    first: nobody gets rows of another's. Rows that a run has of other code, or that were performed before, do not
    count."""
    found = fetched(
        db,
        """SELECT number, id, params, coded_at,
             indexed >= items OR coalesce(json_extract(traits, '$.keyed'), 0) AS found
           FROM runs WHERE owner = ? AND job = ? AND code_hash = ? AND code_hash <> '' AND state <> 'submitting'
             AND number <> ? AND coalesce(ended_at, ?) >= ? AND json_valid(traits) AND ok > 0 ORDER BY number DESC""",
        (owner, job, code_hash, besides, since, since),
    )
    for row in found:
        yield Source(row["number"], row["id"], row["params"], max(since, row["coded_at"]), bool(row["found"]))


def index(db: Connection, number: int) -> bool:
    """Note the keys of some more cells of a run whose job has no key of its own; whether that was the last of them."""
    row = db.execute("SELECT indexed, items FROM runs WHERE number = ?", (number,)).fetchone()
    if row is None or row["indexed"] >= row["items"]:
        return True
    last = min(row["items"], row["indexed"] + INDEXED_AT_ONCE)
    cells = db.execute(
        "SELECT position, cell FROM items WHERE run = ? AND position > ? AND position <= ?",
        (number, row["indexed"], last),
    )
    keys = sorted((key_digest(cell), position) for position, cell in cells)
    _note_keys(db, number, keys)
    db.execute("UPDATE runs SET indexed = ? WHERE number = ?", (last, number))
    return bool(last >= row["items"])


def earlier(db: Connection, among: Sequence[Source], keys: Collection[bytes]) -> dict[bytes, EarlierRow]:
    """The newest rows that count of the items with these keys, as far as there are any."""
    cursor = db.cursor()
    cursor.row_factory = None
    there: dict[bytes, EarlierRow] = {}
    left = sorted(set(keys))
    for source in among:
        for chunk in _chunks(left):
            marks = ",".join("?" * len(chunk))
            found = cursor.execute(
                f"""SELECT k.key, o.position, o.started_at, o.kept <> '' FROM keys k
                    CROSS JOIN outcomes o ON o.run = k.run AND o.position = k.position
                    WHERE k.run = ? AND k.key IN ({marks}) AND o.state = 'ok' AND o.started_at >= ?""",
                (source.number, *chunk, source.since),
            )
            there.update((key, EarlierRow(source, position, at, bool(kept))) for key, position, at, kept in found)
        left = [key for key in left if key not in there]
        if not left:
            break
    return there


def rows(db: Connection, found: Mapping[int, EarlierRow]) -> Iterator[tuple[int, str]]:
    """The texts of earlier rows that have one, by the position for which they were found."""
    for position, row in found.items():
        text = db.execute(
            "SELECT row FROM outcomes WHERE run = ? AND position = ?", (row.source.number, row.position)
        ).fetchone()
        if text is not None and text[0]:
            yield position, text[0]


def told(db: Connection, number: int, position: int, code_hash: str) -> str | None:
    """A row of an earlier run and what that kept of it, as JSON for a worker; None: it is gone, or of other code than
    this, with which the run that asks goes on."""
    found = db.execute(
        """SELECT o.row, o.kept FROM outcomes o JOIN runs r ON r.number = o.run
           WHERE o.run = ? AND o.position = ? AND o.state = 'ok' AND r.code_hash = ? AND o.started_at >= r.coded_at
             AND json_valid(o.kept)""",
        (number, position, code_hash),
    ).fetchone()
    if found is None or not found["row"]:
        return None
    return json.dumps({"row": found["row"], "kept": json.loads(found["kept"])}, ensure_ascii=False)


AT_ONCE = 500
"""Keys looked up by one statement."""


def _chunks(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (keys[first : first + AT_ONCE] for first in range(0, len(keys), AT_ONCE))


def take(db: Connection, number: int, found: Mapping[int, EarlierRow], texts: Mapping[int, str]) -> list[int]:
    """Store earlier rows as the outcomes of a run, by position, those with a text in `texts` with that; returns the
    positions that had none. A row that has gone since it was found is not there."""
    db.execute(_FOUND)
    db.execute("DELETE FROM temp.found")
    db.executemany(
        "INSERT INTO temp.found VALUES (?,?,?,?,?)",
        [
            (position, row.source.number, row.position, row.source.id, texts.get(position))
            for position, row in found.items()
        ],
    )
    return outcomes.take(db, number)


_FOUND = """CREATE TEMP TABLE IF NOT EXISTS found (
            position INTEGER PRIMARY KEY, run INTEGER, place INTEGER, id TEXT, row TEXT)"""


def taken(db: Connection, number: int, first: int, last: int) -> list[int]:
    """Positions between two of a run whose rows were taken from another."""
    found = db.execute(
        "SELECT position FROM outcomes WHERE run = ? AND position BETWEEN ? AND ? AND reused_from <> ''",
        (number, first, last),
    )
    return [row[0] for row in found]


def note_taken(db: Connection, number: int, keys: Mapping[int, bytes], *, at_once: bool) -> None:
    """Note the keys of rows that were taken, by position, so that they are found in their turn: at once, or set aside
    for `index_taken`."""
    taken = sorted((key, position) for position, key in keys.items())
    if at_once:
        _note_keys(db, number, taken)
        return
    db.execute(_ASIDE)
    db.executemany("INSERT OR IGNORE INTO temp.taken VALUES (?,?,?)", [(number, *entry) for entry in taken])


_ASIDE = """CREATE TEMP TABLE IF NOT EXISTS taken (
            run INTEGER, key BLOB, position INTEGER, PRIMARY KEY (run, key)) WITHOUT ROWID"""


def index_taken(db: Connection, number: int, after: bytes) -> bytes | None:
    """Note some more of the keys that were set aside, those that come after one; returns the last of them (None: there
    are no more). In their order, since each of a million in the order of the items would write a page of its own."""
    db.execute(_ASIDE)
    keys = db.execute(
        "SELECT key, position FROM temp.taken WHERE run = ? AND key > ? ORDER BY key LIMIT ?",
        (number, after, INDEXED_AT_ONCE),
    ).fetchall()
    _note_keys(db, number, [(row["key"], row["position"]) for row in keys])
    if len(keys) == INDEXED_AT_ONCE:
        return bytes(keys[-1]["key"])
    db.execute("DELETE FROM temp.taken WHERE run = ?", (number,))
    return None


def _note_keys(db: Connection, number: int, keys: Sequence[tuple[bytes, int]]) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO keys (run, key, position) VALUES (?,?,?)",
        [(number, key, position) for key, position in keys],
    )
