"""Another schedule: a preset or a job, where its items come from, and when; with the next times before it is saved."""

from __future__ import annotations

import time

import streamlit as st

from jobs.runtime import client, firing
from jobs.runtime.core.errors import FanoutError, Refused
from jobs.runtime.core.people import acting
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import LOCAL
from jobs.runtime.core.recurrence import UTC_ZONE, Recurrence, cron_line, every
from jobs.runtime.core.schedules import ItemsSource, RunSchedule, SourceKind
from jobs.ui.schedules import receivers_form, schedule_card
from jobs.ui.shared import formatting, page_frame, run_form

SOURCES = {
    SourceKind.URL: ("URL of a table", "https://example.org/table.csv"),
    SourceKind.RUN: ("Results of a run", "the beginning of its id"),
    SourceKind.FILE: ("File on the server", "a path in a folder that JOBS_FILES names"),
}
CRON, EVERY = "By a cron line", "Every so often"


def show() -> None:
    """The form; what cannot be saved is said as it is typed."""
    with st.expander("Add a schedule", icon=":material/add_circle:", key="add_schedule"):
        turn = st.session_state.setdefault("schedule_turn", 0)
        name = st.text_input("Name", key=f"schedule_name:{turn}", max_chars=100)
        settings, preset = _what(turn)
        source = _source(turn)
        when = _when(turn)
        receivers = receivers_form.show(turn)
        overlap = st.toggle("Begin a run although the one before is still at work", key=f"overlap:{turn}")
        if when is not None:
            schedule_card.show_times(when)
        ready = bool(name.strip() and source.where and when is not None and settings is not None)
        if st.button("Save the schedule", type="primary", disabled=not ready, key="save_schedule"):
            assert settings is not None
            assert when is not None
            _save(
                RunSchedule(
                    name=name,
                    settings=settings,
                    preset=preset,
                    source=source,
                    recurrence=when,
                    overlap=overlap,
                    on_page=True,
                    receivers=receivers,
                )
            )


def _what(turn: int) -> tuple[RunPreset | None, str]:
    """The job, and the preset that it begins with (empty: as the job has it): one's own, as a schedule acts for its
    owner and never as an admin."""
    presets = {one.name: one for one in client.presets() if not one.fault and one.owner == acting().owner}
    jobs = sorted(client.catalog().shown)
    choices = [("preset", one) for one in presets] + [("job", one) for one in jobs]
    if not choices:
        return None, ""
    kind, chosen = st.selectbox("What", choices, format_func=_choice, key=f"schedule_what:{turn}")
    job = presets[chosen].job if kind == "preset" else chosen
    start = presets[chosen].on if kind == "preset" else ""
    on = run_form.place(start or LOCAL, f"schedule:{turn}:{chosen}")
    return RunPreset(name="", job=job, on="" if on == (start or LOCAL) else on), chosen if kind == "preset" else ""


def _choice(choice: tuple[str, str]) -> str:
    kind, name = choice
    shown = formatting.apart(name, 80)
    return f"Preset {shown}" if kind == "preset" else f"{formatting.title_of(name)}, as the job has it"


def _source(turn: int) -> ItemsSource:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Items from",
            list(SOURCES),
            format_func=lambda kind: SOURCES[kind][0],
            key=f"schedule_kind:{turn}",
            width=220,
        )
        where = st.text_input("Where", key=f"schedule_where:{turn}", placeholder=SOURCES[kind][1])
    return ItemsSource(kind=kind, where=where.strip())


def _when(turn: int) -> Recurrence | None:
    """When it comes; None: what is typed so far says no time, which is said."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        how = st.selectbox("When", [CRON, EVERY], key=f"schedule_how:{turn}", width=220)
        if how == CRON:
            line = st.text_input("Minute, hour, day, month, weekday", "0 6 * * 1-5", key=f"schedule_cron:{turn}")
            zone = st.text_input("Time zone", st.context.timezone or UTC_ZONE, key=f"schedule_zone:{turn}", width=220)
        else:
            often = st.text_input("Every", "6 h", key=f"schedule_every:{turn}", help="30 min, 6 h, 1 d, 2 w")
    try:
        return cron_line(line, zone) if how == CRON else every(often, time.time())
    except Refused as error:
        page_frame.refused(str(error))
        return None


def _save(schedule: RunSchedule) -> None:
    try:
        client.save_schedule(firing.check_schedule(schedule))
    except FanoutError as error:
        page_frame.refused(str(error))
        return
    st.session_state["schedule_turn"] += 1
    st.rerun()
