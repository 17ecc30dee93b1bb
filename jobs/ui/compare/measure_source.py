"""Where the items of a measurement come from: a finished run, the list on New run, or the job's sample."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from jobs.runtime import client, measure, reader
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.records import Run, Table
from jobs.runtime.core.units import count
from jobs.ui.shared import formatting

RECENT = 30
"""Runs that are offered as a source of items."""

SAMPLE, LIST = "sample", "list"


@dataclass(frozen=True, kw_only=True)
class MeasureSource:
    """Where the items of a measurement come from: a run, or a list that has been read (the sample, or New run's)."""

    job: str
    run: Run | None = None
    preflight: Any = None

    @property
    def items(self) -> Any:
        """The items, to go through once."""
        return client.items(self.run.id) if self.run else self.preflight.items_iter()

    @property
    def number(self) -> int:
        """How many there are."""
        return self.run.items if self.run else int(self.preflight.items)

    @property
    def table(self) -> Table:
        """What they came from."""
        return self.run.table if self.run else self.preflight.table


def take(job: str, preflight: Any) -> None:
    """Let this list, as New run has read it, be offered to measure; then go over to Compare."""
    st.session_state["measure_list"] = (job, preflight)
    st.session_state["measure_job"] = job
    st.session_state[f"measure_items:{job}"] = LIST


def ask() -> MeasureSource | None:
    """Ask for the job and where its items come from; None: there is nothing to measure, which has been said."""
    names = sorted(
        client.catalog().shown,
        key=lambda name: (client.catalog().jobs[name].bound != "io", client.catalog().jobs[name].takes_rows, name),
    )
    if not names:
        st.text("There is no job to measure: add one to the folder jobs.")
        return None
    asked = _asked_run()
    if asked is not None and asked.job in names:
        st.session_state["measure_job"] = asked.job
        st.session_state[f"measure_items:{asked.job}"] = asked.id
    if st.session_state.get("measure_job") not in names:
        st.session_state["measure_job"] = names[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        job = st.segmented_control("Job", names, format_func=_job_label, required=True, key="measure_job") or names[0]
        runs = _runs_of(job)
        lists = _lists(job)
        options = [*lists, *runs]
        if not options:
            st.text("This job has no sample and no finished run: run it once, then measure that run.")
            return None
        if st.session_state.get(f"measure_items:{job}") not in options:
            st.session_state.pop(f"measure_items:{job}", None)
        chosen = st.selectbox(
            "Items",
            options,
            format_func=lambda key: LISTS[key] if key in LISTS else _run_label(runs[key]),
            key=f"measure_items:{job}",
            help="The same items run each way. A finished run brings its items and its options along.",
            width=420,
        )
    return MeasureSource(job=job, run=runs.get(chosen), preflight=lists.get(chosen))


LISTS = {LIST: "The list on New run", SAMPLE: "The sample"}


def _lists(job: str) -> dict[str, Any]:
    """The lists that can be measured, as they were read: that of New run, and the job's sample."""
    found = {}
    given_job, preflight = st.session_state.get("measure_list", ("", None))
    if given_job == job:
        found[LIST] = preflight
    if _has_sample(job):
        found[SAMPLE] = _sample(job)
    return found


def _asked_run() -> Run | None:
    """The run whose items the address asks to measure: `?of=RUN`, once."""
    run_id = st.query_params.get("of")
    if not run_id:
        return None
    del st.query_params["of"]
    try:
        return client.run(run_id)
    except UnknownRun:
        st.text("The run that the address names is not there any more: choose other items.")
        return None


def _runs_of(job: str) -> dict[str, Run]:
    """Runs whose items can be measured: those that have ended, and are no part of a measurement themselves."""
    found = [run for run in client.runs(job=job, limit=RECENT * 4) if run.state.terminal and not measure.part_of(run)]
    asked = st.session_state.get(f"measure_items:{job}")
    if asked and asked not in LISTS and asked not in {run.id for run in found}:
        with contextlib.suppress(UnknownRun):  # deleted meanwhile
            found.insert(0, client.run(asked))
    return {run.id: run for run in found[:RECENT]}


def _job_label(name: str) -> str:
    return formatting.literal(formatting.title_of(name))


def _run_label(run: Run) -> str:
    name = f" · {run.name}" if run.name else ""
    return formatting.shortened(f"{count(run.items, 'item')} of run {formatting.short_id(run.id)}{name}", 80)


def _has_sample(job: str) -> bool:
    try:
        measure.sample(job)
    except Refused:
        return False
    return True


def _sample(job: str) -> Any:
    """The preflight of a job's sample, read once."""
    path = measure.sample(job)
    known: dict[str, Any] = st.session_state.setdefault("measure_samples", {})
    if str(path) not in known:
        known[str(path)] = reader.read_apart(path, name=path.name, job=job)
    return known[str(path)]
