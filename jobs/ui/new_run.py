"""The first page: from what a person has to a run, with what will happen shown before it starts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.errors import Refused, UnknownRun
from jobs.runtime.records import Limits, Pool, Run, count
from jobs.ui import forms, frame, measure_source, preview, source, words

SECOND_CLICK = 1.0  # seconds after a start in which the page goes over to the run again


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run as the page has it ready: everything `client.submit` asks for."""

    job: str
    preflight: Any
    params: Mapping[str, Any]
    pool: Pool
    limits: Limits
    name: str


def page() -> None:
    """Choose the job, give it items, see what will happen, start."""
    _go_over()
    _take_earlier()
    st.header("New run", anchor=False)
    job = _choose_job()
    if job is None:
        _show_broken()
        return
    if st.query_params.pop("sample", None):
        source.take_sample(job.name)
    given = source.ask(job)
    read = preview.read(job, given)
    start = forms.settings_of(job.name, _earlier(job.name))
    with st.expander("Options", icon=":material/tune:", key="options"):
        params = forms.options(job.name, start)
    with st.expander("How to run", icon=":material/account_tree:", key="how"):
        pool, limits = forms.how_to_run(job.name, start, bound=job.bound, grouped=job.mark.group is not None)
    if read.preflight is not None:
        preview.show(job, read.preflight)
    reason = read.reason or _wrong_params(job.name, params)
    name = given.name if given is not None else ""
    order = Order(job=job.name, preflight=read.preflight, params=params, pool=pool, limits=limits, name=name)
    _start(order, reason)
    _show_broken()
    frame.footer()


def _go_over() -> None:
    """Go to the run that Start has made a moment ago: the second of two clicks comes when the page has left already."""
    run_id, at = st.session_state.pop("started", ("", 0.0))
    if time.monotonic() - at < SECOND_CLICK:
        st.session_state.pop("pressed", None)
        frame.open_run(run_id)


def _take_earlier() -> None:
    """Fill the page from the run that the address names: `?again=RUN`, once."""
    run_id = st.query_params.get("again")
    if run_id is None:
        return
    del st.query_params["again"]
    try:
        run = client.run(run_id)
    except UnknownRun:
        frame.refused("There is no such run any more: its items cannot be taken over.")
        return
    source.take_run(run)
    st.session_state["earlier"] = run.id
    st.session_state["job"] = run.job


def _earlier(job: str) -> Run | None:
    run_id = st.session_state.get("earlier")
    if run_id is None:
        return None
    try:
        run = client.run(run_id)
    except Refused:
        return None
    return run if run.job == job else None


def _choose_job() -> Any:
    """The job by its segment; the address keeps its name, not its label, so that a link can be written by hand."""
    catalog = client.catalog()
    names = sorted(catalog.shown, key=lambda name: (catalog.jobs[name].bound != "io", name))
    if not names:
        st.text("There is no job that works: add one to the folder jobs.")
        return None
    if st.session_state.get("job") not in names:
        asked = st.session_state.get("job") or st.query_params.get("job")
        _say_missing(asked, names)
        asked = st.query_params.get("job")
        st.session_state["job"] = asked if asked in names else names[0]
    chosen = st.segmented_control(
        "Job", names, format_func=_job_label, required=True, key="job", persist_state="session"
    )
    st.query_params["job"] = chosen or names[0]
    job = catalog.jobs[chosen or names[0]]
    st.text(f"{job.title}.")
    return job


def _say_missing(asked: str | None, names: Sequence[str]) -> None:
    """Why the job that was chosen, or that the address names, is not there: its file may have changed meanwhile."""
    if asked and asked not in names:
        entry = client.catalog().broken.get(asked)
        why = f"cannot be used: {entry.reason}" if entry else "is not there"
        frame.refused(f"The job {words.shortened(asked, 60)} {why}")


def _job_label(name: str) -> str:
    return words.literal(words.title_of(name))


def _show_broken() -> None:
    """The job files that define no job, and what to change in them; the others work all the same."""
    broken = client.catalog().broken
    if not broken:
        return
    with st.expander(
        f"{count(len(broken), 'job file')} cannot be used: see why", icon=":material/build:", key="broken"
    ):
        for entry in broken.values():
            with st.container(horizontal=True):
                st.badge(words.literal(entry.name), icon=":material/error:", color="red")
                st.text(entry.reason, width="stretch")


def _wrong_params(job: str, params: Mapping[str, Any]) -> str:
    """Why these params cannot be; empty: they can."""
    try:
        client.columns(job, params)
    except Refused as error:
        return f"Options: {error}"
    return ""


def _start(order: Order, reason: str) -> None:
    """The button, with why it is disabled or what to expect.

    Pressing notes the nonce that the button was drawn with, and the run is made here, from what the page holds now:
    an edit that arrives together with the click counts. Until it is made, no button with another nonce is drawn.
    """
    nonce = st.session_state.get("pressed", "")
    refusal = _submit(order, nonce) if nonce and not reason else ""
    st.session_state.pop("pressed", None)
    with st.container(horizontal=True, vertical_alignment="center", key="start_row"):
        st.button(
            "Start run",
            type="primary",
            icon=":material/play_arrow:",
            disabled=bool(reason),
            on_click=_press,
            args=(uuid.uuid4().hex,),
            key="start",
        )
        if order.preflight is not None and st.button(
            "Measure the ways",
            icon=":material/speed:",
            help="Run the same items one at a time, with threads, with processes and with both, and compare",
            key="measure",
        ):
            measure_source.take(order.job, order.preflight)
            frame.go_to(frame.COMPARE)
        st.text(reason or _expectation(order), width="stretch")
    if refusal:
        frame.refused(refusal)


def _press(nonce: str) -> None:
    st.session_state["pressed"] = nonce


def _submit(order: Order, nonce: str) -> str:
    """Start the run and go over to it; the sentence why not. Of one nonce there is one run, however often it comes."""
    try:
        with st.spinner(f"Storing {count(order.preflight.items, 'item')}…"):
            run = client.submit(
                order.job,
                order.preflight.items_iter(),
                params=order.params,
                pool=order.pool,
                limits=order.limits,
                table=order.preflight.table,
                name=order.name,
                nonce=nonce,
            )
    except Refused as error:
        return str(error)
    st.session_state["started"] = (run.id, time.monotonic())
    del st.session_state["pressed"]  # it has led to its run: who comes back to this page stays here
    frame.open_run(run.id)
    return ""


def _expectation(order: Order) -> str:
    seconds = client.estimate(order.job, order.preflight.items, order.pool)
    how = f"{order.pool}"
    if seconds is None:
        return f"{how} · no estimate yet: nothing like it has run here"
    return f"{how} · about {words.seconds(seconds)} expected, going by earlier runs of this job"


if __name__ == "__main__":
    page()
