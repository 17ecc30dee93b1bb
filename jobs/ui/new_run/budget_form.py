"""At what a run is paused: requests, bytes, or the sum of a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from jobs.runtime.core.budget import MOST_TOTAL, NUMBERS, Budget
from jobs.runtime.core.records import Column
from jobs.ui.shared import formatting
from jobs.ui.shared.run_form import Settings

MB = 2**20


def ask(job: Any, columns: Sequence[Column], start: Settings) -> Budget:
    """The budget of a run, as the form has it."""
    key = f":{job.name}:{start.origin}"
    place = st.empty()
    numbers = [column.name for column in columns if column.type in NUMBERS]
    if not (job.mark.asks or numbers):
        return Budget()
    known = st.session_state.get(f"budget{key}")
    label = f"Pause at {known}" if known else "Pause when so much is spent"
    with place.popover(formatting.literal(label), icon=":material/savings:"):
        st.caption("What is in progress by then ends; nothing more starts until you resume it. Empty: no limit.")
        given = start.budget
        requests = size = None
        if job.mark.asks:
            requests = _number("Requests", f"most_requests{key}", given.requests)
            size = _number("MB read", f"most_bytes{key}", None if given.bytes is None else given.bytes / MB)
        column, total = _sum(numbers, key, given) if numbers else ("", None)
    budget = Budget(
        requests=None if requests is None else max(1, int(requests)),
        bytes=None if size is None else max(1, int(size * MB)),
        column=column if total is not None else "",
        total=total,
    )
    st.session_state[f"budget{key}"] = budget
    return budget


def _sum(numbers: Sequence[str], key: str, given: Budget) -> tuple[str, float | None]:
    column = st.selectbox(
        "Column that is added up",
        numbers,
        index=numbers.index(given.column) if given.column in numbers else 0,
        format_func=formatting.shortened_name,
        key=f"sum_column{key}",
        width=220,
    )
    return column or "", _number("Its sum", f"most_sum{key}", given.total)


def _number(label: str, key: str, value: float | None) -> float | None:
    found: float | None = st.number_input(
        label,
        min_value=0.0,
        max_value=MOST_TOTAL,
        value=None if value is None else float(value),
        placeholder="no limit",
        key=key,
        width=220,
        persist_state="session",
    )
    return found or None
