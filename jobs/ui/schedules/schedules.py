"""Schedules: what begins by itself and when, what became of the last times, and another one."""

from __future__ import annotations

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.units import count
from jobs.ui.run import actions
from jobs.ui.schedules import schedule_card, schedule_form
from jobs.ui.shared import page_frame

LOOK_SECONDS = 5.0
MOST = 25
"""Schedules that are shown at once."""


def page() -> None:
    """The schedules there are, and a form for another."""
    st.header("Schedules", anchor=False)
    actions.show_refusal()
    st.fragment(_list, run_every=LOOK_SECONDS if client.count_schedules()[0] else None)()
    with page_frame.sentences():
        schedule_form.show()
    page_frame.footer()


def _list() -> None:
    total, _, _ = client.count_schedules()
    if not total:
        st.text("Nothing begins by itself yet. A schedule runs a preset over a table that is read anew each time.")
        return
    text = st.text_input("Search", key="schedules_like", placeholder="name", width=260) if total > MOST else ""
    with page_frame.sentences():
        found = client.schedules((text or "").strip(), MOST)
        for one in found:
            schedule_card.show(one)
        if total > MOST:
            st.caption(f"{len(found):,} of {count(total, 'schedule')}")


if __name__ == "__main__":
    page()
