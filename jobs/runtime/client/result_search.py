"""Looking through all rows of a run: what is found, in which order, and the rows at the places that were found."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from jobs.runtime import exports
from jobs.runtime.client import ownership
from jobs.runtime.client.runner_process import store
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.printed import PrintedAttempt, joined
from jobs.runtime.core.records import ItemResult, Run
from jobs.runtime.core.result_filter import ALL_ROWS, AS_GIVEN, ColumnValue, ResultFilter, ResultOrder
from jobs.runtime.core.row_cells import other_columns
from jobs.runtime.store import outcomes, result_search
from jobs.runtime.store.printed import of_results

PRINTED_AT_ONCE = 100
"""Items of which what they printed is held in memory together: 64 KiB each, mostly."""

WINDOW = 20_000
"""Positions that are looked through at a time, so that what is found can be told while the rest is read."""

MOST_LOOKED = 200_000
"""Positions that are looked through for one page of rows: it takes up to 0.5 s."""

MOST_SORTED = 200_000
"""Rows up to which they are put in order by a column that only their text holds: it takes about 1 s."""


def sortable(run: Run) -> list[str]:
    """The headings of a run's result table by which all its rows can be put in order."""
    if run.items > MOST_SORTED:
        return list(result_search.OWN)
    return [column.name for column in exports.result_table(run).columns if column.type not in ("json", "file")]


def search(run_id: str, wanted: ResultFilter, order: ResultOrder = AS_GIVEN) -> Iterator[tuple[array[int], int]]:
    """The positions of the rows that have what is asked for, window by window: all found so far, and up to which
    position was looked. In an order they come at once. Raises Refused: the rows cannot be put in order by this column.
    """
    found: array[int] = array("q")
    with store().read() as db:
        stored = ownership.find(db, run_id)
        if order.column or order.descending:
            by, has = _expression(stored.run, order.column or "position"), _holds(stored.run, wanted)
            rows = bool(stored.run.table.fields)
            places = result_search.ordered(
                db, stored.number, wanted, by, has, descending=order.descending, by_field=rows
            )
            yield array("q", places), stored.run.items
            return
    has, by_field = _holds(stored.run, wanted), bool(stored.run.table.fields)
    for first in range(1, stored.run.items + 1, WINDOW):
        last = min(stored.run.items, first + WINDOW - 1)
        with store().read() as db:
            found.extend(result_search.positions(db, stored.number, wanted, first, last, has, by_field=by_field))
        yield found, last


def short_rows_at(run_id: str, positions: Sequence[int]) -> list[ItemResult]:
    """Positions, items and outcomes at these positions, in the order asked for; long cells are cut."""
    with store().read() as db:
        return exports.short_rows(result_search.rows_at(db, ownership.find(db, run_id).number, positions))


def rows_after(
    run_id: str, wanted: ResultFilter = ALL_ROWS, *, after: int = 0, limit: int = 100
) -> tuple[Run, list[ItemResult], int | None]:
    """The rows behind a position that have what is asked for: at most `limit`, and of long ones some MiB; and behind
    which position the next are looked for (None: all have been)."""
    with store().read() as db:
        stored = ownership.find(db, run_id)
        items, has, by_field = stored.run.items, _holds(stored.run, wanted), bool(stored.run.table.fields)
        found: list[int] = []
        looked, end = after, min(items, after + MOST_LOOKED)
        while looked < end and len(found) < limit:
            last = min(end, looked + (WINDOW if wanted else limit))
            found += result_search.positions(db, stored.number, wanted, looked + 1, last, has, by_field=by_field)
            looked = last
        window = next(result_search.windows_at(db, stored.number, found[:limit]), [])
        if len(window) < len(found):
            looked = window[-1].position
        return stored.run, window, looked if looked < items else None


def column_value(run: Run, said: str) -> ColumnValue | None:
    """A column of the run and its value, from a text as in `lang: "en"`: the value as JSON. None for anything else."""
    known = [name for name in exports.result_table(run).names if said.startswith(f"{name}: ")]
    column = max(known, key=len, default="")
    try:
        value = json.loads(said[len(column) + 2 :]) if known else None
    except (ValueError, RecursionError):
        return None
    if isinstance(value, str | float) or (isinstance(value, int) and abs(value) < 2**63):
        return ColumnValue(column=column, value=value)
    return None


def windows_at(run_id: str, positions: Sequence[int]) -> Iterator[list[ItemResult]]:
    """The same, whole, in lists of some MiB, each as it is when it is taken."""
    place = 0
    while place < len(positions):
        with store().read() as db:
            number = ownership.find(db, run_id).number
            asked = positions[place : place + outcomes.WINDOW_ROWS]
            window = next(result_search.windows_at(db, number, asked), [])
        if not window:
            return
        yield window
        place += len(window)


def groups(run_id: str, most: int = 1_000) -> list[tuple[str, int]]:
    """The groups of a run (for URLs their hosts) with how many items each has, the largest first."""
    with store().read() as db:
        return result_search.groups(db, ownership.find(db, run_id).number, most)


@contextmanager
def snapshot(
    run_id: str, wanted: ResultFilter = ALL_ROWS, *, printed: bool = False
) -> Iterator[tuple[Run, exports.Rows]]:
    """A run, and its rows between two positions that have what is asked for, as they are at one moment, however long
    the reading takes and whatever happens to the run meanwhile; with what each item printed, where that is asked for.
    """
    with store().read() as db:
        stored = ownership.find(db, run_id)
        has, by_field = _holds(stored.run, wanted), bool(stored.run.table.fields)

        def rows(first: int, last: int) -> Iterator[list[ItemResult]]:
            if not wanted:
                yield from outcomes.windows(db, stored.number, first, last)
                return
            for begin in range(first, last + 1, WINDOW):
                end = min(last, begin + WINDOW - 1)
                places = result_search.positions(db, stored.number, wanted, begin, end, has, by_field=by_field)
                yield from result_search.windows_at(db, stored.number, places)

        def rows_with_printed(first: int, last: int) -> Iterator[list[ItemResult]]:
            for window in rows(first, last):
                for start in range(0, len(window), PRINTED_AT_ONCE):
                    part = window[start : start + PRINTED_AT_ONCE]
                    yield list(map(_with_printed, part, of_results(db, stored.number, part)))

        yield stored.run, rows_with_printed if printed else rows


def _with_printed(found: ItemResult, printed: list[PrintedAttempt]) -> ItemResult:
    return found._replace(outcome=found.outcome and replace(found.outcome, printed=joined(printed)))


def _expression(run: Run, column: str) -> result_search.Condition:
    if column not in sortable(run):
        raise Refused(f"the rows cannot be put in order by {column!r}: choose another column, or filter them first")
    if column in result_search.OWN:
        return result_search.OWN[column], []
    if any(column == own.name for own in run.columns):
        return result_search.of_row(column)
    return result_search.in_order(_of_users(run, column))


def _holds(run: Run, wanted: ResultFilter) -> result_search.Condition | None:
    """The condition for the value that is asked for. Raises Refused: the run has no such column."""
    if wanted.value is None:
        return None
    column = wanted.value.column
    if any(column == own.name for own in run.columns):
        return result_search.holds(result_search.of_row(column), wanted.value.value)
    if column not in exports.result_table(run).names or column in result_search.OWN:
        raise Refused(f"the run has no column {column!r} whose values could be asked for")
    return result_search.holds(_of_users(run, column), wanted.value.value)


def _of_users(run: Run, column: str) -> result_search.Condition:
    """The expression for a column of the user: that of the item, of a field of it, or one of the other cells."""
    table = exports.result_table(run)
    place = table.names.index(column)
    if not run.table.fields:
        return result_search.of_cell(None if place == table.item else place - (place > table.item))
    given = run.table.columns[place]
    field = next((field for field, bound in run.table.fields.items() if bound == given), None)
    if field is not None:
        return result_search.of_field(field)
    return result_search.of_cell(other_columns(run.table).index(given))
