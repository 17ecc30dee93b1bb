"""A run that has ended, at a glance: pictures with their tables behind them, in which a click asks for the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, exports, overview
from jobs.runtime.core import units
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ColumnValue
from jobs.runtime.core.units import count
from jobs.ui.run import downloads, overview_charts, overview_related, result_filters, results
from jobs.ui.run.chart_card import card
from jobs.ui.shared import formatting, tables


def show(run: Run) -> None:
    """All that there is to see of it."""
    if not run.state.terminal:
        st.text("The overview comes when the run ends.")
        return
    if run.done == 0:
        st.text("There are no results.")
        return
    st.caption(
        "Click a bar or a value to see its rows. Point at a picture: its buttons show its table, and save it as PNG."
    )
    st.download_button(
        "Save as one HTML file",
        data=downloads.report(run.id),
        file_name=exports.file_name(run, exports.REPORT),
        mime=exports.MIME_TYPES[exports.REPORT],
        icon=":material/article:",
        on_click="ignore",
        key="report",
        help="To send to someone: these pictures, what failed, the settings and the first 1,000 rows. It needs nothing "
        "beside itself, and nothing in it is executed.",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _outcomes(run)  # known at once: the browser loads what draws charts while the rest is worked out
    found = _worked_out(run.id, results.stamp(run))
    with left:
        _throughput(found)
    with right:
        _durations(found)
        _sizes(found)
        _groups(found)
    overview_related.show(found.run)
    _facets(found)


@st.cache_resource(max_entries=4, show_spinner=False)
def _worked_out(run_id: str, stamp: tuple[Any, ...]) -> overview.Overview:  # noqa: ARG001  (the cache's key)
    return overview.of_run(run_id)


@st.cache_resource(max_entries=4, show_spinner=False)
def _ended_as(run_id: str, stamp: tuple[Any, ...]) -> Sequence[overview.OutcomeCount]:  # noqa: ARG001  (the cache's key)
    return overview.outcomes(client.run(run_id))


def _outcomes(run: Run) -> None:
    found = _ended_as(run.id, results.stamp(run))
    said = "; ".join(f"{count(one.items, 'item')} {overview_charts.outcome_name(one)}" for one in found)
    card(
        "What became of the items",
        overview_charts.outcomes(found),
        f"Bars of how many items ended how: {said}",
        key="overview_outcomes",
        picked=lambda one: result_filters.choose(row_state=one["state"], row_code=one["code"]),
    )
    if run.reused:
        st.caption(f"{count(run.reused, 'row')} of these came from earlier runs.")


def _durations(found: overview.Overview) -> None:
    timed = found.durations
    if timed is None:
        return
    said = (
        f"half took at most {units.precise(timed.median)} (p50), 19 of 20 at most {units.precise(timed.p95)} (p95), "
        f"the longest {units.precise(timed.longest)}"
    )
    card(
        "Seconds per item",
        overview_charts.durations(timed),
        f"Histogram of seconds per item: {said}",
        key="overview_durations",
    )
    st.caption(f"Of {_measured(found, timed.items)}, {said}.")


def _measured(found: overview.Overview, items: int) -> str:
    """How many items a figure rests on, and whether those are all."""
    if found.every == 1:
        return count(items, "item")
    return f"{count(items, 'item')}, one in {found.every} of all"


def _throughput(found: overview.Overview) -> None:
    went = found.throughput
    if went is None:
        return
    card(
        "Items a second",
        overview_charts.throughput(went),
        f"Items that ended a second, in steps of {units.duration(went.width)}. {_marks(went)}",
        key="overview_throughput",
    )
    st.caption(f"{str(found.wall).capitalize()}. {_marks(went)}")
    card(
        "Threads busy",
        overview_charts.busy(went),
        f"Threads busy on average, in steps of {units.duration(went.width)}; {max(went.workers)} worker processes",
        key="overview_busy",
    )
    st.caption("Bars: threads at work, on average. Line: worker processes.")


def _marks(went: overview.Throughput) -> str:
    """What the marks in the chart say, of those that are there."""
    parts = [f"▼ {count(len(went.holds), 'hold')}"] if went.holds else []
    parts += ["… in the queue"] if went.waited >= overview.WORTH_TELLING else []
    parts += [f"‖ {count(len(went.pauses), 'pause')}"] if went.pauses else []
    return f"{'; '.join(parts)}." if parts else ""


def _sizes(found: overview.Overview) -> None:
    sizes = found.sizes
    if sizes is None:
        return
    title = f"{sizes.column.capitalize()} against seconds"
    card(
        title,
        overview_charts.sizes(sizes),
        f"{title}: {count(len(sizes.points), 'item')}",
        key="overview_sizes",
    )


def _groups(found: overview.Overview) -> None:
    if len(found.groups) < 2:
        return
    kind = result_filters.group_label(found.run).lower()
    slowest, refusing = found.slowest_groups(), found.refusing_groups()
    asked = lambda one: result_filters.choose(group=one["group"])  # noqa: E731
    card(
        f"The slowest of {count(len(found.groups), kind)}",
        overview_charts.slowest(slowest),
        f"Seconds of half of the items: {'; '.join(f'{one.group} {units.precise(one.median)}' for one in slowest)}",
        key="overview_slowest",
        picked=asked,
    )
    if refusing:
        card(
            f"Where most items failed, by {kind}",
            overview_charts.refusing(refusing),
            f"Items that failed: {'; '.join(f'{one.group} {one.failed:,} of {one.items:,}' for one in refusing)}",
            key="overview_refusing",
            picked=asked,
        )


PLACES = ("commonest", "second", "third", "fourth", "fifth")


def _facets(found: overview.Overview) -> None:
    """A row for each column; a click on a value asks for the rows that have it."""
    run = found.run
    st.markdown("**Columns: how full, and their commonest values**")
    rows = [_facet(facet, found.rows) for facet in found.facets]
    table = tables.readable(pd.DataFrame(rows, columns=["column", "full", "different", "range", *PLACES]))
    turn = f"overview_facets_{st.session_state.get('overview_facets_turn', 0)}"
    st.dataframe(
        table,
        key=turn,
        hide_index=True,
        height="content" if len(rows) <= 14 else results.height(14),
        placeholder="",
        alt="Each column of the result: how full it is, how many different values it holds, and the commonest of them",
        on_select=lambda: _facet_picked(found, turn),
        selection_mode="single-cell",
        column_config={
            "column": st.column_config.TextColumn(pinned=True, width=160),
            "full": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent", width=120),
            "different": st.column_config.NumberColumn(format="localized", width=90),
            "range": st.column_config.TextColumn(width=140, help="the least and the greatest number"),
            **{place: st.column_config.TextColumn(width=150) for place in PLACES},
        },
    )
    of = "" if found.rows == run.done else f"Looked at {found.rows:,} rows, spread evenly over all {run.done:,}. "
    st.caption(f"{of}A click on a value shows its rows.")


def _facet(facet: overview.Facet, rows: int) -> tuple[Any, ...]:
    values = [f"{one.rows:,} × {formatting.apart(str(one.value), 80)}" for one in facet.commonest]
    return (
        facet.column,
        _share(facet.full, rows),
        facet.distinct,
        _range(facet),
        *values,
        *("",) * (len(PLACES) - len(values)),
    )


def _share(full: int, rows: int) -> float:
    """A share in whole percent, of which neither nothing nor everything is said where it is not so."""
    share = round(full / rows, 2) if rows else 0.0
    return share if full in (0, rows) else min(0.99, max(0.01, share))


def _range(facet: overview.Facet) -> str:
    if facet.least is None or facet.least == facet.greatest:
        return units.figure(facet.least) if facet.least is not None else ""
    return f"{units.figure(facet.least)} to {units.figure(facet.greatest)}"


def _facet_picked(found: overview.Overview, turn: str) -> None:
    cells = st.session_state[turn]["selection"]["cells"]
    st.session_state["overview_facets_turn"] = st.session_state.get("overview_facets_turn", 0) + 1
    for row, column in cells:
        facet = found.facets[row]
        if column in PLACES and PLACES.index(column) < len(facet.commonest):
            value = facet.commonest[PLACES.index(column)].value
            result_filters.choose(value=result_filters.said_of(ColumnValue(column=facet.column, value=value)))
