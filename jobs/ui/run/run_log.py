"""The log of a run in plain words, and a search in it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.records import Event, Run
from jobs.ui.shared import column_widths, page_frame, tables

MOST_EVENTS = 500
"""Lines of the log that are shown."""

MOST_SEARCHED = 50_000
"""Lines that are looked through, the newest."""


def show(run: Run) -> None:
    """The newest lines, all or those with a text."""
    text = st.text_input(
        "Search the log",
        key="log_text",
        live=True,
        type="search",
        placeholder="hold, worker, a host …",
        width=320,
    )
    events = _with(client.events(run.id, MOST_SEARCHED if text else MOST_EVENTS), text or "")
    rows = [(page_frame.moment(event.at), event.kind.replace("_", " "), event.text) for event in events]
    if len(events) == MOST_EVENTS:
        st.caption(f"The newest {MOST_EVENTS} lines.")
    if text and not rows:
        st.text("No line of the log has this.")
        return
    table = tables.readable(pd.DataFrame(rows, columns=["when", "what", "in words"]))
    config = {"in words": st.column_config.TextColumn(width="large")}
    st.dataframe(
        table,
        hide_index=True,
        alt="The run's log, newest first",
        column_config=column_widths.fitted(table, config),
    )


def _with(events: Sequence[Event], text: str) -> list[Event]:
    """The first of those that have a text, capital letters making no difference."""
    wanted = text.strip().casefold()
    found = (event for event in events if wanted in f"{event.kind.replace('_', ' ')} {event.text}".casefold())
    return [event for event, _ in zip(found, range(MOST_EVENTS), strict=False)]
