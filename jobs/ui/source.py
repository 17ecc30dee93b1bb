"""What the items of a new run come from: typed, a table to edit, a file, the sample, or an earlier run."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, inputs
from jobs.runtime.errors import Refused
from jobs.runtime.records import Run, size
from jobs.ui import words

LARGEST = 20 * 2**20
"""Bytes of an upload beyond which the page sends people to the command line."""

MOST_TYPED = 10_000
"""Items of an earlier run that are put into the text area again; more go in as a file does."""

PREVIEWED = 20


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a person gave: the bytes of a file under its name, or text that was typed (then `name` is empty)."""

    content: bytes
    name: str = ""
    column: str = ""
    what: str = ""

    @cached_property
    def mark(self) -> str:
        """What tells this content from any other; worked out once, since it takes some 20 ms for 20 MB."""
        return hashlib.blake2b(self.content, digest_size=16).hexdigest()

    @property
    def typed(self) -> bool:
        """Whether these are items written down one by one, not a file with columns."""
        return not self.name


def ask(job: Any) -> Given | None:
    """The widgets to give items by; None: nothing yet. `job` is one of the catalog's."""
    taken = st.session_state.get(f"taken:{job.name}")
    if taken is not None:
        return _show_taken(job, taken)
    left, right = st.columns([3, 2], gap="large")
    with right:
        uploaded = _upload(job)
    with left:
        as_table = bool(job.kind.ranges and st.session_state.get(_table_key(job)))
        typed = _table(job) if as_table else _text(job, disabled=uploaded is not None)
        if job.kind.ranges:
            st.toggle("Edit as a table", key=_table_key(job), persist_state="session", help="One item a row.")
    return uploaded or typed


def take(job: str, given: Given | None) -> None:
    """Let these be the items of this job until the person wants others (None: ask again)."""
    st.session_state[f"taken:{job}"] = given


def take_run(run: Run) -> None:
    """Let the items of an earlier run be those of the next: as text where they are a short list, else as its table."""
    if not run.table.columns and run.items <= MOST_TYPED:
        st.session_state[f"text:{run.job}"] = "\n".join(item.cell for item in client.items(run.id))
        take(run.job, None)
        return
    columns = run.table.columns or (run.table.item_column,)
    place = columns.index(run.table.item_column)
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(columns)
    for item in client.items(run.id):
        writer.writerow([*item.others[:place], item.cell, *item.others[place:]])
    name = f"{run.table.source.rpartition('.')[0] or 'items'}.csv"
    what = f"The items of run {words.short_id(run.id)}"
    take(run.job, Given(content=sheet.getvalue().encode(), name=name, column=columns[place], what=what))


def take_sample(job: str) -> None:
    """Let the sample be the items of this job."""
    path = client.sample(job)
    take(job, Given(content=path.read_bytes(), name=path.name, what="The sample"))


def _show_taken(job: Any, taken: Given) -> Given:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge(words.literal(taken.what), icon=":material/description:", color="blue")
        st.text(taken.name, width="stretch")
        st.button("Use my own", icon=":material/close:", on_click=take, args=(job.name, None), key="own")
    return taken


def _upload(job: Any) -> Given | None:
    file = st.file_uploader(
        "Or a file: CSV, TSV, TXT, Excel, sitemap",
        key=f"file:{job.name}",
        help="The right column is found; you can choose another. All columns come back in the result.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if has_sample(job.name):
            st.button(
                "Try the sample",
                icon=":material/science:",
                on_click=take_sample,
                args=(job.name,),
                key="sample",
                help="A small list that comes with Fanout and needs no internet.",
            )
        st.caption(f"Larger files: python -m jobs run {words.literal(job.name)} FILE")
    if file is None:
        st.session_state.pop("uploaded", None)
        return None
    if file.size > LARGEST:
        _too_large(job.name, file.name, file.size)
        return None
    return _given(file)


def _given(file: Any) -> Given:
    """The file of an uploader, the same however often the page is drawn."""
    kept: tuple[str, Given] | None = st.session_state.get("uploaded")
    if kept is None or kept[0] != file.file_id:
        kept = (file.file_id, Given(content=file.getvalue(), name=file.name))
        st.session_state["uploaded"] = kept
    return kept[1]


def _too_large(job: str, name: str, amount: int) -> None:
    with st.container(border=True):
        st.badge("Too large for the page", icon=":material/block:", color="red")
        st.text(
            f"{name} has {size(amount)}, and a browser may send at most {size(LARGEST)}. "
            f"The command line reads it from disk: python -m jobs run {job} {name}"
        )


def has_sample(job: str) -> bool:
    """Whether a list comes with this job."""
    try:
        client.sample(job)
    except Refused:
        return False
    return True


def _table_key(job: Any) -> str:
    return f"as_table:{job.name}"


_EXAMPLES = {"whole number": "5000, 6000, 7000, 80000", "number": "0.5", "URL": "https://example.org/"}
"""What an empty field shows of a kind of items, by its name; of texts nothing."""


def _text(job: Any, *, disabled: bool) -> Given | None:
    ranges = (
        ", separated by spaces, commas or lines; `1000..9000 step 1000` is a range"
        if job.kind.ranges
        else ", one per line"
    )
    text = st.text_area(
        f"{words.literal(_plural(job))}{ranges}",
        height=180,
        key=f"text:{job.name}",
        placeholder=_EXAMPLES.get(job.kind.name, ""),
        disabled=disabled,
        help="The file beside it is used as long as it is there." if disabled else None,
        persist_state="session",
    )
    return Given(content=text.encode()) if text.strip() and not disabled else None


def _table(job: Any) -> Given | None:
    column = job.item_name
    start = pd.DataFrame({column: pd.Series([""] * 4, dtype="str")})
    edited = st.data_editor(
        start,
        num_rows="dynamic",
        hide_index=True,
        height=220,
        key=f"table:{job.name}",
        column_config={column: st.column_config.TextColumn(words.literal(column))},
        alt=f"{_plural(job)} to edit, one a row",
    )
    cells = [str(cell) for cell in edited[column] if isinstance(cell, str) and cell.strip()]
    return Given(content="\n".join(cells).encode()) if cells else None


def _plural(job: Any) -> str:
    name = str(job.kind.name)
    return f"{name[:1].upper()}{name[1:]}s"


def preflight(job: Any, given: Given, column: str, sheet: str) -> Any:
    """What the items will be: read once per content, column and sheet, and kept for this session. Raises Refused.

    The column and the sheet that were found unasked answer for the same ones when they are asked for by name.
    """
    content = (given.mark, given.name, job.name)
    known = st.session_state.get("preflight")
    if known is None or known[0] != content or not _answers(*known[1:], column=column, sheet=sheet):
        with st.spinner(f"Reading {words.literal(given.name, 80) or 'the list'}…"):
            known = (content, (column, sheet), _read_or_refused(job, given, column, sheet))
        st.session_state["preflight"] = known
    if isinstance(known[2], Refused):
        raise known[2]
    return known[2]


def _answers(asked: tuple[str, str], found: Any, *, column: str, sheet: str) -> bool:
    if isinstance(found, Refused):
        return asked == (column, sheet)
    return column in (asked[0], found.column) and sheet in (asked[1], found.sheet)


def _read_or_refused(job: Any, given: Given, column: str, sheet: str) -> Any:
    try:
        return _read(job, given, column, sheet)
    except Refused as refusal:
        return refusal


def _read(job: Any, given: Given, column: str, sheet: str) -> Any:
    if given.typed:
        return inputs.read_text(given.content.decode(), job=job)
    return inputs.read(given.content, name=given.name, job=job, column=column, sheet=sheet)
