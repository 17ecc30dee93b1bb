"""What every format offers, and what all of them must do to text and JSON."""

from __future__ import annotations

import json
from typing import Any, Protocol

from jobs.runtime.core.text import storable


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


def json_text(value: Any) -> str:
    """A list or an object as JSON text."""
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def cell_text(value: Any) -> str:
    """A cell of a column that may hold anything, as one text: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json_text(value)
