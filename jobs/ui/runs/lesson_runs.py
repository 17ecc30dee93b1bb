"""The runs that demonstrations and measurements have made: one entry each, that opens, and is deleted as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.core import units
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count
from jobs.ui.runs import many_runs
from jobs.ui.shared import column_widths, formatting, page_frame, state_columns, tables

MOST = 1_000
"""Runs that are looked at, the newest."""

MOST_ENTRIES = 30


def show(filters: Mapping[str, Any]) -> None:
    """An entry for each measurement, and one for each demonstration of the lesson."""
    entries = grouped(client.runs(**filters, limit=MOST))
    if not entries:
        st.text("No lesson and no measurement has run yet, or none matches.")
        return
    for name, runs in list(entries.items())[:MOST_ENTRIES]:
        _entry(name, runs)
    every = [run for runs in entries.values() for run in runs]
    with st.container(horizontal=True, vertical_alignment="center"):
        _delete_button(f"Delete all: {count(len(every), 'run')}", "delete_lessons", every)
        st.caption(f"{min(len(entries), MOST_ENTRIES):,} of {len(entries):,} entries shown, the newest.")


def grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs by the measurement or the demonstration that made them, as their names begin."""
    entries: dict[str, list[Run]] = {}
    for run in runs:
        first, _, second = run.name.partition(" · ")
        entries.setdefault(first if first.startswith("measure ") else f"{first} · {second}", []).append(run)
    return entries


def _entry(name: str, runs: Sequence[Run]) -> None:
    what = (
        f"{formatting.title_of(runs[0].job)} · {count(len(runs), 'run')} · {page_frame.moment(runs[-1].submitted_at)}"
    )
    with st.expander(f"{formatting.literal(name, 80)} · {formatting.literal(what)}", key=f"entry_{runs[0].id}"):
        table = pd.DataFrame(
            {
                "state": [formatting.run_state(run) for run in runs],
                "name": [run.name for run in runs],
                "items": [run.items for run in runs],
                "wall time": [units.duration(run.seconds(0)) for run in runs],
                "run": [formatting.short_id(run.id) for run in runs],
            }
        )
        st.dataframe(
            tables.readable(table),
            hide_index=True,
            alt=f"The runs of {name}",
            column_config=column_widths.fitted(table, {"state": state_columns.of_runs()}),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            for run in runs[:8]:
                label = formatting.literal(run.name.rpartition(" · ")[2] or formatting.short_id(run.id), 40)
                st.page_link(page_frame.RUN, label=label, query_params={"run": run.id})
            _delete_button(f"Delete {count(len(runs), 'run')}", f"del_{runs[0].id}", runs)


def _delete_button(label: str, key: str, runs: Sequence[Run]) -> None:
    ids = [run.id for run in runs]
    st.button(f":red[{label}]", icon=":material/delete:", key=key, on_click=many_runs.ask_to_delete, args=(ids,))
