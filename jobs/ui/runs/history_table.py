"""The table of the history: names that are links, rows that are ticked, a menu for each, all of it with keys as well.

history_table.js and history_table.css draw it. Streamlit's own table is a picture to a browser: nothing in it is a link
that opens in another tab, or has a name for those who hear the page.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from jobs.runtime.core import units
from jobs.runtime.core.records import Run
from jobs.runtime.core.text import visible
from jobs.ui.run import actions
from jobs.ui.server import addresses
from jobs.ui.shared import formatting, page_frame

COLUMNS: Sequence[tuple[str, str, str, str]] = (
    ("name", "name", "name", ""),
    ("state", "state", "state", "how the run stands"),
    ("job", "job", "less", ""),
    ("items", "items", "number less", "rows of the input"),
    ("failed", "failed", "number less", "items that ended as failed"),
    ("cancelled", "cancelled", "number less", "items that a cancel left without a result"),
    ("submitted", "submitted", "less", ""),
    ("took", "wall time", "number less", "from submit until the last outcome, pauses excluded"),
    ("busy", "average concurrency", "number less", "sum of the items' seconds ÷ wall time, of the slots there were"),
    ("short", "run", "less", "the beginning of its id"),
)
"""Key, heading, class and help of each column; on a phone those that are `less` are left out."""

LONG = 20
"""Runs with which the table fills a window: it is given that room before it is drawn."""

TICKED, CHOSEN = "ticked_runs", "chosen_run"
"""Under what the session keeps the ids of the runs that are ticked, and what was chosen of one."""

_HERE = Path(__file__)
_mount = st.components.v2.component(
    "history_table",
    css=_HERE.with_suffix(".css").read_text("utf-8"),
    js=_HERE.with_suffix(".js").read_text("utf-8"),
)


def show(found: Sequence[Run], interrupted: Collection[str] = ()) -> list[Run]:
    """The table; the runs that are ticked. What is chosen of a row is left in the session: see `chosen`."""
    ticked = [run for run in found if run.id in st.session_state.get(TICKED, ())]
    data = {
        "columns": [{"key": key, "title": title, "kind": kind, "help": said} for key, title, kind, said in COLUMNS],
        "runs": [row(run, interrupted=run.id in interrupted) for run in found],
        "ticked": [run.id for run in ticked],
    }
    with st.container(key="history_long" if len(found) > LONG else "history_short"):
        _mount(key="history", data=data, on_ticked_change=_tick, on_chosen_change=_choose)
    return ticked


def row(run: Run, *, interrupted: bool = False) -> Mapping[str, Any]:
    """What stands in the row of a run."""
    now = time.time()
    badge = formatting.run_badge(run, interrupted=interrupted)
    job, submitted = formatting.title_of(run.job), page_frame.moment(run.submitted_at)
    return {
        "id": run.id,
        "href": f"{addresses.RUN}?run={run.id}",
        "name": visible(formatting.shortened(run.name, 200)) or f"{job} {formatting.short_id(run.id)}",
        "meta": f"{job} · {units.count(run.items, 'item')} · {submitted}",
        "state": f"{badge.glyph} {formatting.run_word(run, interrupted=interrupted)}",
        "colour": badge.colour,
        "job": job,
        "items": f"{run.items:,}",
        "failed": f"{run.failed:,}",
        "cancelled": f"{run.cancelled:,}",
        "submitted": submitted,
        "took": units.duration(run.seconds(now)),
        "busy": formatting.concurrency(run, now) if formatting.telling_concurrency(run, now) else "",
        "short": formatting.short_id(run.id),
        "choices": ["Open", *actions.choices_of(run)],
    }


def chosen() -> tuple[str, str]:
    """What was chosen of which run since the page was drawn, once; empty: nothing."""
    what, run_id = st.session_state.pop(CHOSEN, ("", ""))
    return what, run_id


def _tick() -> None:
    st.session_state[TICKED] = list(st.session_state["history"].get("ticked") or ())


def _choose() -> None:
    asked = st.session_state["history"].get("chosen")
    if asked:
        st.session_state[CHOSEN] = (str(asked["what"]), str(asked["run"]))
