"""The figures of a measurement: of each way its walls, speed-up, processor time, start-up and memory; all of them
measured, and None where something was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from jobs.runtime import client
from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.core.records import CLUSTER, Limits, Pool, Run, RunState
from jobs.runtime.job.definition import Job
from jobs.runtime.measure.foreign_hosts import group_of
from jobs.runtime.measure.machine_load import load_of
from jobs.runtime.measure.measurement import LARGEST, Measurement
from jobs.runtime.measure.plan import Way

BEFORE = 30
"""Earlier runs of the job in which the start of a worker is looked for that was warm already."""

NEIGHBOURS = 200
"""Runs among which those are looked for that were in work at the same time."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One way, over its finished repeats (warm-ups apart). Seconds, bytes; one entry a repeat where it is a tuple.

    `walls`: from submit until the last outcome. `item_seconds`: sum of the items' seconds. `cpu_seconds`: processor
    time of the threads while they performed items; `process_cpu`: of the worker processes in all, machinery included.
    `queue_seconds`: how long threads of the workers stood in line for a core; `others`: which share of the machine's
    cores other programs took meanwhile. `longest`: the longest item. `starts`: from start to ready, of each worker used
    whose start is on record; `cold`: in how many of these repeats a worker had to be started within its wall time;
    `left_out`: how many repeats do not count because of that, others having been warm. `peak_bytes`: the peaks of the
    workers added up, the largest of the repeats.
    """

    way: Way
    walls: tuple[float, ...]
    item_seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    process_cpu: tuple[float, ...] = ()
    longest: float | None = None
    starts: tuple[float, ...] = ()
    cold: int = 0
    left_out: int = 0
    peak_bytes: int | None = None
    queue_seconds: tuple[float, ...] = ()
    others: tuple[float, ...] = ()
    ok: int = 0
    failed: int = 0
    run_ids: tuple[str, ...] = ()

    @property
    def wall(self) -> float:
        """The median of the walls."""
        return median(self.walls)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most of the walls."""
        return min(self.walls), max(self.walls)

    @property
    def concurrency(self) -> float:
        """Average concurrency, the median of the repeats: sum of the items' seconds ÷ wall."""
        return median(ran / wall for ran, wall in zip(self.item_seconds, self.walls, strict=True))

    @property
    def cpu_share(self) -> float:
        """Of the items' seconds, the part in which a processor worked for them; the rest they waited, or stood in line
        for one."""
        return self._share(self.cpu_seconds)

    @property
    def queue_share(self) -> float:
        """Of the items' seconds, the part in which they stood in line for a processor that had other work."""
        return self._share(self.queue_seconds)

    @property
    def computing_share(self) -> float:
        """Of the items' seconds, the part in which they computed, or would have, had a processor been free."""
        return min(1.0, self.cpu_share + self.queue_share)

    def _share(self, seconds: Sequence[float]) -> float:
        return min(1.0, sum(seconds) / sum(self.item_seconds)) if sum(self.item_seconds) else 0.0


@dataclass(frozen=True, kw_only=True)
class PaceLimit:
    """What politeness allows at most: the group with most items takes at least so many seconds, whatever the way."""

    group: str
    items: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that a measurement has found out. `planned` counts its ways; `repeats` those asked for of each."""

    job: str
    bound: str
    items: int
    planned: int
    repeats: int
    ways: tuple[Figures, ...]
    pace: PaceLimit | None = None
    disturbed: int = 0
    stopped: bool = False

    @property
    def base(self) -> Figures | None:
        """One item at a time, if it was run: on this machine, if it was there too."""
        alone = [way for way in self.ways if way.way.pool == Pool(processes=1, threads=1)]
        return min(alone, key=lambda way: way.way.on == CLUSTER, default=None)

    def speed_up(self, way: Figures) -> float | None:
        """Wall time one at a time ÷ wall time so (medians); None: one at a time was not run."""
        return self.base.wall / way.wall if self.base else None

    def speed_up_spread(self, way: Figures) -> tuple[float, float] | None:
        """The least and the most that the repeats allow the speed-up to be."""
        if self.base is None:
            return None
        least, most = self.base.spread
        return least / way.spread[1], most / way.spread[0]

    def efficiency(self, way: Figures) -> float | None:
        """Speed-up ÷ the number of workers (processes × threads)."""
        gained = self.speed_up(way)
        return None if gained is None else gained / way.way.pool.slots

    @property
    def complete(self) -> bool:
        """Whether every way has all its repeats."""
        return len(self.ways) == self.planned and all(
            len(way.walls) + way.left_out == self.repeats for way in self.ways
        )


def figures(measurement: Measurement) -> Comparison:
    """What a measurement has found out so far."""
    first = measurement.first
    job = client.catalog().jobs.get(first.job)
    runs = [run for run in measurement.runs.values() if run.state is RunState.FINISHED]
    starts = _starts(first.job, runs)
    counted: dict[Way, list[Run]] = {}
    for step, run in measurement.runs.items():
        if step.repeat and run.state is RunState.FINISHED:
            counted.setdefault(step.way, []).append(run)
    return Comparison(
        job=first.job,
        bound=job.bound if job else "",
        items=first.items,
        planned=len(measurement.plan.ways),
        repeats=measurement.plan.repeats,
        ways=tuple(_figures(way, counted[way], starts) for way in measurement.plan.ways if way in counted),
        pace=_pace(job, first) if job else None,
        disturbed=_disturbed(measurement),
        stopped=measurement.stopped,
    )


def _figures(way: Way, runs: Sequence[Run], starts: Mapping[WorkerName, float]) -> Figures:
    done, runs = len(runs), _warm(runs)
    used = [_used(run.id) for run in runs]
    loads = [load_of(one) for one in used]
    return Figures(
        way=way,
        walls=tuple(max(run.seconds(0), 1e-6) for run in runs),
        item_seconds=tuple(run.item_seconds for run in runs),
        cpu_seconds=tuple(run.cpu_seconds for run in runs),
        process_cpu=_process_cpu(used),
        longest=_longest(runs[-1].id),
        starts=_starts_of(runs, starts),
        cold=sum(1 for run in runs if _ready(run.id)),
        left_out=done - len(runs),
        peak_bytes=_peak_bytes(used),
        queue_seconds=_known(load.queue_seconds for load in loads),
        others=_known(load.others for load in loads),
        ok=min(run.ok for run in runs),
        failed=max(run.failed for run in runs),
        run_ids=tuple(run.id for run in runs),
    )


def _warm(runs: Sequence[Run]) -> Sequence[Run]:
    """The repeats in which no worker had to be started, if there are two of them; else all."""
    warm = [run for run in runs if not _ready(run.id)]
    return warm if len(warm) >= 2 else runs


def _used(run_id: str) -> list[dict[str, Any]]:
    """What each worker of a run used, by the runner's own reading; empty: it read nothing, or a worker died."""
    if client.events_of(run_id, "worker_died"):
        return []
    return [dict(one) for event in client.events_of(run_id, "used") for one in event.facts.get("workers", ())]


def _known(values: Iterable[float | None]) -> tuple[float, ...]:
    """What is known of all repeats; empty where that of one is not."""
    found = list(values)
    return () if None in found else tuple(value for value in found if value is not None)


def _process_cpu(used: Sequence[Sequence[Mapping[str, Any]]]) -> tuple[float, ...]:
    """The processor time of all workers of each run; empty where that of one is not known."""
    return _known(_sum(worker["cpu_seconds"] for worker in workers) for workers in used)


def _peak_bytes(used: Sequence[Sequence[Mapping[str, Any]]]) -> int | None:
    """The most that all workers of one run held together."""
    sums = [_sum(worker["peak_bytes"] for worker in workers) for workers in used]
    return max((int(peak) for peak in sums if peak is not None), default=None)


def _starts_of(runs: Sequence[Run], starts: Mapping[WorkerName, float]) -> tuple[float, ...]:
    """The seconds that the start of each worker of these runs took, where they are known."""
    workers = {worker for run in runs for worker in _workers_of(run.id)}
    return tuple(starts[worker] for worker in sorted(workers & starts.keys()))


def _sum(values: Iterable[float | None]) -> float | None:
    """A sum in which nothing may be missing."""
    known = list(values)
    return None if not known or None in known else sum(value for value in known if value is not None)


def _ready(run_id: str) -> dict[WorkerName, float]:
    """The workers that were started for a run: name → seconds from start to ready."""
    return {begun["worker"]: float(begun["ready"]) - float(begun["started"]) for begun in client.starts(run_id)}


def _starts(job: str, runs: Sequence[Run]) -> dict[WorkerName, float]:
    """The start of every worker of these runs, also of one that an earlier run had started."""
    earlier = client.runs(job=job, limit=BEFORE)
    known: dict[WorkerName, float] = {}
    for run in sorted([*earlier, *runs], key=lambda run: run.submitted_at):
        known.update(_ready(run.id))
    return known


def _workers_of(run_id: str) -> set[WorkerName]:
    return {span.worker for span in client.spans(run_id, LARGEST)}


def _longest(run_id: str) -> float | None:
    """The seconds of the longest item, all its attempts together."""
    seconds: dict[int, float] = {}
    for span in client.spans(run_id, LARGEST):
        seconds[span.position] = seconds.get(span.position, 0.0) + span.seconds
    return max(seconds.values(), default=None)


def _disturbed(measurement: Measurement) -> int:
    """How many other runs were in work during those that count."""
    own = {run.id for run in measurement.runs.values()}
    counted = [run for step, run in measurement.runs.items() if step.repeat and run.ended_at is not None]
    others = [run for run in client.runs(limit=NEIGHBOURS) if run.id not in own and run.started_at is not None]
    return sum(1 for other in others if any(_overlap(run, other) for run in counted))


def _overlap(run: Run, other: Run) -> bool:
    began, ended = other.started_at, other.ended_at
    return began is not None and (run.ended_at or 0.0) > began and (ended is None or run.submitted_at < ended)


def _pace(job: Job, run: Run) -> PaceLimit | None:
    """What the run's limits allow for the group with most items; None: nothing is limited."""
    if job.mark.group is None or (not run.limits.pause and run.limits.at_once is None):
        return None
    job = client.job_for(job.name, client.full_params(run.id))
    groups = Counter(group_of(job, item.cell) for item in client.items(run.id))
    groups.pop("", None)
    if not groups:
        return None
    group, number = groups.most_common(1)[0]
    return PaceLimit(group=group, items=number, seconds=least_seconds(number, run.limits, run.item_seconds / run.items))


def least_seconds(items: int, limits: Limits, each: float) -> float:
    """What so many items of one group take at least: a pause before each but the first, and so many at once."""
    by_pause = (items - 1) * limits.pause
    by_number = items / limits.at_once * each if limits.at_once else 0.0
    return max(by_pause, by_number)
