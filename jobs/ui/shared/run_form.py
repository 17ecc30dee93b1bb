"""How to run a job, as a form: the pool, and the limits of its items."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import BadSetting
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import AUTO, CLUSTER, LOCAL, Limits, Pool, Run
from jobs.runtime.core.reuse import Reuse

WAYS: Mapping[str, str] = {
    "auto": "Automatic",
    "sequential": "One at a time",
    "threads": "Threads",
    "processes": "Processes",
    "both": "Both",
}
PLACES: Mapping[str, str] = {LOCAL: "This machine", CLUSTER: "Cluster"}
WAYS_AND_PLACES: Mapping[str, str] = {**WAYS, **PLACES}
THREADS = 32
"""What a person is offered who chooses threads for work that waits."""

POLITENESS: Mapping[str, tuple[str, int | None, float]] = {
    "polite": ("Polite", 1, 1.0),
    "normal": ("Normal", 2, 0.25),
    "own": ("My own site", 16, 0.0),
}
"""How gentle a run is with each group: label, items at once, seconds between two starts."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the forms start from: a job's defaults, those of an earlier run (then `origin` is its id) or a preset's."""

    pool: Pool
    limits: Limits
    on: str = LOCAL
    origin: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    reuse: Reuse | None = None
    budget: Budget = field(default_factory=Budget)


def settings_of(job: str, earlier: Run | None) -> Settings:
    """The job's own defaults, or the settings of an earlier run of it."""
    if earlier is not None and earlier.job == job:
        return Settings(
            pool=earlier.pool,
            limits=earlier.limits,
            on=earlier.on,
            origin=earlier.id,
            params=earlier.params,
            reuse=earlier.reuse,
            budget=earlier.budget,
        )
    pool, limits = client.defaults(job)
    return Settings(pool=pool, limits=limits)


def settings_of_preset(preset: RunPreset, origin: str) -> Settings:
    """The settings that a preset says, the job's own for the rest."""
    pool, limits = client.settings_of_preset(preset)
    return Settings(
        pool=pool,
        limits=limits,
        on=preset.on or LOCAL,
        origin=origin,
        params=preset.params,
        reuse=preset.reuse,
        budget=preset.budget,
    )


def how_to_run(job: str, start: Settings, *, bound: str, grouped: bool) -> tuple[Pool, Limits]:
    """The pool and the limits of a run, as the form has them."""
    key = f":{job}:{start.origin}"
    pool = _pool(key, job, start.pool, bound)
    limits = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with limits:
        at_once, pause = _politeness(key, start.limits) if grouped else (start.limits.at_once, start.limits.pause)
        attempts = st.number_input(
            "Attempts",
            **_limits("attempts", int),
            value=start.limits.attempts,
            key=f"attempts{key}",
            help="How often an item is tried before its failure counts. Only failures that may pass are tried again.",
            width=150,
            persist_state="session",
        )
        deadline = st.number_input(
            "Deadline, seconds",
            **_limits("deadline", float),
            value=start.limits.deadline,
            step=1.0,
            placeholder="none",
            key=f"deadline{key}",
            help="An attempt that takes longer is stopped and counts as failed (timeout). Empty: no deadline.",
            width=190,
            persist_state="session",
        )
    return pool, Limits(attempts=attempts, deadline=deadline, at_once=at_once, pause=pause)


def _limits(name: str, kind: type[int] | type[float]) -> dict[str, Any]:
    """From where to where a number of a run goes, as on the command line: an earlier run may have any of them."""
    asked = client.RUN_FIELDS[name]
    return {"min_value": kind(asked.least or 0), "max_value": kind(asked.most or 0)}


def _pool(key: str, job: str, pool: Pool, bound: str) -> Pool:
    way = st.segmented_control(
        "Way",
        list(WAYS),
        default=pool.way,
        format_func=lambda name: WAYS[name],
        required=True,
        key=f"way{key}",
        help="Threads of one process suit work that waits (pages, files). Processes suit work that computes: each "
        "has its own interpreter, and so a processor core of its own.",
        persist_state="session",
    )
    st.caption(_advice(way or pool.way, bound))
    if (way or pool.way) == "auto":
        st.text(_last_time(job))
        return pool if pool.way == "auto" else Pool(processes=AUTO, threads=AUTO if bound == "io" else 1)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        processes = _workers("Processes", key, way in ("processes", "both"), _several(pool.processes, 4))
        per = "Threads in each process" if way == "both" else "Threads"
        threads = _workers(
            per, key, way in ("threads", "both"), _several(pool.threads, THREADS if bound == "io" else 4)
        )
    return Pool(processes=processes, threads=threads)


def place(start: str, key: str) -> str:
    """Where the workers of a run are to be, at first `start`; asked only where there is a cluster."""
    try:
        cluster = settings.value("JOBS_CLUSTER")
    except BadSetting as error:
        st.caption(f"No cluster: {error}")
        return LOCAL
    if cluster is None:
        return LOCAL
    chosen = st.segmented_control(
        "Where",
        list(PLACES),
        default=start,
        format_func=lambda name: PLACES[name],
        required=True,
        key=f"on:{key}",
        help="On the cluster each process has a place of its own on one of its machines, and waits until one is free.",
        persist_state="session",
    )
    if chosen == CLUSTER:
        st.caption(f"The cluster at {cluster}. Automatic sizes go by the places that it has at the time.")
    return chosen or LOCAL


def has_cluster() -> bool:
    """Whether a cluster is named, so that a run may go there."""
    with suppress(BadSetting):
        return settings.value("JOBS_CLUSTER") is not None
    return False


def _several(number: int, usual: int) -> int:
    return number if number > 1 else usual


def _last_time(job: str) -> str:
    """What `auto` came to in the last run of this job that had it."""
    peak = client.last_peak(job)
    if peak is None:
        return "auto"
    return f"auto (last time: {peak.threads if peak.processes == 1 else peak})"


def _workers(label: str, key: str, used: bool, value: int) -> int:
    if not used:
        return 1
    name = label.split(maxsplit=1)[0].lower()
    number: int = st.number_input(
        label, **_limits(name, int), value=value, key=f"{name}{key}", width=190, persist_state="session"
    )
    return number


def _advice(way: str, bound: str) -> str:
    if way == "auto" and bound == "cpu":
        return "As many processes as there are cores that nothing else uses, while the run goes on."
    if way == "auto":
        return "The run begins with 16 threads and finds out how many pay: more while all of them wait."
    if way == "sequential":
        return "One item after the other: the slowest way, and the one to compare the others with."
    if bound == "io" and way == "processes":
        return "This job mostly waits: threads are cheaper for it than processes."
    if bound == "cpu" and way == "threads":
        return "This job computes: threads of one process share one interpreter, and mostly take turns."
    return (
        "This job mostly waits, which suits threads." if bound == "io" else "This job computes, which suits processes."
    )


def _politeness(key: str, limits: Limits) -> tuple[int | None, float]:
    own = (limits.at_once, limits.pause)
    choices = {name: (at_once, pause) for name, (_, at_once, pause) in POLITENESS.items()}
    default = next((name for name, pace in choices.items() if pace == own), "given")
    if default == "given":
        choices["given"] = own
    chosen = st.segmented_control(
        "Politeness",
        list(choices),
        default=default,
        format_func=lambda name: POLITENESS[name][0] if name in POLITENESS else "As set by the job",
        required=True,
        key=f"politeness{key}",
        help="What each host is spared. " + " ".join(_pace(name, *choices[name]) for name in choices),
        persist_state="session",
    )
    return choices[chosen or default]


def _pace(name: str, at_once: int | None, pause: float) -> str:
    label = POLITENESS[name][0] if name in POLITENESS else "As set by the job"
    most = "any number" if at_once is None else f"{at_once}"
    return f"{label}: {most} at once, " + (f"{pause:g} s between two starts." if pause else "no pause.")
