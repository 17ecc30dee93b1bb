"""The lanes of a timeline: one for each thread of each worker, with a bar for each attempt, or how busy it was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from jobs.runtime import client, overview
from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.core.records import Run

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


def bars_of(run: Run, spans: Sequence[Any]) -> pd.DataFrame:
    """One row per attempt that ran: lane, begin and end in seconds since submit, state, position."""
    bars = pd.DataFrame.from_records(spans, columns=client.Span._fields)
    begin = bars["started_at"].astype("float64") - run.submitted_at
    seconds = bars["seconds"].astype("float64")
    state = bars["state"].where(bars["state"].isin(list(COLOURS)), "tried again")
    bars = bars.assign(begin=begin, end=begin + seconds, seconds=seconds, state=state)
    known = bars[["worker", "slot"]].drop_duplicates()
    names = [lane(worker, int(slot)) for worker, slot in known.itertuples(index=False)]
    lanes = bars[["worker", "slot"]].merge(known.assign(lane=names), on=["worker", "slot"], how="left")["lane"]
    return bars.assign(lane=lanes.to_numpy())[
        ["worker", "slot", "begin", "end", "state", "position", "lane", "seconds"]
    ]


def lane(worker: WorkerName, slot: int | None) -> str:
    """The name of a lane: on a cluster `node7/3 · thread 1`."""
    return f"{worker if isinstance(worker, str) else f'process {worker}'} · thread {slot or 1}"


def lane_order(bars: pd.DataFrame) -> list[str]:
    """The lanes by worker and thread, the worker that began first on top."""
    first = bars.groupby("worker", sort=False)["begin"].min()
    known = bars[["worker", "slot", "lane"]].drop_duplicates()
    known = known.assign(first=known["worker"].map(first), worker=known["worker"].astype(str))
    known = known.sort_values(["first", "worker", "slot"])
    return list(known["lane"])


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """From and until which second since submit a timeline is drawn."""

    first: float
    last: float


def single_bars(bars: pd.DataFrame, lanes: Sequence[str], stretch: Stretch) -> Any:
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
    x, y = _time("begin", stretch), _lanes(lanes)
    marks = alt.Chart(bars).mark_bar(cornerRadius=2, minBandSize=3, clip=True)
    drawn = marks.encode(x=x, x2="end:Q", y=y, color=colour, tooltip=tooltip)
    begun = bars[bars["begin"] >= stretch.first]
    return drawn + glyphs(begun, x, y, 13 if len(lanes) <= 40 else 9)


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


def busy_shares(bars: pd.DataFrame, bins: int = BINS, first: float = 0.0, last: float | None = None) -> pd.DataFrame:
    """Which share of each of `bins` equal stretches of time, from the first second to the last, each lane was busy."""
    far = float(bars["end"].max()) if last is None else last
    edges = np.linspace(first, far if far > first else first + 1.0, bins + 1)
    parts = [
        pd.DataFrame(
            {
                "lane": name,
                "begin": edges[:-1],
                "end": edges[1:],
                "share": np.clip(overview.busy_seconds(own["begin"], own["end"], edges) / np.diff(edges), 0.0, 1.0),
            }
        )
        for name, own in bars.groupby("lane", sort=False)
    ]
    shares = pd.concat(parts, ignore_index=True)
    return shares[shares["share"] > 0]


def shares(bars: pd.DataFrame, lanes: Sequence[str], stretch: Stretch, every: int) -> Any:
    """An altair chart of busy shares; of one in `every` attempts, reckoned for all."""
    found = busy_shares(bars[bars["state"] != "worker starts"], first=stretch.first, last=stretch.last)
    found["share"] = np.minimum(1.0, found["share"] * every)
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
    marks = alt.Chart(found).mark_rect(x2Offset=0.8)  # no seams between neighbours
    return marks.encode(x=_time("begin", stretch), x2="end:Q", y=_lanes(lanes), color=colour, tooltip=tooltip)


def standstills(waited: float, pauses: Sequence[tuple[float, float]], stretch: Stretch) -> list[Any]:
    """Altair charts of the times in which nothing could run, to lie under others whose x is seconds since submit: grey,
    with a glyph that says whether the run was in the queue or paused."""
    rows = [("in the queue", "…", 0.0, waited)] if waited >= overview.WORTH_TELLING else []
    rows += [("paused", "‖", begin, end) for begin, end in pauses]
    seen = [
        (what, glyph, max(begin, stretch.first), min(end, stretch.last), end - begin)
        for what, glyph, begin, end in rows
        if begin < stretch.last and end > stretch.first
    ]
    if not seen:
        return []
    table = pd.DataFrame(seen, columns=["nothing ran", "glyph", "begin", "end", "seconds"])
    table["middle"] = (table["begin"] + table["end"]) / 2
    tips = [alt.Tooltip("nothing ran:N"), alt.Tooltip("seconds:Q", format=".3~g")]
    base = alt.Chart(table).encode(tooltip=tips)
    bands = base.mark_rect(color="#8d8a83", opacity=0.3).encode(x=_time("begin", stretch), x2="end:Q")
    signs = base.mark_text(fontSize=14, fontWeight="bold", baseline="top", color=text_colour())
    return [bands, signs.encode(x=_time("middle", stretch), y=alt.value(0), text="glyph:N")]


def resizes(sizes: pd.DataFrame, stretch: Stretch) -> list[Any]:
    """Altair charts of a broken line at each change of the pool's size; none where there was none in the stretch."""
    within = sizes[(sizes["begin"] >= stretch.first) & (sizes["begin"] <= stretch.last)]
    if within.empty:
        return []
    tooltip = [alt.Tooltip("begin:Q", title="at, s", format=".2f"), alt.Tooltip("why:N", title="pool")]
    marks = alt.Chart(within).mark_rule(color="#8d8a83", strokeDash=[3, 3], strokeWidth=2)
    return [marks.encode(x=_time("begin", stretch), tooltip=tooltip)]


def height(lanes: Sequence[str]) -> int:
    """Of the whole chart: what its lanes need, and its legend and axis."""
    return len(lanes) * (LANE if len(lanes) <= 40 else 12) + AROUND


def _time(name: str, stretch: Stretch) -> alt.X:
    scale = alt.Scale(nice=False, domain=[stretch.first, stretch.last])
    return alt.X(f"{name}:Q", title="seconds since submit", scale=scale, axis=alt.Axis(tickCount=10))


def _lanes(lanes: Sequence[str]) -> alt.Y:
    return alt.Y(
        "lane:N",
        title=None,
        sort=list(lanes),
        axis=alt.Axis(labelLimit=200, labelOverlap=len(lanes) > 40, domain=False, ticks=False),
    )
