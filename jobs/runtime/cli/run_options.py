"""What `run`, `sample` and `measure` are asked: how to run, and what to do with the result."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli.budget_options import BudgetOptions, budget_options
from jobs.runtime.cli.job_options import split_params
from jobs.runtime.cli.options import Decorator, adding, owner_option
from jobs.runtime.cli.reuse_options import ReuseOptions, reuse_options
from jobs.runtime.cli.table_options import TableOptions, table_options
from jobs.runtime.cli.terminal import speakable
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import CLUSTER, LOCAL, Limits, Pool
from jobs.runtime.core.reuse import Reuse

if TYPE_CHECKING:
    from jobs.runtime.job.form_fields import FormField


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How to run, and what to do with the result, as asked for on the command line; None: the preset's, or the job's
    default.

    A deadline of infinity is none.
    """

    name: str
    processes: int | None
    threads: int | None
    at_once: int | None
    pause: float | None
    attempts: int | None
    deadline: float | None
    reuse: ReuseOptions
    budget: BudgetOptions
    table: TableOptions
    detach: bool
    on: str
    dry_run: bool
    as_json: bool
    params: Mapping[str, Any]
    preset: RunPreset | None = None

    def how(self, job: str) -> tuple[Pool, Limits]:
        """The pool and the limits asked for, the preset's or the job's own for the rest."""
        pool, limits = client.defaults(job) if self.preset is None else client.settings_of_preset(self.preset)
        return self.pool(pool), self.limits(limits)

    def wanted_reuse(self, job: str) -> Reuse | None:
        """What is taken from earlier runs, by the preset where nothing is said of it; None: nothing."""
        return self.reuse.asked(job, self.preset.reuse if self.preset else None) or None

    def wanted_budget(self) -> Budget:
        """At what the run is paused, by the preset where nothing is said of it."""
        return self.budget.asked(self.preset.budget if self.preset else None)

    def pool(self, default: Pool) -> Pool:
        """The pool asked for, the default for the rest; a number of threads alone is that of one process."""
        return client.pool_with(default, self.processes, self.threads)

    def limits(self, default: Limits) -> Limits:
        """The limits asked for, the job's own for the rest."""
        given = {name: getattr(self, name) for name in ("attempts", "deadline", "at_once", "pause")}
        return finite(client.limits_with(default, {name: value for name, value in given.items() if value is not None}))


def run_options(job: str, options: dict[str, Any], usual: Mapping[str, Any] | None = None) -> RunOptions:
    """What was given, over what the preset says, over what is usual."""
    given, name, owner = split_params(options), options.pop("preset"), options.pop("preset_owner")
    preset = None if name is None else client.preset(speakable(name), job, speakable(owner))
    params = given if preset is None else client.with_preset(preset, given)
    table = options.pop("table")
    if preset is not None and preset.shown:
        table = table.showing(preset.shown)
    on = options.pop("on") or (preset.on if preset else "") or LOCAL
    return RunOptions(params={**(usual or {}), **params}, preset=preset, table=table, on=on, **options)


def finite(limits: Limits) -> Limits:
    """The limits with none for a deadline of infinity."""
    return dataclasses.replace(limits, deadline=None) if limits.deadline == math.inf else limits


def finite_how(given: Mapping[str, Any]) -> dict[str, float | None]:
    """What was given of pool and limits, with none for a deadline of infinity."""
    return {name: None if value == math.inf else value for name, value in given.items() if value is not None}


class Number(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has it without a type
    """A number within the limits of a field; where none is allowed, `none` is infinity."""

    def __init__(self, field: FormField) -> None:
        self.field = field
        self.name = "integer" if self.field.input == "whole" else "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ARG002 (click's signature)
        """Raises BadParams."""
        if self.field.optional and value == "none":
            return math.inf
        return self.field.number(value)


def number_option(field: FormField, text: str) -> Decorator:
    """An option that takes a number of this field."""
    return click.option("--" + field.name.replace("_", "-"), type=Number(field), help=text)


def run_option(name: str, text: str) -> Decorator:
    """One of the options that say how to run."""
    return number_option(client.RUN_FIELDS[name], text)


def fixed_option(name: str, text: str) -> Decorator:
    """The same where the number must be one: `auto` is none."""
    return number_option(dataclasses.replace(client.RUN_FIELDS[name], auto=False), text)


on_option = click.option(
    "--on",
    type=click.Choice((LOCAL, CLUSTER)),
    help="Where the workers are: on this machine, or on the cluster of JOBS_CLUSTER.  [default: local]",
)
"""Decorates what runs items, or says how they are run."""

_POOL = (
    run_option("processes", "Worker processes, or auto: as the cores allow.  [default: the job's]"),
    run_option("threads", "Threads in each process, or auto: as many as pay.  [default: the job's]"),
)
_LIMITS = (
    run_option("at_once", "Items of one group (a host) at once."),
    run_option("pause", "Seconds between two starts in one group; 0: none."),
    run_option("attempts", "How often an item is tried."),
    run_option("deadline", "Seconds an attempt may take, or none."),
)
_SHARED = (
    click.option("--preset", help="Begin with the settings of this preset; what else is given goes before."),
    owner_option(flag="--preset-owner"),
    click.option("--name", default="", help="What the run is called.  [default: the file's name]"),
    *_POOL,
    *_LIMITS,
    reuse_options,
    budget_options,
    table_options,
    on_option,
    click.option("--dry-run", is_flag=True, help="Try the first item alone, and show what was done and answered."),
    click.option("--detach", is_flag=True, help="Print the run's id and leave; the run goes on."),
    click.option("--json", "as_json", is_flag=True, help="Print the run as one JSON document."),
)


pool_options = adding(_POOL)
"""Decorates `presets save`: how many workers."""

limit_options = adding(_LIMITS)
"""Decorates `measure` and `presets save`: what an item may take."""

shared_options = adding(_SHARED)
"""Decorates `run` and `sample`."""
