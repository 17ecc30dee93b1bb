"""The job of a new run: chosen, what it gives, the first steps with it, and the job files that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.units import count
from jobs.ui.new_run import items_source
from jobs.ui.shared import formatting, page_frame
from jobs.ui.shared.column_order import technical_last

MOST_NAMED = 10
"""Columns of a job that are named before anything has run."""


def choose() -> Any:
    """The job by its segment; the address keeps its name, not its label, so that a link can be written by hand."""
    catalog = client.catalog()
    names = items_source.in_order()
    if not names:
        st.text("There is no job that works: add one to the folder jobs.")
        return None
    if st.session_state.get("job") not in names:
        asked = st.session_state.get("job") or st.query_params.get("job")
        _say_missing(asked, names)
        asked = st.query_params.get("job")
        st.session_state["job"] = asked if asked in names else names[0]
    chosen = st.segmented_control(
        "Job", names, format_func=_job_label, required=True, key="job", persist_state="session"
    )
    st.query_params["job"] = chosen or names[0]
    job = catalog.jobs[chosen or names[0]]
    st.text(f"{job.title}.")
    st.caption(_gives(job))
    return job


def first_steps(job: Any) -> None:
    """What will happen, to someone who has run nothing yet."""
    with st.container(border=True, gap="xsmall", key="first_steps"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            sampled = items_source.has_sample(job.name)
            st.text("1  Give a list below" + (", or begin with one that comes along:" if sampled else "."))
            if sampled:
                items_source.sample_buttons(job)
        st.text("2  See what was found in it, and press Start run.")
        st.text("3  Watch it work, and take your table along with the new columns.")


def _gives(job: Any) -> str:
    """What comes back of each item, by the names of the first columns."""
    names = technical_last(column.name for column in client.columns(job.name, {}))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    listed = ", ".join(formatting.literal(name.replace("_", " "), 40) for name in names[:MOST_NAMED])
    kind = "of yours" if job.takes_rows else formatting.literal(job.kind.name)
    return (
        f"One row for each {kind}, with your own columns and {listed}{more}." if names else f"One row for each {kind}."
    )


def _say_missing(asked: str | None, names: Sequence[str]) -> None:
    """Why the job that was chosen, or that the address names, is not there: its file may have changed meanwhile."""
    if asked and asked not in names:
        entry = client.catalog().broken.get(asked)
        why = f"cannot be used: {entry.reason}" if entry else "is not there"
        page_frame.refused(f"The job {formatting.shortened(asked, 60)} {why}")


def _job_label(name: str) -> str:
    return formatting.literal(formatting.title_of(name))


def show_broken() -> None:
    """The job files that define no job, and what to change in them; the others work all the same."""
    broken = client.catalog().broken
    if not broken:
        return
    with st.expander(
        f"{count(len(broken), 'job file')} cannot be used: see why", icon=":material/build:", key="broken"
    ):
        for entry in broken.values():
            with st.container(horizontal=True):
                st.badge(formatting.literal(entry.name), icon=":material/error:", color="red")
                st.text(entry.reason, width="stretch")
