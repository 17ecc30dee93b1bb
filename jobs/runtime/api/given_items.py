"""The items that a request brings, read as a table is: a list, rows, or a file, which a process of its own reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from msgspec import UNSET

from jobs.runtime import client, inputs, reader
from jobs.runtime.api.run_request import Cell, RunRequest
from jobs.runtime.core.errors import BadInput, NoItems, Refused
from jobs.runtime.core.text import cell_text
from jobs.runtime.core.units import count
from jobs.runtime.inputs import Preflight

LONGEST_NAME = 200
MOST_LISTED, MOST_COLUMNS, MOST_CELLS = 100_000, 2_000, 2_000_000
"""Items or rows in JSON, columns of these, and cells with those that are left out: they are looked through in the
server's own process, for a second or two at most. A file is read by a process of its own."""


@dataclass(frozen=True, kw_only=True)
class GivenFile:
    """A file as it came: its content, and the last part of the name it was sent under."""

    content: bytes
    name: str


def read_given(asked: RunRequest, file: GivenFile | None) -> Preflight:
    """What a request brings for its job. Raises Refused: not one of the three, or not for this job; BadInput,
    NoItems."""
    ways = [asked.items is not UNSET, asked.rows is not UNSET, file is not None]
    if sum(ways) != 1:
        raise Refused("give the items in one way: items, rows, or a file in multipart/form-data")
    job = client.job_for(asked.job, asked.params)
    if asked.column and job.takes_rows:
        raise Refused(f"an item of {job.name} is a row: say the columns of its fields in fields, not column")
    if asked.fields and not job.takes_rows:
        raise Refused(f"an item of {job.name} is one cell: say its column in column, not fields")
    found = _read(asked, file, job)
    if found.why_unbound:
        raise BadInput(f"{found.table.source or 'the items given'}: {found.why_unbound}")
    return found


def _read(asked: RunRequest, file: GivenFile | None, job: Any) -> Preflight:
    if file is not None:
        return _of_file(asked, file, job)
    if asked.rows is not UNSET:
        return _of_rows(asked.rows, asked, job)
    items = asked.items or []
    _check_size(len(items), 1)
    return inputs.read_items([_text(cell) for cell in items], job=job)


def _of_file(asked: RunRequest, file: GivenFile, job: Any) -> Preflight:
    return reader.read_apart(
        file.content,
        name=file.name,
        job=job.name,
        column=asked.column,
        sheet=asked.sheet,
        options=inputs.ReadOptions(delimiter=asked.delimiter, header=asked.header, encoding=asked.encoding),
        binding=asked.fields,
        params=client.shown_params(job.name, asked.params) if job.mark.fields else None,
    )


def _of_rows(rows: list[dict[str, Cell]], asked: RunRequest, job: Any) -> Preflight:
    _check_size(len(rows), 1)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    _check_size(len(rows), len(columns))
    if not rows:
        raise NoItems("nothing was given: there is no item")
    if not columns:
        raise BadInput('the rows have no columns: give each as an object, as in {"url": "https://…"}')

    def lines() -> Iterator[list[str]]:
        return ([_text(row.get(name)) for name in columns] for row in rows)

    named = tuple(map(cell_text, columns))
    found = inputs.read_rows(named, lines, job=job, name="the rows given", column=asked.column, binding=asked.fields)
    return replace(found, table=replace(found.table, source=""))


def _check_size(rows: int, columns: int) -> None:
    """Raises BadInput for more than is looked through here."""
    if rows > MOST_LISTED or columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        raise BadInput(
            f"{count(rows, 'item')} of {count(columns, 'column')} are more than JSON may bring ({MOST_LISTED:,} items, "
            f"{MOST_COLUMNS:,} columns, {MOST_CELLS:,} cells): send them as a file"
        )


def file_name(given: str) -> str:
    """The last part of a name, whatever system it comes from; never a path."""
    last = cell_text(given.replace("\\", "/").rpartition("/")[2]).strip()
    return last[-LONGEST_NAME:] or "upload"


def _text(cell: Cell) -> str:
    """A value of JSON as a cell. Raises BadInput for a number of more digits than Python writes."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    try:
        return str(cell)
    except ValueError:
        raise BadInput("a number has too many digits for JSON: give it as a text") from None
