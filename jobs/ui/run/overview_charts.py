"""The pictures of a run at a glance: few marks, told apart in grey as well, their tables in words that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from jobs.runtime import overview
from jobs.runtime.core import units
from jobs.ui.run import lanes

PICKED = "picked"
"""The selection that a click makes."""

COLOURS: Mapping[str, str] = {"ok": "#8aa9d6", "failed": "#b3303c", "cancelled": "#8d8a83", "waiting": "#c9c5bc"}
"""By state: pale and dark, so that they differ in grey too."""

INK, PALE = "#1a63c5", "#8aa9d6"
BAR, AROUND = 26, 44
"""Pixels of one bar across, and of the axis below all."""

TALL, FLAT = 240, 150
ROOM = 1.15
"""How far an axis goes on above the highest mark, for what is written there."""

FROM, TO = "from, s", "to, s"


def outcome_name(one: overview.OutcomeCount) -> str:
    """A state with its code."""
    return f"{one.state} · {one.code}" if one.code and one.code != one.state else one.state


def outcomes(found: Sequence[overview.OutcomeCount]) -> Any:
    """A bar for each state and code."""
    rows = [(outcome_name(one), one.items, one.state, one.code, one.meaning) for one in found]
    table = pd.DataFrame(rows, columns=["ended as", "items", "state", "code", "meaning"])
    total = int(table["items"].sum())
    table["said"] = [f"{items:,} ({units.percent(items / total)})" for items in table["items"]]
    return _bars(table, "ended as", "items", colour=_states(table["state"], legend=False), fields=["state", "code"])


def slowest(found: Sequence[overview.GroupFigures]) -> Any:
    """A bar for each group: the seconds that half of its items took at most."""
    rows = [(one.group, one.median, one.longest, one.items, units.precise(one.median)) for one in found]
    table = pd.DataFrame(rows, columns=["group", "seconds", "longest", "items", "said"])
    return _bars(table, "group", "seconds", colour=alt.value(PALE), fields=["group"])


def refusing(found: Sequence[overview.GroupFigures]) -> Any:
    """A bar for each group: how many of its items failed."""
    rows = [(one.group, one.failed, one.items, f"{one.failed:,} of {one.items:,}") for one in found]
    table = pd.DataFrame(rows, columns=["group", "failed", "items", "said"])
    return _bars(table, "group", "failed", colour=alt.value(COLOURS["failed"]), fields=["group"])


def related(found: Sequence[overview.RelatedPage], others: str) -> Any:
    """A bar for each page: how many others are related to it, with the positions of the first of them."""
    rows = [(one.item, one.others, one.position, ", ".join(map(str, one.first)), f"{one.others:,}") for one in found]
    table = pd.DataFrame(rows, columns=["page", others, "position", "at", "said"])
    return _bars(table, "page", others, colour=alt.value(PALE), fields=["page"])


def _bars(table: pd.DataFrame, name: str, value: str, *, colour: Any, fields: Sequence[str]) -> Any:
    """Bars across with their figure beside each; a click picks one."""
    picked = alt.selection_point(name=PICKED, fields=list(fields), on="click", empty=False)
    far = float(table[value].max()) * 1.5 or 1.0
    axis = _axis(5, least=1.0 if value != "seconds" else 0.0)
    x = alt.X(_field(value), title=None, scale=alt.Scale(domain=[0, far], nice=False), axis=axis)
    names = alt.Axis(labelLimit=190, domain=False, ticks=False)
    y = alt.Y(_field(name, "N"), title=None, sort=list(table[name]), axis=names)
    tips = [alt.Tooltip(_field(str(column), "N"), title=str(column)) for column in table if column != "said"]
    base = alt.Chart(table).encode(y=y, tooltip=tips)
    bars = base.mark_bar(cornerRadius=2, cursor="pointer").encode(x=x, color=colour).add_params(picked)
    texts = base.mark_text(align="left", dx=6, fontSize=13, color=lanes.text_colour()).encode(x=x, text="said:N")
    return (bars + texts).properties(height=len(table) * BAR + AROUND)


def _field(name: str, kind: str = "Q") -> str:
    """A column as Vega-Lite names it, with its kind: what means something there is escaped."""
    escaped = name.replace("\\", "\\\\").replace(".", "\\.").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    return f"{escaped}:{kind}"


def _axis(ticks: int = 6, *, least: float = 0.0) -> alt.Axis:
    """An axis with about so many ticks, at least so far apart."""
    return alt.Axis(format=",.9~f", tickCount=ticks, tickMinStep=least, labelOverlap=True)


def _states(states: Any, *, legend: bool) -> alt.Color:
    known = [state for state in COLOURS if state in set(states)]
    scale = alt.Scale(domain=known, range=[COLOURS[state] for state in known])
    shown = alt.Legend(orient="top", symbolStrokeWidth=0) if legend else None
    return alt.Color("state:N", title=None, scale=scale, legend=shown)


def _figure(name: str, title: str = "") -> alt.Tooltip:
    return alt.Tooltip(_field(name), title=title or name, format=",.3~g")


def durations(found: overview.Durations) -> Any:
    """A histogram with lines at p50 and p95."""
    table = _stacked(found.edges, found.ok, found.failed, "items")
    scale = alt.Scale(type="log" if found.growing else "linear", domain=[found.edges[0], found.edges[-1]], nice=False)
    title = "seconds, in growing steps" if found.growing else "seconds"
    bars = _steps(table, "items", alt.X(_field(FROM), title=title, scale=scale, axis=_axis()))
    marks = pd.DataFrame([("p50", found.median), ("p95", found.p95)], columns=["quantile", "seconds"])
    at = alt.X(_field("seconds"), scale=scale)
    lines = alt.Chart(marks).mark_rule(strokeWidth=2, strokeDash=[5, 3], color=lanes.text_colour()).encode(x=at)
    said = [_quantile(marks[place : place + 1], at, 14 * place) for place in range(len(marks))]
    return alt.layer(bars, lines, *said).properties(height=TALL)


def _quantile(mark: pd.DataFrame, at: alt.X, below: int) -> Any:
    """The name of a quantile at its line, so many pixels below the top: two that lie close together do not overlap."""
    text = alt.Chart(mark).mark_text(dx=4, align="left", baseline="top", fontSize=13, color=lanes.text_colour())
    return text.encode(x=at, y=alt.value(below), text="quantile:N", tooltip=["quantile:N", _figure("seconds")])


def throughput(went: overview.Throughput) -> Any:
    """Items a second in equal steps, ok and failed one above the other, with holds, pauses and the wait marked."""
    edges = [place * went.width for place in range(len(went.ok) + 1)]
    ok, failed = ([items / went.width for items in counts] for counts in (went.ok, went.failed))
    bars = _steps(_stacked(edges, ok, failed, "items a second"), "items a second", _since_submit(went))
    still = lanes.standstills(went.waited, went.pauses, _all(went))
    return alt.layer(bars, *still, *_holds(went)).properties(height=TALL)


def _stacked(edges: Sequence[float], ok: Sequence[float], failed: Sequence[float], value: str) -> pd.DataFrame:
    """A row for each step and state, with where its bar begins and ends: failed ones stand on those that are ok."""
    rows = []
    for begin, end, good, bad in zip(edges, edges[1:], ok, failed, strict=False):
        rows.append((begin, end, "ok", good, 0.0, good))
        if bad:
            rows.append((begin, end, "failed", bad, good, good + bad))
    return pd.DataFrame(rows, columns=[FROM, TO, "state", value, "bottom", "top"])


def _steps(table: pd.DataFrame, value: str, x: alt.X) -> Any:
    """Bars that stand side by side over an axis of seconds."""
    most = float(table["top"].max()) * ROOM or 1.0
    axis = _axis(5, least=1.0 if value == "items" else 0.0)
    y = alt.Y("bottom:Q", title=value, scale=alt.Scale(domain=[0, most], nice=False), axis=axis)
    return (
        alt.Chart(table)
        .mark_rect(stroke=lanes.text_colour(), strokeWidth=0.4)
        .encode(
            x=x,
            x2=_field(TO).removesuffix(":Q"),
            y=y,
            y2="top",
            color=_states(table["state"], legend=table["state"].nunique() > 1),
            tooltip=["state:N", _figure(FROM), _figure(TO), _figure(value)],
        )
    )


def _all(went: overview.Throughput) -> lanes.Stretch:
    return lanes.Stretch(first=0.0, last=len(went.ok) * went.width)


def _since_submit(went: overview.Throughput) -> alt.X:
    scale = alt.Scale(domain=[0, _all(went).last], nice=False)
    return alt.X(_field(FROM), title="seconds since submit", scale=scale, axis=_axis(8))


def _holds(went: overview.Throughput) -> list[Any]:
    if not went.holds:
        return []
    table = pd.DataFrame(went.holds, columns=[FROM, "on hold"])
    marks = alt.Chart(table).mark_text(text="▼", fontSize=12, baseline="top", color=lanes.text_colour())
    tips = [alt.Tooltip("on hold:N"), _figure(FROM, "after, s")]
    return [marks.encode(x=_since_submit(went), y=alt.value(0), tooltip=tips)]


def busy(went: overview.Throughput) -> Any:
    """Threads busy on average as steps, and the worker processes as a line."""
    rows = [
        (place * went.width, (place + 1) * went.width, busy, workers, 0.0)
        for place, (busy, workers) in enumerate(zip(went.busy, went.workers, strict=True))
    ]
    table = pd.DataFrame(rows, columns=[FROM, TO, "threads busy", "worker processes", "bottom"])
    x, most = _since_submit(went), max(*went.busy, *went.workers) * ROOM or 1.0
    scale = alt.Scale(domain=[0, most], nice=False)
    tips = [_figure(FROM), _figure("threads busy"), alt.Tooltip("worker processes:Q")]
    base = alt.Chart(table).encode(x=x, tooltip=tips)
    steps = base.mark_rect(color=PALE, stroke=lanes.text_colour(), strokeWidth=0.2).encode(
        x2=_field(TO).removesuffix(":Q"),
        y=alt.Y("bottom:Q", title="threads busy", scale=scale, axis=_axis(4)),
        y2="threads busy",
    )
    line = base.mark_line(interpolate="step-after", color=lanes.text_colour(), strokeWidth=2)
    workers = line.encode(y=alt.Y("worker processes:Q", scale=scale))
    still = lanes.standstills(went.waited, went.pauses, _all(went))
    return alt.layer(steps, workers, *still).properties(height=FLAT)


def sizes(found: overview.Sizes) -> Any:
    """A point for each item: what its job names as its size, and its seconds."""
    table = pd.DataFrame(found.points, columns=[found.column, "seconds", "position"])
    table = table[table["seconds"] > 0]
    across = alt.X(_field(found.column), title=found.column, scale=_scale(table[found.column]), axis=_axis())
    up = alt.Y("seconds:Q", title="seconds", scale=_scale(table["seconds"]), axis=_axis())
    tips = [alt.Tooltip(_field(found.column), format=","), _figure("seconds"), alt.Tooltip("position:Q", format=",")]
    points = alt.Chart(table).mark_point(color=INK, size=40, opacity=0.8, strokeWidth=1.5)
    return points.encode(x=across, y=up, tooltip=tips).properties(height=TALL)


def _scale(values: Any) -> alt.Scale:
    """Growing steps where the greatest is many times the least."""
    least, greatest = float(values.min()), float(values.max())
    return alt.Scale(type="log") if least > 0 and greatest / least >= 30 else alt.Scale(zero=False)
