"""What changed between two runs as the rows of one table, and as a CSV file of any length."""

from __future__ import annotations

import csv
import io
from itertools import chain
from math import inf
from typing import IO, Any

from jobs.runtime.compare.row_diff import Change, changes
from jobs.runtime.core.records import Run
from jobs.runtime.core.spreadsheets import escape_formula

CHANGE_COLUMNS = ["item", "position in the first", "position in the second", "what", "before", "after"]
"""The columns of the table."""


def change_row(change: Change) -> tuple[Any, ...]:
    """One change as a row of the table; values as text, since those of one column may be of several types."""
    return change.item, change.first, change.second, change.what, _text(change.before), _text(change.after)


def write_changes(first: Run, second: Run, out: IO[bytes], most_bytes: float = inf) -> int:
    """Write all changes, or whole lines of at most so many bytes, as CSV (UTF-8), defused: an apostrophe before what a
    spreadsheet would run as a formula. Returns how many changes were written."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\n")
    room, written = most_bytes, -1  # the heading is no change
    for row in chain([CHANGE_COLUMNS], map(change_row, changes(first, second))):
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
        encoded = line.getvalue().encode("utf-8", "replace")
        line.seek(line.truncate(0))
        room -= len(encoded)
        if room < 0:
            break
        out.write(encoded)
        written += 1
    return max(0, written)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
