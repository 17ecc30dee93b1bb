"""Rows that are there already, as a report: the items of an earlier run, cells given one by one, another run's results.
They are taken from where they are kept, and never through a text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.core.records import Item, Table
from jobs.runtime.core.row_cells import line_of
from jobs.runtime.inputs.binding import bind
from jobs.runtime.inputs.column_query import ColumnQuery
from jobs.runtime.inputs.grid import SAMPLE_LINES
from jobs.runtime.inputs.item_column import item_column
from jobs.runtime.inputs.layout import Layout
from jobs.runtime.inputs.preflight import Preflight
from jobs.runtime.inputs.validation import RowValidation
from jobs.runtime.job.definition import Job


def read_kept(
    items: Callable[[], Iterator[Item]],
    *,
    table: Table,
    job: Job,
    column: str = "",
    binding: Mapping[str, str] | None = None,
) -> Preflight:
    """What `items()` gives, of this table, each time the same; `column` takes another column for the items, `binding`
    others for the fields of a row.

    Raises BadInput: there is no such column; NoItems.
    """
    columns = table.columns or (table.item_column or job.item_name,)
    place = columns.index(table.item_column) if table.item_column in columns else 0

    def rows() -> Iterator[list[str]]:
        return (line_of(item, table, len(columns), place) for item in items())

    chosen = {**table.fields, **(binding or {})} if job.takes_rows else {}
    known = {told.name for told in job.fields}
    layout = _layout(
        columns,
        job,
        column=column or (columns[place] if not table.fields else ""),
        binding={field: name for field, name in chosen.items() if field in known or field in (binding or {})},
        rows=_first(rows()),
        name="the earlier run",
        reason="as in the earlier run",
    )
    return _report(rows, layout, job, "the earlier run", table)


def read_rows(
    columns: tuple[str, ...],
    rows: Callable[[], Iterator[list[str]]],
    *,
    job: Job,
    name: str,
    column: str = "",
    binding: Mapping[str, str] | None = None,
) -> Preflight:
    """The rows that `rows()` gives, each time the same, under these columns. Raises BadInput, NoItems."""
    layout = _layout(columns, job, column=column, binding=binding or {}, rows=_first(rows()), name=name)
    return _report(rows, layout, job, name, Table(source=name, columns=columns))


def read_given_rows(cells: Iterable[str], *, job: Job) -> Preflight:
    """Items given one by one, for a job whose items are rows: each an object of cells by the names of fields, as in
    `{"city": "Bonn", "street": "Main St 1"}`; or, where one field alone has no default, that one's cell.

    Raises BadInput, NoItems.
    """
    given = [_object(cell, number, job) for number, cell in enumerate(cells, start=1)]
    columns = tuple(dict.fromkeys(name for cells in given for name in cells))
    if not given:
        raise NoItems("nothing was given: there is no item")
    lines = [[cells.get(name, "") for name in columns] for cells in given]
    found = read_rows(columns, lambda: iter(lines), job=job, name="the items given")
    return replace(found, table=replace(found.table, source=""))


def _object(cell: str, number: int, job: Job) -> dict[str, str]:
    if cell.lstrip().startswith("{"):
        try:
            found = json.loads(cell)
        except ValueError as error:
            raise BadInput(f"item {number} is no JSON object: {error}") from None
        return {str(name): _text(value) for name, value in found.items()}
    needed = [told.name for told in job.fields if told.required]
    if len(needed) == 1:
        return {needed[0]: cell}
    names = ", ".join(f'"{told.name}": "…"' for told in job.fields) or '"column": "…"'
    raise BadInput(f"item {number} is a row of several cells: give it as a JSON object, as in {{{names}}}")


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _first(rows: Iterator[list[str]]) -> list[list[str]]:
    return [cells for cells, _ in zip(rows, range(SAMPLE_LINES), strict=False)]


def _layout(
    columns: tuple[str, ...],
    job: Job,
    *,
    column: str,
    binding: Mapping[str, str],
    rows: list[list[str]],
    name: str,
    reason: str = "",
) -> Layout:
    if job.takes_rows:
        bound = bind(job.fields, columns, rows, binding, name=name, header=True)
        return Layout(after=0, header=False, columns=columns, item=0, reason=reason, bound=bound)
    query = ColumnQuery(kind=job.kind, item_name=job.item_name, column=column)
    place, why = item_column(columns, rows, query, name=name, header=True)
    return Layout(after=0, header=False, columns=columns, item=place, reason=reason or why)


def _report(rows: Callable[[], Iterator[list[str]]], layout: Layout, job: Job, name: str, table: Table) -> Preflight:
    survey = RowValidation(job=job, layout=layout, name=name)
    for number, cells in enumerate(rows(), start=1):
        survey.add(number, cells, layout.cell(cells))
    if not survey.rows:
        raise NoItems(f"{name} has no item")
    width = len(layout.columns)
    return Preflight.of(
        survey,
        notes=table.notes,
        table=replace(table, item_column=layout.column, fields=layout.fields),
        read_items=lambda: (layout.item_of(cells, width) for cells in rows()),
    )
