"""How long the items of a run took: counted in steps that people read easily, and the quantiles that sum them up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 30
"""About so many bars; more tell nothing at the width of half a page."""

WIDE = 30
"""From the shortest to the longest so many times as long: steps that grow show both ends."""


@dataclass(frozen=True, kw_only=True)
class Durations:
    """A histogram in seconds: `edges` are one more than the counts of ok and failed items between them. `median` took
    half of the items at most, `p95` 19 of 20; `items` were timed. `growing`: each step is a factor, not a sum."""

    edges: tuple[float, ...]
    ok: tuple[int, ...]
    failed: tuple[int, ...]
    median: float
    p95: float
    longest: float
    items: int
    growing: bool


def durations(seconds: Sequence[float], ok: Sequence[bool]) -> Durations | None:
    """The histogram of these items, with which of them were ok; None: there is none."""
    if not len(seconds):
        return None
    values = np.maximum(np.asarray(seconds, dtype=float), 0.0)
    good = np.asarray(ok, dtype=bool)
    median, p95, longest = quantiles(values)
    least = float(values[values > 0].min()) if (values > 0).any() else 0.0
    growing = least > 0 and longest / least >= WIDE
    edges = _growing(least, longest) if growing else _even(float(values.min()), longest)
    inside = np.clip(values, edges[0], edges[-1])
    return Durations(
        edges=tuple(map(float, edges)),
        ok=tuple(map(int, np.histogram(inside[good], edges)[0])),
        failed=tuple(map(int, np.histogram(inside[~good], edges)[0])),
        median=median,
        p95=p95,
        longest=longest,
        items=len(values),
        growing=growing,
    )


def quantiles(seconds: Sequence[float] | Any) -> tuple[float, float, float]:
    """The median, the 95th percentile and the longest of some seconds, of which there is at least one."""
    half, most, longest = np.quantile(np.asarray(seconds, dtype=float), (0.5, 0.95, 1.0))
    return float(half), float(most), float(longest)


def _growing(least: float, most: float) -> Any:
    """Edges at equal factors, ten or fewer to a power of ten."""
    decades = math.log10(most / least)
    each = next((number for number in (10, 5, 4, 2, 1) if number * decades <= BINS), 1)
    first, last = math.floor(math.log10(least) * each), math.ceil(math.log10(most) * each)
    return 10.0 ** (np.arange(first, max(last, first + 1) + 1) / each)


def _even(least: float, most: float) -> Any:
    """Edges at equal sums."""
    step = even_step(max(most - least, most * 1e-6, 1e-9), BINS)
    first, last = math.floor(least / step), math.ceil(most / step)
    return np.arange(first, max(last, first + 1) + 1) * step


def even_step(span: float, most: int) -> float:
    """A step of 1, 2 or 5 of some unit, of which at most so many cover a span."""
    power: float = 10.0 ** math.floor(math.log10(span / most))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor * most >= span)
