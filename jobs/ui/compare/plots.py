"""The charts of Compare and How it works: few marks, each with its figure, readable in grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from jobs.runtime import measure
from jobs.runtime.core import units
from jobs.runtime.core.units import count
from jobs.ui.run import lanes as run_lanes
from jobs.ui.shared import formatting, run_form

INK = "#1a63c5"
"""Stands out from the light and the dark background."""

PALE = "#8aa9d6"
LINES: Sequence[tuple[str, list[int]]] = (
    ("#1a63c5", [1, 0]),
    ("#e0913a", [6, 3]),
    ("#2e9e73", [2, 2]),
    ("#d64550", [8, 3, 2, 3]),
)
"""Colour and dash of up to four runs: told apart by the dash alone as well."""


def walls(rows: Sequence[Mapping[str, Any]], *, verdict: str, key: str = "walls") -> None:
    """The wall time of each way as a bar with its spread; median and speed-up are written beside it."""
    names = [run_form.WAYS_AND_PLACES.get(str(row["way"]), str(row["way"])) for row in rows]
    table = pd.DataFrame(
        {
            "way": names,
            "wall": [row["wall"] for row in rows],
            "least": [row["least"] for row in rows],
            "most": [row["most"] for row in rows],
            "said": [_label(row) for row in rows],
            "pool": [row["pool"] for row in rows],
        }
    )
    base = alt.Chart(table).encode(
        y=alt.Y("way:N", title=None, sort=names, axis=alt.Axis(labelLimit=200, domain=False, ticks=False)),
        tooltip=["way:N", "pool:N", alt.Tooltip("wall:Q", title="wall, s", format=".3f"), "said:N"],
    )
    far = max(row["most"] for row in rows) * 1.5
    scale = alt.Scale(domain=[0, far], nice=False)
    bars = base.mark_bar(color=PALE, cornerRadius=2).encode(
        x=alt.X(
            "wall:Q",
            title="wall time, seconds",
            scale=scale,
            axis=alt.Axis(tickCount=6),
        )
    )
    spread = base.mark_rule(strokeWidth=3, color=INK).encode(x=alt.X("least:Q", scale=scale), x2="most:Q")
    texts = base.mark_text(align="left", dx=8, fontSize=13, color=run_lanes.text_colour())
    labels = texts.encode(x=alt.X("most:Q", scale=scale), text="said:N")
    chart = (bars + spread + labels).properties(height=len(rows) * 46 + 60)
    st.altair_chart(
        chart,
        key=key,
        alt=f"Wall time and speed-up of each way: {'; '.join(_spoken(row) for row in rows)}. {verdict}",
    )
    st.caption("Bar: median of the repeats. Line: from the shortest to the longest. ×: as fast as one at a time.")


def _label(row: Mapping[str, Any]) -> str:
    gained = row["speed_up"]
    alone = gained is None or row["way"] in ("sequential", "one at a time")
    return units.duration(row["wall"]) + ("" if alone else f" · {gained:.2f} ×")


def _spoken(row: Mapping[str, Any]) -> str:
    name = run_form.WAYS_AND_PLACES.get(str(row["way"]), str(row["way"]))
    return f"{name} {_label(row)}, {units.duration(row['least'])} to {units.duration(row['most'])}"


def figures(rows: Sequence[Mapping[str, Any]], *, key: str) -> None:
    """All figures of the ways as a table; each column's help says what it is."""
    st.dataframe(
        _shown(rows),
        hide_index=True,
        height="content",
        placeholder=units.UNMEASURED,
        column_config=_columns(),
        key=key,
        alt="The ways compared: wall time, speed-up, efficiency, processor time, start-up and memory of each",
    )


def _shown(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table["way"] = [run_form.WAYS_AND_PLACES.get(str(name), str(name)) for name in table["way"]]
    table["peak_memory"] = table["peak_memory"].astype("Float64") / 2**20
    return table[[*(name for name in table if name not in LAST), *LAST]].rename(columns=LABELS)


LAST = ("concurrency", "ok", "failed")
"""Columns that a reader can do without, where a page is too narrow for all."""

LABELS: Mapping[str, str] = {
    "wall": "wall, s",
    "least": "shortest, s",
    "most": "longest, s",
    "speed_up": "speed-up",
    "concurrency": "average concurrency",
    "item_cpu": "CPU of items, s",
    "process_cpu": "CPU of processes, s",
    "run_queue": "in line for a core, s",
    "start_up": "start-up, s",
    "peak_memory": "peak memory, MiB",
}


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    formats = {"speed_up": "%.2f", "efficiency": "%.2f", "concurrency": "%.2f", "peak_memory": "%.0f"}
    formats |= {"ok": "localized", "failed": "localized"}
    config: dict[str, Any] = {}
    for name, advice in measure.HELP.items():
        label = LABELS.get(name, name)
        help_ = formatting.literal(advice)
        if name in ("way", "pool"):
            config[label] = st.column_config.TextColumn(help=help_, pinned=name == "way")
        else:
            config[label] = number(help=help_, format=formats.get(name, "%.3f"))
    return config


def durations(seconds: Mapping[str, Sequence[float]]) -> None:
    """For each run, which share of its items took at most so long: the further left, the faster."""
    rows = [
        (name, value, (place + 1) / len(values))
        for name, values in ((name, sorted(found)) for name, found in seconds.items())
        for place, value in _thinned(values)
    ]
    table = pd.DataFrame(rows, columns=["run", "seconds", "share"])
    names = list(seconds)
    chart = (
        alt.Chart(table)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("seconds:Q", title="seconds of an item", scale=alt.Scale(nice=False)),
            y=alt.Y("share:Q", title="items that took at most that", axis=alt.Axis(format="%")),
            color=_colours(names),
            strokeDash=_dashes(names),
            tooltip=["run:N", alt.Tooltip("seconds:Q", format=".3f"), alt.Tooltip("share:Q", format=".0%")],
        )
        .properties(height=380)
    )
    halves = ", ".join(f"{name} {units.duration(float(pd.Series(found).median()))}" for name, found in seconds.items())
    st.altair_chart(chart, key="durations", alt=f"Seconds of the items of each run; half took at most: {halves}")


MOST_POINTS = 400


def _thinned(values: Sequence[float]) -> list[tuple[int, float]]:
    """At most so many places of a sorted list, the last among them."""
    step = max(1, len(values) // MOST_POINTS)
    return [(place, values[place]) for place in range(step - 1, len(values), step)]


def _colours(names: Sequence[str]) -> alt.Color:
    scale = alt.Scale(domain=list(names), range=[colour for colour, _ in LINES[: len(names)]])
    return alt.Color(
        "run:N",
        title=None,
        scale=scale,
        legend=alt.Legend(orient="top", direction="vertical", labelLimit=300, symbolType="stroke"),
    )


def _dashes(names: Sequence[str]) -> alt.StrokeDash:
    scale = alt.Scale(domain=list(names), range=[dash for _, dash in LINES[: len(names)]])
    return alt.StrokeDash("run:N", title=None, scale=scale, legend=None)


def speed_ups(table: pd.DataFrame) -> None:
    """Speed-up against the number of workers, with the line on which each worker gains all it could."""
    most, least = float(table["workers"].max()), min(1.0, float(table["speed_up"].min()))
    ideal = pd.DataFrame({"workers": [1.0, most], "speed_up": [1.0, most]})
    across = alt.Scale(type="log", base=2, domain=[0.9, max(most, 2.0) * 1.5], nice=False)
    up = alt.Scale(type="log", base=2, domain=[least * 0.8, max(most, table["speed_up"].max()) * 1.2], nice=False)
    ticks = alt.Axis(values=[0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512], format="~g")
    line = alt.Chart(ideal).mark_line(strokeDash=[4, 4], color="#8d8a83").encode(x="workers:Q", y="speed_up:Q")
    base = alt.Chart(table).encode(
        x=alt.X("workers:Q", title="workers (processes × threads)", scale=across, axis=ticks),
        y=alt.Y("speed_up:Q", title="speed-up", scale=up, axis=ticks),
        tooltip=["run:N", "workers:Q", alt.Tooltip("speed_up:Q", format=".2f")],
    )
    points = base.mark_point(filled=True, size=120, color=INK, opacity=1)
    labels = base.mark_text(align="left", dx=10, fontSize=13, color=run_lanes.text_colour()).encode(
        text=alt.Text("speed_up:Q", format=".2f")
    )
    told = ", ".join(f"{run}: {gain:.2f} with {n}" for run, gain, n in table[["run", "speed_up", "workers"]].to_numpy())
    st.altair_chart(
        (line + points + labels).properties(height=320),
        key="speed_ups",
        alt=f"Speed-up against one at a time by number of workers; the dashed line is one for one. {told}",
    )


def timelines(lanes: pd.DataFrame) -> None:
    """The lanes of several runs, one run above the other, on one time axis that begins with each run's submit."""
    far = float(lanes["end"].max())
    for place, (run, part) in enumerate(lanes.groupby("run", sort=False)):
        number = int(part["lane"].nunique())
        st.caption(
            f"{formatting.literal(str(run))}: {count(number, 'lane')}, {units.duration(float(part['end'].max()))}"
        )
        states = ", ".join(f"{found:,} {state}" for state, found in part["state"].value_counts().items())
        st.altair_chart(
            _lanes(part, far).properties(height=max(16, number * (14 if number <= 8 else 8)) + BELOW),
            key=f"timeline_{place}",
            alt=f"Timeline of run {run}: {count(number, 'lane')}, {part['end'].max():.1f} seconds, {states}",
        )
    st.caption(f"One lane per thread, one bar per attempt{_signs(lanes)}; point at a bar for its figures.")


def _signs(lanes: pd.DataFrame) -> str:
    """What the glyphs on the bars say, of those that are there."""
    there = [f"{glyph} {state}" for state, glyph in run_lanes.GLYPHS.items() if state in set(lanes["state"])]
    return f": {', '.join(there)}, the others ok" if there else ", all of them ok"


BELOW = 76
"""Pixels below the lanes, for the axis."""


def _lanes(part: pd.DataFrame, far: float) -> Any:
    """An altair chart of one run's attempts; colours as on the timeline of the run's own page."""
    states = [state for state in run_lanes.COLOURS if state in set(part["state"])]
    y = alt.Y("lane:N", title=None, axis=None, sort=run_lanes.lane_order(part))
    x = alt.X(
        "begin:Q",
        title="seconds since submit",
        scale=alt.Scale(domain=[0, far], nice=False),
        axis=alt.Axis(tickCount=8),
    )
    bars = (
        alt.Chart(part)
        .mark_bar(cornerRadius=1)
        .encode(
            x=x,
            x2="end:Q",
            y=y,
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=states, range=[run_lanes.COLOURS[state] for state in states]),
                legend=None,
            ),
            tooltip=[
                "lane:N",
                "state:N",
                alt.Tooltip("position:Q", format=","),
                alt.Tooltip("begin:Q", title="begins at, s", format=".3f"),
                alt.Tooltip("seconds:Q", title="takes, s", format=".3f"),
            ],
        )
    )
    return bars + run_lanes.glyphs(part, x, y, 11 if part["lane"].nunique() <= 8 else 8)
