"""The history: runs that go on as cards, the others as a table, filtered and paged by the store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.errors import DamagedRun
from jobs.runtime.core.records import Progress, Run, RunState
from jobs.runtime.core.units import count
from jobs.ui.new_run import items_source
from jobs.ui.run import actions, redraw_interval
from jobs.ui.runs import history_table, lesson_runs, many_runs
from jobs.ui.shared import formatting, page_frame

A_PAGE = 50
SOON_SECONDS = 7 * 86_400.0
FILTERS = ("text", "of_job", "state", "lessons")
STATES = [state for state in RunState if state is not RunState.SUBMITTING]
GOING_ON = (RunState.RUNNING, RunState.QUEUED, RunState.PAUSED, RunState.CANCELLING)
HOSTED = Path("/mount/src")  # where the Community Cloud keeps an app


def page() -> None:
    """What goes on, and what was."""
    _come_back()
    st.header("Runs", anchor=False)
    actions.show_refusal()
    if client.count_runs() == 0:
        _empty()
        page_frame.footer()
        return
    chosen, to_delete = history_table.chosen(), many_runs.to_delete()
    st.fragment(_body, run_every=redraw_interval.of_page(1.0 if _going_on() else None))()
    many_runs.ask(to_delete)
    _carry_out(*chosen)
    st.caption(f"On disk: {page_frame.disk()}. Delete (in the menu ⋮ of a run) says what it gives back before it does.")
    _tell_expiry()
    if HOSTED.exists():
        st.caption("This host forgets its disk when the app sleeps: download what you want to keep.")
    page_frame.footer()


def _tell_expiry() -> None:
    going = [expiry for expiry in client.expiring() if expiry.at < time.time() + SOON_SECONDS]
    if going:
        soon = " and ".join(dict.fromkeys(expiry.setting for expiry in going))
        st.caption(f"{count(len(going), 'run')} will go within a week ({soon}): pin what is to stay.")


def _come_back() -> None:
    """Filter as before where one comes back from another page: Streamlit leaves addresses in the browser's history
    without what widgets have bound to them, and with what is bound on the next page."""
    kept = st.session_state.get("filtered")
    if page_frame.arrived() and kept and not any(key in st.query_params for key in FILTERS):
        st.query_params.pop("run", None)
        st.session_state.update(kept)
        st.rerun()  # in the run that Back itself starts, Streamlit lets what the address lacks win


def _empty() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.text("Nothing has run yet. Give a list to a job, and it shows up here.")
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("New run", type="primary", icon=":material/add_circle:", key="first_run"):
                page_frame.go_to(page_frame.NEW_RUN)
            sampled = items_source.sampled_job()
            if sampled and st.button("Try the sample", icon=":material/science:", key="first_sample"):
                page_frame.go_to(page_frame.NEW_RUN, job=sampled, sample="1")


def _going_on() -> list[Run]:
    return [run for state in GOING_ON for run in client.runs(state=state, limit=10)]


def _body() -> None:
    """All that moves while runs go on, drawn at once, so that cards and table say the same."""
    with page_frame.sentences():
        going_on = [client.progress(run.id) for run in _going_on()]
        moving = bool(going_on)
        turned = st.session_state.get("runs_go_on", moving) is not moving
        st.session_state["runs_go_on"] = moving
        if turned or history_table.CHOSEN in st.session_state or many_runs.TO_DELETE in st.session_state:
            st.rerun()  # the whole page: it asks, goes over, or is drawn at another pace
        redraw_interval.of_part(1.0 if moving else None)
        for progress in going_on:
            _card(progress)
        _history(going_on)


def _card(progress: Progress) -> None:
    run = progress.run
    badge = formatting.run_badge(run, interrupted=progress.interrupted)
    with st.container(border=True, key=f"card_{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(badge.word, icon=badge.icon, color=badge.colour)  # type: ignore[arg-type]
            st.page_link(page_frame.RUN, label=formatting.literal(_name(run), 160), query_params={"run": run.id})
            st.space("stretch")
            if st.button("Open", icon=":material/open_in_full:", key=f"open_{run.id}"):
                page_frame.open_run(run.id)
            if run.state is not RunState.CANCELLING:
                st.button(
                    "Cancel",
                    icon=":material/close:",
                    on_click=actions.do,
                    args=(client.cancel, run.id),
                    key=f"cancel_{run.id}",
                )
        st.progress(formatting.share_done(progress.run))
        st.text(
            formatting.progress_sentence(
                progress.run,
                rate=progress.rate,
                left=progress.seconds_left,
                slowest=progress.slowest_group,
                now=time.time(),
            )
        )


def _name(run: Run) -> str:
    label = f"{formatting.title_of(run.job)} · {count(run.items, 'item')}"
    return f"{label} · {formatting.apart(run.name, 80)}" if run.name else label


def _history(going_on: Sequence[Progress]) -> None:
    own: dict[str, Any] = {"bind": "query-params", "label_visibility": "collapsed"}  # each says itself what it is
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="filters"):
        text = st.text_input("Search", key="text", placeholder="name, file or id", width=260, **own)
        jobs = ["", *sorted(client.catalog().jobs)]
        job = st.selectbox("Job", jobs, format_func=lambda name: name or "any job", key="of_job", width=160, **own)
        state = st.selectbox("State", ["", *STATES], format_func=_state, key="state", width=160, **own)
        lessons = st.toggle(
            "Lessons and measurements",
            key="lessons",
            bind="query-params",
            help="The runs that How it works and Measure the ways have made. They are kept apart from yours.",
        )
    st.session_state["filtered"] = {key: st.session_state[key] for key in FILTERS}
    filters: dict[str, Any] = {"state": state or "", "job": job or "", "text": (text or "").strip(), "apart": lessons}
    if lessons:
        lesson_runs.show(filters)
        return
    total = client.count_runs(**filters)
    befores = _befores(filters)
    found = client.listing(**filters, limit=A_PAGE, after=befores[-1] if befores else None)
    if befores and found.end is None:  # all that stood here were deleted
        befores.clear()
        st.rerun()
    if found.end is None:
        st.text("No run matches.")
        return
    if found.runs:
        now = {progress.run.id: progress.run for progress in going_on}
        interrupted = [progress.run.id for progress in going_on if progress.interrupted]
        ticked = history_table.show([now.get(run.id, run) for run in found.runs], interrupted)
        many_runs.buttons(ticked, filters, total)
    _damaged(found.damaged)
    _turn(found, total, befores)


def _damaged(found: Sequence[DamagedRun]) -> None:
    """The runs whose rows cannot be read, each with its reason and the one thing that can be done with it."""
    for run in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"damaged_{run.number}"):
            st.badge("Damaged", icon=":material/error:", color="red")
            st.text(page_frame.for_the_page(f"{run}."), width="stretch")
            st.button(
                "Delete",
                icon=":material/delete:",
                on_click=actions.do,
                args=(client.delete, run.name),
                key=f"delete_{run.number}",
            )


def _state(state: str) -> str:
    return formatting.RUN_BADGES[state].word if state else "any state"


def _befores(filters: dict[str, Any]) -> list[int]:
    """Where each page so far began; anew when the filters change."""
    if st.session_state.get("filters") != filters:
        st.session_state["filters"] = filters
        st.session_state["befores"] = []
    befores: list[int] = st.session_state["befores"]
    return befores


def _turn(found: client.Listing, total: int, befores: list[int]) -> None:
    if total <= A_PAGE:
        st.caption(count(total, "run"))
        return
    first = len(befores) * A_PAGE + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Newer",
            icon=":material/chevron_left:",
            disabled=not befores,
            on_click=_newer,
            key="newer",
        )
        here = len(found.runs) + len(found.damaged)
        more = first + here <= total
        st.button(
            "Older",
            icon=":material/chevron_right:",
            disabled=not more,
            on_click=_older,
            args=(found.end,),
            key="older",
        )
        st.caption(f"{first:,} to {first + here - 1:,} of {count(total, 'run')}")


def _newer() -> None:
    st.session_state["befores"].pop()


def _older(before: int) -> None:
    st.session_state["befores"].append(before)


def _carry_out(what: str, run_id: str) -> None:
    """Do what was chosen in a row: open the run, or what its menu has."""
    if not run_id:
        return
    with page_frame.sentences():
        run = client.run(run_id)
        actions.carry_out(what, run) if what in actions.ICONS else page_frame.open_run(run.id)


if __name__ == "__main__":
    page()
