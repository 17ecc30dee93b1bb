"""Any file or pasted text as items, and a preflight report: what was read, which column and why, what cannot be run."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from jobs.runtime import settings
from jobs.runtime.errors import BadInput, NoItems
from jobs.runtime.job import Job
from jobs.runtime.records import Item, Table, count
from jobs.runtime.results.delimited import defused
from jobs.runtime.tables import typed
from jobs.runtime.tables.choice import shares_of
from jobs.runtime.tables.grid import SAMPLE_LINES, Grid, Line
from jobs.runtime.tables.grids import grid_of
from jobs.runtime.tables.layouts import Layout, further_columns, layout_of
from jobs.runtime.tables.preflight import Preflight
from jobs.runtime.tables.sources import source_of
from jobs.runtime.tables.survey import Survey, mended_notes
from jobs.runtime.tables.wanted import Wanted

__all__ = ["Preflight", "invalid_as_csv", "peek", "read", "read_items", "read_text"]

MAX_LINES_A_ROW = 20
"""Lines that a row may have on average, blank ones and those within quotes included, in a file of the largest size."""

_REPLACED = "characters that cannot be stored (NUL, lone surrogates) replaced by U+FFFD"
_LINE_END = re.compile(r"\r\n|\r|\n")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read(source: bytes | Path, *, name: str, job: Job, column: str = "", sheet: str = "") -> Preflight:
    """All of a file: an upload's bytes, or a path. `column` and `sheet` choose by name, or by number from 1.

    Raises BadInput: no table, no such column or sheet, or over a limit; NoItems: empty, or a header only.
    """
    return _read(source, name=name, job=job, column=column, sheet=sheet, most=None)


def peek(source: bytes | Path, *, name: str, job: Job, column: str = "", sheet: str = "") -> Preflight:
    """The first 1,000 rows of a file, quickly: the same columns and the same choice as `read`, other counts."""
    return _read(source, name=name, job=job, column=column, sheet=sheet, most=SAMPLE_LINES)


def read_text(text: str, *, job: Job) -> Preflight:
    """What was typed or pasted: URLs with anything around them, numbers (`5000, 6000 7000`, `1..9 step 2`), or one
    text a line; cells pasted from a spreadsheet are read as the table they are. Raises BadInput, NoItems."""
    pasted = _storable(text)
    notes = [] if pasted == text else [_REPLACED]
    table = _pasted_table(pasted, job)
    if table is not None:
        return replace(table, notes=(*notes, *table.notes))
    lines = list(enumerate(_LINE_END.split(pasted), start=1))
    if _is_heading(lines, job):
        heading = next(line for line in lines if line[1].strip())
        lines.remove(heading)
        notes.append(f"the first line, {heading[1].strip()!r}, was read as a heading")
    return _list(lambda: typed.cells_of(lines, job.kind), job, rows=_filled(lines), notes=tuple(notes))


def read_items(cells: Iterable[str], *, job: Job) -> Preflight:
    """Cells given one by one, each an item. Raises NoItems when there is none."""
    given = list(cells)
    kept = [_storable(cell) for cell in given]
    notes = () if given == kept else (_REPLACED,)
    return _list(lambda: enumerate(kept, start=1), job, rows=len(kept), notes=notes)


def invalid_as_csv(found: Preflight) -> bytes:
    """The cells that cannot be items as CSV (line, cell, reason), harmless to spreadsheets; of very many the first."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(("line", "cell", "reason"))
    writer.writerows((bad.line, defused(bad.cell), defused(bad.reason)) for bad in found.invalid)
    return sheet.getvalue().encode("utf-8", "replace")


# A file


def _read(source: bytes | Path, *, name: str, job: Job, column: str, sheet: str, most: int | None) -> Preflight:
    grid = grid_of(source_of(source, name), kind=job.kind, sheet=sheet)
    wanted = Wanted(kind=job.kind, item_name=job.item_name, column=column)
    sample = list(itertools.islice(filter(_is_filled, grid.lines()), SAMPLE_LINES + 1))
    in_one_line = _one_line_list(sample, grid, wanted)
    if in_one_line is not None:
        note = f"one line of {count(len(in_one_line), 'item')} read as a list"
        listed = _list(lambda: ((1, cell) for cell in in_one_line), job, rows=1, notes=(*grid.notes, note))
        table = replace(listed.table, source=name)
        return replace(listed, encoding=grid.encoding, delimiter=grid.delimiter, table=table)
    layout = layout_of(sample, wanted, name=name, header=grid.header)
    if _is_prose(sample, grid, layout, wanted):
        note = "no column of items: what was found within the text was read"
        texts = functools.partial(_texts, grid, layout.after if wanted.names(layout.columns[layout.item]) else 0)
        listed = _list(lambda: typed.cells_of(texts(), job.kind), job, rows=_filled(texts()), notes=(*grid.notes, note))
        return replace(listed, encoding=grid.encoding, table=replace(listed.table, source=name))
    _refuse_too_many(grid, layout)
    survey = Survey(job=job, layout=layout, name=name)
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


def _one_line_list(sample: list[Line], grid: Grid, wanted: Wanted) -> list[str] | None:
    """The cells of a text of one line of which each looks like an item: `5000, 6000, 7000` is a list, not a row."""
    filled = [cells for _, cells in sample if any(map(str.strip, cells))]
    if len(filled) != 1 or len(filled[0]) < 2 or not grid.delimiter or wanted.loose or wanted.column:
        return None
    cells = [cell.strip() for cell in filled[0] if cell.strip()]
    return cells if len(cells) > 1 and all(map(wanted.looks_like, cells)) else None


def _is_prose(sample: list[Line], grid: Grid, layout: Layout, wanted: Wanted) -> bool:
    """Whether a text is no table but has items within its lines: a Markdown list, a mail, notes."""
    headings = [cell for number, cells in sample if number == layout.after for cell in cells if cell.strip()]
    if grid.texts is None or wanted.column or len(headings) > 1:
        return False
    rows = [cells for number, cells in sample if number > layout.after]
    if any(share.purity >= 0.5 for share in shares_of(rows, wanted, len(layout.columns))):
        return False
    return typed.reads_urls(wanted.kind) and any(
        "://" in cell and typed.holds_url(cell) and not wanted.looks_like(cell) for row in rows for cell in row
    )


def _texts(grid: Grid, after: int) -> Iterator[typed.Cell]:
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


def _report(survey: Survey, grid: Grid, layout: Layout, *, complete: bool) -> Preflight:
    if not survey.rows:
        raise NoItems(f"{grid.name} has no row that is not blank: it has no item")
    columns = further_columns(layout.columns, survey.width)
    bare = layout.bare and len(columns) == 1
    notes = (*grid.notes, *layout.notes, *mended_notes(grid.mended), *survey.notes())
    named = () if bare else columns
    return Preflight(
        rows=survey.rows,
        items=survey.rows,
        duplicates=survey.duplicates,
        invalid=tuple(survey.invalid),
        invalid_count=survey.invalid_count,
        column=columns[layout.item],
        column_reason=layout.reason,
        columns=columns,
        sheet=grid.sheet,
        sheets=grid.sheets,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        header=layout.header,
        notes=notes,
        table=Table(source=grid.name, columns=named, item_column=columns[layout.item], notes=notes),
        complete=complete,
        head=tuple(survey.head),
        read_items=lambda: _items(_rows(grid, layout), layout.item, len(columns)),
    )


def _items(rows: Iterator[Line], item: int, width: int) -> Iterator[Item]:
    for _, row in rows:
        cells = row if len(row) == width else (row + [""] * width)[:width]
        cell = cells.pop(item)
        if (cell and not cell.isspace()) or any(map(str.strip, cells)):
            yield Item(cell=cell, others=tuple(cells))


# Text


def _pasted_table(text: str, job: Job) -> Preflight | None:
    """Cells pasted from a spreadsheet: every line with the same tabs, or a usual heading above several columns."""
    first = text.strip("\r\n").partition("\n")[0]
    wanted = Wanted(kind=job.kind, item_name=job.item_name)
    headed = any(wanted.names(cell.strip('"')) for cell in re.split(r"[\t;,|]", first)) and re.search(r"[\t;,|]", first)
    if not headed and "\t" not in first:
        return None
    try:
        found = read(text.encode(), name="pasted text", job=job)
    except BadInput:
        return None
    return found if len(found.columns) > 1 else None


def _is_heading(lines: list[typed.Cell], job: Job) -> bool:
    """Whether the first line heads a column that was copied from a table: a usual heading, with more below it."""
    first = [text for _, text in lines if text.strip()][:2]
    wanted = Wanted(kind=job.kind, item_name=job.item_name)
    return len(first) == 2 and not wanted.loose and wanted.names(first[0])


def _filled(lines: Iterable[typed.Cell]) -> int:
    return sum(1 for _, text in lines if text.strip())


def _list(cells: Callable[[], Iterable[tuple[int, str]]], job: Job, *, rows: int, notes: tuple[str, ...]) -> Preflight:
    most = settings.value("JOBS_MAX_ITEMS")
    layout = Layout(after=0, header=False, columns=(job.item_name,), item=0, reason="a list has one column")
    survey = Survey(job=job, layout=layout, name="the list")
    if sum(1 for _ in itertools.islice(cells(), most + 1)) > most:
        raise BadInput(f"the list has more than {most:,} items, the most that a run may have")
    for line, cell in cells():
        survey.rows += 1
        if survey.rows <= SAMPLE_LINES:
            survey.head.append((cell,))
        survey.check(line, cell)
    if not survey.rows:
        raise NoItems("nothing was given: there is no item")
    return Preflight(
        rows=rows,
        items=survey.rows,
        duplicates=survey.duplicates,
        invalid=tuple(survey.invalid),
        invalid_count=survey.invalid_count,
        column=job.item_name,
        column_reason=layout.reason,
        columns=layout.columns,
        notes=notes,
        table=Table(item_column=job.item_name, notes=notes),
        head=tuple(survey.head),
        read_items=lambda: (Item(cell=cell) for _, cell in cells()),
    )


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)
