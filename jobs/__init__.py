"""Fanout: a list of things through a Python function, in parallel, durably, from a browser.

A job is one module in this folder with one function marked `@job(…)` (`factorial`, `scrape` and `request` come with
it); the machine behind them is in `runtime`, the pages are in `ui`. These are the names its author needs:

    job, Pace                     the mark, and how gentle a job is with each group
    Url, Kind, URL                items that are URLs; a kind of item of one's own
    ItemError, TryLater           this item failed, foreseen; try it again later
    Artifact                      a large by-product in the row: a file beside the store
    Sample, Files                 what a job is tried with, and what its items' files are
    pace, progress                what an item tells: of its group, of itself
    time_left, carried            what an item may ask: of its deadline, of its own past,
    attempt, last_attempt         and which attempt this is,
    waited_for                    and what its group has had it wait for
    earlier, keep, unchanged      what an earlier run kept of this item, and that nothing has changed since
    spent                         requests and bytes, for the budget of the run
    begin_once                    note, durably, that what must not be done twice begins
    compute                       have a few threads compute for the many that wait
    compute_apart, ApartFailed    have a process of its own compute, within limits
    in_machine                    whether the machine asks, or an ordinary caller
    setting, secret               a documented setting; a secret by its name, for the job's own use
    encodings                     which encoding bytes are in (read when a job asks for it)
"""

from jobs.runtime.core import startup  # noqa: F401  # isort: skip  (before all others: see there)

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

from jobs.runtime.core.errors import ApartFailed, BadSetting, ItemError, TryLater
from jobs.runtime.core.secrets import used as secret
from jobs.runtime.core.settings import job_path
from jobs.runtime.job.context import (
    attempt,
    begin_once,
    carried,
    earlier,
    in_machine,
    keep,
    last_attempt,
    pace,
    progress,
    setting,
    spent,
    time_left,
    unchanged,
    waited_for,
)
from jobs.runtime.job.decorator import Artifact, Files, Pace, Sample, job
from jobs.runtime.job.item_kinds import URL, Kind
from jobs.runtime.job.offload import compute

if TYPE_CHECKING:
    from jobs.runtime import encodings
    from jobs.runtime.job.apart import compute_apart

__version__ = "0.1.0"

Url = Annotated[str, URL]

__all__ = [
    "URL",
    "ApartFailed",
    "Artifact",
    "Files",
    "ItemError",
    "Kind",
    "Pace",
    "Sample",
    "TryLater",
    "Url",
    "attempt",
    "begin_once",
    "carried",
    "compute",
    "compute_apart",
    "earlier",
    "encodings",
    "in_machine",
    "job",
    "keep",
    "last_attempt",
    "pace",
    "progress",
    "secret",
    "setting",
    "spent",
    "time_left",
    "unchanged",
    "waited_for",
]


with suppress(BadSetting):  # whoever needs the folders says so
    __path__[:] = job_path(__path__[0])  # a process that a job starts finds the job where its worker did


def __getattr__(name: str) -> Any:
    """What few jobs need is read when the first of them asks."""
    if name == "encodings":
        from jobs.runtime import encodings

        return encodings
    if name == "compute_apart":
        from jobs.runtime.job.apart import compute_apart

        return compute_apart
    raise AttributeError(f"module 'jobs' has no attribute {name!r}")
