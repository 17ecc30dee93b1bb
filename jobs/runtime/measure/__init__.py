"""The ways compared: the same items run one at a time, with threads, with processes, with both; and two runs compared.

ways          the plan: which ways, in which order, how often
hosts         whose servers a measurement would ask
steps         a measurement as its runs tell it: begun, gone on with, found again
figures       what it has found out: walls, speed-up, processor time, start-up, memory
verdict       the one sentence that follows from the figures
tables        the figures as rows of a table and as one JSON document
rowdiff       two runs row by row, joined on the item
processes     the processes of this program as they live now
changes       what changed as rows of a table, and as a file
"""

from jobs.runtime.measure.changes import CHANGE_COLUMNS, change_row, changes_as_csv
from jobs.runtime.measure.figures import Comparison, Figures, figures
from jobs.runtime.measure.hosts import MOST_ITEMS
from jobs.runtime.measure.processes import LiveProcess, LiveThread, live_processes
from jobs.runtime.measure.rowdiff import Change, Difference, changes, compare, same_items, settings_that_differ
from jobs.runtime.measure.steps import (
    Measurement,
    Order,
    advance,
    begin,
    count_strangers,
    drive,
    expected_seconds,
    find,
    latest,
    limits_for,
    part_of,
    plan_for,
    sample,
)
from jobs.runtime.measure.tables import HELP, document, notes, table
from jobs.runtime.measure.verdict import verdict
from jobs.runtime.measure.ways import MOST_REPEATS, MOST_WORKERS, REPEATS, REPEATS_FIELD, WAYS, Plan, Step, Way

__all__ = [
    "CHANGE_COLUMNS",
    "HELP",
    "MOST_ITEMS",
    "MOST_REPEATS",
    "MOST_WORKERS",
    "REPEATS",
    "REPEATS_FIELD",
    "WAYS",
    "Change",
    "Comparison",
    "Difference",
    "Figures",
    "LiveProcess",
    "LiveThread",
    "Measurement",
    "Order",
    "Plan",
    "Step",
    "Way",
    "advance",
    "begin",
    "change_row",
    "changes",
    "changes_as_csv",
    "compare",
    "count_strangers",
    "document",
    "drive",
    "expected_seconds",
    "figures",
    "find",
    "latest",
    "limits_for",
    "live_processes",
    "notes",
    "part_of",
    "plan_for",
    "same_items",
    "sample",
    "settings_that_differ",
    "table",
    "verdict",
]
