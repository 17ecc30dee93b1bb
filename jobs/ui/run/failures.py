"""What failed in a run, by code, and the button that tries it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.core import units
from jobs.runtime.core.job_terms import MACHINE_CODES
from jobs.runtime.core.records import ItemResult, Progress, Run
from jobs.runtime.core.row_cells import label
from jobs.ui.run import actions, item_detail, results
from jobs.ui.shared import column_widths, formatting, page_frame, tables

MOST_SHOWN = 200


def show(progress: Progress) -> None:
    """A row for each code with its count, its meaning and its retry; below, the failed items."""
    run = progress.run
    if run.failed == 0:
        st.text("Nothing failed." if run.state.terminal else "Nothing has failed yet.")
        return
    counts = failed_codes(progress)
    meanings = meanings_of(run.job)
    for code, number in counts.items():
        _group(run, code, number, meanings.get(code, ""))
    everything = [""] if run.cancelled == 0 else []
    choices = [*everything, *counts]
    chosen = st.selectbox("Show", choices, format_func=lambda code: code or "all codes", key="code", width=260)
    _items(run, chosen or "", counts.get(chosen or "", run.failed))


def failed_codes(progress: Progress) -> Mapping[str, int]:
    """The codes of failed items with their counts, the most frequent first."""
    found = [
        (code, number)
        for code, number in progress.codes.items()
        if code != "cancelled" and client.failures(progress.run.id, code=code, most=1)
    ]
    return dict(sorted(found, key=lambda entry: (-entry[1], entry[0])))


def meanings_of(job: str) -> Mapping[str, str]:
    """What each code means: the machine's and the job's own."""
    known = client.catalog().jobs.get(job)
    return {**MACHINE_CODES, **(known.codes if known else {})}


def _group(run: Run, code: str, number: int, meaning: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"code_{code}"):
        st.badge(f"{formatting.literal(code)} × {number:,}", icon=":material/error:", color="red")
        share = f"{units.percent(number / run.done)} of what is done"
        st.text(f"{meaning} · {share}" if meaning else share, width="stretch")
        if run.state.terminal and code in actions.UNCHANGING:
            st.caption("No retry: a cell that is no item stays none.", width="content")
        elif run.state.terminal and page_frame.may_change():
            st.button(
                "Retry these",
                icon=":material/refresh:",
                key=f"retry_{code}",
                on_click=actions.do,
                args=(client.retry, run.id, (code,)),
                help="Puts these items back to waiting; what they were stays on record as an earlier attempt.",
            )


def _items(run: Run, code: str, number: int) -> None:
    first = int(st.session_state.get(_place(run, code), 1))
    found = client.failures(run.id, code=code, first=first, most=MOST_SHOWN)
    item = results.item_label(run, ("position", "code", "error", "attempts"))
    rows = [
        (
            position,
            formatting.shortened(label(entry.cell, run.table), 200),
            outcome.code,
            formatting.shortened(outcome.error, 1_000),
            outcome.attempts,
        )
        for position, entry, outcome in found
        if outcome is not None
    ]
    select = run.state.terminal
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-row"} if select else {}
    table = tables.readable(pd.DataFrame(rows, columns=["position", item, "code", "error", "attempts"]))
    config = {
        "error": st.column_config.TextColumn(width="large"),
        "position": st.column_config.NumberColumn(format="%d"),
        "attempts": st.column_config.NumberColumn(format="%d"),
    }
    state = st.dataframe(
        table,
        key=f"failures_{code}_{first}",
        hide_index=True,
        column_config=column_widths.fitted(table, config),
        alt="Failed items with code and reason",
        **options,
    )
    _turn(run, code, found, first, number)
    if select and state.selection.rows:
        item_detail.show(run, found[state.selection.rows[0]].position)


def _turn(run: Run, code: str, found: Sequence[ItemResult], first: int, number: int) -> None:
    """The buttons to the next and the first failed items, where there are more than are shown."""
    if number <= MOST_SHOWN and first == 1:
        return
    key = _place(run, code)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("First", disabled=first == 1, on_click=_from, args=(key, 1), key="failures_first")
        after = found[-1].position + 1 if found else 1
        st.button("Next", disabled=len(found) < MOST_SHOWN, on_click=_from, args=(key, after), key="failures_next")
        st.caption(f"{len(found):,} of {number:,} shown, from position {first:,} on.")


def _place(run: Run, code: str) -> str:
    """What is remembered of each code: the position from which its failed items are shown."""
    return f"failures_from:{run.id}:{code}"


def _from(key: str, first: int) -> None:
    st.session_state[key] = first
