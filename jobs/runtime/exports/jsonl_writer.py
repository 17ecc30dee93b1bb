"""JSON Lines: one object a line, UTF-8, numbers, lists and null as they are."""

from __future__ import annotations

from typing import IO, Any

from jobs.runtime.core.text import json_safe
from jobs.runtime.exports.result_table import ResultColumn
from jobs.runtime.exports.writer import json_text


class JsonLinesWriter:
    """JSON Lines being written."""

    note = ""

    def __init__(self, stream: IO[bytes], columns: tuple[ResultColumn, ...]) -> None:
        self._stream = stream
        self._names = [column.name for column in columns]

    def write(self, rows: list[list[Any]]) -> None:
        """Add rows."""
        names = self._names
        lines = [json_safe(json_text(dict(zip(names, row, strict=True)))) for row in rows]
        self._stream.write("".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        """Nothing is left to write."""

    def abandon(self) -> None:
        """Nothing is held."""
