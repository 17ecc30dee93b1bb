"""The history: runs that go on as cards, the others as a table, filtered and paged by the store."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.records import Run, RunState, count
from jobs.ui import actions, frame, states, widths, words

MOST_COMPARED = 4
A_PAGE = 50
STATES = [state for state in RunState if state is not RunState.SUBMITTING]
GOING_ON = (RunState.RUNNING, RunState.QUEUED, RunState.PAUSED, RunState.CANCELLING)
HOSTED = Path("/mount/src")  # where the Community Cloud keeps an app


def page() -> None:
    """What goes on, and what was."""
    st.header("Runs", anchor=False)
    actions.show_refusal()
    if client.count_runs() == 0:
        _empty()
        frame.footer()
        return
    going_on = _going_on()
    st.fragment(_cards, run_every=1.0 if going_on else None)(tuple(run.id for run in going_on))
    _history()
    _carry_out_clicked()
    st.caption(f"On disk: {frame.disk()}. Delete (in the menu ⋮ of a run) says what it gives back before it does.")
    if HOSTED.exists():
        st.caption("This host forgets its disk when the app sleeps: download what you want to keep.")
    frame.footer()


def _empty() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.text("Nothing has run yet. Give a list to a job, and it shows up here.")
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("New run", type="primary", icon=":material/add_circle:", key="first_run"):
                frame.go_to(frame.NEW_RUN)
            if st.button("Try the sample", icon=":material/science:", key="first_sample"):
                frame.go_to(frame.NEW_RUN, sample="1")


def _going_on() -> list[Run]:
    return [run for state in GOING_ON for run in client.runs(state=state, limit=10)]


def _cards(drawn: tuple[str, ...]) -> None:
    with frame.sentences():
        going_on = _going_on()
        if tuple(run.id for run in going_on) != drawn:
            st.rerun()
        for run in going_on:
            _card(run)


def _card(run: Run) -> None:
    progress = client.progress(run.id)
    badge = words.run_badge(progress.run, interrupted=progress.interrupted)
    with st.container(border=True, key=f"card_{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(badge.word, icon=badge.icon, color=badge.colour)  # type: ignore[arg-type]
            st.text(_name(run), width="stretch")
            if st.button("Open", icon=":material/open_in_full:", key=f"open_{run.id}"):
                frame.open_run(run.id)
            if run.state is not RunState.CANCELLING:
                st.button(
                    "Cancel",
                    icon=":material/close:",
                    on_click=actions.do,
                    args=(client.cancel, run.id),
                    key=f"cancel_{run.id}",
                )
        st.progress(words.share_done(progress.run))
        st.text(
            words.progress_sentence(
                progress.run,
                rate=progress.rate,
                left=progress.seconds_left,
                slowest=progress.slowest_group,
                now=time.time(),
            )
        )


def _name(run: Run) -> str:
    label = f"{words.title_of(run.job)} · {count(run.items, 'item')}"
    return f"{label} · {words.apart(run.name, 80)}" if run.name else label


def _history() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        text = st.text_input("Search", key="text", bind="query-params", placeholder="name, file or id", width=260)
        jobs = sorted(client.catalog().jobs)
        job = st.selectbox(
            "Job", ["", *jobs], format_func=lambda name: name or "all", key="of_job", bind="query-params", width=180
        )
        state = st.selectbox("State", ["", *STATES], format_func=_state, key="state", bind="query-params", width=180)
    filters = {"state": state or "", "job": job or "", "text": (text or "").strip()}
    total = client.count_runs(**filters)
    befores = _befores(filters)
    found = client.runs(**filters, limit=A_PAGE, before=befores[-1] if befores else None)
    if befores and not found:  # all that stood here were deleted
        befores.clear()
        st.rerun()
    if not found:
        st.text("No run matches.")
        return
    _table(found)
    _turn(found, total, befores)


def _state(state: str) -> str:
    return words.RUN_BADGES[state].word if state else "all"


def _befores(filters: dict[str, str]) -> list[tuple[float, str]]:
    """Where each page so far began; anew when the filters change."""
    if st.session_state.get("filters") != filters:
        st.session_state["filters"] = filters
        st.session_state["befores"] = []
    befores: list[tuple[float, str]] = st.session_state["befores"]
    return befores


def _turn(found: Sequence[Run], total: int, befores: list[tuple[float, str]]) -> None:
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
        older = (found[-1].submitted_at, found[-1].id)
        more = first + len(found) <= total
        st.button(
            "Older",
            icon=":material/chevron_right:",
            disabled=not more,
            on_click=_older,
            args=(older,),
            key="older",
        )
        st.caption(f"{first:,} to {first + len(found) - 1:,} of {count(total, 'run')}")


def _newer() -> None:
    st.session_state["befores"].pop()


def _older(before: tuple[float, str]) -> None:
    st.session_state["befores"].append(before)


def _table(found: Sequence[Run]) -> None:
    """One row for each run, with a button that opens it and a menu of the rest."""
    rows = [_row(run) for run in found]
    ids = tuple(run.id for run in found)
    column = st.column_config
    menu = [[f"{actions.ICONS[name]} {name}" for name in actions.choices_of(run)] for run in found]
    table = pd.DataFrame(rows)
    table.insert(0, "open", ":material/open_in_full: Open")
    table.insert(1, "menu", menu)
    config = {
        "open": column.ButtonColumn(
            "", type="tertiary", key="open_click", width="small", on_click=_clicked, args=("open_click", ids)
        ),
        "menu": column.ButtonColumn(
            "", type="tertiary", key="menu_click", width="small", on_click=_clicked, args=("menu_click", ids)
        ),
        "state": states.of_runs(),
        "name": column.TextColumn(width="medium"),
        "items": column.NumberColumn(format="localized", help="rows of the input"),
        "failed": column.NumberColumn(format="localized", help="items that ended as failed"),
        "cancelled": column.NumberColumn(format="localized", help="items that a cancel left without a result"),
        "wall time": column.TextColumn(help="from submit until the last outcome, pauses excluded"),
        "average concurrency": column.TextColumn(help="sum of the items' seconds ÷ wall time, of the slots there were"),
    }
    shown = st.dataframe(
        table,
        key=f"history_{zlib.crc32(repr(ids).encode()):x}",  # other runs: nothing is selected of them
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        placeholder=words.UNMEASURED,
        height="content" if len(rows) <= 14 else 560,
        alt="History of runs, newest first",
        column_config=config | widths.fitted(table.drop(columns=["open", "menu"]), config),
    )
    _offer_comparison([found[row] for row in shown.selection.rows if row < len(found)])


def _offer_comparison(chosen: Sequence[Run]) -> None:
    """Two to four selected runs of one job can be compared; why others cannot is said."""
    if not chosen:
        st.caption("Select two to four runs of one job to compare them.")
        return
    wrong = ""
    if len({run.job for run in chosen}) > 1:
        wrong = "These runs are of different jobs: select runs of one."
    elif not 2 <= len(chosen) <= MOST_COMPARED:
        wrong = f"{count(len(chosen), 'run')} selected: two to four can be compared."
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Compare", icon=":material/compare_arrows:", disabled=bool(wrong), key="compare"):
            frame.go_to(frame.COMPARE, runs=",".join(run.id for run in chosen))
        st.text(wrong or f"{count(len(chosen), 'run')} selected", width="stretch")


def _row(run: Run) -> dict[str, object]:
    now = time.time()
    return {
        "state": words.run_state(run),
        "job": words.title_of(run.job),
        "name": run.name,
        "items": run.items,
        "failed": run.failed,
        "cancelled": run.cancelled,
        "submitted": frame.moment(run.submitted_at),
        "wall time": words.seconds(run.seconds(now)),
        "average concurrency": words.concurrency(run, now),
        "run": words.short_id(run.id),
    }


def _clicked(key: str, ids: Sequence[str]) -> None:
    """Note which run was clicked, of those that stood in the table when it was drawn: by now there may be others."""
    click = st.session_state.get(key)
    if click is not None and click.row < len(ids):
        st.session_state["clicked"] = (click.label, ids[click.row])


def _carry_out_clicked() -> None:
    label, run_id = st.session_state.pop("clicked", ("", ""))
    if not run_id:
        return
    name = next((name for name, icon in actions.ICONS.items() if label == f"{icon} {name}"), "")
    with frame.sentences():
        run = client.run(run_id)
        actions.carry_out(name, run) if name else frame.open_run(run.id)


if __name__ == "__main__":
    page()
