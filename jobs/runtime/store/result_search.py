"""Outcomes found by what is in them, over all rows of a run: by windows of positions, or all of them in an order.

No index is kept for it: what is read stays the same while a run works. 100,000 positions take some 0.3 s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import ItemResult
from jobs.runtime.core.result_filter import ResultFilter
from jobs.runtime.store import outcomes
from jobs.runtime.store.connection import Connection

_FROM = "FROM items i LEFT JOIN outcomes o ON o.run = i.run AND o.position = i.position"
_FROM_FAILED = """FROM outcomes o INDEXED BY outcomes_failed_in_order
                  CROSS JOIN items i ON i.run = o.run AND i.position = o.position"""
_STATES = {"waiting": "o.seq IS NULL", "ok": "o.state = 'ok'"}

OWN = {
    "position": "i.position",
    "state": "o.state",
    "code": "o.code",
    "error": "o.error",
    "attempts": "o.attempts",
    "worker": "o.worker",
    "slot": "o.slot",
    "waited_seconds": "o.waited",
    "started_at": "o.started_at",
    "seconds": "o.seconds",
    "cpu_seconds": "o.cpu",
    "duplicate_of": "o.duplicate_of",
}
"""What the store keeps of each outcome beside its row, by the heading it has in a result table."""


MOST_SORTED_BY = 1_000
"""Characters of a text by which it is put in order: SQLite holds all of them in memory meanwhile."""

_WILD = re.compile("[!%_]")
"""What means something to LIKE, and the character that takes its meaning."""

MOST_LOOKED_FOR = 8_000
"""Characters of a text that is looked for: LIKE takes 50,000 bytes, and JSON may need six for one."""

Condition = tuple[str, list[Any]]
"""An expression of SQL and its values."""


def positions(
    db: Connection,
    number: int,
    wanted: ResultFilter,
    first: int,
    last: int,
    has: Condition | None = None,
    *,
    by_field: bool = False,
) -> list[int]:
    """The positions between two, inclusive, whose rows have what is asked for, in order; `has` is the condition for a
    value of one column, made by `holds`; `by_field`: items are rows."""
    source, where, values = _query(number, wanted, has, by_field)
    found = db.execute(
        f"SELECT i.position {source} WHERE {where} AND i.position BETWEEN ? AND ? ORDER BY i.position",
        (number, *values, first, last),
    )
    return [row[0] for row in found]


def ordered(
    db: Connection,
    number: int,
    wanted: ResultFilter,
    by: Condition,
    has: Condition | None = None,
    *,
    descending: bool,
    by_field: bool = False,
) -> list[int]:
    """All positions whose rows have what is asked for, by an expression (of `OWN`, or one that `of_cell` or `of_row`
    made); what has no value there comes last, equal ones as they were given."""
    source, where, values = _query(number, wanted, has, by_field)
    way = "DESC" if descending else "ASC"
    column, of_column = by
    short = f"CASE WHEN typeof({column}) = 'text' THEN substr({column}, 1, ?) ELSE {column} END"
    found = db.execute(
        f"""SELECT i.position, {short} AS sorted {source} WHERE {where}
            ORDER BY sorted IS NULL, sorted {way}, i.position""",
        (*of_column, *of_column, MOST_SORTED_BY, *of_column, number, *values),
    )
    return [row[0] for row in found]


def holds(column: Condition, value: Any) -> Condition:
    """The condition that what an expression for a column gives is this value; JSON's true and false are 1 and 0 there,
    of which a column of numbers has none."""
    return f"{column[0]} = ?", [*column[1], value]


def of_row(column: str) -> Condition:
    """The expression for a column of the job, with its values."""
    return "json_extract(o.row, ?)", [f"$.{json.dumps(column, ensure_ascii=False)}"]


def of_cell(place: int | None) -> Condition:
    """The expression for a column of the user: the other cell at this place; None: the item itself."""
    return ("i.cell", []) if place is None else ("json_extract(nullif(i.others, ''), ?)", [f"$[{place}]"])


def of_field(field: str) -> Condition:
    """The expression for a field of an item that is a row."""
    return "json_extract(i.cell, ?)", [f"$.{json.dumps(field, ensure_ascii=False)}"]


def in_order(column: Condition) -> Condition:
    """The expression by which a column of the user is put in order: a cell that begins with a number by that, before
    all that do not."""
    cell, values = column
    number = f"CASE WHEN trim({cell}) GLOB '[-+0-9]*' THEN CAST({cell} AS NUMERIC) ELSE nullif({cell}, '') END"
    return number, values * number.count("?")


def groups(db: Connection, number: int, most: int) -> list[tuple[str, int]]:
    """The groups of a run with how many items each has, the largest first."""
    found = db.execute(
        """SELECT grp, count(*) FROM plans INDEXED BY plans_by_group WHERE run = ? AND grp <> ''
           GROUP BY grp ORDER BY 2 DESC, 1 LIMIT ?""",
        (number, most),
    )
    return [(row[0], row[1]) for row in found]


def rows_at(db: Connection, number: int, wanted: Sequence[int]) -> Iterator[ItemResult]:
    """Items with their outcomes at these positions, in the order asked for, one after the other as they are taken."""
    return map(outcomes.result, _at(db, number, wanted))


def windows_at(db: Connection, number: int, wanted: Sequence[int]) -> Iterator[list[ItemResult]]:
    """The same by weight (`outcomes.windows`)."""
    return outcomes.by_weight(_at(db, number, wanted))


def _at(db: Connection, number: int, wanted: Sequence[int]) -> Iterable[Any]:
    """In the order of the list, whose loop is the outer one; an ORDER BY would have all rows in memory to sort them."""
    return db.execute(
        f"""SELECT i.position, i.cell, i.others, {outcomes.COLUMNS} FROM json_each(?) w
            CROSS JOIN items i ON i.run = ? AND i.position = w.value
            LEFT JOIN outcomes o ON o.run = i.run AND o.position = i.position""",
        (json.dumps(list(wanted)), number),
    )


def _query(number: int, wanted: ResultFilter, has: Condition | None, by_field: bool) -> tuple[str, str, list[Any]]:
    source, where = _FROM, ["i.run = ?"]
    values: list[Any] = []
    if wanted.state in ("failed", "cancelled"):
        source, where = _FROM_FAILED, ["o.run = ?", "o.state <> 'ok'"]
    if wanted.state:
        where.append(_STATES.get(wanted.state, "o.state = ?"))
        values += [] if wanted.state in _STATES else [wanted.state]
    if wanted.code:
        where.append("o.code = ?")
        values.append(wanted.code)
    if wanted.group:
        where.append("i.position IN (SELECT position FROM plans WHERE run = ? AND grp = ? AND grp <> '')")
        values += [number, wanted.group]
    if wanted.text:
        condition, texts = _has(wanted.text, by_field)
        where.append(condition)
        values += texts
    if has is not None:
        where.append(has[0])
        values += has[1]
    return source, " AND ".join(where), values


def _has(text: str, by_field: bool) -> tuple[str, list[Any]]:
    """The condition that a row holds a text. The names of its columns do not count: where the JSON has it anywhere, its
    values are looked through. Raises Refused: the text is too long."""
    if len(text) > MOST_LOOKED_FOR:
        raise Refused(f"a text to look for has at most {MOST_LOOKED_FOR:,} characters: look for a part of it")
    texts_alone = ("o.code", "o.error") if by_field else ("i.cell", "o.code", "o.error")
    parts = [_like(text, of) for of in texts_alone]
    for of in ("o.row", "i.others", "i.cell") if by_field else ("o.row", "i.others"):
        anywhere, quoted = _like(json.dumps(text, ensure_ascii=False)[1:-1], of)
        within, plain = _like(text, "j.atom")
        values_of = f"SELECT 1 FROM json_tree(nullif({of}, '')) j WHERE {within}"
        parts.append((f"({anywhere} AND EXISTS ({values_of}))", [*quoted, *plain]))
    return f"({' OR '.join(part for part, _ in parts)})", [value for _, texts in parts for value in texts]


def _like(text: str, of: str) -> tuple[str, list[Any]]:
    """SQLite folds ASCII alone: other letters are looked for in small and in capital ones, and as they were typed. LIKE
    takes under half the time of `instr(lower(…))`, which copies each row."""
    ways = (text,) if text.isascii() else tuple(dict.fromkeys((text, text.lower(), text.upper())))
    patterns = ["%" + _WILD.sub(r"!\g<0>", way) + "%" for way in ways]
    return "(" + " OR ".join([f"{of} LIKE ? ESCAPE '!'"] * len(ways)) + ")", patterns
