"""The timeline of a run: one lane for each thread of each worker process, one bar for each attempt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.records import Run, count
from jobs.ui import results, words

MOST_BARS = 1_500
"""Attempts beyond which single bars tell nothing more: each lane shows its busy share instead."""

MOST_SPANS, MOST_LIVE_SPANS = 50_000, 5_000
"""Items that a timeline is drawn from, when the run has ended and while it goes on."""

BINS = 120
LANE = 22
"""Height of a lane in pixels."""

AROUND = 165
"""Pixels for legend and axis: Streamlit fits a chart into its height with them."""

COLOURS: Mapping[str, str] = {
    "ok": "#2e9e73",
    "failed": "#d64550",
    "cancelled": "#8d8a83",
    "tried again": "#e0913a",
    "worker starts": "#9aa7bd",
}
"""By state; each stands out from both backgrounds and from its neighbours also for the colour-blind."""

GLYPHS: Mapping[str, str] = {"failed": "✗", "cancelled": "–", "tried again": "↻"}
"""Beside the colour, so that bars are told apart in grey as well."""


def timeline(run: Run) -> None:
    """Draw who did what when."""
    most = MOST_SPANS if run.state.terminal else MOST_LIVE_SPANS
    bars = _ended_bars(run.id, results.stamp(run)) if run.state.terminal else bars_of(run, client.spans(run.id, most))
    if bars.empty:
        st.text("Nothing has run yet.")
        return
    lanes, binned = lane_order(bars), len(bars) > MOST_BARS
    bars = pd.concat([bars, starts_of(run, lanes)], ignore_index=True)
    chart = _shares(bars, lanes) if binned else _bars(bars, lanes)
    st.altair_chart(chart, key="timeline", alt=_said(bars, lanes, binned))
    st.caption(_legend(bars, lanes, binned))
    if run.items > most:
        st.caption(f"Drawn from the first {most:,} items of {run.items:,}.")


def _legend(bars: pd.DataFrame, lanes: Sequence[str], binned: bool) -> str:
    cells = "each cell says which share of its time a thread was busy"
    single = "one bar per attempt, point at it for its figures"
    size = f"{count(len(lanes), 'lane')} over {words.seconds(float(bars['end'].max()))} since submit"
    return f"{size} · {cells if binned else single}"


@st.cache_resource(max_entries=4, show_spinner=False)
def _ended_bars(run_id: str, stamp: tuple[Any, ...]) -> pd.DataFrame:  # noqa: ARG001  (the cache's key)
    return bars_of(client.run(run_id), client.spans(run_id, MOST_SPANS))


def bars_of(run: Run, spans: Sequence[Any]) -> pd.DataFrame:
    """One row per attempt that ran: lane, begin and end in seconds since submit, state, position."""
    rows = [
        (
            span.worker,
            span.slot,
            span.started_at - run.submitted_at,
            span.started_at - run.submitted_at + span.seconds,
            span.state if span.state in COLOURS else "tried again",
            span.position,
        )
        for span in spans
        if span.worker is not None and span.started_at is not None and span.seconds is not None
    ]
    bars = pd.DataFrame(rows, columns=["worker", "slot", "begin", "end", "state", "position"])
    bars["lane"] = [lane(worker, slot) for worker, slot in zip(bars["worker"], bars["slot"], strict=True)]
    bars["seconds"] = bars["end"] - bars["begin"]
    return bars


def lane(worker: int, slot: int | None) -> str:
    """The name of a lane."""
    return f"process {worker} · thread {slot or 1}"


def lane_order(bars: pd.DataFrame) -> list[str]:
    """The lanes by worker and thread, the worker that began first on top."""
    first = bars.groupby("worker")["begin"].min()
    known = bars[["worker", "slot", "lane"]].drop_duplicates()
    known = known.assign(first=known["worker"].map(first)).sort_values(["first", "worker", "slot"])
    return list(known["lane"])


def starts_of(run: Run, lanes: Sequence[str]) -> pd.DataFrame:
    """The cold start of each worker as a bar at the beginning of its first lane."""
    rows = []
    for begun in client.starts(run.id):
        first = next((name for name in lanes if name.startswith(f"process {begun.get('worker')} ")), None)
        if first is not None:
            begin, end = begun["started"] - run.submitted_at, begun["ready"] - run.submitted_at
            rows.append((begun["worker"], begin, end, "worker starts", first, end - begin))
    return pd.DataFrame(rows, columns=["worker", "begin", "end", "state", "lane", "seconds"])


def _said(bars: pd.DataFrame, lanes: Sequence[str], binned: bool) -> str:
    counts = ", ".join(f"{number:,} {state}" for state, number in bars["state"].value_counts().items())
    way = "busy share of each thread over time" if binned else "what each thread did when"
    return f"Timeline: {way}; {count(len(lanes), 'lane')}, {bars['end'].max():.1f} seconds, {counts}"


def _bars(bars: pd.DataFrame, lanes: Sequence[str]) -> Any:
    """An altair chart of single attempts."""
    states = [state for state in COLOURS if state in set(bars["state"])]
    colour = alt.Color(
        "state:N",
        title=None,
        scale=alt.Scale(domain=states, range=[COLOURS[state] for state in states]),
        legend=alt.Legend(orient="top", columns=2, labelExpr=f"{_labels(states)}[datum.label]"),
    )
    tooltip = [
        alt.Tooltip("position:Q", title="position", format=","),
        alt.Tooltip("state:N"),
        alt.Tooltip("lane:N"),
        alt.Tooltip("begin:Q", title="begins at, s", format=".3f"),
        alt.Tooltip("seconds:Q", title="takes, s", format=".3f"),
    ]
    x, y = _time("begin"), _lanes(lanes)
    marks = alt.Chart(bars).mark_bar(cornerRadius=2, minBandSize=3)
    drawn = marks.encode(x=x, x2="end:Q", y=y, color=colour, tooltip=tooltip)
    return (drawn + glyphs(bars, x, y, 13 if len(lanes) <= 40 else 9)).properties(height=_height(lanes))


def _labels(states: Sequence[str]) -> str:
    """What the legend says of each state, as an object of Vega's."""
    return json.dumps({state: f"{GLYPHS.get(state, '')} {state}".strip() for state in states})


def glyphs(bars: pd.DataFrame, x: alt.X, y: alt.Y, size: int) -> Any:
    """An altair chart of a glyph at the beginning of each bar that is not simply ok, readable on bar and background."""
    marked = bars[bars["state"].isin(list(GLYPHS))]
    table = marked.assign(glyph=[GLYPHS[state] for state in marked["state"]])
    text: dict[str, Any] = {"align": "left", "baseline": "middle", "dx": 2, "fontSize": size, "fontWeight": "bold"}
    base = alt.Chart(table).encode(x=x, y=y, text="glyph:N")
    ink, ground = text_colour(), "#101418" if text_colour() != "#101418" else "#ffffff"
    return base.mark_text(**text, color=ground, stroke=ground, strokeWidth=3) + base.mark_text(**text, color=ink)


def text_colour() -> str:
    """What is written into a chart stands out from the viewer's background."""
    return "#edebe8" if st.context.theme.type == "dark" else "#101418"


def busy_shares(bars: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """Which share of each of `bins` equal stretches of time each lane was busy."""
    width = float(bars["end"].max()) / bins or 1.0
    shares: dict[tuple[str, int], float] = {}
    for name, begin, end in zip(bars["lane"], bars["begin"], bars["end"], strict=True):
        for place in range(max(0, int(begin / width)), min(bins - 1, int(end / width)) + 1):
            overlap = min(end, (place + 1) * width) - max(begin, place * width)
            shares[name, place] = shares.get((name, place), 0.0) + max(0.0, overlap) / width
    rows = [(name, place * width, (place + 1) * width, min(1.0, share)) for (name, place), share in shares.items()]
    return pd.DataFrame(rows, columns=["lane", "begin", "end", "share"])


def _shares(bars: pd.DataFrame, lanes: Sequence[str]) -> Any:
    """An altair chart of busy shares."""
    shares = busy_shares(bars[bars["state"] != "worker starts"])
    colour = alt.Color(
        "share:Q",
        title="busy",
        scale=alt.Scale(domain=[0, 1], range=["#cfe0f5", "#1a63c5"]),
        legend=alt.Legend(orient="top", format="%"),
    )
    tooltip = [
        alt.Tooltip("lane:N"),
        alt.Tooltip("begin:Q", title="from, s", format=".2f"),
        alt.Tooltip("end:Q", title="to, s", format=".2f"),
        alt.Tooltip("share:Q", title="busy", format=".0%"),
    ]
    marks = alt.Chart(shares).mark_rect(x2Offset=0.8)  # no seams between neighbours
    return marks.encode(x=_time("begin"), x2="end:Q", y=_lanes(lanes), color=colour, tooltip=tooltip).properties(
        height=_height(lanes)
    )


def _height(lanes: Sequence[str]) -> int:
    """Of the whole chart: what its lanes need, and its legend and axis."""
    return len(lanes) * (LANE if len(lanes) <= 40 else 12) + AROUND


def _time(name: str) -> alt.X:
    return alt.X(f"{name}:Q", title="seconds since submit", scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=10))


def _lanes(lanes: Sequence[str]) -> alt.Y:
    return alt.Y(
        "lane:N",
        title=None,
        sort=list(lanes),
        axis=alt.Axis(labelLimit=200, labelOverlap=len(lanes) > 40, domain=False, ticks=False),
    )
