"""XLSX: text as text (never a formula, never a link), numbers as numbers, several sheets when one is full."""

from __future__ import annotations

import math
import tempfile
from typing import IO, Any

import xlsxwriter

from jobs.runtime.records import count
from jobs.runtime.results.table import ResultColumn
from jobs.runtime.results.writers import json_text, storable

MAX_ROWS = 1_048_576
"""Rows of a sheet, its header included: Excel's limit."""

MAX_TEXT = 32_767
"""UTF-16 units of a cell: Excel's limit."""

CUT = "… [cut]"
EXACT = 10**15
"""From here on Excel rounds whole numbers: they are written as text."""


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
        self._book = xlsxwriter.Workbook(stream, options)
        if large:
            self._book.use_zip64()
        self._cut = 0
        self._bold = self._book.add_format({"bold": True})
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
        for sheet in self._book.worksheets():
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
        elif text := str(cell) if isinstance(cell, str) and self._columns[place].type != "json" else json_text(cell):
            kept = cut(text)
            self._cut += kept is not text and kept.endswith(CUT)
            self._sheet.write_string(self._row, place, kept)


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
