"""What can be done with several runs at once: compare, delete, take their list along."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.errors import FanoutError
from jobs.runtime.core.job_terms import number_or_auto
from jobs.runtime.core.records import Pool, Run
from jobs.runtime.core.spreadsheets import escape_formula
from jobs.runtime.core.units import count
from jobs.ui.runs import history_table
from jobs.ui.server import signed_in
from jobs.ui.shared import formatting, page_frame

MOST_COMPARED = 4
TO_DELETE = "runs_to_delete"
"""Under what the session keeps which runs are to be asked about."""


def buttons(ticked: Sequence[Run], filters: Mapping[str, Any], total: int) -> None:
    """What can be done with the runs that are ticked, or with all that a filter finds."""
    with st.container(horizontal=True, vertical_alignment="center", key="many"):
        _compare(ticked)
        if ticked:
            _delete_button(f"Delete {count(len(ticked), 'run')}", "delete_many", [run.id for run in ticked])
        elif any(value for name, value in filters.items() if name != "apart"):
            _delete_button(f"Delete all {total:,} found", "delete_found", filters)
        st.download_button(
            "Export the list",
            data=as_csv(filters),
            file_name="runs.csv",
            mime="text/csv",
            icon=":material/csv:",
            on_click="ignore",
            key="export_list",
            help="All runs that the filter finds, as CSV.",
        )
        st.caption(_advice(ticked), width="content")


def _label(run: Run) -> str:
    name = run.name or formatting.title_of(run.job)
    return f"{formatting.shortened(name, 60)} · {formatting.short_id(run.id)}"


def _advice(ticked: Sequence[Run]) -> str:
    """Two to four ticked runs of one job can be compared; why others cannot is said."""
    if not ticked:
        return "Tick two to four runs of one job to compare them."
    if len({run.job for run in ticked}) > 1:
        return "These runs are of different jobs: tick runs of one to compare them."
    if not 2 <= len(ticked) <= MOST_COMPARED:
        return f"{count(len(ticked), 'run')} ticked: two to four can be compared."
    return f"{count(len(ticked), 'run')} ticked"


def _compare(ticked: Sequence[Run]) -> None:
    possible = 2 <= len(ticked) <= MOST_COMPARED and len({run.job for run in ticked}) == 1
    if ticked and st.button("Compare", icon=":material/compare_arrows:", disabled=not possible, key="compare"):
        page_frame.go_to(page_frame.COMPARE, runs=",".join(run.id for run in ticked))


def _delete_button(label: str, key: str, which: Sequence[str] | Mapping[str, Any]) -> None:
    st.button(f":red[{label}]", icon=":material/delete:", key=key, on_click=ask_to_delete, args=(which,))


def ask_to_delete(which: Sequence[str] | Mapping[str, Any]) -> None:
    """Have the page ask whether the runs with these ids, or all that a filter finds, are to be deleted: a part of the
    page that draws itself anew would close its question."""
    st.session_state[TO_DELETE] = which


def to_delete() -> Sequence[str] | Mapping[str, Any] | None:
    """What `ask_to_delete` was told since the page was drawn, once."""
    which: Sequence[str] | Mapping[str, Any] | None = st.session_state.pop(TO_DELETE, None)
    return which


def ask(which: Sequence[str] | Mapping[str, Any] | None) -> None:
    """Open the question about these runs; None: about none."""
    if which is not None:
        found = matching(which) if isinstance(which, Mapping) else _there(which)
        _ask([run for run in found if run.state.terminal])


def _there(ids: Sequence[str]) -> Iterator[Run]:
    for run_id in ids:
        with contextlib.suppress(FanoutError):  # deleted meanwhile
            yield client.run(run_id)


@st.dialog("Delete these runs?")
def _ask(runs: Sequence[Run]) -> None:
    """Ask, and delete them one after the other; what cannot be deleted is said."""
    rows = sum(run.items for run in runs)
    st.text(f"{count(len(runs), 'run')} with {count(rows, 'row')}, files and logs go for good. Runs that go on stay.")
    for run in runs[:5]:
        st.text(f"{_label(run)} · {page_frame.moment(run.submitted_at)}")
    if len(runs) > 5:
        st.text(f"and {len(runs) - 5:,} more")
    with st.container(horizontal=True):
        if st.button(f":red[Delete {count(len(runs), 'run')}]", key="delete_all", disabled=not runs):
            _delete(runs)
            st.rerun()
        if st.button("Keep them", key="keep_all"):
            st.rerun()


def _delete(runs: Sequence[Run]) -> None:
    bar = st.progress(0.0, text="Deleting…")
    st.session_state[history_table.TICKED] = []
    for place, run in enumerate(runs, start=1):
        try:
            client.delete(run.id)
        except FanoutError as error:
            st.session_state["refusal"] = str(error)
        bar.progress(place / len(runs), text=f"{place:,} of {count(len(runs), 'run')} deleted")


def matching(filters: Mapping[str, Any]) -> Iterator[Run]:
    """All runs that a filter finds, newest first."""
    return client.every_run(**filters)


COLUMNS = ("id", "name", "job", "state", "items", "ok", "failed", "cancelled", "processes", "threads", "submitted_at")


def _pool(pool: Pool) -> tuple[int | str, int | str]:
    return number_or_auto(pool.processes), number_or_auto(pool.threads)


def as_csv(filters: Mapping[str, Any]) -> Callable[[], bytes]:
    """What writes the list of the runs that a filter finds; times are Unix seconds."""

    def written() -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for run in matching(filters):
            facts = [escape_formula(run.name), run.job, run.state, run.items, run.ok, run.failed, run.cancelled]
            writer.writerow([run.id, *facts, *_pool(run.pool), f"{run.submitted_at:.3f}"])
        return out.getvalue().encode()

    return signed_in.later(written)
