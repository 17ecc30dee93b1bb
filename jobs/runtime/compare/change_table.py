"""What changed between two runs as the rows of one table, and as a CSV file of any length."""

from __future__ import annotations

import csv
import io
from typing import IO, Any

from jobs.runtime.compare.row_diff import Change, changes
from jobs.runtime.core.records import Run
from jobs.runtime.core.spreadsheets import escape_formula

CHANGE_COLUMNS = ["item", "position in the first", "position in the second", "what", "before", "after"]
"""The columns of the table."""


def change_row(change: Change) -> tuple[Any, ...]:
    """One change as a row of the table; values as text, since those of one column may be of several types."""
    return change.item, change.first, change.second, change.what, _text(change.before), _text(change.after)


def write_changes(first: Run, second: Run, out: IO[bytes]) -> None:
    """Write all changes as CSV (UTF-8), defused: an apostrophe before what a spreadsheet would run as a formula."""
    text = io.TextIOWrapper(out, "utf-8", "replace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CHANGE_COLUMNS)
    for change in changes(first, second):
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in change_row(change)])
    text.detach()


def _text(value: Any) -> str:
    return "" if value is None else str(value)
