"""What of a row a comparison of two runs counts as changed."""

from __future__ import annotations

from jobs.runtime.core.records import Column

STATE, CODE, GONE, NEW = "state", "code", "only in the first run", "only in the second run"
ROW_CHANGES = (STATE, CODE, GONE, NEW)
"""What counts beside the columns of a job."""


def never_compared(column: Column) -> str:
    """Why a column of a job is not compared; empty: it is."""
    if column.type == "file":
        return "a file, named anew by every run"
    if column.type == "float" and column.name.endswith("seconds"):
        return "a time, which differs every time"
    if column.name == "fetch_notes":
        return "how a page was asked for, not what it says"
    return ""
