"""The first page: from what a person has to a run, with what will happen shown before it starts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core import units
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import CLUSTER, Column, Limits, Pool, Run, Table
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.units import count
from jobs.ui.compare import measure_source
from jobs.ui.new_run import budget_form, dry_run, items_source, job_choice, only_new, preset_choice, preview
from jobs.ui.shared import live_text, page_frame, param_form, run_form

SECOND_CLICK = 1.0  # seconds after a start in which the page goes over to the run again


@dataclass(frozen=True, kw_only=True)
class RunDraft:
    """A run as the page has it ready: everything `client.submit` asks for."""

    job: str
    preflight: Any
    params: Mapping[str, Any]
    pool: Pool
    limits: Limits
    reuse: Reuse | None
    budget: Budget
    name: str
    preset: RunPreset | None
    on: str


def page() -> None:
    """Choose the job, give it items, see what will happen, start."""
    _go_over()
    _take_earlier()
    live_text.watch(items_source.LARGEST)  # first: it is to listen by the time that Start can be seen
    st.header("New run", anchor=False)
    job = job_choice.choose()
    if job is None:
        job_choice.show_broken()
        return
    if asked := st.query_params.pop("sample", None):
        items_source.take_sample(job.name, asked if asked in client.samples(job.name) else "")
    if items_source.is_first_visit():
        job_choice.first_steps(job)
    wide = preview.read_ahead(job, items_source.taken(job), preset_choice.chosen(job.name))
    with st.container(key="given_wide" if wide else "given"):
        given = items_source.ask(job)
        reading = st.container()
    read = None
    if job.mark.fields is None:  # else what is read depends on the options below it
        with reading:
            read = _read(job, given, {})
    beside = preset_choice.choose(job.name)
    start = _start_from(job.name)
    with st.expander("Options", icon=":material/tune:", key="options"):
        options = param_form.options(job.name, start)
    with st.expander("How to run", icon=":material/account_tree:", key="how"):
        pool, limits = run_form.how_to_run(job.name, start, bound=job.bound, grouped=job.mark.group is not None)
        on = run_form.place(start.on, f"{job.name}:{start.origin}")
        reuse = only_new.ask(job, start)
        budget = budget_form.ask(job, _columns(job, options.params), start)
    job = _for_params(job, options.params)
    if read is None:
        with reading:
            read = _read(job, given, options.params)
    reason = read.reason or options.fault
    name = given.name if given is not None else ""
    order = RunDraft(
        job=job.name,
        preflight=read.preflight,
        params=options.params,
        pool=pool,
        limits=limits,
        reuse=reuse,
        budget=budget,
        name=name,
        preset=preset_choice.chosen(job.name),
        on=on,
    )
    preset_choice.rest(beside, _settings(order))
    dry_run.show(job.name)
    job_choice.show_broken()
    page_frame.footer()
    with st.bottom:
        _start(order, reason, job)


def _read(job: Any, given: items_source.GivenItems | None, params: Mapping[str, Any]) -> preview.Reading:
    """What was given, read and shown."""
    read = preview.read(job, given, params, preset_choice.chosen(job.name))
    if read.preflight is not None:
        preview.show(job, read.preflight)
    return read


def _start_from(job: str) -> run_form.Settings:
    """What the forms begin with: an earlier run's settings, a preset's or the defaults, with what the sample needs."""
    earlier, preset = _earlier(job), preset_choice.chosen(job)
    if earlier is not None:
        return run_form.settings_of(job, earlier)
    start = run_form.settings_of(job, None)
    if preset is not None:
        start = run_form.settings_of_preset(preset, f"preset {preset_choice.turn(job)}")
    which, needed = st.session_state.get("sample_params", {}).get(job, ("", {}))
    if not needed:
        return start
    return replace(start, origin=f"{start.origin}sample {which}", params={**needed, **start.params})


def _settings(order: RunDraft) -> preset_choice.FormSettings:
    """What of a draft a preset can say."""
    column, fields = preview.chosen_columns(order.preflight)
    return preset_choice.FormSettings(
        job=order.job,
        params=order.params,
        pool=order.pool,
        limits=order.limits,
        on=order.on,
        reuse=order.reuse,
        budget=order.budget,
        table=order.preflight.table if order.preflight is not None else Table(),
        column=column,
        fields=fields,
    )


def _for_params(job: Any, params: Mapping[str, Any]) -> Any:
    """The job for these params; as it is where they cannot be, which is said beside Start."""
    try:
        return client.job_for(job.name, params)
    except Refused:
        return job


def _columns(job: Any, params: Mapping[str, Any]) -> Sequence[Column]:
    """The columns of a run with these params; none where they cannot be, which is said beside Start."""
    try:
        return client.columns(job.name, params)
    except Refused:
        return ()


def _go_over() -> None:
    """Go to the run that Start has made a moment ago: the second of two clicks comes when the page has left already."""
    run_id, at = st.session_state.pop("started", ("", 0.0))
    if time.monotonic() - at < SECOND_CLICK:
        st.session_state.pop("pressed", None)
        page_frame.open_run(run_id)


def _take_earlier() -> None:
    """Fill the page from the run that the address names: `?again=RUN`, once."""
    run_id = st.query_params.get("again")
    if run_id is None:
        return
    del st.query_params["again"]
    try:
        run = client.run(run_id)
    except UnknownRun:
        page_frame.refused("There is no such run any more: its items cannot be taken over.")
        return
    items_source.take_run(run)
    preset_choice.take_run(run)
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


def _start(order: RunDraft, reason: str, job: Any) -> None:
    """The button, with why it is disabled or what to expect.

    Pressing notes the nonce that the button was drawn with, and the run is made here, from what the page holds now:
    an edit that arrives together with the click counts. Until it is made, no button with another nonce is drawn.
    What is said stands above: the row is held to the bottom of the window, so that no length of it moves the button.
    """
    nonce = st.session_state.get("pressed", "")
    refusal = _submit(order, nonce) if nonce and not reason else ""
    st.session_state.pop("pressed", None)
    if refusal:
        page_frame.refused(refusal)
    st.text(reason or _expectation(order), width="stretch")
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
        if not reason:
            dry_run.button(job, order.preflight, order.params, order.limits)
        if (
            order.preflight is not None
            and order.preflight.valid
            and st.button(
                "Measure the ways",
                icon=":material/speed:",
                help="Run the same items one at a time, with threads, with processes and with both, and compare",
                key="measure",
            )
        ):
            measure_source.take(order.job, order.preflight)
            page_frame.go_to(page_frame.COMPARE)


def _press(nonce: str) -> None:
    st.session_state["pressed"] = nonce


def _submit(order: RunDraft, nonce: str) -> str:
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
                preset=order.preset,
                nonce=nonce,
                reuse=order.reuse,
                budget=order.budget,
                on=order.on,
            )
    except Refused as error:
        return str(error)
    st.session_state["started"] = (run.id, time.monotonic())
    st.session_state["arrived"] = run.id
    del st.session_state["pressed"]  # it has led to its run: who comes back to this page stays here
    page_frame.open_run(run.id)
    return ""


def _expectation(order: RunDraft) -> str:
    there = only_new.there(order.job, order.preflight, order.params, order.reuse)
    seconds = client.estimate(order.job, order.preflight.items - there.taken, order.pool)
    how = f"{order.pool}{' · on the cluster' if order.on == CLUSTER else ''}"
    if order.reuse is not None and order.reuse.fresh:
        how = f"{there.taken:,} of {count(order.preflight.items, 'item')} are there already · {how}"
    if order.reuse is not None and order.reuse.conditional:
        how = f"of {there.asked:,} it is asked whether they have changed · {how}"
    if seconds is None:
        return f"{how} · no estimate yet: nothing like it has run here"
    return f"{how} · {units.about(seconds)} expected, going by earlier runs of this job"


if __name__ == "__main__":
    page()
