"""What a person can do with a run: the buttons of its page, and the questions some of them ask first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.errors import FanoutError
from jobs.runtime.records import Run, RunState, count, size
from jobs.ui import frame, words

AGAIN, EDIT, MEASURE = "Run again", "Edit and run again", "Measure the ways"
RETRY, RUN_CANCELLED, RETRY_BOTH = "Retry failed", "Run the cancelled", "Retry failed and cancelled"
RENAME, DELETE = "Rename", "Delete"
ICONS = {
    AGAIN: ":material/replay:",
    EDIT: ":material/edit_note:",
    **dict.fromkeys((RETRY, RUN_CANCELLED, RETRY_BOTH), ":material/refresh:"),
    MEASURE: ":material/speed:",
    RENAME: ":material/label:",
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
        frame.refused(refusal)


def buttons(run: Run) -> None:
    """Pause or resume, cancel, and the menu of the rest."""
    state = run.state
    if state in (RunState.QUEUED, RunState.RUNNING):
        _button("Pause", ":material/pause:", client.pause, run)
    if state is RunState.PAUSED:
        _button("Resume", ":material/play_arrow:", client.resume, run)
    if state is RunState.CANCELLING:
        st.button("Cancelling…", icon="spinner", disabled=True, key="cancelling")
    elif not state.terminal:
        _button("Cancel", ":material/close:", client.cancel, run)
    _menu(run)


def _button(label: str, icon: str, action: Callable[[str], Any], run: Run) -> None:
    st.button(label, icon=icon, on_click=do, args=(action, run.id), key=label.lower())


def run_cancelled(run: Run) -> None:
    """The button that runs the cancelled items of an ended run, and no others."""
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
    if run.state.terminal and run.failed + run.cancelled:
        choices.append(_retry_of(run))
    if run.state.terminal:
        choices.append(MEASURE)
    choices.append(RENAME)
    if run.state.terminal:
        choices.append(DELETE)
    return choices


def _retry_of(run: Run) -> str:
    """What a retry of all that can be retried is called: it takes the failed items and the cancelled ones."""
    if run.failed and run.cancelled:
        return RETRY_BOTH
    return RUN_CANCELLED if run.cancelled else RETRY


def _menu(run: Run) -> None:
    chosen = st.menu_button("More", choices_of(run), format_func=_entry, key="more")
    if chosen is not None:
        carry_out(chosen, run)


def _entry(name: str) -> str:
    return f"{ICONS[name]} {name}"


def carry_out(chosen: str, run: Run) -> None:
    """Do what was chosen from the menu; Rename and Delete ask first."""
    if chosen == AGAIN:
        frame.open_run(client.again(run.id).id)
    elif chosen == EDIT:
        frame.go_to(frame.NEW_RUN, again=run.id)
    elif chosen in (RETRY, RUN_CANCELLED, RETRY_BOTH):
        do(client.retry, run.id)
        st.rerun()
    elif chosen == MEASURE:
        frame.go_to(frame.COMPARE, of=run.id)
    elif chosen == RENAME:
        _rename(run)
    elif chosen == DELETE:
        _delete(run)


@st.dialog("Rename this run")
def _rename(run: Run) -> None:
    name = st.text_input("Name", value=run.name, max_chars=200, key="new_name")
    with st.container(horizontal=True):
        if st.button("Rename", type="primary", key="rename"):
            do(client.rename, run.id, name)
            st.rerun()
        if st.button("Keep the old name", key="keep_name"):
            st.rerun()


@st.dialog("Delete this run?")
def _delete(run: Run) -> None:
    with frame.sentences():
        given_back = size(client.sizes(run.id))
        st.text(words.apart(run.name, 200) or f"Run {words.short_id(run.id)}")
        st.text(f"Its {count(run.items, 'row')}, files and log go for good. That gives back about {given_back}.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="delete"):
            do(client.delete, run.id)
            frame.go_to(frame.RUNS)
        if st.button("Keep it", key="keep"):
            st.rerun()
