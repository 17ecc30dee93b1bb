"""What every format offers, and what all of them must do to text and JSON."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

_SURROGATES = re.compile("[\ud800-\udfff]")


class Writer(Protocol):
    """A format being written: rows in, piece by piece. `close` completes the file, `abandon` gives it up; both leave
    the stream open. `note` says in words what the format could not hold as it was; empty: it held everything."""

    @property
    def note(self) -> str:
        """What a reader of the file should know."""

    def write(self, rows: list[list[Any]]) -> None:
        """Add rows, each with a cell for every column."""

    def close(self) -> None:
        """Complete the file."""

    def abandon(self) -> None:
        """Write nothing more, and leave nothing behind."""


class TooLargeError(Exception):
    """A whole number does not fit the column's type: the file must be begun again with text in this column."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def storable(text: str) -> str:
    """Text that can be UTF-8: lone surrogates are replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def json_text(value: Any) -> str:
    """A list or an object as JSON text."""
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
