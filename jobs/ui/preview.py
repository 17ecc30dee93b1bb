"""What will happen with the items, before it does: how many, which cannot run and why, the first of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import inputs
from jobs.runtime.errors import Refused
from jobs.runtime.records import count
from jobs.ui import source, widths, words

MOST_SHOWN = 1_000


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What became of what a person gave: its preflight report, and why nothing can start (empty: it can)."""

    preflight: Any
    reason: str


def read(job: Any, given: source.Given | None) -> Reading:
    """Read what was given, with the choice of sheet and column where there is one."""
    reading = st.container()  # there also when nothing is read, so that what stands below keeps its place
    if given is None:
        nouns = f"{job.kind.name}s"
        offer = f"type {nouns}, choose a file, or try the sample"
        if not source.has_sample(job.name):
            offer = f"type {nouns}, or choose a file"
        return Reading(preflight=None, reason=f"Nothing to run yet: {offer}.")
    column, sheet = _chosen(job, given)
    try:
        with reading:
            preflight = source.preflight(job, given, column, sheet)
    except Refused as error:
        return Reading(preflight=None, reason=str(error))
    _choices(job, given, preflight)
    return Reading(preflight=preflight, reason=_why_not(preflight))


def _why_not(preflight: Any) -> str:
    if preflight.items == 0:
        return "Nothing to run: there is no item in it."
    if preflight.valid == 0 and preflight.items == 1:
        return "Nothing can run: the only cell is no item (see why below)."
    if preflight.valid == 0:
        return f"Nothing can run: none of the {count(preflight.items, 'cell')} is an item (see why below)."
    return ""


def _key(job: Any, given: source.Given, of: str) -> str:
    """What a choice is kept under: another file of the same name is chosen from anew."""
    return f"{of}:{job.name}:{given.name}:{given.mark}"


def _chosen(job: Any, given: source.Given) -> tuple[str, str]:
    """The column and the sheet that the person has chosen so far; a column is one of its sheet."""
    sheet = st.session_state.get(_key(job, given, "sheet")) or ""
    column = st.session_state.get(_key(job, given, _column_of(sheet))) or given.column
    return column, sheet


def _column_of(sheet: str) -> str:
    return f"column:{sheet}" if sheet else "column"


def _choices(job: Any, given: source.Given, preflight: Any) -> None:
    if len(preflight.columns) < 2 and len(preflight.sheets) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(preflight.sheets) > 1:
            sheets = list(preflight.sheets)
            index = sheets.index(preflight.sheet)
            st.selectbox("Sheet", sheets, index=index, key=_key(job, given, "sheet"), width=220)
        if len(preflight.columns) > 1:
            columns = list(preflight.columns)
            index = columns.index(preflight.column)
            of = _column_of(preflight.sheet if len(preflight.sheets) > 1 else "")
            st.selectbox("Column", columns, index=index, key=_key(job, given, of), width=260)
            st.text(preflight.column_reason, width="stretch")


def show(job: Any, preflight: Any) -> None:
    """The preflight sentence, the cells that cannot run, and the first items."""
    with st.container(horizontal=True, vertical_alignment="center", key="preflight"):
        st.badge(words.items_of(preflight.items, job.kind.name), icon=":material/checklist:", color="blue")
        if preflight.duplicates:
            once = "performed once" if job.mark.key else "each performed"
            st.badge(
                f"{count(preflight.duplicates, 'duplicate')}, {once}", icon=":material/content_copy:", color="violet"
            )
        if preflight.invalid:
            st.badge(
                f"{preflight.invalid_count:,} cannot run and stay in the table",
                icon=":material/warning:",
                color="orange",
            )
        st.text(_reading(preflight), width="stretch")
    if preflight.invalid:
        _show_invalid(preflight)
    with st.expander(
        f"Preview: the first {min(source.PREVIEWED, preflight.items)}", icon=":material/table:", key="preview"
    ):
        _show_first(preflight)


def _reading(preflight: Any) -> str:
    parts = [part for part in (preflight.encoding, _delimiter(preflight.delimiter)) if part]
    return " · ".join([*parts, *preflight.notes])


def _delimiter(delimiter: str) -> str:
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    return f"{names.get(delimiter, delimiter)}-separated" if delimiter else ""


def _show_invalid(preflight: Any) -> None:
    label = f"Show the {count(preflight.invalid_count, 'cell')} that cannot run, with line and reason"
    with st.expander(label, icon=":material/warning:", key="invalid"):
        rows = [(bad.line, words.shortened(bad.cell, 200), bad.reason) for bad in preflight.invalid[:MOST_SHOWN]]
        table = pd.DataFrame(rows, columns=["line", "cell", "reason"])
        st.dataframe(
            table,
            hide_index=True,
            height="content" if len(rows) < 12 else 440,
            alt="Cells that cannot run, with line and reason",
            column_config=widths.fitted(table, {"line": st.column_config.NumberColumn(format="%d")}),
        )
        if preflight.invalid_count > len(rows):
            st.caption(f"The first {len(rows):,} of {preflight.invalid_count:,}.")
        st.download_button(
            "Download them",
            data=lambda: inputs.invalid_as_csv(preflight),
            file_name=f"cells-that-cannot-run-{secrets.token_hex(3)}.csv",
            mime="text/csv",
            icon=":material/csv:",
            on_click="ignore",
            key="invalid_csv",
        )


def _show_first(preflight: Any) -> None:
    rows = [[words.shortened(cell, 200) for cell in row] for row in preflight.preview(source.PREVIEWED)]
    table = pd.DataFrame(rows, columns=list(preflight.columns))
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        alt="The first items, with their columns",
        column_config=widths.fitted(table, {}),
    )
