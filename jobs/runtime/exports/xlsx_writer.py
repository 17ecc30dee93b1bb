"""XLSX: text as text (never a formula, never a link), numbers as numbers, several sheets when one is full."""

from __future__ import annotations

import datetime
import decimal
import io
import math
import tempfile
from contextlib import suppress
from typing import IO, Any

import xlsxwriter

from jobs.runtime.core.text import storable
from jobs.runtime.core.units import count
from jobs.runtime.exports.result_table import ResultColumn
from jobs.runtime.exports.writer import cell_text

MAX_ROWS = 1_048_576
"""Rows of a sheet, its header included: Excel's limit."""

MAX_TEXT = 32_767
"""UTF-16 units of a cell: Excel's limit."""

CUT = "… [cut]"
EXACT_DIGITS = 15
EXACT: int = 10**EXACT_DIGITS
"""From here on Excel rounds whole numbers: they are written as text."""

FIRST_YEAR = 1901
"""Days before are no days to Excel (and 1900 has one too many)."""

LAST_SECOND = datetime.datetime(9999, 12, 31, 23, 59, 59)
"""What is later rounds to a day that Excel does not have."""

DAY = len("2024-02-29")


class WorkbookWriter:
    """XLSX being written; rows go to a temporary file at once, so memory does not grow with them."""

    def __init__(self, stream: IO[bytes], columns: tuple[ResultColumn, ...], *, large: bool = False) -> None:
        self._columns = columns
        self._folder = tempfile.TemporaryDirectory(prefix="fanout-")
        options = {
            "tmpdir": self._folder.name,
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        }
        self._stream = _Abandonable(stream)
        self._book = xlsxwriter.Workbook(self._stream, options)
        if large:
            self._book.use_zip64()
        self._cut = 0
        self._bold = self._book.add_format({"bold": True})
        self._day, self._second, self._fine = (
            self._book.add_format({"num_format": shape})
            for shape in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd hh:mm:ss.000")
        )
        self._add_sheet()

    @property
    def note(self) -> str:
        """How many cells were cut, and that there are several sheets."""
        sheets = len(self._book.worksheets())
        cut_cells = (
            f"{count(self._cut, 'cell')} cut at Excel's limit of {MAX_TEXT:,} characters: other formats hold all"
        )
        several = f"on {sheets} sheets, since one holds {MAX_ROWS:,} rows"
        return "; ".join([cut_cells] * bool(self._cut) + [several] * (sheets > 1))

    def write(self, rows: list[list[Any]]) -> None:
        """Add rows."""
        for row in rows:
            if self._row >= MAX_ROWS:
                self._add_sheet()
            for place, cell in enumerate(row):
                if cell is not None:
                    self._put(place, cell)
            self._row += 1

    def close(self) -> None:
        """Put the workbook together."""
        self._book.close()
        self._folder.cleanup()

    def abandon(self) -> None:
        """Remove the temporary files of the sheets."""
        self._stream.abandon()
        for sheet in self._book.worksheets():
            with suppress(OSError):
                sheet.row_data_fh.close()
        self._folder.cleanup()

    def _add_sheet(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet("Results" if number == 1 else f"Results {number}")
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, cut(column.name), self._bold)
        self._row = 1

    def _put(self, place: int, cell: Any) -> None:
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._row, place, cell)
        elif _is_number(cell):
            self._sheet.write_number(self._row, place, cell)
        elif (written := _typed(cell, self._columns[place].type)) is not None:
            self._put_typed(place, written)
        elif text := cell_text(cell):
            kept = cut(text)
            self._cut += kept is not text and kept.endswith(CUT)
            self._sheet.write_string(self._row, place, kept)

    def _put_typed(self, place: int, value: datetime.date | float) -> None:
        if isinstance(value, datetime.datetime):
            self._sheet.write_datetime(self._row, place, value, self._second if not value.microsecond else self._fine)
        elif isinstance(value, datetime.date):
            self._sheet.write_datetime(self._row, place, value, self._day)
        else:
            self._sheet.write_number(self._row, place, value)


def _typed(cell: Any, kind: str) -> datetime.date | float | None:
    """A day, a moment (in UTC where its zone is known) or a decimal number as Excel holds it; None: as text."""
    if not isinstance(cell, str) or kind not in ("date", "datetime", "moment", "decimal"):
        return None
    with suppress(ValueError, OverflowError):
        return _decimal(cell) if kind == "decimal" else _moment(cell)
    return None


_WHOLE = decimal.Context(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
"""In which no digit is rounded away, whatever the thread's own context is."""


def _decimal(cell: str) -> float | None:
    digits = decimal.Decimal(cell).normalize(_WHOLE).as_tuple().digits
    number = float(cell)
    return number if len(digits) <= EXACT_DIGITS and math.isfinite(number) and (number or not any(digits)) else None


def _moment(cell: str) -> datetime.date | None:
    if len(cell) == DAY:
        day = datetime.date.fromisoformat(cell)
        return day if day.year >= FIRST_YEAR else None
    moment = datetime.datetime.fromisoformat(cell)
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return moment if moment.year >= FIRST_YEAR and moment <= LAST_SECOND else None


class _Abandonable:
    """A stream for a ZIP archive, which writes its end once more when it is let go of, on a full disk too: by then that
    goes nowhere."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def abandon(self) -> None:
        """Take what is written from here on to nowhere."""
        nowhere = io.BytesIO()
        with suppress(OSError, ValueError):
            nowhere.seek(self.stream.tell())
        self.stream = nowhere

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _is_number(cell: Any) -> bool:
    """Whether Excel can hold a number as it is."""
    if isinstance(cell, int):
        return abs(cell) < EXACT
    return isinstance(cell, float) and math.isfinite(cell)


def cut(text: str) -> str:
    """Text as a cell may hold it: at most MAX_TEXT UTF-16 units, the cut marked."""
    text = storable(text)
    if len(text) * 2 <= MAX_TEXT or len(text.encode("utf-16-le")) <= MAX_TEXT * 2:
        return text
    room = (MAX_TEXT - len(CUT)) * 2
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + CUT
