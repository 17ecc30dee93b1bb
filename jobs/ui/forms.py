"""The forms of New run, made from what a job's signature says: its options, and how to run it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.errors import FanoutError
from jobs.runtime.records import Limits, Pool, Run
from jobs.ui import words

WAYS: Mapping[str, str] = {
    "sequential": "One at a time",
    "threads": "Threads",
    "processes": "Processes",
    "both": "Both",
}
POLITENESS: Mapping[str, tuple[str, int | None, float]] = {
    "polite": ("Polite", 1, 1.0),
    "normal": ("Normal", 2, 0.25),
    "own": ("My own site", 16, 0.0),
}
"""How gentle a run is with each group: label, items at once, seconds between two starts."""

MOST_EXACT = 2**53 - 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the forms start from: a job's defaults, or those of an earlier run (then `origin` is its id)."""

    pool: Pool
    limits: Limits
    origin: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def settings_of(job: str, earlier: Run | None) -> Settings:
    """The job's own defaults, or the settings of an earlier run of it."""
    if earlier is not None and earlier.job == job:
        return Settings(pool=earlier.pool, limits=earlier.limits, origin=earlier.id, params=earlier.params)
    pool, limits = client.defaults(job)
    return Settings(pool=pool, limits=limits)


def options(job: str, start: Settings) -> dict[str, Any]:
    """The params of a run as the form has them; what is left empty is None."""
    fields = client.form_fields(job)
    if not fields:
        st.caption("This job has no options.")
    columns = st.columns(2, gap="large") if len(fields) > 1 else [st.container()]
    values = {}
    for place, entry in enumerate(fields):
        with columns[place % len(columns)]:
            values[entry.name] = _ask(job, entry, start)
    return values


def _ask(job: str, entry: Any, start: Settings) -> Any:
    """One option: `entry` is a field of `client.form_fields`. What an earlier run kept secret is not filled in."""
    default = _default(entry, start)
    label = words.literal(entry.label)
    common: dict[str, Any] = {
        "key": f"option:{job}:{entry.name}:{start.origin}",
        "help": words.literal(entry.help) or None,
        "persist_state": "session",
    }
    if entry.input == "switch":
        return st.toggle(label, value=bool(default), **common)
    if entry.input == "choice":
        return _choice(label, entry, default, common)
    if entry.input in ("whole", "number"):
        return _number(entry, default, label, common)
    if entry.input == "lines":
        text = st.text_area(f"{label}, one per line", value="\n".join(map(str, default or ())), height=96, **common)
        return [line.strip() for line in text.splitlines() if line.strip()]
    value = "" if default is None else str(default)
    if entry.multiline:
        text = st.text_area(label, value=value, **common)
    else:
        text = st.text_input(label, value=value, type="password" if entry.secret else "default", **common)
    return None if entry.optional and not text.strip() else text


def _default(entry: Any, start: Settings) -> Any:
    """What an earlier run was given, where the job still allows it; else the job's own default."""
    given = start.params.get(entry.name, entry.default)
    if entry.secret or given is None or isinstance(given, list | tuple) != (entry.input == "lines"):
        return entry.default
    if entry.input == "choice":
        return given if str(given) in entry.choices else entry.default
    if entry.input in ("whole", "number"):
        with suppress(FanoutError, TypeError):
            return entry.number(given)
        return entry.default
    return given


def _choice(label: str, entry: Any, default: Any, common: Mapping[str, Any]) -> Any:
    chosen = None if default is None else str(default)
    if len(entry.choices) > 4:
        place = None if chosen is None else entry.choices.index(chosen)
        return st.selectbox(label, entry.choices, index=place, placeholder="none", **common)
    return st.segmented_control(
        label, entry.choices, default=chosen, format_func=words.literal, required=not entry.optional, **common
    )


def _number(entry: Any, default: Any, label: str, common: Mapping[str, Any]) -> int | float | None:
    kind = int if entry.input == "whole" else float
    least, most = (None if limit is None else kind(_exact(limit)) for limit in (entry.least, entry.most))
    value = None if default is None else kind(default)
    step = 1 if kind is int else None
    return st.number_input(label, min_value=least, max_value=most, value=value, step=step, **common)


def _exact(limit: float) -> float:
    """A limit that a browser can hold: beyond 2**53 its numbers have gaps; the server checks the limit itself again."""
    return max(-MOST_EXACT, min(MOST_EXACT, limit))


def how_to_run(job: str, start: Settings, *, bound: str, grouped: bool) -> tuple[Pool, Limits]:
    """The pool and the limits of a run, as the form has them."""
    key = f":{job}:{start.origin}"
    pool = _pool(key, start.pool, bound)
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


def _pool(key: str, pool: Pool, bound: str) -> Pool:
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
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        processes = _workers("Processes", key, way in ("processes", "both"), _several(pool.processes))
        per = "Threads in each process" if way == "both" else "Threads"
        threads = _workers(per, key, way in ("threads", "both"), _several(pool.threads))
    return Pool(processes=processes, threads=threads)


def _several(number: int) -> int:
    return number if number > 1 else 4


def _workers(label: str, key: str, used: bool, value: int) -> int:
    if not used:
        return 1
    name = label.split(maxsplit=1)[0].lower()
    number: int = st.number_input(
        label, **_limits(name, int), value=value, key=f"{name}{key}", width=190, persist_state="session"
    )
    return number


def _advice(way: str, bound: str) -> str:
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
