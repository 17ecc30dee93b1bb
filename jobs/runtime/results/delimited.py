"""CSV: UTF-8, commas, RFC 4180 quotes; text that a spreadsheet would take for a formula is defused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import IO, Any

from jobs.runtime.results.table import ResultColumn
from jobs.runtime.results.writers import json_text, storable

_QUOTED = re.compile('[",;|\t\r\n]')
_EDGES = frozenset(" =+-@＝＋－＠﹣−'\u00a0\u200b\ufeff")
"""First characters of text that may be a formula, or that readers strip."""

_FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠﹣−]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

Cells = Iterable[Any]
"""The cells of one column, None where nothing is known."""


class DelimitedWriter:
    """CSV being written. `raw` writes every cell as it is; `bom` helps old spreadsheets to see that it is UTF-8."""

    note = ""

    def __init__(self, stream: IO[bytes], columns: tuple[ResultColumn, ...], *, raw: bool, bom: bool) -> None:
        self._stream = stream
        text = _raw_text if raw else _safe_text
        self._formats = [_format(column, text) for column in columns]
        self._alone = len(columns) == 1
        if bom:
            stream.write(b"\xef\xbb\xbf")
        self._put([",".join(text(column.name) or '""' for column in columns)])

    def write(self, rows: list[list[Any]]) -> None:
        """Add rows."""
        columns = [
            format_cells(cells) for format_cells, cells in zip(self._formats, zip(*rows, strict=True), strict=False)
        ]
        lines = list(map(",".join, zip(*columns, strict=True)))
        self._put([line or '""' for line in lines] if self._alone else lines)

    def close(self) -> None:
        """Nothing is left to write."""

    def abandon(self) -> None:
        """Nothing is held."""

    def _put(self, lines: list[str]) -> None:
        if lines:
            self._stream.write(storable("\n".join(lines) + "\n").encode())


def defused(text: str) -> str:
    """Text as a spreadsheet may open it: an apostrophe before what begins a formula; plain numbers stay."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _format(column: ResultColumn, text: Callable[[str], str]) -> Callable[[Cells], list[str]]:
    """How all cells of a column are written; by columns, since a call for each cell would cost most of the time."""
    if column.type == "json":
        return lambda cells: ["" if cell is None else text(json_text(cell)) for cell in cells]
    if column.type == "bool":
        return lambda cells: ["" if cell is None else _truth(cell) for cell in cells]
    if column.type in ("int", "float"):
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
    return _raw_text(defused(cell))


def _raw_text(cell: str) -> str:
    if not _QUOTED.search(cell) and cell[:1] not in _EDGES and cell[-1:] != " ":
        return cell
    return f'"{cell.replace(chr(34), chr(34) * 2)}"'
