"""At what a run is paused: for `run`, `sample`, `resume` and `presets save`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import click

from jobs.runtime.cli.options import packing
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.units import read_size

NONE = "none"


@dataclass(frozen=True, kw_only=True)
class BudgetOptions:
    """At how many requests, how many bytes (as in 500MB) or which sum of a column (as in cost=5) a run is paused, each
    `none` for no limit, whatever a preset says."""

    most_requests: float | None = None
    most_bytes: str | None = None
    most_sum: str | None = None

    def asked(self, usual: Budget | None = None) -> Budget:
        """The budget of the run, the usual limits where nothing is said of them; an empty one: none. Raises Refused."""
        budget = usual or Budget()
        if self.most_requests is not None:
            budget = replace(budget, requests=None if self.most_requests == math.inf else int(self.most_requests))
        if self.most_bytes is not None:
            budget = replace(budget, bytes=_bytes(self.most_bytes))
        if self.most_sum is not None:
            column, total = _sum(self.most_sum)
            budget = replace(budget, column=column, total=total)
        return budget


def _bytes(text: str) -> int | None:
    try:
        return None if text == NONE else read_size(text)
    except (ValueError, OverflowError):
        raise Refused(f"--most-bytes: {text!r} is no size: write it as in 500MB or 2GB") from None


def _sum(text: str) -> tuple[str, float | None]:
    if text == NONE:
        return "", None
    column, sign, figure = (part.strip() for part in text.partition("="))
    try:
        total = float(figure)
    except ValueError:
        total = math.nan
    if not (column and sign and math.isfinite(total)):
        raise Refused(f"--most-sum: {text!r} names no column and number: write it as in cost=5")
    return column, total


class _Requests(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has it without a type
    """A whole number; `none` is infinity."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return math.inf if value == NONE else click.INT.convert(value, param, ctx)


budget_options = packing(
    BudgetOptions,
    "budget",
    (
        click.option("--most-requests", type=_Requests(), help="Pause when so many requests were sent."),
        click.option("--most-bytes", metavar="SIZE", help="Pause when so much of answers was read, as in 500MB."),
        click.option("--most-sum", metavar="COLUMN=N", help="Pause when the sum of a column is N, as in cost=5."),
    ),
)
"""Decorates `run`, `sample`, `resume` and `presets save`."""
