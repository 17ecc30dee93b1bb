"""The seconds of a run as two tables: of each item, and in total."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, measure, overview
from jobs.runtime.core import units
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count
from jobs.ui.run import results
from jobs.ui.run.live_look import LiveLook
from jobs.ui.shared import column_widths, formatting, page_frame, state_columns, tables

MOST_SECONDS = 100_000
"""Items whose seconds are read at most when the run has ended."""

NOT_SPEED_UP = (
    "Average concurrency is not a speed-up: computing threads of one process take turns and count as busy all the "
    "same. How much faster a way is shows only when the same items are also run one at a time."
)


def show(seen: LiveLook) -> None:
    """Both tables; while the run goes on, the first holds the newest items."""
    run = seen.run
    if run.done == 0:
        st.text("Nothing has been timed yet.")
        return
    st.text("In total")
    st.dataframe(
        pd.DataFrame(_totals(seen), columns=["figure", "value", "what it is"]),
        hide_index=True,
        height="content",
        alt="Totals of the run's seconds",
        column_config={"what it is": st.column_config.TextColumn(width="large")},
    )
    st.caption(NOT_SPEED_UP)
    may = run.state.terminal and page_frame.may_change()
    if may and st.button("Measure the ways", icon=":material/speed:", key="measure_ways"):
        page_frame.go_to(page_frame.COMPARE, of=run.id)
    st.text("Item by item" if run.state.terminal else f"Item by item, the newest {len(seen.newest):,}")
    _each(seen)


def item_seconds(seen: LiveLook) -> Sequence[float]:
    """The seconds of items that were performed: of all when the run has ended, up to 100,000 (beyond it of as many that
    are spread over all); of some thousand that are spread over all while it goes on."""
    run = seen.run
    if run.state.terminal:
        return _ended_seconds(run.id, results.stamp(run), overview.stride(run.items, MOST_SECONDS))
    return seen.seconds


@st.cache_resource(max_entries=8, show_spinner=False)
def _ended_seconds(run_id: str, stamp: tuple[Any, ...], every: int) -> Sequence[float]:  # noqa: ARG001  (the cache's key)
    return client.item_seconds(run_id, every)


def _totals(seen: LiveLook) -> list[tuple[str, str, str]]:
    run, seconds, now = seen.run, item_seconds(seen), time.time()
    wall = run.seconds(now)
    ran = run.item_seconds or None
    starts = [begun["ready"] - begun["started"] for begun in client.starts(run.id)]
    concurrency = formatting.average_concurrency(run, now)
    spread = ", spread evenly over all" if len(seconds) < formatting.performed(run) else ""
    of = f"of {count(len(seconds), 'item')}{spread}"
    half, slow, longest = overview.quantiles(seconds) if len(seconds) else (None, None, None)
    went = overview.wall_time(run, seen.pauses, now)
    paused = [("Paused", units.duration(went.paused), "beside that: nothing new started")] if went.paused else []
    possible = f"that sum ÷ wall time, of {formatting.slots(run)} possible"
    telling = formatting.telling_concurrency(run, now)
    busy = [("Average concurrency", units.number(concurrency, 2), possible)] if telling else []
    return [
        ("Wall time", units.duration(wall), "from submit until the last outcome was stored, pauses excluded"),
        ("In the queue", units.duration(went.waited), "of that, from submit until the runner took it up"),
        *paused,
        ("Sum of items' seconds", units.duration(ran), "last attempts, added up"),
        *busy,
        (
            "Processor time",
            units.duration(run.cpu_seconds if ran else None),
            "of the threads while they performed items",
        ),
        (
            "CPU busy",
            units.percent(cpu_share(run, now)),
            "processor time ÷ wall time; 100 % is one core all the time",
        ),
        *_machine(run),
        ("Median item (p50)", units.duration(half), f"half took at most this, {of}"),
        ("Slow item (p95)", units.duration(slow), f"19 of 20 took at most this, {of}"),
        ("Longest item", units.duration(longest), of),
        ("Start-up of workers", units.duration(sum(starts) if starts else None), _started(len(starts))),
    ]


def _machine(run: Run) -> list[tuple[str, str, str]]:
    """What else the machine had to do, where that is known."""
    load = measure.load_of(
        [one for event in client.events_of(run.id, "used") for one in event.facts.get("workers", ())]
    )
    in_line, others = load.queue_seconds, load.others
    told = "threads of the workers could have run, and other programs, or one another, had the cores; no waiting"
    rows = [("In line for a core", units.duration(in_line), told)] if in_line is not None else []
    taken = "of all cores meanwhile: neither the workers nor the runner"
    return rows + ([("Taken by other programs", units.percent(others), taken)] if others is not None else [])


def _started(number: int) -> str:
    return f"from start to ready, {number} added up" if number else "no worker was started for this run: they were warm"


def quantiles(seen: LiveLook) -> tuple[float | None, float | None, int]:
    """The median, the 95th percentile, and of how many items."""
    seconds = item_seconds(seen)
    half, most = overview.quantiles(seconds)[:2] if len(seconds) else (None, None)
    return half, most, len(seconds)


def cpu_share(run: Run, now: float) -> float | None:
    """Processor time of the items ÷ wall time: 1 is one core all the time; None: nothing has run."""
    wall = run.seconds(now)
    return run.cpu_seconds / wall if wall > 0 and run.item_seconds > 0 else None


COLUMNS = {
    "waited_seconds": "waited, s",
    "sent": "started after, s",
    "seconds": "ran, s",
    "cpu_seconds": "CPU, s",
    "worker": "process",
    "slot": "thread",
    "attempts": "attempts",
    "state": "state",
}


def _each(seen: LiveLook) -> None:
    run, table = seen.run, results.of_run(seen)
    started = pd.to_datetime(table["started_at"], utc=True)
    sent = (started - pd.Timestamp(run.submitted_at, unit="s", tz="UTC")).dt.total_seconds()
    item = results.item_label(run, ("position", *COLUMNS.values()))
    shown = pd.DataFrame(
        {"position": table["position"], item: table.iloc[:, results.item_place(run)]}
        | {label: sent if name == "sent" else table[name] for name, label in COLUMNS.items()}
    )
    shown["state"] = shown["state"].map(formatting.item_state)
    number = st.column_config.NumberColumn
    helps = {
        "waited, s": "from when it could have started until it did",
        "started after, s": "from the run's submit until its last attempt began",
        "ran, s": "how long its last attempt took",
        "CPU, s": "processor time of its thread during that",
    }
    config: dict[str, Any] = {name: number(format="%.3f", help=advice) for name, advice in helps.items()}
    config |= {name: number(format="%d") for name in ("position", "process", "thread", "attempts")}
    config["state"] = state_columns.of_items()
    st.dataframe(
        tables.readable(shown),
        key="timings",
        hide_index=True,
        column_config=column_widths.fitted(shown, config),
        placeholder=units.UNMEASURED,
        alt="Seconds of each item: waited, ran, processor time, by whom",
    )
