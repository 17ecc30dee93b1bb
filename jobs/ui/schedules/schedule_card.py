"""One schedule: when it comes, what it begins, what became of the last times, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.receivers import Told
from jobs.runtime.core.recurrence import Recurrence
from jobs.runtime.core.schedules import Firing, RunSchedule
from jobs.ui.run import actions
from jobs.ui.shared import formatting, page_frame

MOST_FIRINGS, SHOWN = 5, 5
MOST_SOURCE = 200


def show(schedule: RunSchedule) -> None:
    """A frame with all of it."""
    with st.container(border=True, key=f"schedule_{schedule.number}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            _badge(schedule)
            st.text(formatting.apart(schedule.name, 100))
            st.space("stretch")
            _buttons(schedule)
        st.text(_said(schedule))
        if schedule.enabled and not schedule.fault:
            show_times(schedule.recurrence)
        if schedule.fault:
            page_frame.refused(f"It cannot begin a run: {schedule.fault}")
        _changes(schedule)
        for firing in client.firings(schedule.name, MOST_FIRINGS, schedule.owner):
            _firing(schedule, firing)


def show_times(when: Recurrence) -> None:
    """The next five times, by the clock of its zone."""
    shown = map(when.spoken, when.next_times(time.time(), SHOWN))
    st.caption(formatting.literal(f"Next: {' · '.join(shown)}", 400))


def _changes(schedule: RunSchedule) -> None:
    """A way to what changed between its last two finished runs, where there are two."""
    found = client.finished_runs(schedule.name, owner=schedule.owner)
    if len(found) == 2:
        runs = ",".join(run.id for run in reversed(found))
        st.page_link(
            page_frame.COMPARE, label="What changed", icon=":material/difference:", query_params={"runs": runs}
        )


def _badge(schedule: RunSchedule) -> None:
    if schedule.fault:
        st.badge("Broken", icon=":material/error:", color="red")
    elif schedule.enabled:
        st.badge("Enabled", icon=":material/schedule:", color="green")
    else:
        st.badge("Paused", icon=":material/pause_circle:", color="orange")


def _said(schedule: RunSchedule) -> str:
    """What it begins, over what and when, in one line."""
    preset = f" with preset {formatting.apart(schedule.preset, 60)}" if schedule.preset else ""
    source = formatting.apart(str(schedule.source), MOST_SOURCE)
    told = ", ".join(
        f"{formatting.apart(one.where, MOST_SOURCE)} ({formatting.apart(one.spoken, 80)})" for one in schedule.receivers
    )
    tells = f" · tells {told}" if told else ""
    return f"{formatting.title_of(schedule.job)}{preset} · {source} · {schedule.recurrence}{tells}"


def _buttons(schedule: RunSchedule) -> None:
    if schedule.enabled:
        _button(schedule, "Pause", ":material/pause:", client.pause_schedule)
    else:
        _button(schedule, "Resume", ":material/play_arrow:", client.resume_schedule)
    _button(schedule, "Run now", ":material/play_circle:", client.fire_now)
    with st.popover("Remove", icon=":material/delete:", key=f"ask_{schedule.number}"):
        st.text("It begins no more runs. Those that it has begun stay.")
        _button(schedule, "Remove it", ":material/delete:", client.remove_schedule)


def _button(schedule: RunSchedule, label: str, icon: str, action: Callable[[str, str], Any]) -> None:
    key = f"{label.lower().replace(' ', '_')}_{schedule.number}"
    st.button(label, icon=icon, on_click=actions.do, args=(action, schedule.name, schedule.owner), key=key)


def _firing(schedule: RunSchedule, firing: Firing) -> None:
    """One time at which it came: with its run, or why there is none."""
    run = client.run_of_firing(firing)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(formatting.literal(schedule.recurrence.spoken(firing.due)))
        if run is not None:
            label = f"{formatting.run_word(run)} · {formatting.short_id(run.id)}"
            st.page_link(page_frame.RUN, label=formatting.literal(label), query_params={"run": run.id})
        elif firing.run:
            st.caption("its run was deleted")
        for telling in firing.tellings:
            if telling.open_because:
                who = formatting.apart(schedule.receiver_at(telling.place), MOST_SOURCE)
                more = "given up" if telling.told is Told.FAILED else "it is tried again"
                st.caption(formatting.literal(f"{who} was not told ({more}): {telling.open_because}", 400))
        if firing.said or run is None:
            st.caption(formatting.literal(page_frame.for_the_page(firing.said or str(firing.state)), 400))
