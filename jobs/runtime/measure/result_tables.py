"""The figures of a measurement as the rows of one table, as sentences beside it, and as one JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from jobs.runtime import client
from jobs.runtime.core.records import CLUSTER, LOCAL, Pool, Run
from jobs.runtime.core.units import count, percent
from jobs.runtime.measure.busy_machine import WORTH_TELLING
from jobs.runtime.measure.figures import Comparison, Figures
from jobs.runtime.measure.measurement import Measurement
from jobs.runtime.measure.verdict import verdict

HELP: Mapping[str, str] = {
    "way": "how the items were run",
    "pool": "worker processes × threads in each",
    "wall": "median of the repeats: seconds from submit until the last outcome was stored",
    "least": "the shortest repeat, in seconds",
    "most": "the longest repeat, in seconds",
    "speed_up": "wall time one at a time ÷ wall time so (medians); empty where one at a time was not run",
    "efficiency": "speed-up ÷ (processes × threads): 1 means that every worker gained as much as one alone does",
    "concurrency": "items in progress on average: sum of the items' seconds ÷ wall time; not a speed-up",
    "item_cpu": "processor seconds of the threads while they performed items, all items together (median)",
    "process_cpu": "processor seconds of all worker processes, the machinery in them included (median); the runner "
    "and the page are not in it",
    "run_queue": "seconds in which threads of the worker processes could have run and stood in line for a core, added "
    "up (median): other programs had it, or there were more workers than cores",
    "start_up": "seconds from the start of a worker until it was ready, the mean of the workers of this way; apart "
    "from the wall time where a warm-up came first",
    "peak_memory": "bytes: the most that each worker had in memory, added up; what they share is counted in each",
    "ok": "items that ended as ok, in the worst repeat",
    "failed": "items that ended as failed, in the worst repeat",
}
"""The columns of the table, and what each says."""


def table(found: Comparison) -> list[dict[str, Any]]:
    """One row a way, with the columns of HELP; None where something was not measured."""
    return [_row(found, way) for way in found.ways]


def _row(found: Comparison, way: Figures) -> dict[str, Any]:
    return {
        "way": way.way.name,
        "pool": str(way.way.pool),
        "wall": way.wall,
        "least": way.spread[0],
        "most": way.spread[1],
        "speed_up": found.speed_up(way),
        "efficiency": found.efficiency(way),
        "concurrency": way.concurrency,
        "item_cpu": median(way.cpu_seconds),
        "process_cpu": median(way.process_cpu) if way.process_cpu else None,
        "run_queue": median(way.queue_seconds) if way.queue_seconds else None,
        "start_up": sum(way.starts) / len(way.starts) if way.starts else None,
        "peak_memory": way.peak_bytes,
        "ok": way.ok,
        "failed": way.failed,
    }


def notes(measurement: Measurement, found: Comparison) -> list[str]:
    """What a reader must know beside the table: what applied, and what may have disturbed it."""
    limits = measurement.first.limits
    said = [
        f"{count(found.items, 'item')}, {count(found.repeats, 'repeat')} of each way in turn"
        + (", after a warm-up that does not count" if measurement.plan.warm_up else ", without a warm-up")
    ]
    if options := _options(measurement.first):
        said.append(options)
    if limits.at_once is not None or limits.pause:
        most = "any number" if limits.at_once is None else str(limits.at_once)
        said.append(f"of one group (a host) at most {most} at once, {limits.pause:g} s between two starts")
    cold = [way for way in found.ways if way.cold]
    if cold:
        names = ", ".join(f"{way.way.name} {way.cold} of {len(way.walls)}" for way in cold)
        said.append(f"repeats in which workers were started anew, so that the wall time holds their start-up: {names}")
    left_out = [way for way in found.ways if way.left_out]
    if left_out:
        names = ", ".join(f"{way.way.name} {way.left_out}" for way in left_out)
        said.append(f"repeats that do not count, because workers had to be started anew in them: {names}")
    if found.disturbed:
        said.append(f"{count(found.disturbed, 'other run')} went on meanwhile: measure again when nothing else runs")
    others = [share for way in found.ways for share in way.others]
    if others and max(others) >= WORTH_TELLING:
        said.append(f"other programs took {percent(min(others))} to {percent(max(others))} of the machine meanwhile")
    if any(way.failed for way in found.ways):
        said.append("some items failed: their time counts as that of the others")
    return said


def _options(run: Run) -> str:
    """The options of the job that are not as usual: `engine = python`."""
    job = client.catalog().jobs.get(run.job)
    usual = {param.name: param.default for param in job.params} if job else {}
    set_here = {
        name: value
        for name, value in run.params.items()
        if value != usual.get(name) and (value or usual.get(name))  # an empty list is stored for an empty tuple
    }
    return ", ".join(f"{name} = {value}" for name, value in set_here.items())


def document(measurement: Measurement, found: Comparison) -> dict[str, Any]:
    """All of it as JSON; seconds and bytes."""
    first = measurement.first
    return {
        "measurement": measurement.plan.id,
        "job": found.job,
        "items": found.items,
        "on": CLUSTER if all(way.on == CLUSTER for way in measurement.plan.ways) else LOCAL,
        "params": dict(first.params),
        "limits": {
            "attempts": first.limits.attempts,
            "deadline": first.limits.deadline,
            "at_once": first.limits.at_once,
            "pause": first.limits.pause,
        },
        "repeats": found.repeats,
        "warm_up": measurement.plan.warm_up,
        "complete": found.complete,
        "ways": [_entry(found, way) for way in found.ways],
        "verdict": verdict(found),
        "notes": notes(measurement, found),
    }


def _entry(found: Comparison, way: Figures) -> dict[str, Any]:
    row = _row(found, way)
    pool: Pool = way.way.pool
    spread = found.speed_up_spread(way)
    return row | {
        "pool": {"processes": pool.processes, "threads": pool.threads},
        "on": way.way.on,
        "walls": list(way.walls),
        "speed_up_spread": list(spread) if spread else None,
        "cold": way.cold,
        "left_out": way.left_out,
        "runs": list(way.run_ids),
    }
