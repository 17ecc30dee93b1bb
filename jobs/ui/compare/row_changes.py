"""What changed row by row between two runs of a job, joined on the item; shown, and as a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from jobs.runtime import client, compare, exports
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count
from jobs.ui.server import disk_file, signed_in
from jobs.ui.server.disk_file import DiskFile
from jobs.ui.shared import column_widths, formatting, tables

SHOWN = 1_000
UNASKED = 20_000
"""Items up to which rows are compared without being asked to: it takes about a second."""


def show(runs: Sequence[Run], labels: Sequence[str]) -> None:
    """Compare two of the runs row by row."""
    st.text("What changed, row by row")
    first, second = _pair(runs, labels)
    if max(first.items, second.items) > UNASKED and not st.session_state.get("rows_asked"):
        st.button(
            "Compare the rows",
            icon=":material/difference:",
            key="ask_rows",
            on_click=_ask_rows,
            help=f"Both runs are read once: {count(first.items + second.items, 'row')}.",
        )
        return
    found = _difference(first, second)
    st.text(
        f"{count(found.both, 'item')} in both runs · {count(found.changed, 'row')} changed"
        + (f": {_counted(found)}" if found.counts else "")
    )
    if found.changes:
        _table(found)
        _download(first, second)
    if found.left_out:
        names = ", ".join(found.left_out)
        st.caption(
            formatting.literal(f"Not compared, since they differ every time or only one run has them: {names}", 600)
        )


def _ask_rows() -> None:
    st.session_state["rows_asked"] = True


def _pair(runs: Sequence[Run], labels: Sequence[str]) -> tuple[Run, Run]:
    if len(runs) == 2:
        return runs[0], runs[1]
    with st.container(horizontal=True):
        first = st.selectbox("Before", range(len(runs)), format_func=labels.__getitem__, key="rows_first", width=320)
        others = [place for place in range(len(runs)) if place != first]
        second = st.selectbox("After", others, format_func=labels.__getitem__, key="rows_second", width=320)
    return runs[first], runs[second]


def _difference(first: Run, second: Run) -> compare.Difference:
    """What changed; worked out once for two runs as they stand."""
    key = tuple((run.id, run.state, run.done, run.ended_at) for run in (first, second))
    known = st.session_state.get("difference")
    if known is None or known[0] != key:
        with st.spinner("Comparing rows…"):
            known = (key, compare.compare_runs(first, second, SHOWN, longest=exports.LONGEST))
        st.session_state["difference"] = known
    found: compare.Difference = known[1]
    return found


def _counted(found: compare.Difference) -> str:
    return ", ".join(f"{what} × {number:,}" for what, number in found.counts.items())


def _table(found: compare.Difference) -> None:
    rows = [compare.change_row(change) for change in found.changes]
    table = tables.readable(pd.DataFrame(rows, columns=compare.CHANGE_COLUMNS))
    places = [name for name in compare.CHANGE_COLUMNS if "position" in name]
    st.dataframe(
        table,
        hide_index=True,
        key="row_changes",
        placeholder="",
        alt="What changed row by row: item, what, before and after",
        column_config=column_widths.fitted(
            table, {name: st.column_config.NumberColumn(format="%d") for name in places}
        ),
    )
    if found.total > len(found.changes):
        st.caption(f"The first {len(found.changes):,} of {found.total:,} changes; the file has them all.")


def _download(first: Run, second: Run) -> None:
    ids = f"{formatting.short_id(first.id)}-{formatting.short_id(second.id)}"
    st.download_button(
        "CSV",
        data=_written(first.id, second.id),
        file_name=f"changes-{ids}-{time.time():.0f}.csv",
        mime="text/csv",
        icon=":material/csv:",
        on_click="ignore",
        key="changes_csv",
    )


def _written(first: str, second: str) -> Callable[[], bytes]:
    """What writes all changes, once the button is clicked."""

    def written() -> DiskFile:
        runs = client.run(first), client.run(second)
        file = disk_file.written(lambda out: compare.write_changes(*runs, out))
        for run in runs:
            client.note_download(run, "changes")
        return file

    return signed_in.later(written)
