"""The ways compared: the same items run one at a time, with threads, with processes, with both, on a cluster.

plan            which ways, in which order, how often
foreign_hosts   whose servers a measurement would ask
measurement     a measurement as its runs tell it: begun, gone on with, found again
figures         what it has found out: walls, speed-up, processor time, start-up, memory
machine_load    what other programs took meanwhile; busy_machine: when that leaves nothing decided
verdict         the one sentence that follows from the figures
result_tables   the figures as rows of a table and as one JSON document
"""

from jobs.runtime.measure.busy_machine import busy_sentence
from jobs.runtime.measure.figures import Comparison, Figures, figures
from jobs.runtime.measure.foreign_hosts import MOST_ITEMS
from jobs.runtime.measure.machine_load import MachineLoad, load_of
from jobs.runtime.measure.measurement import (
    Measurement,
    MeasureRequest,
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
from jobs.runtime.measure.plan import (
    CHOICES,
    MOST_REPEATS,
    MOST_WORKERS,
    REPEATS,
    REPEATS_FIELD,
    WAYS,
    MeasurePlan,
    Step,
    Way,
)
from jobs.runtime.measure.result_tables import HELP, document, notes, table
from jobs.runtime.measure.verdict import verdict

__all__ = [
    "CHOICES",
    "HELP",
    "MOST_ITEMS",
    "MOST_REPEATS",
    "MOST_WORKERS",
    "REPEATS",
    "REPEATS_FIELD",
    "WAYS",
    "Comparison",
    "Figures",
    "MachineLoad",
    "MeasurePlan",
    "MeasureRequest",
    "Measurement",
    "Step",
    "Way",
    "advance",
    "begin",
    "busy_sentence",
    "count_strangers",
    "document",
    "drive",
    "expected_seconds",
    "figures",
    "find",
    "latest",
    "limits_for",
    "load_of",
    "notes",
    "part_of",
    "plan_for",
    "sample",
    "table",
    "verdict",
]
