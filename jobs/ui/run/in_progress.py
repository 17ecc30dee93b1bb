"""What a run that goes on waits for, and its long items with how far they are."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jobs.runtime.core import units
from jobs.runtime.core.records import Progress
from jobs.ui.run import results
from jobs.ui.shared import formatting, tables

SHORT_HOLD = 2.0
"""Seconds of a hold that is left out: its line would come and go under the eye."""

MOST_LONG_ITEMS = 8
"""Long items that are shown with how far they are."""


def holds(progress: Progress, now: float) -> None:
    """The groups on hold, and for how much longer; not one that is over before it could be read."""
    for group, until, why in progress.holds:
        if until - now > SHORT_HOLD:
            said = why if group in why else f"{formatting.shortened(group, 100)}: {why or 'on hold'}"
            st.text(f"{formatting.apart(said, 300)} · {units.duration(until - now)} more")


def long_items(progress: Progress, now: float) -> None:
    """The long items that say how far they are; once some did, their place is kept, so that nothing below it moves."""
    run, long_items = progress.run, progress.in_progress[:MOST_LONG_ITEMS]
    if long_items:
        st.session_state["told"] = run.id
    if run.state.terminal or st.session_state.get("told") != run.id:
        return
    rows = [(doing.position, doing.share, doing.phase, now - doing.started_at) for doing in long_items]
    table = tables.readable(pd.DataFrame(rows, columns=["position", "how far", "now", "for, s"]))
    config = {
        "position": st.column_config.NumberColumn(format="%d", width="small"),
        "how far": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent", width=150),
        "now": st.column_config.TextColumn(width=230),
        "for, s": st.column_config.NumberColumn(format="%.1f", width="small"),
    }
    st.dataframe(
        table,
        hide_index=True,
        height=results.height(min(run.most_slots, MOST_LONG_ITEMS)),
        row_height=results.ROW,
        alt="Items in progress that say how far they are",
        column_config=config,
    )
