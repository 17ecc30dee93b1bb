"""The files that a run can be downloaded as; each is written when its button is clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO

import streamlit as st

from jobs.runtime import client, exports, overview
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ALL_ROWS, ResultFilter
from jobs.runtime.core.units import count
from jobs.ui.server import disk_file, signed_in
from jobs.ui.server.disk_file import DiskFile

FORMATS: Mapping[str, tuple[str, str]] = {
    "csv": ("CSV", ":material/csv:"),
    "xlsx": ("Excel", ":material/grid_on:"),
    "parquet": ("Parquet", ":material/dataset:"),
    "jsonl": ("JSON Lines", ":material/data_object:"),
}

PARTS: Mapping[str, str] = {"": "The rows as they are here", exports.INPUT_OF_FAILED: "Input of the failed"}

_WAITING = "The rows that are there now; the others as waiting."
_LIMITS: Mapping[str, str] = {
    "xlsx": "Excel holds 32,767 characters in a cell (longer ones are cut, and marked so) and 1,048,576 rows on a "
    "sheet (more go on others); CSV holds all."
}


def buttons(run: Run, wanted: ResultFilter = ALL_ROWS, number: int | None = None) -> None:
    """A button for each format, one for the files of the items, and what to leave out: what is filtered is what is
    downloaded, and `number` is how many rows that are. They are drawn into the row that is open."""
    rows = f" · {count(number, 'row')}" if wanted and number is not None else ""
    only = st.session_state.get("only") or ""
    raw, printed, related = (bool(st.session_state.get(key)) for key in ("raw", "printed", "related"))
    for kind, (label, icon) in FORMATS.items():
        st.download_button(
            label + rows * (not only),
            data=content(run.id, kind, only=only, raw=raw, printed=printed, related=related, wanted=wanted),
            file_name=exports.file_name(run, kind),
            mime=exports.MIME_TYPES[kind],
            icon=icon,
            on_click="ignore",
            key=f"download_{kind}",
            help=" ".join(filter(None, (_WAITING * bool(run.waiting), _LIMITS.get(kind)))) or None,
        )
    if any(column.type == "file" for column in run.columns) and run.ok:
        st.download_button(
            "Files (ZIP)",
            data=archive(run.id),
            file_name=f"{exports.file_name(run, 'csv').removesuffix('.csv')}-files.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            key="download_files",
            help="All files that the items wrote, in one archive.",
        )
    for ending in sorted({column.joined for column in run.columns if column.joined and run.ok}):
        st.download_button(
            f"All in one ({ending})",
            data=joined(run.id, ending),
            file_name=f"{exports.file_name(run, 'csv').removesuffix('.csv')}{ending}",
            mime="application/octet-stream",
            icon=":material/package_2:",
            on_click="ignore",
            key=f"download{ending.replace('.', '_')}",
            help="The files that the items wrote, one after the other: together they are one file of this kind.",
        )
    with st.popover("Options", icon=":material/tune:", help="Which rows are downloaded, and how", key="as_file"):
        st.selectbox(
            "Rows",
            list(PARTS),
            format_func=PARTS.__getitem__,
            key="only",
            help="The input of the failed comes back as it was given: fix it, and start a run with it.",
        )
        st.checkbox(
            "Raw",
            key="raw",
            help="CSV cells as they are; otherwise those that a spreadsheet would run as a formula are defused.",
        )
        st.checkbox("Printed", key="printed", help="With a column of what each item printed.")
        if exports.relation_columns(run.columns):
            st.checkbox(
                "Related",
                key="related",
                help="With columns of each row's near-duplicates and of the pages of this run that lead to it, "
                "among the rows that are written.",
            )


def content(
    run_id: str,
    kind: str,
    *,
    only: str = "",
    raw: bool = False,
    printed: bool = False,
    related: bool = False,
    wanted: ResultFilter = ALL_ROWS,
) -> Callable[[], DiskFile]:
    """What writes a table, once its button is clicked."""
    shape = exports.TableShape(printed=printed, related=related)
    return _written(
        run_id,
        kind,
        lambda run, rows, out: exports.export(run, rows, out, format=kind, only=only, raw=raw, shape=shape),
        ALL_ROWS if only else wanted,
        printed=printed,
    )


def archive(run_id: str) -> Callable[[], DiskFile]:
    """What packs the files of the items, once its button is clicked."""
    return _written(run_id, "zip", lambda run, rows, out: exports.files(run, rows, client.artifact, out))


def joined(run_id: str, ending: str) -> Callable[[], DiskFile]:
    """What joins the files that make one of this ending, once its button is clicked."""
    return _written(
        run_id,
        ending.removeprefix("."),
        lambda run, rows, out: exports.joined(run, rows, client.artifact, out, ending=ending),
    )


def report(run_id: str) -> Callable[[], DiskFile]:
    """What writes the report of a run, once its button is clicked."""
    return signed_in.later(lambda: disk_file.written(lambda out: overview.write_report(run_id, out)))


def _written(
    run_id: str,
    what: str,
    write: Callable[[Run, exports.Rows, IO[bytes]], object],
    wanted: ResultFilter = ALL_ROWS,
    *,
    printed: bool = False,
) -> Callable[[], DiskFile]:
    """What a click downloads: the run as it is at that moment, in a file that the browser gets in pieces."""

    def read() -> DiskFile:
        with client.download(run_id, what, wanted, printed=printed) as (run, rows):
            return disk_file.written(lambda out: write(run, rows, out))

    return signed_in.later(read)
