"""What `run`, `sample` and `measure` are asked: how to run, and what to do with the result."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.records import Limits, Pool

if TYPE_CHECKING:
    from jobs.runtime.fields import Field

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


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
        return finite(
            dataclasses.replace(default, **{name: value for name, value in given.items() if value is not None})
        )


def finite(limits: Limits) -> Limits:
    """The limits with none for a deadline of infinity."""
    return dataclasses.replace(limits, deadline=None) if limits.deadline == math.inf else limits


class Number(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has it without a type
    """A number within the limits of a field; where none is allowed, `none` is infinity."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.name = "integer" if self.field.input == "whole" else "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ARG002 (click's signature)
        """Raises BadParams."""
        if self.field.optional and value == "none":
            return math.inf
        return self.field.number(value)


def number_option(field: Field, text: str) -> Decorator:
    """An option that takes a number of this field."""
    return click.option("--" + field.name.replace("_", "-"), type=Number(field), help=text)


def run_option(name: str, text: str) -> Decorator:
    """One of the options that say how to run."""
    return number_option(client.RUN_FIELDS[name], text)


_INPUT = (
    click.option("--item", "items", multiple=True, help="One item; may be repeated."),
    click.option("--column", default="", help="The column that holds the items.  [default: found by its content]"),
    click.option("--sheet", default="", help="The sheet of a workbook.  [default: the first]"),
)
_LIMITS = (
    run_option("at_once", "Items of one group (a host) at once."),
    run_option("pause", "Seconds between two starts in one group; 0: none."),
    run_option("attempts", "How often an item is tried."),
    run_option("deadline", "Seconds an attempt may take, or none."),
)
_SHARED = (
    click.option("--name", default="", help="What the run is called.  [default: the file's name]"),
    run_option("processes", "Worker processes.  [default: the job's]"),
    run_option("threads", "Threads in each process.  [default: the job's]"),
    *_LIMITS,
    click.option("--out", help="Write the table here: .csv, .xlsx, .parquet or .jsonl."),
    click.option("--raw", is_flag=True, help="Write cells as they are, spreadsheet formulas included."),
    click.option("--detach", is_flag=True, help="Print the run's id and leave; the run goes on."),
    click.option("--json", "as_json", is_flag=True, help="Print the run as one JSON document."),
)


def _adding(options: Sequence[Decorator]) -> Decorator:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return add


input_options = _adding(_INPUT)
"""Decorates `run` and `measure`: where the items come from."""

limit_options = _adding(_LIMITS)
"""Decorates `measure`: what an item may take."""

shared_options = _adding(_SHARED)
"""Decorates `run` and `sample`."""
