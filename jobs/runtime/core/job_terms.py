"""What a job and its runs have in common: how they are executed, the columns and the codes of what is returned. Apart
from the other records, since a worker needs no more of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.runtime.core.units import count

MACHINE_CODES: Mapping[str, str] = {
    "invalid_item": "the cell cannot be an item of this job",
    "over_budget": "refused before computing: it would cost more than the limit",
    "timeout": "not done at its deadline",
    "worker_lost": "its worker process died under it, also when tried alone",
    "out_of_memory": "needs more memory than a worker may have",
    "unencodable": "the job returned something that is not a row",
    "bug": "the job raised an exception it does not declare",
    "cancelled": "the run was cancelled before it had an outcome",
    "row_cut": "ok, but its row was larger than 1 MiB: the longest cells were cut, and `error` says which",
    "duplicate": "the same item as an earlier one: performed once and copied",
}
"""What an outcome's code may be beside a job's own list, and what it means."""

AUTO = 0
"""In place of a number of workers: the run finds it itself."""

LOCAL, CLUSTER = "local", "cluster"
"""Where the workers of a run are: on this machine, or on those of a cluster."""

MOST_PROCESSES: Mapping[str, int] = {LOCAL: 64, CLUSTER: 1_000}
"""Worker processes that a run may ask for, by where they are; on a cluster as many as the runner's loop was measured
with (`python -m tests.bench many_workers`)."""

WorkerName = int | str
"""What a worker is called: its process id, or on a cluster its machine and a number (`node7/3`)."""


def number_or_auto(workers: int) -> int | str:
    """A number of workers as it is told: itself, or `auto`."""
    return workers or "auto"


@dataclass(frozen=True, kw_only=True)
class Pool:
    """How a run is executed: worker processes × threads in each; both at least 1, or `AUTO`."""

    processes: int
    threads: int

    @property
    def slots(self) -> int:
        """How many items can be in progress at once; 0 where the run finds that itself."""
        return self.processes * self.threads

    @property
    def way(self) -> str:
        """auto, sequential, threads, processes or both."""
        if AUTO in (self.processes, self.threads):
            return "auto"
        if self.slots == 1:
            return "sequential"
        if self.processes == 1:
            return "threads"
        return "processes" if self.threads == 1 else "both"

    def __str__(self) -> str:
        if self.processes == self.threads == AUTO:
            return "auto"
        processes = count(self.processes, "process", "processes") if self.processes else "auto processes"
        return f"{processes} × {count(self.threads, 'thread') if self.threads else 'auto threads'}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run allows: attempts per item (at least 1), seconds per attempt (None: no deadline), and how gentle it is
    with each group: items at once (None: no cap) and seconds between two starts (0: no pause and no throttling)."""

    attempts: int
    deadline: float | None
    at_once: int | None
    pause: float


@dataclass(frozen=True, kw_only=True)
class Column:
    """One output column: its name, its type (int, float, bool, str, json or file) and what it means.

    `joined`: the files of this column, one after the other, are one file with this ending (`.warc.gz`, say). `role`:
    what it says of a row among the others: `simhash`, `links` or `address` (see `exports.relations`).
    """

    name: str
    type: str
    help: str = ""
    joined: str = ""
    role: str = ""


OWN_COLUMNS = tuple(
    "position state code error attempts worker slot waited_seconds started_at seconds cpu_seconds duplicate_of "
    "reused_from".split()
)
"""Columns of the result that the machine fills, which a job may not have."""
