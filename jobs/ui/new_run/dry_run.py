"""One row tried before anything starts: what the options of this run bring stands first, found or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Limits, Run
from jobs.runtime.core.text import visible
from jobs.ui.shared import formatting, page_frame

LOOK_SECONDS = 0.5
LONGEST = 20_000


def button(job: Any, preflight: Any, params: Mapping[str, Any], limits: Limits) -> None:
    """The button that tries one row; for jobs that have something to show of it."""
    if job.mark.dry_run is None or preflight is None or not preflight.valid:
        return
    if st.button(
        "Try one row",
        icon=":material/experiment:",
        help="Performs the first row alone, and shows what comes of it. Nothing else starts.",
        key="dry_run",
    ):
        try:
            run = client.dry_run(job.name, preflight.items_iter(), params=params, limits=limits, table=preflight.table)
        except Refused as error:
            page_frame.refused(str(error))
            return
        st.session_state["dry_run_of"] = (job.name, run.id)
        st.rerun()  # it is shown above this button


def show(job: str) -> None:
    """What the row that was tried last gave, as soon as it is there."""
    of, run_id = st.session_state.get("dry_run_of", ("", ""))
    if of != job:
        return
    try:
        run = client.run(run_id)
    except Refused:
        return
    st.fragment(_look, run_every=None if run.state.terminal else LOOK_SECONDS)(run_id)


def _look(run_id: str) -> None:
    run = client.run(run_id)
    with st.container(border=True, key="dry_run_shown"):
        st.text("One row, tried")
        if not run.state.terminal:
            st.caption("It is being tried…")
            return
        _outcome(run)


def _outcome(run: Run) -> None:
    _, _, outcome = client.rows(run.id, 1, 1)[0]
    if run.error or outcome is None:
        st.text(visible(run.error or "It has no outcome."))
        return
    if outcome.error:
        st.text(f"{outcome.code}: {formatting.apart(outcome.error, 2_000)}")
    row, own = outcome.row or {}, _own_columns(run)
    known = {name: value for name, value in row.items() if value is not None or name in own}
    for name in sorted(known, key=lambda name: name not in own):
        st.caption(formatting.literal(f"{name}: {own[name]}" if own.get(name) else name))
        st.code(visible(_written(known[name])[:LONGEST]), language=None, wrap_lines=True)


def _own_columns(run: Run) -> dict[str, str]:
    """What nobody has who sets no params, which is what is tried here: names of columns to what they hold."""
    usual = {column.name for column in client.columns(run.job, {})}
    return {column.name: column.help for column in run.columns if column.name not in usual}


def _written(value: Any) -> str:
    """A value; lists and objects as JSON, and nothing as a dash."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return "–" if value is None else str(value)
