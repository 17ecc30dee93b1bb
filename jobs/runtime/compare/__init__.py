"""Two runs of one job, row by row, joined on the item.

row_diff        what changed: status flips, changed cells, items that only one has; settings that differ
change_table    the changes as rows of a table, and as a file
"""

from jobs.runtime.compare.change_table import CHANGE_COLUMNS, change_row, write_changes
from jobs.runtime.compare.row_diff import Change, Difference, changes, compare_runs, same_items, settings_that_differ

__all__ = [
    "CHANGE_COLUMNS",
    "Change",
    "Difference",
    "change_row",
    "changes",
    "compare_runs",
    "same_items",
    "settings_that_differ",
    "write_changes",
]
