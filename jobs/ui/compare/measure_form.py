"""Measure the ways: what is to be measured, and the button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from jobs.runtime import client, measure
from jobs.runtime.core import units
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import LOCAL
from jobs.runtime.core.units import count
from jobs.ui.compare import measure_result, measure_source
from jobs.ui.compare.measure_source import MeasureSource
from jobs.ui.shared import page_frame, param_form, run_form

COMPARED = {"ways": "Ways", "workers": "Numbers of workers"}


def show() -> None:
    """Ask what to measure; below, what was measured."""
    source = measure_source.ask()
    if source is not None:
        _ask(source)
    measure_result.show()


def _ask(source: MeasureSource) -> None:
    start = run_form.settings_of(source.job, source.run)
    with st.expander("Options", icon=":material/tune:", key="measure_options"):
        params = param_form.options(source.job, start).params
    foreign = _strangers(source)
    order = _order(source, params, foreign)
    agreed = not foreign or st.checkbox(
        f"Ask other people's servers {count(source.number * _ways_of(order), 'time')}, each way once",
        key="measure_agreed",
        help=f"{count(foreign, 'item')} of this list are on other people's servers, which are no benchmark.",
    )
    reason = _reason(order, source, foreign=foreign, agreed=agreed)
    _begin(replace(order, agreed=agreed), source, reason)


def _order(source: MeasureSource, params: Mapping[str, Any], foreign: int) -> measure.MeasureRequest:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        compared = st.segmented_control(
            "Compare",
            list(COMPARED),
            format_func=COMPARED.__getitem__,
            default="ways",
            required=True,
            key="measure_compared",
        )
        ways, workers = _ways() if compared != "workers" else (measure.WAYS, _workers())
        repeats = st.number_input(
            "Repeats",
            min_value=1,
            max_value=1 if foreign else measure.MOST_REPEATS,
            value=1 if foreign else measure.REPEATS,
            key=f"measure_repeats:{bool(foreign)}",
            help="How often each way runs, in turn. Their spread says what the figures are worth.",
            width=130,
        )
        on = run_form.place(LOCAL, "measure")
    return measure.MeasureRequest(
        job=source.job, params=params, ways=ways, workers=workers, repeats=repeats, table=source.table, on=on
    )


def _ways() -> tuple[tuple[str, ...], tuple[int, ...]]:
    offered = measure.CHOICES if run_form.has_cluster() else measure.WAYS
    chosen = st.multiselect(
        "Ways",
        offered,
        default=list(measure.WAYS),
        format_func=run_form.WAYS_AND_PLACES.__getitem__,
        key="measure_ways",
        help="Speed-up is against one at a time, really run: leave that in.",
        width=420,
    )
    return tuple(way for way in offered if way in chosen), ()


def _workers() -> tuple[int, ...]:
    chosen = st.multiselect(
        "Workers",
        [1, 2, 4, 8, 16, 32, 64],
        default=[1, 2, 4, 8],
        key="measure_workers",
        help="Threads of one process for waiting work, processes for computing work.",
        width=420,
    )
    return tuple(sorted(chosen))


def _ways_of(order: measure.MeasureRequest) -> int:
    return len(order.workers or order.ways)


def _strangers(source: MeasureSource) -> int:
    """How many of the items are on other people's servers; counted once for a source."""
    key = (source.job, source.run.id if source.run else id(source.preflight))
    known = st.session_state.get("measure_strangers")
    if known is None or known[0] != key:
        known = (key, measure.count_strangers(source.job, source.items))
        st.session_state["measure_strangers"] = known
    return int(known[1])


def _reason(order: measure.MeasureRequest, source: MeasureSource, *, foreign: int, agreed: bool) -> str:
    """Why this cannot be measured; empty: it can."""
    if _ways_of(order) == 0:
        return "Choose at least one."
    if foreign and source.number > measure.MOST_ITEMS:
        return (
            f"These are other people's servers, which are no benchmark: at most {measure.MOST_ITEMS} items there, "
            f"not {source.number:,}. The sample does as well."
        )
    if not agreed:
        return "Say yes to the line above, or measure the sample."
    try:
        client.columns(order.job, order.params)
        measure.plan_for(order)
    except Refused as error:
        return str(error)
    going = _going_on()
    return f"Measurement {going} is still going on." if going else ""


def _going_on() -> str:
    """A measurement that is in work, here or elsewhere: only one at a time measures anything."""
    if here := measure_result.in_work():
        return here
    for run in client.runs(text="measure ", limit=5):
        found = measure.part_of(run)
        if found and not run.state.terminal:
            return found
    return ""


def _begin(order: measure.MeasureRequest, source: MeasureSource, reason: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Measure",
            type="primary",
            icon=":material/speed:",
            disabled=bool(reason),
            key="measure_start",
        )
        st.text(reason or _expectation(order, source), width="stretch")
    if not pressed or reason:
        return
    try:
        measurement = measure.begin(order, source.items)
    except Refused as error:
        page_frame.refused(str(error))
        return
    st.query_params["measure"] = measurement.plan.id
    st.rerun()


def _expectation(order: measure.MeasureRequest, source: MeasureSource) -> str:
    plan = measure.plan_for(order)
    runs = sum(1 for _ in plan.steps())
    seconds = measure.expected_seconds(order, source.number)
    long = f" · {units.about(seconds)} expected, going by earlier runs of this job" if seconds else ""
    return f"{count(source.number, 'item')} · {count(runs, 'run')}, one after the other{long}"
