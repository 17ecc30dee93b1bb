"""CSV: UTF-8, commas, RFC 4180 quotes; text that a spreadsheet would take for a formula is defused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import IO, Any

from jobs.runtime.core.spreadsheets import escape_formula
from jobs.runtime.core.text import storable
from jobs.runtime.exports.result_table import ResultColumn
from jobs.runtime.exports.table_shape import TableShape
from jobs.runtime.exports.writer import cell_text

_QUOTED = re.compile('[",;|\t\r\n]')
_EDGES = frozenset(" =+-@＝＋－＠﹣−'\u00a0\u200b\ufeff")
"""First characters of text that may be a formula, or that readers strip."""


Cells = Iterable[Any]
"""The cells of one column, None where nothing is known."""


class DelimitedWriter:
    """CSV being written. `raw` writes every cell as it is; `bom` helps old spreadsheets to see that it is UTF-8."""

    note = ""

    def __init__(
        self, stream: IO[bytes], columns: tuple[ResultColumn, ...], *, raw: bool, bom: bool, shape: TableShape
    ) -> None:
        self._stream, self._delimiter = stream, shape.delimiter
        text = _raw_text if raw else _safe_text
        self._formats = [_format(column, text, shape.decimal) for column in columns]
        self._alone = len(columns) == 1
        if bom:
            stream.write(b"\xef\xbb\xbf")
        self._put([self._delimiter.join(text(column.name) or '""' for column in columns)])

    def write(self, rows: list[list[Any]]) -> None:
        """Add rows."""
        columns = [
            format_cells(cells) for format_cells, cells in zip(self._formats, zip(*rows, strict=True), strict=False)
        ]
        lines = list(map(self._delimiter.join, zip(*columns, strict=True)))
        self._put([line or '""' for line in lines] if self._alone else lines)

    def close(self) -> None:
        """Nothing is left to write."""

    def abandon(self) -> None:
        """Nothing is held."""

    def _put(self, lines: list[str]) -> None:
        if lines:
            self._stream.write(storable("\n".join(lines) + "\n").encode())


def _format(column: ResultColumn, text: Callable[[str], str], decimal: str) -> Callable[[Cells], list[str]]:
    """How all cells of a column are written; by columns, since a call for each cell would cost most of the time."""
    if column.type == "json":
        return lambda cells: ["" if cell is None else text(cell_text(cell)) for cell in cells]
    if column.type == "bool":
        return lambda cells: ["" if cell is None else _truth(cell) for cell in cells]
    if decimal != "." and column.type in ("float", "number", "decimal"):
        return lambda cells: ["" if cell is None else str(cell).replace(".", decimal) for cell in cells]
    if column.type in ("int", "float", "number", "decimal"):
        return lambda cells: ["" if cell is None else str(cell) for cell in cells]
    return lambda cells: _texts(cells, text)


def _truth(cell: Any) -> str:
    return ("false", "true")[cell] if isinstance(cell, bool) else _raw_text(str(cell))


def _texts(cells: Cells, text: Callable[[str], str]) -> list[str]:
    search, edges = _QUOTED.search, _EDGES
    return [
        "" if not cell else text(cell) if search(cell) or cell[0] in edges or cell[-1] == " " else cell
        for cell in cells
    ]


def _safe_text(cell: str) -> str:
    return _raw_text(escape_formula(cell))


def _raw_text(cell: str) -> str:
    if not _QUOTED.search(cell) and cell[:1] not in _EDGES and cell[-1:] != " ":
        return cell
    return f'"{cell.replace(chr(34), chr(34) * 2)}"'
