"""Everything that is shown of a run at a glance, worked out from its stored outcomes, attempts and log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.runtime import client
from jobs.runtime.core.job_terms import MACHINE_CODES
from jobs.runtime.core.records import ItemResult, Run
from jobs.runtime.overview.durations import Durations, durations
from jobs.runtime.overview.facets import Facet, FacetTally
from jobs.runtime.overview.throughput import Attempts, Throughput, throughput
from jobs.runtime.overview.wall_time import Pause, WallTime, wall_time

MOST_TIMED = 200_000
"""Items up to which all are read for what is said of seconds, groups and throughput: it takes about 1 s."""

MOST_ROWS = 5_000
"""Rows that are read for what is said of columns."""

MOST_POINTS, MOST_SIZE = 2_000, 1e300
"""Items of a chart that has a point for each, and the size that such a chart can show."""


@dataclass(frozen=True, kw_only=True)
class OutcomeCount:
    """How many items ended so, with what their code means."""

    state: str
    code: str
    meaning: str
    items: int


@dataclass(frozen=True, kw_only=True)
class GroupFigures:
    """What the items of a group (a host) came to: how many ran, how many failed, seconds of half and of the longest."""

    group: str
    items: int
    failed: int
    median: float
    longest: float


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Items as (what their job names as their size, seconds, position); `column` holds the size."""

    column: str
    points: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A run at a glance. What is said of time was measured on about one in `every` items, what is said of columns on
    `rows` rows that are spread evenly over all."""

    run: Run
    wall: WallTime
    outcomes: tuple[OutcomeCount, ...]
    durations: Durations | None
    groups: tuple[GroupFigures, ...]
    throughput: Throughput | None
    facets: tuple[Facet, ...]
    sizes: Sizes | None
    every: int
    rows: int

    def slowest_groups(self, most: int = 10) -> list[GroupFigures]:
        """The groups of which half of the items took longest."""
        return sorted(self.groups, key=lambda group: (-group.median, group.group))[:most]

    def refusing_groups(self, most: int = 10) -> list[GroupFigures]:
        """The groups of which most items failed."""
        failing = [group for group in self.groups if group.failed]
        return sorted(failing, key=lambda group: (-group.failed, group.group))[:most]


@dataclass(frozen=True, kw_only=True)
class _Attempted:
    """The last attempts of items, each column an array but for the names of their groups; workers as numbers."""

    workers: Any
    begins: Any
    seconds: Any
    ok: Any
    groups: Sequence[str]


_STATE = client.Span._fields.index("state")


def stride(items: int, most: int) -> int:
    """One in how many items are read, so that they are at most so many and spread over all."""
    return max(1, -(-items // most))


def outcomes(run: Run) -> tuple[OutcomeCount, ...]:
    """What became of the items: first those that are ok, each state with its most frequent code first."""
    job = client.catalog().jobs.get(run.job)
    meanings = {**MACHINE_CODES, **(job.codes if job else {})}
    order = {"ok": 0, "failed": 1, "cancelled": 2}
    counts = [(order.get(state, 3), -number, state, code) for state, code, number in client.outcome_counts(run.id)]
    counts += [(3, -run.waiting, "waiting", "")] if run.waiting else []
    return tuple(
        OutcomeCount(state=state, code=code, meaning=meanings.get(code, ""), items=-number)
        for _, number, state, code in sorted(counts)
    )


def of_run(run_id: str) -> Overview:
    """A run at a glance, as it stands now."""
    run, now = client.run(run_id), time.time()
    every = stride(run.items, MOST_TIMED)
    pauses = client.pauses(run_id)
    wall = wall_time(run, pauses, now)
    last = _columns(client.last_attempts(run_id, run.items, every))
    tally, points = FacetTally(run), []
    for window in client.sample_rows(run_id, MOST_ROWS):
        tally.add(window)
        points += _points(run, window)
    return Overview(
        run=run,
        wall=wall,
        outcomes=outcomes(run),
        durations=durations(last.seconds, last.ok),
        groups=_groups(last, every),
        throughput=_throughput(run, last, every, pauses, wall),
        facets=tally.facets(),
        sizes=Sizes(column=_size(run), points=tuple(points[:: stride(len(points), MOST_POINTS)])) if points else None,
        every=every,
        rows=tally.rows,
    )


def _columns(attempts: Sequence[tuple[Any, ...]]) -> _Attempted:
    """Attempts as columns."""
    ran = [attempt for attempt in attempts if attempt[_STATE] in ("ok", "failed")]
    _, workers, _, begins, seconds, states, groups = zip(*ran, strict=True) if ran else ((),) * 7
    return _Attempted(
        workers=_numbered(workers)[1],
        begins=np.array(begins, dtype=float),
        seconds=np.array(seconds, dtype=float),
        ok=np.array([state == "ok" for state in states], dtype=bool),
        groups=groups,
    )


def _numbered(names: Sequence[Any]) -> tuple[list[Any], Any]:
    """Each name once, and for each of all names which of these it is."""
    places: dict[Any, int] = {}
    numbers = np.array([places.setdefault(name, len(places)) for name in names], dtype=int)
    return list(places), numbers


def _groups(last: _Attempted, every: int) -> tuple[GroupFigures, ...]:
    names, of = _numbered(last.groups)
    ordered = np.lexsort((last.seconds, of))
    edges = np.searchsorted(of[ordered], range(len(names) + 1))
    failed = np.bincount(of[~last.ok], minlength=len(names))
    return tuple(
        _group(name, last.seconds[ordered[begin:end]], int(failed[place]), every)
        for place, (name, begin, end) in enumerate(zip(names, edges, edges[1:], strict=False))
        if name
    )


def _group(group: str, seconds: Any, failed: int, every: int) -> GroupFigures:
    """The figures of a group, from the seconds of its items in rising order."""
    return GroupFigures(
        group=group,
        items=len(seconds) * every,
        failed=failed * every,
        median=float(seconds[(len(seconds) - 1) // 2] + seconds[len(seconds) // 2]) / 2,
        longest=float(seconds[-1]),
    )


def _throughput(run: Run, last: _Attempted, every: int, pauses: Sequence[Pause], wall: WallTime) -> Throughput | None:
    begins = last.begins - run.submitted_at
    attempts = Attempts(workers=last.workers, begins=begins, ends=begins + last.seconds, ok=last.ok)
    holds = [(event.at - run.submitted_at, event.text) for event in client.events_of(run.id, "hold")]
    still = [(since - run.submitted_at, until - run.submitted_at) for since, until in pauses]
    return throughput(attempts, every=every, holds=holds, pauses=still, waited=wall.waited)


def _size(run: Run) -> str:
    """The column that the run's job names as the size of its items; empty: none."""
    job = client.catalog().jobs.get(run.job)
    return job.mark.size if job else ""


def _points(run: Run, rows: Sequence[ItemResult]) -> list[tuple[float, float, int]]:
    """The size, the seconds and the position of the items that have both."""
    column = _size(run)
    return [
        (float(size), outcome.seconds, position)
        for position, _, outcome in rows
        if column and outcome is not None and outcome.seconds is not None
        for size in [(outcome.row or {}).get(column)]
        if isinstance(size, int | float) and not isinstance(size, bool) and abs(size) < MOST_SIZE
    ]
