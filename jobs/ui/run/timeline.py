"""The timeline of a run: who did what when, in all of its time or in a stretch of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from jobs.runtime import client, exports, overview
from jobs.runtime.core import units
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count
from jobs.ui.run import lanes, results, trace
from jobs.ui.server import signed_in

MOST_BARS = 1_500
"""Attempts beyond which single bars tell nothing more: each lane shows its busy share instead."""

MOST_SPANS, MOST_LIVE_SPANS = 200_000, 5_000
"""Items that a timeline is drawn from, spread evenly over all, when the run has ended and while it goes on."""

LEAST_STRETCH = 0.5
"""Seconds below which there is no stretch to choose."""


def timeline(run: Run) -> None:
    """Draw who did what when."""
    every = overview.stride(run.items, MOST_SPANS if run.state.terminal else MOST_LIVE_SPANS)
    bars = _ended_bars(run.id, results.stamp(run), every) if run.state.terminal else _read(run, every)
    if bars.empty:
        st.text("Nothing has run yet.")
        return
    pauses = client.pauses(run.id)
    first, last = _stretch(run, float(bars["end"].max()))
    order = lanes.lane_order(bars)
    bars = pd.concat([bars, starts_of(run, order)], ignore_index=True)
    within = bars[(bars["begin"] < last) & (bars["end"] > first)]
    if within.empty:
        st.text("Nothing ran in this stretch.")
        return
    binned = len(within) > MOST_BARS
    stretch = lanes.Stretch(first=first, last=last)
    drawn = lanes.shares(within, order, stretch, every) if binned else lanes.single_bars(within, order, stretch)
    still = lanes.standstills(*_standstills(run, pauses), stretch)
    sizes = sizes_of(run)
    chart = alt.layer(*still, drawn, *lanes.resizes(sizes, stretch)).properties(height=lanes.height(order))
    st.altair_chart(chart, key="timeline", alt=_description(within, order, binned))
    st.caption(f"{_legend(order, stretch, binned)}{_stood_still(run, pauses)}")
    if len(sizes):
        st.caption(f"Broken lines: the pool changed its size {count(len(sizes), 'time')}, point at one for why.")
    if every > 1:
        st.caption(f"Drawn from one in {every} of {run.items:,} items, spread evenly over all.")
    _save(run)


def _read(run: Run, every: int) -> pd.DataFrame:
    return lanes.bars_of(run, client.spans(run.id, run.items, every))


@st.cache_resource(max_entries=4, show_spinner=False)
def _ended_bars(run_id: str, stamp: tuple[Any, ...], every: int) -> pd.DataFrame:  # noqa: ARG001  (the cache's key)
    return _read(client.run(run_id), every)


def _stretch(run: Run, far: float) -> tuple[float, float]:
    """The seconds between which the timeline is drawn: all of them, until a person has chosen."""
    if not run.state.terminal or far < LEAST_STRETCH:
        return 0.0, far
    step, decimals, most = scale(far)
    chosen = st.slider(
        "Seconds that are shown",
        0.0,
        most,
        (0.0, most),
        step=step,
        format=f"%.{decimals}f s",
        key=f"stretch_{run.id}",
        help="Draw the ends closer to see single attempts of a long run.",
    )
    first, last = min(chosen), max(chosen)
    return (first, last if last < most else far) if last - first >= step else (first, first + step)


def scale(far: float) -> tuple[float, int, float]:
    """Of a slider over so many seconds (more than 0): its step, in seconds, with the decimals that it needs, and its
    end, of no more decimals."""
    digits = len(str(int(far)))
    step, decimals = 10.0 ** (digits - 4), max(0, 4 - digits)
    return step, decimals, round((int(far / step) + 1) * step, decimals)


def _standstills(run: Run, pauses: Sequence[tuple[float, float]]) -> tuple[float, list[tuple[float, float]]]:
    """The seconds in the queue, and the pauses in seconds since submit."""
    now = run.ended_at if run.ended_at is not None else run.submitted_at
    waited = overview.wall_time(run, pauses, now).waited
    return waited, [(begin - run.submitted_at, end - run.submitted_at) for begin, end in pauses]


def _legend(order: Sequence[str], stretch: lanes.Stretch, binned: bool) -> str:
    cells = "each cell says which share of its time a thread was busy"
    single = "one bar per attempt, point at it for its figures"
    begun = "since submit" if not stretch.first else f"from {units.duration(stretch.first)} after submit on"
    size = f"{count(len(order), 'lane')} over {units.duration(stretch.last - stretch.first)} {begun}"
    return f"{size} · {cells if binned else single}"


def _stood_still(run: Run, pauses: Sequence[tuple[float, float]]) -> str:
    """What the grey stretches say, of those that are there."""
    waited, _ = _standstills(run, pauses)
    parts = [f"… in the queue, {units.duration(waited)}"] if waited >= overview.WORTH_TELLING else []
    parts += [f"‖ paused, {units.duration(sum(end - begin for begin, end in pauses))}"] if pauses else []
    return f" · grey: {'; '.join(parts)}" if parts else ""


def _save(run: Run) -> None:
    st.download_button(
        "Save as a trace (JSON)",
        data=signed_in.later(lambda: _trace(run.id)),
        file_name=exports.file_name(run, "trace.json"),
        mime="application/json",
        icon=":material/timeline:",
        on_click="ignore",
        key="trace",
        help="Every attempt, for viewers of traces, such as the one of Chrome or Perfetto.",
    )


def _trace(run_id: str) -> bytes:
    run = client.run(run_id)
    written = trace.as_chrome_trace(run)
    client.note_download(run, "trace")
    return written


def _description(bars: pd.DataFrame, order: Sequence[str], binned: bool) -> str:
    counts = ", ".join(f"{number:,} {state}" for state, number in bars["state"].value_counts().items())
    way = "busy share of each thread over time" if binned else "what each thread did when"
    return f"Timeline: {way}; {count(len(order), 'lane')}, {units.figure(bars['end'].max())} seconds, {counts}"


def sizes_of(run: Run) -> pd.DataFrame:
    """When the pool found that it should have another size (seconds since submit), and why."""
    changes = client.events_of(run.id, "resized")
    return pd.DataFrame([(change.at - run.submitted_at, change.text) for change in changes], columns=["begin", "why"])


def starts_of(run: Run, order: Sequence[str]) -> pd.DataFrame:
    """The cold start of each worker as a bar at the beginning of its first lane."""
    rows = []
    for begun in client.starts(run.id):
        of_worker = lanes.lane(begun["worker"], 1).removesuffix("1")
        first = next((name for name in order if name.startswith(of_worker)), None)
        if first is not None:
            begin, end = begun["started"] - run.submitted_at, begun["ready"] - run.submitted_at
            rows.append((begun["worker"], begin, end, "worker starts", first, end - begin))
    return pd.DataFrame(rows, columns=["worker", "begin", "end", "state", "lane", "seconds"])
