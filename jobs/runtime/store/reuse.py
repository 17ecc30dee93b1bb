"""Rows that are there already: the earlier runs that may have them, and one run's rows again as another's."""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from jobs.runtime.core.reuse import KEY_BYTES, key_digest
from jobs.runtime.store import outcomes
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.run_row import fetched

INDEXED_AT_ONCE = 10_000
"""Cells read, or keys noted, in one commit: some 50 ms, in which nothing else is stored."""


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


class KeysAside:
    """Keys of a run's items that are set aside, and noted in their order when all are known: each of a million in the
    order of the items would write a page of its own. 24 bytes of memory each."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._parts = [bytearray() for _ in range(256)]
        self._noted = self._noting = 0

    def add(self, keys: Iterable[tuple[bytes, int]]) -> None:
        """Set aside keys with their positions."""
        for key, position in keys:
            self._parts[key[0]] += _ASIDE.pack(key, position)

    def note_some(self, db: Connection) -> bool:
        """Note some more of them, in the caller's transaction; whether those were the last."""
        self._noting, keys = self._noted, 0
        while self._noting < len(self._parts) and keys < INDEXED_AT_ONCE:
            part = sorted(_ASIDE.iter_unpack(self._parts[self._noting]))
            note_keys(db, self._number, part)
            self._noting, keys = self._noting + 1, keys + len(part)
        return self.all_noted

    @property
    def all_noted(self) -> bool:
        """Whether none is left, once the present transaction has gone through."""
        return self._noting == len(self._parts)

    def committed(self) -> None:
        """The transaction went through."""
        for part in range(self._noted, self._noting):
            self._parts[part] = bytearray()
        self._noted = self._noting


_ASIDE = struct.Struct(f">{KEY_BYTES}sQ")


class Indexing:
    """Makes the items of a run findable whose job has no key of its own, by those of their cells: a step each time."""

    def __init__(self, number: int) -> None:
        self.number, self._aside = number, KeysAside(number)
        self._read = self._last = 0
        self._items: int | None = None

    def step(self, db: Connection) -> None:
        """Read some more cells, or note some of their keys, in the caller's transaction."""
        if self._items is None:
            self._items = _unindexed(db, self.number)
        if self._read < self._items:
            self._last = min(self._items, self._read + INDEXED_AT_ONCE)
            cells = db.execute(
                "SELECT cell, position FROM items WHERE run = ? AND position > ? AND position <= ?",
                (self.number, self._read, self._last),
            )
            self._aside.add((key_digest(cell), position) for cell, position in cells)
        if self._last == self._items and self._aside.note_some(db):
            db.execute("UPDATE runs SET indexed = items WHERE number = ?", (self.number,))

    def committed(self) -> bool:
        """The transaction went through; whether that was the last step."""
        self._read = self._last
        self._aside.committed()
        return self._aside.all_noted


def _unindexed(db: Connection, number: int) -> int:
    """How many items a run has; 0 where they can be found already, or it is gone."""
    row = db.execute("SELECT items FROM runs WHERE number = ? AND indexed < items", (number,)).fetchone()
    return 0 if row is None else int(row["items"])


def earlier(db: Connection, among: Sequence[Source], keys: Collection[bytes]) -> dict[bytes, EarlierRow]:
    """The newest rows that count of the items with these keys, as far as there are any."""
    cursor = db.cursor()
    cursor.row_factory = None
    there: dict[bytes, EarlierRow] = {}
    left = sorted(set(keys))
    for source in among:
        places: dict[int, bytes] = {}
        for chunk in _chunks(left):
            marks = ",".join("?" * len(chunk))
            places.update(
                cursor.execute(
                    f"SELECT position, key FROM keys WHERE run = ? AND key IN ({marks})", (source.number, *chunk)
                )
            )
        for positions in _chunks(sorted(places)):  # in the order in which they lie, as those of a list mostly came
            marks = ",".join("?" * len(positions))
            found = cursor.execute(
                f"""SELECT position, started_at, kept <> '' FROM outcomes
                    WHERE run = ? AND position IN ({marks}) AND state = 'ok' AND started_at >= ?""",
                (source.number, *positions, source.since),
            )
            there.update((places[at], EarlierRow(source, at, started, bool(kept))) for at, started, kept in found)
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
"""Keys or positions looked up by one statement."""

Sought = TypeVar("Sought", bytes, int)


def _chunks(sought: Sequence[Sought]) -> Iterator[Sequence[Sought]]:
    return (sought[first : first + AT_ONCE] for first in range(0, len(sought), AT_ONCE))


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


def note_keys(db: Connection, number: int, keys: Iterable[tuple[bytes, int]]) -> None:
    """Have items of a run be found by their keys; where two have the same, the one that was noted first."""
    db.executemany(
        "INSERT OR IGNORE INTO keys (run, key, position) VALUES (?,?,?)",
        ((number, key, position) for key, position in keys),
    )
