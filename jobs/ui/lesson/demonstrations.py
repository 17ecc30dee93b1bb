"""The demonstrations of How it works: what each runs, how far it is, and the runs that it has made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from jobs.runtime import client, measure
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Item, Pool, Run, Table

TICK = 0.5
PATIENCE = 0.35
"""Seconds for which a tick drives a demonstration on, so that its runs follow one another closely."""

CORES = Pool(processes=2, threads=1)


@dataclass(frozen=True, kw_only=True)
class Single:
    """One run: a job over these cells, with this pool."""

    job: str
    cells: Sequence[str]
    pool: Pool
    what: str


@dataclass(frozen=True, kw_only=True)
class Ways:
    """A measurement of the ways: a job over these cells, with so many threads where a way has several."""

    job: str
    cells: Sequence[str]
    threads: int
    ways: Sequence[str] = ("sequential", "threads", "processes")
    params: Mapping[str, Any] = field(default_factory=dict)
    repeats: int = 3


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """What a button runs, part after part; `lines` names the functions of its hidden job that are shown."""

    key: str
    label: str
    parts: Sequence[Single | Ways]
    lines: Sequence[str] = ()


SIX = tuple(str(number) for number in range(1, 7))
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
SITES = tuple(f"http://site-{number}.sample/delay/150/lesson" for number in range(1, 7))
NUMBERS = tuple(str(number) for number in range(150_000, 156_000, 1_000))

DEMONSTRATIONS: Mapping[str, Demonstration] = {
    found.key: found
    for found in (
        Demonstration(
            key="memory",
            label="Write into one list",
            lines=("demo_memory",),
            parts=(
                Single(
                    job="demo_memory", cells=WORDS, pool=Pool(processes=1, threads=4), what="one process, 4 threads"
                ),
                Single(job="demo_memory", cells=WORDS, pool=Pool(processes=4, threads=1), what="4 processes"),
            ),
        ),
        Demonstration(
            key="crash",
            label="Crash a process",
            lines=("demo_crash",),
            parts=(
                Single(
                    job="demo_crash", cells=[str(number) for number in range(1, 10)], pool=CORES, what="2 processes"
                ),
            ),
        ),
        Demonstration(
            key="wait",
            label="Wait each way",
            lines=("demo_wait",),
            parts=(Ways(job="demo_wait", cells=SIX, threads=6),),
        ),
        Demonstration(
            key="scrape",
            label="Scrape each way",
            parts=(Ways(job="scrape", cells=SITES, threads=6, repeats=2),),
        ),
        Demonstration(
            key="compute",
            label="Compute each way",
            lines=("demo_compute",),
            parts=(Ways(job="demo_compute", cells=SIX, threads=2),),
        ),
        Demonstration(
            key="factorial",
            label="Factorials each way",
            parts=(Ways(job="factorial", cells=NUMBERS, threads=2),),
        ),
        Demonstration(
            key="page",
            label="Parse both ways",
            lines=("page", "demo_page"),
            parts=tuple(
                Ways(
                    job="demo_page",
                    cells=SIX,
                    threads=6,
                    ways=("sequential", "threads"),
                    params={"parser": parser},
                    repeats=2,
                )
                for parser in ("classic", "fast")
            ),
        ),
        Demonstration(
            key="switch",
            label="Time the switches",
            lines=("demo_switch", "_thread_rounds", "_process_rounds", "_start_thread", "_start_process"),
            parts=(Single(job="demo_switch", cells=SIX[:5], pool=Pool(processes=1, threads=1), what="one process"),),
        ),
    )
}


def made(key: str) -> list[str]:
    """What this session has started of a demonstration, part by part: ids of runs or of measurements."""
    started: list[str] = st.session_state.setdefault(f"lesson:{key}", [])
    return started


def going_on() -> str:
    """The demonstration that is in work in this session; empty: none is."""
    return str(st.session_state.get("lesson_going", ""))


def start(key: str) -> None:
    """Begin a demonstration anew, as its button's callback; one at a time, so that none disturbs another."""
    if going_on():
        return
    st.session_state[f"lesson:{key}"] = []
    st.session_state["lesson_going"] = key
    step(key)


def step(key: str) -> bool:
    """Go on with a demonstration as far as can be gone now; whether it is over."""
    ids, parts = made(key), DEMONSTRATIONS[key].parts
    try:
        if ids and not _part_over(parts[len(ids) - 1], ids[-1]):
            return False
        if len(ids) < len(parts) and not _failed(parts, ids):
            ids.append(_begin(parts[len(ids)]))
            return False
    except Refused as error:
        st.session_state["refusal"] = str(error)
    st.session_state.pop("lesson_going", None)
    return True


def _failed(parts: Sequence[Single | Ways], ids: Sequence[str]) -> bool:
    return any(isinstance(part, Ways) and measure.find(found).stopped for part, found in zip(parts, ids, strict=False))


def _part_over(part: Single | Ways, found: str) -> bool:
    if isinstance(part, Single):
        return client.wait(found, PATIENCE, step=0.02).state.terminal
    return measure.drive(found, PATIENCE).over


def _begin(part: Single | Ways) -> str:
    items = [Item(cell=cell) for cell in part.cells]
    if isinstance(part, Single):
        run = client.submit(part.job, items, pool=part.pool, name=f"How it works · {part.what}")
        return run.id
    return measure.begin(order(part), items).plan.id


def order(part: Ways) -> measure.MeasureRequest:
    """What is measured in a part that compares ways."""
    return measure.MeasureRequest(
        job=part.job,
        params=part.params,
        ways=part.ways,
        processes=CORES.processes,
        threads=part.threads,
        repeats=part.repeats,
        table=Table(source="How it works"),
    )


def share_done(key: str) -> float:
    """How far a demonstration is, from 0 to 1, by its runs."""
    done = total = 0
    for place, part in enumerate(DEMONSTRATIONS[key].parts):
        found = made(key)[place] if place < len(made(key)) else ""
        if isinstance(part, Single):
            total += 1
            done += bool(found) and client.run(found).state.terminal
        elif found:
            measurement = measure.find(found)
            total += measurement.steps
            done += measurement.done
        else:
            total += (len(part.ways)) * part.repeats
    return done / total if total else 0.0


def runs_of(key: str) -> list[Run]:
    """The single runs that a demonstration has made, once they have ended."""
    runs = [client.run(found) for found in made(key)]
    return [run for run in runs if run.state.terminal]


def measured(key: str) -> list[tuple[measure.Measurement, measure.Comparison]]:
    """The measurements that a demonstration has made, with their figures, worked out once when they are over."""
    return [(found, _figures(found)) for found in map(measure.find, made(key)) if found.over]


def _figures(measurement: measure.Measurement) -> measure.Comparison:
    known: dict[str, measure.Comparison] = st.session_state.setdefault("lesson_figures", {})
    if measurement.plan.id not in known:
        known[measurement.plan.id] = measure.figures(measurement)
    return known[measurement.plan.id]
