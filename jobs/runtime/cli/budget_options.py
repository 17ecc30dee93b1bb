"""At what a run is paused: for `run`, `sample` and `resume`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import click

from jobs.runtime.cli.options import packing
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.units import read_size


@dataclass(frozen=True, kw_only=True)
class BudgetOptions:
    """At how many requests, how many bytes (as in 500MB) or which sum of a column (as in cost=5) a run is paused."""

    most_requests: int | None = None
    most_bytes: str | None = None
    most_sum: str | None = None

    def asked(self) -> Budget:
        """The budget of the run; an empty one: none. Raises Refused."""
        column, total = self._sum()
        return Budget(requests=self.most_requests, bytes=self._bytes(), column=column, total=total)

    def _bytes(self) -> int | None:
        if self.most_bytes is None:
            return None
        try:
            return read_size(self.most_bytes)
        except (ValueError, OverflowError):
            raise Refused(f"--most-bytes: {self.most_bytes!r} is no size: write it as in 500MB or 2GB") from None

    def _sum(self) -> tuple[str, float | None]:
        if self.most_sum is None:
            return "", None
        column, sign, text = (part.strip() for part in self.most_sum.partition("="))
        try:
            total = float(text)
        except ValueError:
            total = math.nan
        if not (column and sign and math.isfinite(total)):
            raise Refused(f"--most-sum: {self.most_sum!r} names no column and number: write it as in cost=5")
        return column, total


budget_options = packing(
    BudgetOptions,
    "budget",
    (
        click.option("--most-requests", type=int, help="Pause when so many requests were sent."),
        click.option("--most-bytes", metavar="SIZE", help="Pause when so much of answers was read, as in 500MB."),
        click.option("--most-sum", metavar="COLUMN=N", help="Pause when the sum of a column is N, as in cost=5."),
    ),
)
"""Decorates `run`, `sample` and `resume`."""
