"""What a person can do with a run: the buttons of its page, and the questions some of them ask first."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.errors import FanoutError
from jobs.runtime.core.records import CLUSTER, LOCAL, Run, RunState
from jobs.runtime.core.units import count, size
from jobs.ui.run import share
from jobs.ui.shared import formatting, page_frame

AGAIN, EDIT, MEASURE = "Run again", "Edit and run again", "Measure the ways"
RETRY, RUN_CANCELLED = "Retry failed", "Run the cancelled"
RENAME, SHARE, DELETE = "Rename", "Share", "Delete"
PIN, UNPIN = "Pin", "Unpin"
UNCHANGING = frozenset({"invalid_item", "invalid_url", "unsupported_scheme"})
"""Codes of cells that are no items: they stay so, however often they are tried."""
ICONS = {
    AGAIN: ":material/replay:",
    EDIT: ":material/edit_note:",
    **dict.fromkeys((RETRY, RUN_CANCELLED), ":material/refresh:"),
    MEASURE: ":material/speed:",
    PIN: ":material/keep:",
    UNPIN: ":material/keep_off:",
    RENAME: ":material/label:",
    SHARE: ":material/share:",
    DELETE: ":material/delete:",
}


def do(action: Callable[..., Any], *arguments: Any) -> None:
    """Carry an action of the client out, as a button's callback; what it says no to is shown on the page."""
    try:
        action(*arguments)
    except FanoutError as error:
        st.session_state["refusal"] = str(error)


def show_refusal() -> None:
    """The sentence of an action that was refused just now."""
    refusal = st.session_state.pop("refusal", "")
    if refusal:
        page_frame.refused(refusal)


def buttons(run: Run) -> None:
    """Pause or resume, cancel, and the menu of the rest: each in a place of its own, whichever others are there."""
    if not page_frame.may_change():
        return
    state = run.state
    if state in (RunState.QUEUED, RunState.RUNNING):
        _button("Pause", ":material/pause:", client.pause, run)
    elif state is RunState.PAUSED:
        _button("Resume", ":material/play_arrow:", client.resume, run)
    else:
        st.empty()
    if state is RunState.CANCELLING:
        st.button("Cancelling…", icon="spinner", disabled=True, key="cancelling")
    elif not state.terminal:
        _button("Cancel", ":material/close:", client.cancel, run)
    else:
        st.empty()
    if state is RunState.PAUSED and run.on == CLUSTER:
        _button("Resume on this machine", ":material/computer:", partial(client.resume, on=LOCAL), run)
    _menu(run)


def retry_failed(run: Run) -> None:
    """The button that tries again what failed of an ended run and may end otherwise; why there is none, where nothing
    may."""
    if not (run.state.terminal and run.failed and page_frame.may_change()):
        return
    codes = client.progress(run.id).codes
    failed = {code: number for code, number in codes.items() if code not in UNCHANGING and code != "cancelled"}
    if not any(client.failures(run.id, code=code, most=1) for code in failed):
        st.caption("Retry would change nothing: the cells are no items.", width="content")
        return
    st.button(
        RETRY,
        icon=ICONS[RETRY],
        on_click=do,
        args=(client.retry, run.id, tuple(failed)),
        key="retry_failed",
        help="Puts these items back to waiting. Cells that are no items stay as they are.",
    )


def tell_expiry(run: Run) -> None:
    """When an ended run goes by itself, if it does, and what keeps it."""
    ends = (
        next((expiry for expiry in client.expiring() if expiry.run.id == run.id), None) if run.state.terminal else None
    )
    if ends is not None:
        when = page_frame.moment(ends.at) if ends.at > time.time() else "soon"
        st.caption(f"This run goes by itself {when} ({ends.setting}): {PIN}, in the menu More, keeps it.")


def _button(label: str, icon: str, action: Callable[[str], Any], run: Run) -> None:
    st.button(label, icon=icon, on_click=do, args=(action, run.id), key=label.lower())


def run_cancelled(run: Run) -> None:
    """The button that runs the cancelled items of an ended run, and no others."""
    if not page_frame.may_change():
        return
    st.button(
        RUN_CANCELLED,
        icon=ICONS[RUN_CANCELLED],
        on_click=do,
        args=(client.retry, run.id, ("cancelled",)),
        key="run_cancelled",
        help="Puts these items back to waiting, and the run goes on with them.",
    )


def choices_of(run: Run) -> list[str]:
    """The entries of the menu that are possible now."""
    choices = [AGAIN, EDIT]
    if run.state.terminal:
        choices.append(MEASURE)
    choices += [RENAME, SHARE]
    if run.pinned or client.limited():
        choices.append(UNPIN if run.pinned else PIN)
    if run.state.terminal:
        choices.append(DELETE)
    return choices


def _menu(run: Run) -> None:
    chosen = st.menu_button("More", choices_of(run), format_func=_entry, key="more")
    if chosen is not None:
        carry_out(chosen, run)


def _entry(name: str) -> str:
    return f"{ICONS[name]} {name}"


def carry_out(chosen: str, run: Run) -> None:
    """Do what was chosen from the menu; Rename and Delete ask first."""
    if chosen == AGAIN:
        page_frame.open_run(client.again(run.id).id)
    elif chosen == EDIT:
        page_frame.go_to(page_frame.NEW_RUN, again=run.id)
    elif chosen == MEASURE:
        page_frame.go_to(page_frame.COMPARE, of=run.id)
    elif chosen in (PIN, UNPIN):
        do(lambda: client.pin(run.id, pinned=chosen == PIN))
        st.rerun()
    elif chosen == RENAME:
        _rename(run)
    elif chosen == SHARE:
        share.ask(run)
    elif chosen == DELETE:
        _delete(run)


@st.dialog("Rename this run")
def _rename(run: Run) -> None:
    with st.form("rename_form", border=False):
        name = st.text_input("Name", value=run.name, max_chars=200, key="new_name")
        renamed = st.form_submit_button("Rename", type="primary", key="rename")
    if renamed:
        do(client.rename, run.id, name)
        st.rerun()
    if st.button("Keep the old name", key="keep_name"):
        st.rerun()


@st.dialog("Delete this run?")
def _delete(run: Run) -> None:
    with page_frame.sentences():
        given_back = size(client.sizes(run.id))
        st.text(formatting.apart(run.name, 200) or f"Run {formatting.short_id(run.id)}")
        st.text(f"Submitted {page_frame.moment(run.submitted_at)}.")
        st.text(f"Its {count(run.items, 'row')}, files and log go for good. That gives back about {given_back}.")
    with st.container(horizontal=True):
        if st.button(f":red[Delete {count(run.items, 'row')}]", icon=":material/delete:", key="delete"):
            do(client.delete, run.id)
            page_frame.go_to(page_frame.RUNS)
        if st.button("Keep it", key="keep"):
            st.rerun()
