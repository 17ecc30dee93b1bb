"""The files that a run can be downloaded as; each is written when its button is clicked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import IO

import streamlit as st

from jobs.runtime import client, exports
from jobs.runtime.records import Run

FORMATS: Mapping[str, tuple[str, str]] = {
    "csv": ("CSV", ":material/csv:"),
    "xlsx": ("Excel", ":material/grid_on:"),
    "parquet": ("Parquet", ":material/dataset:"),
    "jsonl": ("JSON Lines", ":material/data_object:"),
}

PARTS: Mapping[str, str] = {
    "": "All rows",
    "ok": "Only ok",
    "failed": "Only failed",
    exports.INPUT_OF_FAILED: "Input of the failed",
}

_WAITING = "The rows that are there now; the others as waiting."
_LIMITS: Mapping[str, str] = {
    "xlsx": "Excel holds 32,767 characters in a cell (longer ones are cut, and marked so) and 1,048,576 rows on a "
    "sheet (more go on others); CSV holds all."
}


def buttons(run: Run) -> None:
    """A button for each format, one for the files of the items, and what to leave out."""
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        only = st.session_state.get("only") or ""
        raw = bool(st.session_state.get("raw"))
        for kind, (label, icon) in FORMATS.items():
            st.download_button(
                label,
                data=content(run.id, kind, only=only, raw=raw),
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
                data=_archive(run.id),
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
                data=_joined(run.id, ending),
                file_name=f"{exports.file_name(run, 'csv').removesuffix('.csv')}{ending}",
                mime="application/octet-stream",
                icon=":material/package_2:",
                on_click="ignore",
                key=f"download{ending.replace('.', '_')}",
                help="The files that the items wrote, one after the other: together they are one file of this kind.",
            )
        st.selectbox(
            "Rows",
            list(PARTS),
            format_func=PARTS.__getitem__,
            key="only",
            label_visibility="collapsed",
            width=230,
            help="The input of the failed comes back as it was given: fix it, and start a run with it.",
        )
        st.checkbox(
            "Raw",
            key="raw",
            help="CSV cells as they are; otherwise those that a spreadsheet would run as a formula are defused.",
        )


def content(run_id: str, kind: str, *, only: str = "", raw: bool = False) -> Callable[[], bytes]:
    """What writes a table, once its button is clicked."""
    return _written(run_id, lambda run, rows, out: exports.export(run, rows, out, format=kind, only=only, raw=raw))


def _archive(run_id: str) -> Callable[[], bytes]:
    return _written(run_id, lambda run, rows, out: exports.digits(run, rows, client.artifact, out))


def _joined(run_id: str, ending: str) -> Callable[[], bytes]:
    return _written(run_id, lambda run, rows, out: exports.joined(run, rows, client.artifact, out, ending=ending))


def _written(run_id: str, write: Callable[[Run, exports.Rows, IO[bytes]], object]) -> Callable[[], bytes]:
    """What a click downloads: the run as it is at that moment, written to a file first, since pieces are small."""

    def read() -> bytes:
        with tempfile.TemporaryFile() as out, client.snapshot(run_id) as (run, rows):
            write(run, rows, out)
            out.seek(0)
            return out.read()

    return read
