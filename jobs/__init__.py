"""Fanout: a list of things through a Python function, in parallel, durably, from a browser.

A job is one module in this folder with one function marked `@job(…)`. These are the names its author needs:

    job, Pace                     the mark, and how gentle a job is with each group
    Url, Kind, URL                items that are URLs; a kind of item of one's own
    ItemError, TryLater           this item failed, foreseen; try it again later
    Artifact                      a large by-product in the row: a file beside the store
    pace, progress                what an item tells: of its group, of itself
    time_left, carried, attempt   what an item may ask
    compute                       have a few threads compute for the many that wait
    in_machine                    whether the machine asks, or an ordinary caller
    setting                       a documented setting
"""

from jobs.runtime import loading  # noqa: F401  # isort: skip  (before all others: see there)

from typing import Annotated

from jobs.runtime.computing import compute
from jobs.runtime.context import attempt, carried, in_machine, pace, progress, setting, time_left
from jobs.runtime.errors import ItemError, TryLater
from jobs.runtime.kinds import URL, Kind
from jobs.runtime.mark import Artifact, Pace, job

__version__ = "0.1.0"

Url = Annotated[str, URL]

__all__ = [
    "URL",
    "Artifact",
    "ItemError",
    "Kind",
    "Pace",
    "TryLater",
    "Url",
    "attempt",
    "carried",
    "compute",
    "in_machine",
    "job",
    "pace",
    "progress",
    "setting",
    "time_left",
]
