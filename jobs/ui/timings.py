"""The seconds of a run as two tables: of each item, and in total."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.records import Run
from jobs.ui import frame, results, states, widths, words

NOT_SPEED_UP = (
    "Average concurrency is not a speed-up: computing threads of one process take turns and count as busy all the "
    "same. How much faster a way is shows only when the same items are also run one at a time."
)


def show(run: Run, newest: Sequence[results.Row]) -> None:
    """Both tables; while the run goes on, the first holds the newest items."""
    if run.done == 0:
        st.text("Nothing has been timed yet.")
        return
    st.text("In total")
    seconds = item_seconds(run, newest)
    st.dataframe(
        pd.DataFrame(_totals(run, seconds), columns=["figure", "value", "what it is"]),
        hide_index=True,
        height="content",
        alt="Totals of the run's seconds",
        column_config={"what it is": st.column_config.TextColumn(width="large")},
    )
    st.caption(NOT_SPEED_UP)
    if run.state.terminal and st.button("Measure the ways", icon=":material/speed:", key="measure_ways"):
        frame.go_to(frame.COMPARE, of=run.id)
    st.text("Item by item" if run.state.terminal else f"Item by item, the newest {len(newest):,}")
    _each(run, newest)


def item_seconds(run: Run, newest: Sequence[results.Row]) -> pd.Series[Any]:
    """The seconds of items that were performed: of the newest while the run goes on, then of all (of the first
    100,000 where there are more)."""
    if run.state.terminal:
        return _ended_seconds(run.id, results.stamp(run))
    return pd.Series([outcome.seconds for _, _, outcome in newest if outcome and outcome.worker], dtype="float64")


@st.cache_resource(max_entries=8, show_spinner=False)
def _ended_seconds(run_id: str, stamp: tuple[Any, ...]) -> pd.Series[Any]:  # noqa: ARG001  (the cache's key)
    spans = client.spans(run_id, results.MOST_ROWS)
    return pd.Series([span.seconds for span in spans if span.state in ("ok", "failed")], dtype="float64").dropna()


def _totals(run: Run, seconds: pd.Series[Any]) -> list[tuple[str, str, str]]:
    now = time.time()
    wall = run.seconds(now)
    ran = run.item_seconds or None
    starts = [begun["ready"] - begun["started"] for begun in client.starts(run.id)]
    concurrency = words.average_concurrency(run, now)
    of = f"of {len(seconds):,} items"
    return [
        ("Wall time", words.seconds(wall), "from submit until the last outcome was stored, pauses excluded"),
        ("Sum of items' seconds", words.seconds(ran), "last attempts, added up"),
        ("Average concurrency", words.number(concurrency, 2), f"that sum ÷ wall time, of {run.pool.slots} possible"),
        (
            "Processor time",
            words.seconds(run.cpu_seconds if ran else None),
            "of the threads while they performed items",
        ),
        ("CPU busy", words.percent(cpu_share(run, now)), "processor time ÷ wall time; 100 % is one core all the time"),
        ("Median item (p50)", words.seconds(_quantile(seconds, 0.5)), f"half took at most this, {of}"),
        ("Slow item (p95)", words.seconds(_quantile(seconds, 0.95)), f"19 of 20 took at most this, {of}"),
        ("Longest item", words.seconds(float(seconds.max()) if len(seconds) else None), of),
        ("Start-up of workers", words.seconds(sum(starts) if starts else None), _started(len(starts))),
    ]


def _started(number: int) -> str:
    return f"from start to ready, {number} added up" if number else "no worker was started for this run: they were warm"


def _quantile(seconds: pd.Series[Any], share: float) -> float | None:
    return float(seconds.quantile(share)) if len(seconds) else None


def quantiles(run: Run, newest: Sequence[results.Row]) -> tuple[float | None, float | None, int]:
    """The median, the 95th percentile, and of how many items."""
    seconds = item_seconds(run, newest)
    return _quantile(seconds, 0.5), _quantile(seconds, 0.95), len(seconds)


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


def _each(run: Run, newest: Sequence[results.Row]) -> None:
    table = results.of_run(run, newest)
    started = pd.to_datetime(table["started_at"], utc=True)
    sent = (started - pd.Timestamp(run.submitted_at, unit="s", tz="UTC")).dt.total_seconds()
    item = results.item_label(run, ("position", *COLUMNS.values()))
    shown = pd.DataFrame(
        {"position": table["position"], item: table.iloc[:, results.item_place(run)]}
        | {label: sent if name == "sent" else table[name] for name, label in COLUMNS.items()}
    )
    shown["state"] = shown["state"].map(words.item_state)
    number = st.column_config.NumberColumn
    helps = {
        "waited, s": "from when it could have started until it did",
        "started after, s": "from the run's submit until its last attempt began",
        "ran, s": "how long its last attempt took",
        "CPU, s": "processor time of its thread during that",
    }
    config: dict[str, Any] = {name: number(format="%.3f", help=advice) for name, advice in helps.items()}
    config |= {name: number(format="%d") for name in ("position", "process", "thread", "attempts")}
    config["state"] = states.of_items()
    st.dataframe(
        shown,
        key="timings",
        hide_index=True,
        column_config=widths.fitted(shown, config),
        placeholder=words.UNMEASURED,
        alt="Seconds of each item: waited, ran, processor time, by whom",
    )
