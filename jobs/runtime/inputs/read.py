"""Any file or pasted text as items, and a preflight report: what was read, which column and why, what cannot be run."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from jobs.runtime.core import settings
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.core.records import Item, Table
from jobs.runtime.core.spreadsheets import escape_formula
from jobs.runtime.core.text import cell_text
from jobs.runtime.core.units import count
from jobs.runtime.inputs import pasted_text
from jobs.runtime.inputs.bare_list import report_of_list
from jobs.runtime.inputs.column_query import ColumnQuery
from jobs.runtime.inputs.comments import comments_note, is_comment, without_comments
from jobs.runtime.inputs.grid import SAMPLE_LINES, Grid, Line
from jobs.runtime.inputs.item_column import shares_of
from jobs.runtime.inputs.kept_items import read_given_rows
from jobs.runtime.inputs.layout import Layout, further_columns, layout_of
from jobs.runtime.inputs.open_grid import grid_of
from jobs.runtime.inputs.preflight import Preflight
from jobs.runtime.inputs.read_options import FOUND, ReadOptions
from jobs.runtime.inputs.sources import source_of
from jobs.runtime.inputs.validation import RowValidation, mended_notes
from jobs.runtime.job.definition import Job

__all__ = ["Preflight", "invalid_as_csv", "peek", "read", "read_items", "read_text"]

MAX_LINES_A_ROW = 20
"""Lines that a row may have on average, blank ones and those within quotes included, in a file of the largest size."""

_REPLACED = "characters that cannot be stored (NUL, lone surrogates) replaced by U+FFFD"
_LINE_END = re.compile(r"\r\n|\r|\n")


def read(
    source: bytes | Path,
    *,
    name: str,
    job: Job,
    column: str = "",
    sheet: str = "",
    options: ReadOptions = FOUND,
    binding: Mapping[str, str] | None = None,
) -> Preflight:
    """All of a file: an upload's bytes, or a path. `column` and `sheet` choose by name, or by number from 1; `options`
    say how it is written; `binding` chooses columns for the fields of a row.

    Raises BadInput: no table, no such column or sheet, or over a limit; NoItems: empty, or a header only.
    """
    wanted = ColumnQuery.of(job, column, binding)
    return _read(source, wanted, name=name, job=job, sheet=sheet, options=options, most=None)


def peek(source: bytes | Path, *, name: str, job: Job, column: str = "", sheet: str = "") -> Preflight:
    """The first 1,000 rows of a file, quickly: the same columns and the same choice as `read`, other counts."""
    wanted = ColumnQuery.of(job, column)
    return _read(source, wanted, name=name, job=job, sheet=sheet, options=FOUND, most=SAMPLE_LINES)


def read_text(text: str, *, job: Job, binding: Mapping[str, str] | None = None) -> Preflight:
    """What was typed or pasted: URLs with anything around them, numbers (`5000, 6000 7000`, `1..9 step 2`), or one
    text a line; cells pasted from a spreadsheet are read as the table they are, and so are rows.

    Raises BadInput, NoItems.
    """
    pasted = cell_text(text)
    if job.takes_rows:
        return read(pasted.encode(), name="pasted text", job=job, binding=binding)
    notes = [] if pasted == text else [_REPLACED]
    table = _pasted_table(pasted, job)
    if table is not None:
        return replace(table, notes=(*notes, *table.notes))
    lines = list(enumerate(_LINE_END.split(pasted), start=1))
    if not _is_loose(job):
        filled = [line for line in lines if not is_comment(line[1])]
        notes += comments_note(len(lines) - len(filled))
        lines = filled
    if _is_heading(lines, job):
        heading = next(line for line in lines if line[1].strip())
        lines.remove(heading)
        notes.append(f"the first line, {heading[1].strip()!r}, was read as a heading")
    return report_of_list(lambda: pasted_text.cells_of(lines, job.kind), job, rows=_filled(lines), notes=tuple(notes))


def read_items(cells: Iterable[str], *, job: Job) -> Preflight:
    """Cells given one by one, each an item. Raises NoItems when there is none."""
    if job.takes_rows:
        return read_given_rows(map(cell_text, cells), job=job)
    given = list(cells)
    kept = [cell_text(cell) for cell in given]
    notes = () if given == kept else (_REPLACED,)
    return report_of_list(lambda: enumerate(kept, start=1), job, rows=len(kept), notes=notes)


def invalid_as_csv(found: Preflight) -> bytes:
    """The cells that cannot be items as CSV (line, cell, reason), harmless to spreadsheets; of very many the first."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(("line", "cell", "reason"))
    writer.writerows((bad.line, escape_formula(bad.cell), escape_formula(bad.reason)) for bad in found.invalid)
    return sheet.getvalue().encode("utf-8", "replace")


# A file


def _read(
    source: bytes | Path,
    wanted: ColumnQuery,
    *,
    name: str,
    job: Job,
    sheet: str,
    options: ReadOptions,
    most: int | None,
) -> Preflight:
    grid = without_comments(grid_of(source_of(source, name), kind=job.kind, sheet=sheet, options=options), wanted)
    sample = list(itertools.islice(filter(_is_filled, grid.lines()), SAMPLE_LINES + 1))
    said = options != FOUND or wanted.row
    in_one_line = None if said else _one_line_list(sample, grid, wanted)
    if in_one_line is not None:
        note = f"one line of {count(len(in_one_line), 'item')} read as a list"
        listed = report_of_list(lambda: ((1, cell) for cell in in_one_line), job, rows=1, notes=(*grid.notes, note))
        table = replace(listed.table, source=name)
        return replace(listed, encoding=grid.encoding, delimiter=grid.delimiter, table=table)
    layout = layout_of(sample, wanted, name=name, header=grid.header)
    if not said and _is_prose(sample, grid, layout, wanted):
        note = "no column of items: what was found within the text was read"
        texts = functools.partial(_texts, grid, layout.after if wanted.names(layout.columns[layout.item]) else 0)
        listed = report_of_list(
            lambda: pasted_text.cells_of(texts(), job.kind), job, rows=_filled(texts()), notes=(*grid.notes, note)
        )
        return replace(listed, encoding=grid.encoding, table=replace(listed.table, source=name))
    _refuse_too_many(grid, layout)
    survey = RowValidation(job=job, layout=layout, name=name)
    survey.take(_rows(grid, layout) if most is None else _first_filled(_rows(grid, layout), most))
    return _report(survey, grid, layout, complete=most is None or survey.rows < most)


def _rows(grid: Grid, layout: Layout) -> Iterator[Line]:
    return itertools.dropwhile(lambda line: line[0] <= layout.after, grid.lines())


def _first_filled(lines: Iterator[Line], most: int) -> Iterator[Line]:
    """Lines, blank ones included, until so many were not blank."""
    filled = 0
    for line in lines:
        yield line
        filled += _is_filled(line)
        if filled == most:
            return


def _is_filled(line: Line) -> bool:
    return any(map(str.strip, line[1]))


def _one_line_list(sample: list[Line], grid: Grid, wanted: ColumnQuery) -> list[str] | None:
    """The cells of a text of one line of which each looks like an item (`5000, 6000, 7000` is a list, not a row), or of
    which one holds several URLs, which no delimiter parts: a sentence."""
    filled = [cells for _, cells in sample if any(map(str.strip, cells))]
    if len(filled) != 1 or len(filled[0]) < 2 or not grid.delimiter or wanted.loose or wanted.column:
        return None
    if grid.texts is not None and any(pasted_text.count_urls(cell, wanted.kind) > 1 for cell in filled[0]):
        return [cell for _, cell in pasted_text.cells_of(enumerate(grid.texts(), start=1), wanted.kind)]
    cells = [cell.strip() for cell in filled[0] if cell.strip()]
    return cells if len(cells) > 1 and all(map(wanted.looks_like, cells)) else None


def _is_prose(sample: list[Line], grid: Grid, layout: Layout, wanted: ColumnQuery) -> bool:
    """Whether a text is no table but has items within its lines: a Markdown list, a mail, notes."""
    headings = [cell for number, cells in sample if number == layout.after for cell in cells if cell.strip()]
    if grid.texts is None or wanted.column or len(headings) > 1:
        return False
    rows = [cells for number, cells in sample if number > layout.after]
    if not grid.delimiter and pasted_text.has_more_than_urls((row[0] for row in rows), wanted.kind):
        return True
    if any(share.purity >= 0.5 for share in shares_of(rows, wanted, len(layout.columns))):
        return False
    if not pasted_text.reads_urls(wanted.kind):
        return False
    return any(
        "://" in cell and pasted_text.holds_url(cell) and not wanted.looks_like(cell) for row in rows for cell in row
    )


def _texts(grid: Grid, after: int) -> Iterator[pasted_text.Cell]:
    lines = enumerate(grid.texts() if grid.texts is not None else (), start=1)
    return ((number, text) for number, text in lines if number > after)


def _refuse_too_many(grid: Grid, layout: Layout) -> None:
    """Count the rows first where there may be too many of them: that takes a second, checking each takes many."""
    most = settings.value("JOBS_MAX_ITEMS")
    if grid.most_lines <= most:
        return
    if grid.texts is not None and grid.most_lines > most * MAX_LINES_A_ROW:
        raise BadInput(
            f"{grid.name} has {grid.most_lines:,} lines, far more than the {most:,} rows that a run may have: remove "
            "the blank ones, or split it (or set JOBS_MAX_ITEMS)"
        )
    rows = itertools.islice((1 for _, cells in _rows(grid, layout) if any(cells)), most + 1)
    if sum(rows) > most:
        raise _too_many(grid.name, most)


def _too_many(name: str, most: int) -> BadInput:
    return BadInput(
        f"{name} has more than {most:,} rows, the most that a run may have: split it (or set JOBS_MAX_ITEMS)"
    )


def _report(survey: RowValidation, grid: Grid, layout: Layout, *, complete: bool) -> Preflight:
    if not survey.rows:
        raise NoItems(f"{grid.name} has no row that is not blank: it has no item")
    columns = further_columns(layout.columns, survey.width)
    bare = layout.bare and len(columns) == 1
    notes = (*grid.notes, *layout.notes, *mended_notes(grid.mended), *survey.notes())
    named = () if bare and layout.bound is None else columns
    column = layout.column if layout.bound is not None else columns[layout.item]
    return Preflight.of(
        survey,
        column=column,
        columns=columns,
        sheet=grid.sheet,
        sheets=grid.sheets,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        header=layout.header,
        notes=notes,
        table=Table(source=grid.name, columns=named, item_column=column, notes=notes, fields=layout.fields),
        complete=complete,
        read_items=lambda: _items(_rows(grid, layout), layout, len(columns)),
    )


def _items(rows: Iterator[Line], layout: Layout, width: int) -> Iterator[Item]:
    if layout.bound is not None:
        yield from (layout.item_of(row, width) for _, row in rows if any(map(str.strip, row)))
        return
    item = layout.item
    for _, row in rows:
        cells = row if len(row) == width else (row + [""] * width)[:width]
        cell = cells.pop(item)
        if (cell and not cell.isspace()) or any(map(str.strip, cells)):
            yield Item(cell=cell, others=tuple(cells))


# Text


def _pasted_table(text: str, job: Job) -> Preflight | None:
    """Cells pasted from a spreadsheet: every line with the same tabs, or a usual heading above several columns."""
    first = text.strip("\r\n").partition("\n")[0]
    wanted = ColumnQuery.of(job)
    headed = any(wanted.names(cell.strip('"')) for cell in re.split(r"[\t;,|]", first)) and re.search(r"[\t;,|]", first)
    if not headed and ("\t" not in first or _is_one_line_of_items(text, job)):
        return None
    try:
        found = read(text.encode(), name="pasted text", job=job)
    except BadInput:
        return None
    return found if len(found.columns) > 1 else None


def _is_one_line_of_items(text: str, job: Job) -> bool:
    """Whether a text is one line of items with any signs between: a list, not the cells of a row."""
    words = re.split(r"[\s,;]+", text.strip())
    return "\n" not in text.strip() and len(words) > 1 and all(map(job.kind.looks_like, words))


def _is_heading(lines: list[pasted_text.Cell], job: Job) -> bool:
    """Whether the first line heads a column that was copied from a table: a usual heading, with more below it."""
    first = [text for _, text in lines if text.strip()][:2]
    wanted = ColumnQuery.of(job)
    return len(first) == 2 and not wanted.loose and wanted.names(first[0])


def _filled(lines: Iterable[pasted_text.Cell]) -> int:
    return sum(1 for _, text in lines if text.strip())


def _is_loose(job: Job) -> bool:
    return ColumnQuery.of(job).loose
