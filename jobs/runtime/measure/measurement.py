"""A measurement as its runs tell it: begun, gone on with step by step, stopped. It keeps nothing of its own.

    begin ─► first run ─► (it ends) ─► advance ─► next run ─► … ─► every step has its run

The items, params and limits of every run are those of the first; the plan travels in each run's notes. Whoever calls
`advance` now and then (a command line, a page) drives it; two who do so at once disturb nothing, since each step has a
nonce of its own.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from jobs.runtime import client
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.records import LOCAL, Item, Limits, Pool, Run, RunState, Table
from jobs.runtime.core.units import count
from jobs.runtime.job.definition import IO_THREADS, Job
from jobs.runtime.measure.foreign_hosts import MOST_ITEMS, asks_others, strangers
from jobs.runtime.measure.plan import (
    REPEATS,
    REPEATS_FIELD,
    WAYS,
    MeasurePlan,
    Step,
    Way,
    id_of_name,
    plan_of_note,
    ways_of,
    workers_of,
)

LARGEST = 20_000
"""Items of a measurement at most: each way runs all of them several times."""

OWN_AT_ONCE = 64
"""Items of one group at once where nobody else's server is asked: so many that the pool is what limits a way."""


@dataclass(frozen=True, kw_only=True)
class MeasureRequest:
    """What is to be measured. `ways` or `workers` (numbers of the job's own kind of worker); None: the usual.

    `repeats` None: 3, or 1 where strangers' servers are asked. `processes` and `threads` are those of the ways; None:
    as suits this machine. `on`: where the workers are, `local` or `cluster`, of all ways but `cluster`, which are
    there. `limits` None: those that do not hide the
    comparison, or, for strangers, the job's own.
    """

    job: str
    params: Mapping[str, Any]
    ways: Sequence[str] = WAYS
    workers: Sequence[int] = ()
    processes: int | None = None
    threads: int | None = None
    on: str = LOCAL
    repeats: int | None = None
    limits: Limits | None = None
    table: Table = field(default_factory=Table)
    agreed: bool = False


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A measurement as it stands: its plan, and the run of each step that has begun, in order."""

    plan: MeasurePlan
    runs: Mapping[Step, Run]

    @property
    def first(self) -> Run:
        """The run that all others are like."""
        return next(iter(self.runs.values()))

    @property
    def latest(self) -> Run:
        """The run that has begun last."""
        return list(self.runs.values())[-1]

    @property
    def steps(self) -> int:
        """How many runs it has when it is complete."""
        return sum(1 for _ in self.plan.steps())

    @property
    def done(self) -> int:
        """How many of its runs have finished."""
        return sum(1 for run in self.runs.values() if run.state is RunState.FINISHED)

    @property
    def complete(self) -> bool:
        """Whether every run has finished."""
        return self.done == self.steps

    @property
    def stopped(self) -> bool:
        """Whether it does not go on: a run was cancelled, or could not go on itself."""
        return any(run.state in (RunState.CANCELLED, RunState.FAILED) for run in self.runs.values())

    @property
    def over(self) -> bool:
        """Whether nothing more of it will run."""
        return self.complete or self.stopped


def begin(order: MeasureRequest, items: Iterable[Item]) -> Measurement:
    """Start a measurement: its first run is submitted. Raises Refused, with the sentence why.

    Where items are of other people's servers it must have been agreed to, has at most 50 items, and runs each way
    once: a stranger's server is no benchmark.
    """
    job = client.job_named(order.job)
    taken = list(islice(items, LARGEST + 1))
    if len(taken) > LARGEST:
        raise Refused(f"more than {LARGEST:,} items: each way runs all of them, so measure on a part of the list")
    foreign = strangers(job, taken)
    if foreign:
        _check_strangers(order, len(taken))
    plan = _plan(order, job, foreign > 0)
    limits = order.limits or limits_for(job.name, foreign)
    other = [note for note in order.table.notes if plan_of_note([note]) is None]  # the items may be a measurement's
    table = replace(order.table, notes=(*other, plan.note))
    step = next(plan.steps())
    run = _submit(plan, step, job.name, taken, params=order.params, limits=limits, table=table)
    return Measurement(plan=plan, runs={step: run})


def advance(measurement_id: str) -> Measurement:
    """Submit the next run if none is in work; the measurement as it stands then. Raises UnknownRun: there is none."""
    measurement = find(measurement_id)
    if measurement.over or not measurement.latest.state.terminal:
        return measurement
    first = measurement.first
    step = next(step for step in measurement.plan.steps() if step not in measurement.runs)
    run = _submit(
        measurement.plan,
        step,
        first.job,
        client.items(first.id),
        params=client.full_params(first.id),
        limits=first.limits,
        table=first.table,
    )
    return replace(measurement, runs={**measurement.runs, step: run})


def drive(measurement_id: str, seconds: float) -> Measurement:
    """Go on with a measurement for about so many seconds, run after run; the measurement as it stands then."""
    limit = time.monotonic() + seconds
    measurement = advance(measurement_id)
    while not measurement.over and (left := limit - time.monotonic()) > 0:
        client.wait(measurement.latest.id, left, step=0.01)
        measurement = advance(measurement_id)
    return measurement


def find(measurement_id: str) -> Measurement:
    """The measurement of this id. Raises UnknownRun: there is none, or its runs have been deleted."""
    stored = {run.nonce: run for run in _runs_of(measurement_id) if run.nonce}
    plan = next((plan for run in stored.values() if (plan := plan_of_note(run.table.notes))), None)
    if plan is None or plan.id != measurement_id:
        raise UnknownRun(f"there is no measurement {measurement_id}: it was deleted, or never begun")
    found = {step: stored[plan.name(step)] for step in plan.steps() if plan.name(step) in stored}
    return Measurement(plan=plan, runs=found)


def latest(jobs: Collection[str] = (), most: int = 20) -> list[str]:
    """The ids of the measurements begun last (of these jobs; none named: of all), newest first."""
    runs = client.runs(text="measure ", limit=most * 20)
    wanted = [run for run in runs if not jobs or run.job in jobs]
    return list(dict.fromkeys(found for run in wanted if (found := id_of_name(run.name))))[:most]


def part_of(run: Run) -> str:
    """The measurement that a run is part of; empty: of none."""
    plan = plan_of_note(run.table.notes)
    return plan.id if plan else ""


def limits_for(job_name: str, foreign: int, **wishes: Any) -> Limits:
    """The limits of a measurement: what is wished for (names of Limits; None: nothing is), and for the rest the job's
    own where strangers' servers are asked, else no pause and so many at once that politeness hides nothing."""
    _, limits = client.defaults(job_name)
    if not foreign and (limits.at_once is not None or limits.pause):
        limits = replace(limits, at_once=OWN_AT_ONCE, pause=0.0)
    return replace(limits, **{name: value for name, value in wishes.items() if value is not None})


def sample(job: str) -> Path:
    """The items to measure a job on where none are given. Raises Refused: it has none."""
    return client.sample(job, measured=True)


def count_strangers(job_name: str, items: Iterable[Item], params: Mapping[str, Any] | None = None) -> int:
    """How many items would be asked of other people's servers by a run with these params; counted up to one more than
    are allowed."""
    job = client.job_for(job_name, params or {})
    return strangers(job, islice(items, LARGEST + 1)) if asks_others(job) else 0


def expected_seconds(order: MeasureRequest, items: int) -> float | None:
    """How long a measurement of own items will take, by earlier runs of this job; None: nothing is known."""
    plan = _plan(order, client.job_named(order.job), False)
    each = [client.estimate(order.job, items, step.way.pool) for step in plan.steps()]
    known = [seconds for seconds in each if seconds is not None]
    return sum(known) if len(known) == len(each) else None


def plan_for(order: MeasureRequest) -> MeasurePlan:
    """The plan of a measurement of own items. Raises Refused: it cannot be."""
    return _plan(order, client.job_named(order.job), False)


def _plan(order: MeasureRequest, job: Job, foreign: bool) -> MeasurePlan:
    repeats = order.repeats or (1 if foreign else REPEATS)
    REPEATS_FIELD.number(repeats)
    ways = workers_of(order.workers, job.bound, order.on) if order.workers else _ways(order, job)
    for way in ways:
        client.check_place(way.on, way.pool)
    return MeasurePlan(id=_new_id(), ways=ways, repeats=repeats, warm_up=not foreign)


def _ways(order: MeasureRequest, job: Job) -> tuple[Way, ...]:
    """As many workers each way as suit this machine: a process for each core (two at least, or there would be nothing
    to compare); for waiting work 32 threads, for computing work as many as processes. On a cluster those of `both` for
    waiting work, for computing work those of `processes`."""
    cores = max(2, os.cpu_count() or 1)
    processes = order.processes or cores
    threads = order.threads or (IO_THREADS if job.bound == "io" else cores)
    spread = threads if order.threads or job.bound == "cpu" else max(2, threads // processes)
    both = Pool(processes=processes, threads=spread)
    there = both if job.bound == "io" else Pool(processes=processes, threads=1)
    return ways_of(order.ways, processes=processes, threads=threads, both=both, cluster=there, on=order.on)


def _check_strangers(order: MeasureRequest, items: int) -> None:
    whose = "these are other people's servers, which are no benchmark"
    if items > MOST_ITEMS:
        raise Refused(f"{whose}: measure at most {MOST_ITEMS} items there, not {items:,} (or the sample)")
    if (order.repeats or 1) > 1:
        raise Refused(f"{whose}: each way runs once there, so leave the repeats out (or measure the sample)")
    if not order.agreed:
        ways = len(order.workers or order.ways)
        raise Refused(
            f"{whose}: this asks them {count(items * ways, 'time')} ({count(items, 'item')}, {count(ways, 'way')}); "
            "say yes to that (--yes), or measure the sample"
        )


def _submit(
    plan: MeasurePlan,
    step: Step,
    job: str,
    items: Iterable[Item],
    *,
    params: Mapping[str, Any],
    limits: Limits,
    table: Table,
) -> Run:
    name, way = plan.name(step), step.way
    return client.submit(
        job, items, params=params, pool=way.pool, limits=limits, table=table, name=name, nonce=name, on=way.on
    )


def _runs_of(measurement_id: str) -> Iterable[Run]:
    """All runs whose name says that they are part of it, page by page."""
    return client.every_run(text=f"measure {measurement_id} ")


def _new_id() -> str:
    return secrets.token_hex(3)
