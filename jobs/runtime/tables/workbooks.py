"""An Excel workbook to cells, by python-calamine, after a look at what unpacking it would cost.

calamine unpacks what a workbook claims and keeps a sheet as one rectangle, so a file of a few KB could ask for any
amount of memory. Hence the archive is unpacked here first, counted and thrown away.
"""

from __future__ import annotations

import copy
import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from jobs.runtime.errors import BadInput, NoItems
from jobs.runtime.kinds import Kind
from jobs.runtime.tables.grid import MAX_COLUMNS, SAMPLE_LINES, Grid, Line
from jobs.runtime.tables.sources import CHUNK, Source

MAX_ENTRIES = 5_000
MAX_UNPACKED = 2**30
MAX_RATIO = 250
FREE_BYTES = 16 * 2**20
MAX_CELLS = 12_000_000
"""Cells of one sheet, empty ones between included: 32 bytes each in calamine."""

_REFERENCE = re.compile(rb"""<(?:\w+:)?(row|c)\b[^>]*?\sr\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
_CELL = re.compile(rb"<(?:\w+:)?(row|c)[\s/>]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def workbook_grid(source: Source, *, kind: Kind, sheet: str = "") -> Grid:
    """The cells of one sheet: the one asked for (by name, or by number from 1), else the first that holds items.

    Raises BadInput for an archive that is no workbook, a bomb, or a sheet that does not exist; NoItems for an empty
    workbook.
    """
    _inspect(source)
    workbook = _open(source)
    names = _sheet_names(workbook)
    if not names:
        raise NoItems(f"{source.name} has no sheet with cells: it has no item")
    chosen = _named(names, sheet, source.name) if sheet else _likeliest(workbook, names, kind, source.name)
    read = _sheet(workbook, chosen, source.name)
    note = f"sheet {chosen!r} of {len(names)}: {', '.join(names)[:200]}" if len(names) > 1 and not sheet else ""

    def lines() -> Iterator[Line]:
        return _lines(read)

    return Grid(
        name=source.name,
        lines=lines,
        most_lines=_height(read),
        sheet=chosen,
        sheets=names,
        notes=(note,) if note else (),
    )


def text_of(value: object) -> str:
    """A cell as text: integral numbers as integers, dates as ISO 8601, truth as TRUE or FALSE."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _lines(sheet: CalamineSheet) -> Iterator[Line]:
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, [cell if type(cell) is str else text_of(cell) for cell in cells]


def _height(sheet: CalamineSheet) -> int:
    return int(sheet.total_height) + (sheet.start[0] if sheet.start else 0)


def _open(source: Source) -> CalamineWorkbook:
    try:
        with source.open() as stream:
            return CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
    except CalamineError as error:
        raise BadInput(f"{source.name} cannot be read as an Excel workbook: {error}") from None


def _sheet_names(workbook: CalamineWorkbook) -> tuple[str, ...]:
    """Work sheets, the visible ones first."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    sheets.sort(key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible)
    return tuple(sheet.name for sheet in sheets)


def _named(names: tuple[str, ...], sheet: str, name: str) -> str:
    if sheet in names:
        return sheet
    alike = [known for known in names if known.strip().casefold() == sheet.strip().casefold()]
    if alike:
        return alike[0]
    if sheet.strip().isdecimal() and 1 <= int(sheet) <= len(names):
        return names[int(sheet) - 1]
    raise BadInput(f"{name} has no sheet {sheet!r} (it has {', '.join(names)[:300]})")


def _likeliest(workbook: CalamineWorkbook, names: tuple[str, ...], kind: Kind, name: str) -> str:
    """The first sheet with a cell in every other row that looks like an item; else the first with cells."""
    filled = ""
    for sheet in names:
        rows = [cells for _, cells in _head(_sheet(workbook, sheet, name))]
        filled = filled or (sheet if any(map(any, rows)) else "")
        alike = sum(any(cell.strip() and kind.looks_like(cell) for cell in cells) for cells in rows)
        if rows and alike * 2 >= sum(map(any, rows)) > 0:
            return sheet
    return filled or names[0]


def _head(sheet: CalamineSheet) -> list[Line]:
    return [line for line, _ in zip(_lines(sheet), range(SAMPLE_LINES), strict=False)]


def _sheet(workbook: CalamineWorkbook, sheet: str, name: str) -> CalamineSheet:
    try:
        return workbook.get_sheet_by_name(sheet)
    except CalamineError as error:
        raise BadInput(f"{name}, sheet {sheet!r}: cannot be read: {error}") from None


# What unpacking would cost


def _inspect(source: Source) -> None:
    with source.open() as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                _inspect_archive(archive, source)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise BadInput(f"{source.name} is a damaged or encrypted workbook or archive: {error}") from None


def _inspect_archive(archive: zipfile.ZipFile, source: Source) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise BadInput(f"{source.name} is an archive of {len(entries):,} files (at most {MAX_ENTRIES:,}): refused")
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise BadInput(f"{source.name} is a zip archive, but no Excel workbook (.xlsx): unpack it, or save as .xlsx")
    most = min(MAX_UNPACKED, max(FREE_BYTES, source.size * MAX_RATIO))
    declared = sum(entry.file_size for entry in entries)
    if declared > most:
        raise _bomb(source, most)
    left = most
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels")):
            left -= _weigh(archive, entry, left, source)


def _bomb(source: Source, most: int) -> BadInput:
    return BadInput(f"{source.name} unpacks to more than {most:,} bytes: refused as a compression bomb")


def _weigh(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, source: Source) -> int:
    """How many bytes an entry really unpacks to, whatever it declares. Raises BadInput beyond `left`."""
    honest = copy.copy(entry)
    honest.file_size = left + 1
    cells = _Cells() if "worksheets/" in entry.filename.lower() else None
    size, tail = 0, b""
    with archive.open(honest) as unpacked:
        while chunk := unpacked.read(min(CHUNK, left + 1 - size)):
            size += len(chunk)
            if size > left:
                raise _bomb(source, left)
            if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
                raise BadInput(f"{source.name} declares entities ({entry.filename}): refused")
            if cells is not None:
                cut = (tail + chunk).rfind(b"<")
                cells.count((tail + chunk)[:cut], source.name)
                tail = (tail + chunk)[cut:][:4096]
    return size


@dataclass(kw_only=True)
class _Cells:
    """The rectangle that a sheet's cells span, by their references, counted where they have none."""

    rows: int = 0
    width: int = 0
    unnamed: int = 0
    named: int = 0

    def count(self, xml: bytes, name: str) -> None:
        found = _REFERENCE.findall(xml)
        starts = len(_CELL.findall(xml))
        self.named += len(found)
        self.unnamed += starts - len(found)
        self.rows = max(self.rows, max((int(row[:9]) for _, _, row in found), default=0))
        self.width = max(self.width, max(map(_column_number, {letters.upper() for _, letters, _ in found}), default=0))
        if self.width > MAX_COLUMNS:
            raise BadInput(f"{name} has a cell in column {self.width:,} (at most {MAX_COLUMNS:,} columns)")
        area = max(self.rows, 1) * max(self.width, 1) + self.unnamed * 16
        if area > MAX_CELLS or self.named + self.unnamed > 2 * MAX_CELLS:
            raise BadInput(f"{name} has a sheet of more than {MAX_CELLS:,} cells: save it as CSV")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return number
