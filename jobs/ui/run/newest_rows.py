"""The table of a run that goes on: its newest rows, or the first of those that are asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.records import ItemResult, Run
from jobs.runtime.core.result_filter import ResultFilter
from jobs.runtime.core.units import count
from jobs.ui.run import downloads, result_columns, result_filters, results, shown_rows
from jobs.ui.run.live_look import NEWEST, LiveLook
from jobs.ui.run.shared_reads import SharedReads

GLANCE = 0.4
"""Seconds for which a run that goes on is looked through at each drawing."""

BEHIND = 10.0
"""Seconds that the table may be older than all else on the page while another asker makes the next one."""


def show(seen: LiveLook) -> None:
    """The newest rows, or the first of those that are asked for."""
    run = seen.run
    if run.done == 0:
        st.text("No results yet.")
        return
    with st.container(), st.container(gap="xsmall"):  # each part where that of the ended run will be drawn
        _show(run, seen)


def _show(run: Run, seen: LiveLook) -> None:
    wanted = result_filters.ask_which(run, seen.progress.codes)
    results.places_of_search()
    found, looked = _glance(run, wanted) if wanted else (seen.newest, run.items)
    shown = (shown_rows.as_shown(run, found) if wanted else _newest(seen)) if found else None
    with results.row():
        order = result_columns.chooser(run, shown.order, shown.pinned) if shown else ()
        _say_glanced(run, wanted, found, looked)
        if found:
            results.use_button(run, wanted)
        downloads.buttons(run, wanted)
    if shown:
        room = results.height(run.items)  # from the first row on, so that nothing below it moves
        results.frame(run, shown, order, key="newest", select=False, room=room)
    results.by_position(run)


_tables = SharedReads[shown_rows.Shown]()


def _newest(seen: LiveLook) -> shown_rows.Shown:
    """The newest rows of this look or of a later one, or of the one before while they are made into a table; shared:
    nobody may change it."""
    made = lambda: (seen.begun, shown_rows.as_shown(seen.run, seen.newest))  # noqa: E731
    return _tables.see(seen.run.id, seen.begun, seen.begun - BEHIND, made)


def _glance(run: Run, wanted: ResultFilter) -> tuple[Sequence[ItemResult], int]:
    """The first rows that have what is asked for, and up to which position was looked for them."""
    until = time.monotonic() + GLANCE
    places: Sequence[int] = ()
    looked = 0
    for places, looked in client.search(run.id, wanted):  # noqa: B007  (how far it came is told)
        if len(places) >= NEWEST or time.monotonic() > until:
            break
    return client.short_rows_at(run.id, places[:NEWEST]), looked


def _say_glanced(run: Run, wanted: ResultFilter, found: Sequence[ItemResult], looked: int) -> None:
    if not wanted:
        st.caption(f"The newest {len(found):,} of {run.done:,}; all when the run ends.", width="content")
        return
    through = "" if looked >= run.items else f", up to position {looked:,}"
    first = "the first " if len(found) == NEWEST else ""
    st.caption(f"{first}{count(len(found), 'row')} found so far{through}".capitalize(), width="content")
    st.button("Show all again", type="tertiary", on_click=result_filters.clear, key="show_all")
