"""What the demonstration of starting and switching found."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.core import units
from jobs.runtime.core.units import precise
from jobs.ui.lesson import demonstration_results, demonstrations

SWITCHES = (
    ("one turn, nothing handed over", "thread_turn", "process_turn"),
    ("handing over 1 MiB, and a nod back", "thread_data", "process_data"),
    ("start, and end again", "thread_start", "process_start"),
)


def show(key: str) -> None:
    """What each of the three costs between threads and between processes, with its spread."""
    for run in demonstrations.runs_of(key):
        rows = demonstration_results.rows_of(run)
        if not rows:
            st.text("Nothing could be timed.")
            continue
        st.dataframe(
            pd.DataFrame([_row(rows, *names) for names in SWITCHES], columns=COLUMNS),
            hide_index=True,
            height="content",
            key="switches",
            alt=f"What taking turns costs between threads and between processes. {sentence(rows)}",
            column_config={"processes ÷ threads": st.column_config.NumberColumn(format="%.1f")},
        )
        st.text(sentence(rows))
        starts = [begun["ready"] - begun["started"] for begun in client.starts(run.id)]
        if starts:
            st.caption(
                f"Starting the worker process of this demonstration, imports included: {units.duration(starts[0])}."
            )


COLUMNS = ["what", "threads", "processes", "processes ÷ threads", "threads, spread", "processes, spread"]


def _row(rows: Sequence[dict[str, Any]], what: str, thread: str, process: str) -> tuple[Any, ...]:
    threads, others = ([row[name] for row in rows] for name in (thread, process))
    return (
        what,
        precise(median(threads)),
        precise(median(others)),
        median(others) / median(threads),
        f"{precise(min(threads))} to {precise(max(threads))}",
        f"{precise(min(others))} to {precise(max(others))}",
    )


def _factor(rows: Sequence[dict[str, Any]], thread: str, process: str) -> float:
    return float(median(row[process] for row in rows) / median(row[thread] for row in rows))


def sentence(rows: Sequence[dict[str, Any]]) -> str:
    """What follows from the figures: which of the three costs more between processes, and by how much."""
    turn = _compared(rows, "thread_turn", "process_turn")
    data, start = (
        _factor(rows, *names) for names in (("thread_data", "process_data"), ("thread_start", "process_start"))
    )
    return (
        f"{turn}; handing over 1 MiB costs {data:.0f} times as much between processes, since it must be copied, and "
        f"starting a process {start:.0f} times as much as starting a thread."
    )


def _compared(rows: Sequence[dict[str, Any]], thread: str, process: str) -> str:
    """One turn: dearer between processes, dearer between threads, or not to be told apart."""
    threads, others = ([row[name] for row in rows] for name in (thread, process))
    if min(others) > max(threads):
        return f"A turn between processes costs {median(others) / median(threads):.1f} times one between threads here"
    if min(threads) > max(others):
        return (
            f"A bare turn between threads costs {median(threads) / median(others):.1f} times one between processes "
            "here, because Python's threads must also pass the GIL on"
        )
    return (
        "A bare turn costs about the same here, since Python's threads must also pass the GIL on (processes exchange "
        "their memory instead)"
    )
