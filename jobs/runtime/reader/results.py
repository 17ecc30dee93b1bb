"""The results of a run as the items of another: its rows, filtered, with the columns they have; a list unrolled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.runtime import client, inputs
from jobs.runtime.core.errors import NoItems, Refused
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ALL_ROWS, ResultFilter
from jobs.runtime.core.units import count
from jobs.runtime.exports import ResultTable, result_table
from jobs.runtime.inputs import Preflight
from jobs.runtime.job.definition import Job

SHORT = 8


@dataclass(frozen=True, kw_only=True)
class ResultSource:
    """Which results: of a run (any unambiguous beginning of its id), those that are `wanted` and of which each column
    of `where` holds this text; `explode`: a column of lists, each entry of which becomes a row of its own, and is what
    `where` looks at in that column. Entries that are empty become none, and are counted."""

    run: str
    wanted: ResultFilter = ALL_ROWS
    where: tuple[tuple[str, str], ...] = ()
    explode: str = ""


def read_results(
    source: ResultSource, *, job: Job, column: str = "", binding: Mapping[str, str] | None = None
) -> Preflight:
    """The results of a run as items for a job: the user's columns and the job's are the columns of the table.

    Raises Refused: the run is not through, or has no such column; BadInput, NoItems.
    """
    run = client.run(source.run)
    if not run.state.terminal:
        raise Refused(f"run {run.id[:SHORT]} is {run.state}: its results can be used when it is through")
    table = result_table(run)
    columns = table.names[: table.users + len(table.jobs)]
    wanted = [(_place(table.names, name), text) for name, text in source.where]
    explode = _place(columns, source.explode) if source.explode else None

    empty = 0

    def rows() -> Iterator[list[str]]:
        nonlocal empty
        empty = 0  # it is read more than once, to its end each time but for the first lines
        for cells in _rows(run, table, source.wanted):
            for texts in _unrolled(cells, explode):
                if explode is not None and not texts[explode].strip():
                    empty += 1
                    continue
                if all(texts[place] == text for place, text in wanted):
                    yield texts[: len(columns)]

    chosen = column or ("" if job.takes_rows or not source.explode else source.explode)
    name = f"run {run.id[:SHORT]}"
    try:
        found = inputs.read_rows(columns, rows, job=job, name=name, column=chosen, binding=binding)
    except NoItems:
        raise NoItems(f"{name} has no item: {_none_left(run, source)}") from None
    origin = _ORIGIN.sub("", run.name)
    left_out = (f"{count(empty, 'empty entry', 'empty entries')} of lists left out",) if empty else ()
    notes, told = (*found.notes, *left_out), (*found.table.notes, *left_out)
    return replace(
        found, notes=notes, table=replace(found.table, source=f"{name} · {origin}", from_run=run.id, notes=told)
    )


_ORIGIN = re.compile(r"(run [0-9a-f]{8} · )+")
"""What a run that was made of another begins its name with, where it was given none."""


def _none_left(run: Run, source: ResultSource) -> str:
    """Why no row of a run is an item."""
    asked = [f"{name} is {text}" for name, text in source.where]
    asked += [f"{source.explode} lists something"] if source.explode else []
    asked += ["it is among those that are asked for"] if source.wanted != ALL_ROWS else []
    return f"of its {count(run.items, 'row')} there is none of which {' and '.join(asked)}" if asked else "it is empty"


def list_columns(run: Run) -> list[str]:
    """The columns of a run that may hold lists."""
    return [column.name for column in run.columns if column.type == "json"]


def _place(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise Refused(f"the run has no column {name!r} (it has {', '.join(names)})")
    return names.index(name)


def _rows(run: Run, table: ResultTable, wanted: ResultFilter) -> Iterator[list[Any]]:
    with client.snapshot(run.id, wanted) as (now, windows):
        for window in windows(1, now.items):
            yield from table.rows(window)


def _unrolled(cells: list[Any], explode: int | None) -> Iterator[list[str]]:
    texts = [_text(cell) for cell in cells]
    if explode is None:
        yield texts
        return
    for entry in _entries(cells[explode]):
        yield [*texts[:explode], _text(entry), *texts[explode + 1 :]]


def _entries(cell: Any) -> list[Any]:
    """What a cell lists; one that lists nothing is its own only entry, and an empty one has none."""
    if isinstance(cell, list):
        return cell
    return [] if cell in (None, "") else [cell]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, list | dict) else str(cell)
