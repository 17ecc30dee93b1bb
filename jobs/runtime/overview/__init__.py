"""A run at a glance: the figures that a person looks at before any row, and how its time went by.

figures        what became of the items, seconds, groups, throughput, columns: everything together
durations      how long the items took: a histogram with its quantiles
throughput     how many items ended when, with how many threads busy, what was on hold and when it stood still
facets         of each column how full it is, and its commonest values
related_pages  which rows are nearly alike, and which lead to which
run_settings   what a run was started with, in words
html_report    all of it as one HTML file; html_parts: its tables and charts
wall_time      how long a run waited for its turn, ran, and stood still
"""

from jobs.runtime.overview.durations import Durations, quantiles
from jobs.runtime.overview.facets import Facet, FacetValue
from jobs.runtime.overview.figures import GroupFigures, OutcomeCount, Overview, Sizes, of_run, outcomes, stride
from jobs.runtime.overview.html_report import write_report
from jobs.runtime.overview.related_pages import (
    LinkedPages,
    NearPages,
    RelatedPage,
    RelatedPages,
    related_pages,
)
from jobs.runtime.overview.run_settings import RunSetting, run_settings
from jobs.runtime.overview.throughput import Throughput, busy_seconds
from jobs.runtime.overview.wall_time import WORTH_TELLING, WallTime, wall_time

__all__ = [
    "WORTH_TELLING",
    "Durations",
    "Facet",
    "FacetValue",
    "GroupFigures",
    "LinkedPages",
    "NearPages",
    "OutcomeCount",
    "Overview",
    "RelatedPage",
    "RelatedPages",
    "RunSetting",
    "Sizes",
    "Throughput",
    "WallTime",
    "busy_seconds",
    "of_run",
    "outcomes",
    "quantiles",
    "related_pages",
    "run_settings",
    "stride",
    "wall_time",
    "write_report",
]
