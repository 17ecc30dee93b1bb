"""What changed between two runs as the rows of one table, and as a CSV file of any length."""

from __future__ import annotations

import csv
import io
from typing import Any

from jobs.runtime.measure.rowdiff import Change, changes
from jobs.runtime.records import Run
from jobs.runtime.results.delimited import defused

CHANGE_COLUMNS = ["item", "position in the first", "position in the second", "what", "before", "after"]
"""The columns of the table."""


def change_row(change: Change) -> tuple[Any, ...]:
    """One change as a row of the table; values as text, since those of one column may be of several types."""
    return change.item, change.first, change.second, change.what, _text(change.before), _text(change.after)


def changes_as_csv(first: Run, second: Run) -> bytes:
    """All changes as CSV (UTF-8), defused: what a spreadsheet would run as a formula begins with an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CHANGE_COLUMNS)
    for change in changes(first, second):
        writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in change_row(change)])
    return out.getvalue().encode("utf-8", "replace")


def _text(value: Any) -> str:
    return "" if value is None else str(value)
