"""A run that is paused because its budget is spent: how it goes on with a higher one."""

from __future__ import annotations

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.budget import MOST_TOTAL, Budget
from jobs.runtime.core.records import Run, RunState
from jobs.ui.run import actions
from jobs.ui.shared import formatting, page_frame

MB = 2**20


def show(run: Run) -> None:
    """The form, where a limit is reached; Resume, above, goes on without it."""
    reached = run.budget.reached(run.spent) if run.state is RunState.PAUSED else ()
    if not reached or not page_frame.may_change():
        return
    limits = {
        "requests": ("Requests", float(run.budget.requests or 0)),
        "bytes": ("MB read", (run.budget.bytes or 0) / MB),
        "total": (f"Sum of {formatting.literal(run.budget.column)}", run.budget.total or 0.0),
    }
    with st.form("raise_budget", border=True):
        st.caption("Resume goes on without this limit. Or go on up to a higher one:")
        given = {
            name: st.number_input(
                limits[name][0],
                min_value=0.0,
                max_value=MOST_TOTAL,
                value=2 * limits[name][1],
                key=f"raise_{name}",
                width=220,
            )
            for name in reached
        }
        if st.form_submit_button("Go on up to there", key="raise"):
            actions.do(client.resume, run.id, _budget(run, given))
            st.rerun(scope="app")


def _budget(run: Run, given: dict[str, float]) -> Budget:
    total = given.get("total")
    return Budget(
        requests=int(given["requests"]) if "requests" in given else None,
        bytes=int(given["bytes"] * MB) if "bytes" in given else None,
        column=run.budget.column if total is not None else "",
        total=total,
    )
