"""A measurement on the page: how far it is, and what it has found out."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, measure
from jobs.runtime.core import units
from jobs.runtime.core.errors import FanoutError, Refused
from jobs.runtime.core.records import RunState
from jobs.runtime.core.units import count
from jobs.ui.compare import plots
from jobs.ui.shared import formatting, page_frame

RECENT = 30
"""Measurements that can be chosen."""

TICK = 0.5
PATIENCE = 0.25
"""Seconds for which a tick drives the measurement on, so that its runs follow one another closely."""


def show() -> None:
    """The measurement that the address names, or the latest."""
    known, chosen = _known()
    if not chosen:
        st.text("Nothing has been measured yet.")
        return
    st.divider()
    _choose(known, chosen)
    _result(chosen)


def in_work() -> str:
    """The measurement below, if it is not over: this page drives it on, also while none of its runs is in work."""
    _, chosen = _known()
    try:
        return chosen if chosen and not measure.find(chosen).over else ""
    except FanoutError:
        return ""


def _known() -> tuple[list[str], str]:
    """The measurements that can be chosen, and the one that is."""
    known = measure.latest(jobs=tuple(client.catalog().shown), most=RECENT)
    return known, st.query_params.get("measure") or (known[0] if known else "")


def _choose(known: list[str], chosen: str) -> None:
    options = known if chosen in known else [chosen, *known]
    st.session_state["measure_chosen"] = chosen
    st.selectbox("Measurement", options, format_func=_label, key="measure_chosen", on_change=_chosen, width=420)


def _chosen() -> None:
    st.query_params["measure"] = st.session_state["measure_chosen"]


def _label(measurement_id: str) -> str:
    try:
        measurement = measure.find(measurement_id)
    except FanoutError:
        return measurement_id
    first = measurement.first
    return (
        f"{measurement_id} · {formatting.title_of(first.job)}, {count(first.items, 'item')} · "
        f"{page_frame.moment(first.submitted_at)}"
    )


def _result(measurement_id: str) -> None:
    measurement = measure.find(measurement_id)
    st.fragment(_live, run_every=None if measurement.over else TICK)(measurement_id, measurement.over)


def _live(measurement_id: str, drawn_over: bool) -> None:
    with page_frame.sentences():
        measurement = measure.find(measurement_id)
        if not measurement.over:
            measurement = measure.drive(measurement_id, PATIENCE)
        if measurement.over != drawn_over:
            st.rerun()
        if not measurement.over:
            _how_far(measurement)
        comparison = _figures(measurement)
        if measurement.over:
            with st.container(border=True):
                st.text(measure.verdict(comparison), width="stretch")
        if comparison.ways:
            _figures_shown(measurement, comparison)


def _how_far(measurement: measure.Measurement) -> None:
    latest = measurement.latest
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(
            f"{measurement.done} of {measurement.steps} runs done · now {latest.name.partition(' · ')[2]} · "
            f"{latest.done:,} of {count(latest.items, 'item')} · goes on while this page is open",
            width="stretch",
        )
        if st.button("Stop measuring", icon=":material/close:", key="measure_stop"):
            _stop(measurement.plan.id)
    st.progress(min(1.0, measurement.done / measurement.steps))


def _stop(measurement_id: str) -> None:
    """Cancel the run in work; between two runs, the next one."""
    try:
        client.cancel(measure.advance(measurement_id).latest.id)
    except Refused as error:
        page_frame.refused(str(error))


def _figures(measurement: measure.Measurement) -> measure.Comparison:
    """The figures; those of a measurement that is over are worked out once."""
    if not measurement.over:
        return measure.figures(measurement)
    key = (measurement.plan.id, tuple(run.id for run in measurement.runs.values()))
    known = st.session_state.get("measure_figures")
    if known is None or known[0] != key:
        known = (key, measure.figures(measurement))
        st.session_state["measure_figures"] = known
    comparison: measure.Comparison = known[1]
    return comparison


def _figures_shown(measurement: measure.Measurement, comparison: measure.Comparison) -> None:
    rows = measure.table(comparison)
    plots.walls(rows, verdict=measure.verdict(comparison))
    plots.figures(rows, key="measure_table")
    for note in measure.notes(measurement, comparison):
        st.caption(formatting.literal(note))
    _download(measurement, rows)
    _runs_shown(measurement)


def _download(measurement: measure.Measurement, rows: list[dict[str, Any]]) -> None:
    st.download_button(
        "CSV",
        data=pd.DataFrame(rows).to_csv(index=False).encode(),
        file_name=f"measure-{measurement.plan.id}-{time.time():.0f}.csv",
        mime="text/csv",
        icon=":material/csv:",
        on_click="ignore",
        key="measure_csv",
    )


def _runs_shown(measurement: measure.Measurement) -> None:
    with st.expander(f"Its {count(len(measurement.runs), 'run')}", icon=":material/history:", key="measure_runs"):
        for run in measurement.runs.values():
            with st.container(horizontal=True, vertical_alignment="center"):
                badge = formatting.run_badge(run)
                st.badge(badge.word, icon=badge.icon, color=badge.colour)  # type: ignore[arg-type]
                wall = units.duration(run.seconds(time.time())) if run.state is not RunState.QUEUED else ""
                st.text(f"{run.name.partition(' · ')[2]} · {run.pool} · {wall}", width="stretch")
                if st.button("Open", icon=":material/open_in_full:", key=f"open_{run.id}", type="tertiary"):
                    page_frame.open_run(run.id)
