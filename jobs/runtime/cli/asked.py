"""What `run` and `sample` are asked: how to run, and what to do with the result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from jobs.runtime.records import Limits, Pool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How to run, and what to do with the result, as asked for on the command line; None: the job's default.

    A deadline of infinity is none.
    """

    name: str
    processes: int | None
    threads: int | None
    at_once: int | None
    pause: float | None
    attempts: int | None
    deadline: float | None
    out: str | None
    raw: bool
    detach: bool
    as_json: bool
    params: Mapping[str, Any]

    def pool(self, default: Pool) -> Pool:
        """The pool asked for; where only the processes are given, they share the threads of the job's default."""
        processes = self.processes or default.processes
        spread = max(1, default.processes * default.threads // processes) if default.threads > 1 else 1
        return Pool(processes=processes, threads=self.threads or spread)

    def limits(self, default: Limits) -> Limits:
        """The limits asked for, the job's own for the rest."""
        given = {name: getattr(self, name) for name in ("attempts", "deadline", "at_once", "pause")}
        limits = dataclasses.replace(default, **{name: value for name, value in given.items() if value is not None})
        return dataclasses.replace(limits, deadline=None) if limits.deadline == float("inf") else limits


class Deadline(click.ParamType["float"]):
    """Seconds above 0, or `none`: an attempt may take as long as it takes."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A number of seconds; infinity for `none`."""
        seconds = float("inf") if value == "none" else _seconds(value)
        if not seconds > 0:
            self.fail(f"{value!r} is not a number of seconds above 0 (or: none)", param, ctx)
        return seconds


def _seconds(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        return -1.0


_COUNT = click.IntRange(min=1)
_SHARED = (
    click.option("--name", default="", help="What the run is called.  [default: the file's name]"),
    click.option("--processes", type=_COUNT, help="Worker processes.  [default: the job's]"),
    click.option("--threads", type=_COUNT, help="Threads in each process.  [default: the job's]"),
    click.option("--at-once", type=_COUNT, help="Items of one group (a host) at once."),
    click.option("--pause", type=click.FloatRange(min=0), help="Seconds between two starts in one group; 0: none."),
    click.option("--attempts", type=_COUNT, help="How often an item is tried."),
    click.option("--deadline", type=Deadline(), help="Seconds an attempt may take, or none."),
    click.option("--out", help="Write the table here: .csv, .xlsx, .parquet or .jsonl."),
    click.option("--raw", is_flag=True, help="Write cells as they are, spreadsheet formulas included."),
    click.option("--detach", is_flag=True, help="Print the run's id and leave; the run goes on."),
    click.option("--json", "as_json", is_flag=True, help="Print the run as one JSON document."),
)


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `run` and `sample` have in common."""
    for option in reversed(_SHARED):
        function = option(function)
    return function
