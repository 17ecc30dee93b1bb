"""How many items of a run ended when, how many threads were busy meanwhile, what was on hold, when it stood still."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.runtime.overview.durations import even_step
from jobs.runtime.overview.wall_time import Pause

BINS = 60
MOST_HOLDS = 300
"""Holds that are marked, the first of a run."""


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """Equal stretches of `width` seconds from submit on, with what each saw: items that ended ok and failed, threads
    that were busy on average, worker processes that were at work. `holds`: after how many seconds which group was put
    on hold, in words; `pauses`: from and until which second the run stood still; `waited`: seconds in the queue."""

    width: float
    ok: tuple[float, ...]
    failed: tuple[float, ...]
    busy: tuple[float, ...]
    workers: tuple[int, ...]
    holds: tuple[tuple[float, str], ...]
    pauses: tuple[Pause, ...]
    waited: float


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """Attempts as columns: the worker, begin and end in seconds since submit, and whether the item was ok."""

    workers: Any
    begins: Any
    ends: Any
    ok: Any


def throughput(
    attempts: Attempts,
    *,
    every: int,
    holds: Sequence[tuple[float, str]],
    pauses: Sequence[Pause],
    waited: float,
) -> Throughput | None:
    """What each stretch of a run saw; of one in `every` items, counted for all. None: nothing ran."""
    last = float(attempts.ends.max()) if len(attempts.ends) else 0.0
    if last <= 0:
        return None
    width = even_step(last, BINS)
    edges = np.arange(math.ceil(last / width - 1e-9) + 1) * width
    ended = np.clip(attempts.ends, 0.0, edges[-1])
    return Throughput(
        width=width,
        ok=tuple((np.histogram(ended[attempts.ok], edges)[0] * every).tolist()),
        failed=tuple((np.histogram(ended[~attempts.ok], edges)[0] * every).tolist()),
        busy=tuple((busy_seconds(attempts.begins, attempts.ends, edges) * every / width).tolist()),
        workers=_workers(attempts, edges),
        holds=tuple(holds[:MOST_HOLDS]),
        pauses=tuple(pauses),
        waited=waited,
    )


def busy_seconds(begins: Any, ends: Any, edges: Any) -> Any:
    """The seconds that all attempts together were under way between each edge and the next: until an edge, those since
    each begin less those since each end."""
    return np.diff(_passed(np.asarray(begins), edges) - _passed(np.asarray(ends), edges))


def _passed(moments: Any, edges: Any) -> Any:
    """The seconds since each moment that lies before an edge, added up, at each edge."""
    ordered = np.sort(moments)
    sums = np.concatenate(([0.0], np.cumsum(ordered)))
    before = np.searchsorted(ordered, edges)
    return before * edges - sums[before]


def _workers(attempts: Attempts, edges: Any) -> tuple[int, ...]:
    """How many processes were between their first item and their last."""
    counts = np.zeros(len(edges) - 1, dtype=int)
    for worker in np.unique(attempts.workers):
        own = attempts.workers == worker
        begin, end = attempts.begins[own].min(), attempts.ends[own].max()
        counts += (edges[:-1] < end) & (edges[1:] > begin)
    return tuple(counts.tolist())
