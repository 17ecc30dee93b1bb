"""Two to four runs of one job: figures, settings that differ, durations, timelines, and what changed row by row."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jobs.runtime import client, compare
from jobs.runtime.core import units
from jobs.runtime.core.errors import UnknownRun
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count
from jobs.ui.compare import plots, row_changes
from jobs.ui.run import lanes as run_lanes
from jobs.ui.shared import column_widths, formatting, page_frame, tables

MOST = 4
RECENT = 60
MOST_SPANS = 20_000
MOST_BARS = 3_000
"""Attempts of all runs together that are drawn as bars."""


def show() -> None:
    """Choose the runs, and show what differs."""
    runs = _choose()
    if len(runs) < 2:
        st.text("Choose two to four runs of one job. On the page of a run, its address ends in the run's id.")
        return
    labels = [label(run) for run in runs]
    _metrics(runs, labels)
    _settings(runs, labels)
    _speed_ups(runs, labels)
    _durations(runs, labels)
    _timelines(runs, labels)
    row_changes.show(runs, labels)


def label(run: Run) -> str:
    """A run as the tables and charts of this page name it: short, and told apart by its id."""
    return f"{formatting.short_id(run.id)} · {run.pool}"


def _choose() -> list[Run]:
    asked = [_known(part) for part in st.query_params.get("runs", "").split(",") if part]
    named = {run.id: run for run in asked if run is not None}
    if None in asked:
        st.text("A run that the address names is not there any more.")
    job = next(iter(named.values())).job if named else ""
    recent = {run.id: run for run in client.runs(job=job, limit=RECENT) if run.done}
    options = {**recent, **named}
    if "side_runs" not in st.session_state:
        st.session_state["side_runs"] = list(named)[:MOST]
    st.session_state["side_runs"] = [run_id for run_id in st.session_state["side_runs"] if run_id in options]
    chosen = st.multiselect(
        "Runs",
        list(options),
        format_func=lambda run_id: _described(options[run_id]),
        max_selections=MOST,
        key="side_runs",
        placeholder="two to four runs of one job",
        help="The first is what the others are compared with.",
    )
    runs = [options[run_id] for run_id in chosen]
    if chosen:
        st.query_params["runs"] = ",".join(formatting.short_id(run_id) for run_id in chosen)
    else:
        st.query_params.pop("runs", None)
    if len({run.job for run in runs}) > 1:
        st.text(f"These are runs of several jobs: {', '.join(sorted({run.job for run in runs}))}. Choose those of one.")
        return []
    return runs


def _known(prefix: str) -> Run | None:
    try:
        return client.run(prefix)
    except UnknownRun:
        return None


def _described(run: Run) -> str:
    parts = [
        formatting.short_id(run.id),
        run.job,
        count(run.items, "item"),
        run.pool_words,
        page_frame.moment(run.submitted_at),
    ]
    return formatting.shortened(" · ".join([*parts, *([run.name] if run.name else [])]), 140)


def _metrics(runs: Sequence[Run], labels: Sequence[str]) -> None:
    now = time.time()
    rows = {
        "state": [formatting.run_word(run) for run in runs],
        "items": [f"{run.items:,}" for run in runs],
        "ok": [f"{run.ok:,}" for run in runs],
        "failed": [f"{run.failed:,}" for run in runs],
        "wall time": [units.duration(run.seconds(now)) for run in runs],
        "sum of items' seconds": [units.duration(run.item_seconds) for run in runs],
        "average concurrency": [formatting.concurrency(run, now) for run in runs],
        "processor time of items": [units.duration(run.cpu_seconds) for run in runs],
    }
    table = pd.DataFrame([(name, *values) for name, values in rows.items()], columns=["figure", *labels])
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key="side_metrics",
        alt="Figures of the runs side by side",
        column_config=column_widths.fitted(table, {}),
    )


def _settings(runs: Sequence[Run], labels: Sequence[str]) -> None:
    differing = compare.settings_that_differ(runs)
    if not differing:
        st.caption("No setting differs between these runs.")
        return
    rows = [(name, *values) for name, values in differing]
    table = tables.readable(pd.DataFrame(rows, columns=["setting that differs", *labels]))
    st.dataframe(
        table, hide_index=True, height="content", key="side_settings", alt="The settings in which the runs differ"
    )


def _speed_ups(runs: Sequence[Run], labels: Sequence[str]) -> None:
    """Only where the same items were really run one at a time, and whole."""
    base = next((run for run in runs if run.pool.slots == 1 and run.state == "finished"), None)
    same = [run for run in runs if base and run.state == "finished" and compare.same_items(base, run)]
    if base is None or len(same) < 2:
        st.caption("Speed-up is shown when one of the runs did the same items one at a time (1 process × 1 thread).")
        return
    rows = [
        (label, run.most_slots, base.seconds(0) / max(run.seconds(0), 1e-6))
        for run, label in zip(runs, labels, strict=True)
        if run in same
    ]
    st.text("Speed-up against workers")
    plots.speed_ups(pd.DataFrame(rows, columns=["run", "workers", "speed_up"]))
    st.caption("One run each has no spread: measure the ways to know what such a figure is worth.")


def _durations(runs: Sequence[Run], labels: Sequence[str]) -> None:
    spans = [client.spans(run.id, MOST_SPANS) for run in runs]
    seconds = {label: [span.seconds for span in found] for label, found in zip(labels, spans, strict=True) if found}
    if not seconds:
        return
    st.text("How long the items took")
    plots.durations(seconds)


def _timelines(runs: Sequence[Run], labels: Sequence[str]) -> None:
    parts = []
    for run, label in zip(runs, labels, strict=True):
        bars = run_lanes.bars_of(run, client.spans(run.id, MOST_BARS // len(runs)))
        if not bars.empty:
            parts.append(bars.assign(run=label))
    if not parts:
        return
    st.text("Who did what when")
    plots.timelines(pd.concat(parts, ignore_index=True))
    if any(run.items > MOST_BARS // len(runs) for run in runs):
        st.caption(f"Of each run the first {MOST_BARS // len(runs):,} items are drawn.")
