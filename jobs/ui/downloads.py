"""The files that a run can be downloaded as; each is written when its button is clicked."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import streamlit as st

from jobs.runtime import client, exports
from jobs.runtime.records import Run

FORMATS: Mapping[str, tuple[str, str]] = {
    "csv": ("CSV", ":material/csv:"),
    "xlsx": ("Excel", ":material/grid_on:"),
    "parquet": ("Parquet", ":material/dataset:"),
    "jsonl": ("JSON Lines", ":material/data_object:"),
}


def buttons(run: Run) -> None:
    """A button for each format, one for the files of the items, and what to leave out."""
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        only = "failed" if run.failed and st.session_state.get("only_failed") else ""
        raw = bool(st.session_state.get("raw"))
        for kind, (label, icon) in FORMATS.items():
            st.download_button(
                label,
                data=_export(run.id, kind, only, raw),
                file_name=exports.file_name(run, kind),
                mime=exports.MIME_TYPES[kind],
                icon=icon,
                on_click="ignore",
                key=f"download_{kind}",
                help="The rows that are there now; the others as waiting." if run.waiting else None,
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
        st.checkbox("Only failed", key="only_failed", disabled=run.failed == 0)
        st.checkbox(
            "Raw",
            key="raw",
            help="CSV cells as they are; otherwise those that a spreadsheet would run as a formula are defused.",
        )


def _export(run_id: str, kind: str, only: str, raw: bool) -> Callable[[], bytes]:
    """What writes the download, once its button is clicked."""

    def write() -> bytes:
        out = io.BytesIO()
        exports.export(
            client.run(run_id),
            _pieces(run_id),
            out,
            format=kind,
            only=only,
            raw=raw,
        )
        return out.getvalue()

    return write


def _archive(run_id: str) -> Callable[[], bytes]:
    def write() -> bytes:
        out = io.BytesIO()
        exports.digits(client.run(run_id), _pieces(run_id), client.artifact, out)
        return out.getvalue()

    return write


def _joined(run_id: str, ending: str) -> Callable[[], bytes]:
    def write() -> bytes:
        out = io.BytesIO()
        exports.joined(client.run(run_id), _pieces(run_id), client.artifact, out, ending=ending)
        return out.getvalue()

    return write


def _pieces(run_id: str) -> exports.Rows:
    return lambda first, last: client.rows(run_id, first, last)
