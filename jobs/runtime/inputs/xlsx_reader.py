"""An Excel workbook to cells, by python-calamine, after a look at what unpacking it would cost.

calamine unpacks what a workbook claims and keeps a sheet as one rectangle, so a file of a few KB could ask for any
amount of memory. Hence the archive is unpacked here first, counted and thrown away, for a sentence that says what is
too large; what is written so that this cannot be seen meets the limits of the process that reads it.
"""

from __future__ import annotations

import copy
import datetime
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.core.text import cell_text
from jobs.runtime.inputs import number_format
from jobs.runtime.inputs.grid import MAX_COLUMNS, SAMPLE_LINES, Grid, Line
from jobs.runtime.inputs.sheet_cells import SheetCells
from jobs.runtime.inputs.sheet_xml import sheet_xml
from jobs.runtime.inputs.sources import CHUNK, InputSource
from jobs.runtime.job.item_kinds import Kind

MAX_ENTRIES = 5_000
MAX_TAG = 4_096
MAX_UNPACKED = 2**30
MAX_RATIO = 250
FREE_BYTES = 16 * 2**20
MAX_CELLS = 12_000_000
"""Cells of one sheet, empty ones between included: 32 bytes each in calamine."""

_ARCHIVE = "a zip archive, but no Excel workbook (.xlsx)"
_OTHERS = (
    ("an Excel workbook in binary form (.xlsb)", "xl/workbook.bin"),
    ("a Word document", "word/"),
    ("a presentation", "ppt/"),
    ("a table or document of LibreOffice", "meta-inf/manifest.xml"),
    ("a table or document of LibreOffice", "mimetype"),
    ("a document of Apple's (.numbers, .pages)", "index/"),
)
"""What else a zip archive may be, by the beginning of a name in it."""

_CELL = re.compile(rb"""<(?:\w+:)?(?:row|c)(?=[\s/>])((?:[^<>"']|"[^"<]*"|'[^'<]*')*)""")
"""A row or a cell with its attributes, whose values may hold `>` but no `<`: so each is looked at once."""

_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")


def workbook_grid(source: InputSource, *, kind: Kind, sheet: str = "") -> Grid:
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
    cells = SheetCells(
        values=lambda: enumerate(read.iter_rows(), start=1), text_of=text_of, xml=sheet_xml(source, chosen), kind=kind
    )
    return Grid(
        name=source.name,
        lines=cells.lines,
        most_lines=_height(read) + cells.unvalued,
        sheet=chosen,
        sheets=names,
        notes=(*((note,) if note else ()), *cells.notes),
    )


def text_of(value: object) -> str:
    """A cell as text: integral numbers as integers, dates as ISO 8601, truth as TRUE or FALSE."""
    if isinstance(value, str):
        return cell_text(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return format(Decimal(repr(value)).to_integral_value(), "f") if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.timedelta):
        return number_format.elapsed("[h]:mm:ss", Decimal(value // datetime.timedelta(milliseconds=1)))
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _lines(sheet: CalamineSheet) -> Iterator[Line]:
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, [cell if type(cell) is str else text_of(cell) for cell in cells]


def _height(sheet: CalamineSheet) -> int:
    return int(sheet.total_height) + (sheet.start[0] if sheet.start else 0)


def _open(source: InputSource) -> CalamineWorkbook:
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
    alike = [known for known in names if _plain(known) == _plain(sheet)]
    if alike:
        return alike[0]
    if sheet.strip().isdecimal() and 1 <= int(sheet) <= len(names):
        return names[int(sheet) - 1]
    raise BadInput(f"{name} has no sheet {sheet!r} (it has {', '.join(names)[:300]})")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


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


def _inspect(source: InputSource) -> None:
    with source.open() as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                _inspect_archive(archive, source)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise BadInput(f"{source.name} is a damaged or encrypted workbook or archive: {error}") from None


def _instead(names: set[str]) -> str:
    """What an archive is that is no workbook, in words, and what to do."""
    told = (what for what, sign in _OTHERS if any(name.startswith(sign) for name in names))
    what = next(told, "")
    return f"{what}: save it as .xlsx or CSV" if what else f"{_ARCHIVE}: unpack it, or save as .xlsx"


def _inspect_archive(archive: zipfile.ZipFile, source: InputSource) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise BadInput(f"{source.name} is an archive of {len(entries):,} files (at most {MAX_ENTRIES:,}): refused")
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise BadInput(f"{source.name} is {_instead({entry.filename.lower() for entry in entries})}")
    most = min(MAX_UNPACKED, max(FREE_BYTES, source.size * MAX_RATIO))
    declared = sum(entry.file_size for entry in entries)
    if declared > most:
        raise _bomb(source, most)
    left = most
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels")):
            left -= _weigh(archive, entry, left, source)


def _bomb(source: InputSource, most: int) -> BadInput:
    return BadInput(f"{source.name} unpacks to more than {most:,} bytes: refused as a compression bomb")


def _weigh(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, source: InputSource) -> int:
    """How many bytes an entry really unpacks to, whatever it declares. Raises BadInput beyond `left`."""
    honest = copy.copy(entry)
    honest.file_size = left + 1
    cells = _Cells()
    size, tail = 0, b""
    with archive.open(honest) as unpacked:
        while chunk := unpacked.read(min(CHUNK, left + 1 - size)):
            size += len(chunk)
            if size > left:
                raise _bomb(source, left)
            text = tail + chunk
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise BadInput(f"{source.name} declares entities ({entry.filename}): refused")
            cut = text.rfind(b"<")
            cells.count(text[:cut], source.name)
            tail = text[cut:][:MAX_TAG]
    cells.count(tail, source.name)
    return size


@dataclass(kw_only=True)
class _Cells:
    """The rectangle that a sheet's cells span, by their references, counted where they have none."""

    rows: int = 0
    width: int = 0
    unnamed: int = 0
    named: int = 0

    def count(self, xml: bytes, name: str) -> None:
        starts = _CELL.findall(xml)
        found = [reference for attributes in starts if (reference := _REFERENCE.search(attributes))]
        self.named += len(found)
        self.unnamed += len(starts) - len(found)
        self.rows = max(self.rows, max((int(reference[2][:9]) for reference in found), default=0))
        letters = {reference[1].upper() for reference in found}
        self.width = max(self.width, max(map(_column_number, letters), default=0))
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
