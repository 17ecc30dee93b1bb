"""What the items of a new run come from: typed, a table to edit, a file, the sample, or an earlier run."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, inputs, reader
from jobs.runtime.core import program
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ResultFilter
from jobs.runtime.core.text import visible
from jobs.runtime.core.units import size
from jobs.ui.shared import formatting, live_text

LARGEST = reader.MOST_UPLOADED
"""Bytes of an upload beyond which the page sends people to the command line."""

MOST_TYPED = 10_000
"""Items of an earlier run that are put into the text area again; more go in as a file does."""

PREVIEWED = 20

SAMPLE = "The sample"
"""What a sample is called where it was taken."""


@dataclass(frozen=True, kw_only=True)
class GivenItems:
    """What a person gave: the bytes of a file under its name, text that was typed (then `name` is empty), or `run`: the
    id of an earlier run whose items are taken as they are; or `results` of one."""

    content: bytes = b""
    name: str = ""
    column: str = ""
    what: str = ""
    run: str = ""
    results: reader.ResultSource | None = None

    @cached_property
    def mark(self) -> str:
        """What tells this content from any other; worked out once, since it takes some 20 ms for 20 MB."""
        return (
            self.run
            or (str(self.results) if self.results else "")
            or hashlib.blake2b(self.content, digest_size=16).hexdigest()
        )

    @property
    def is_file(self) -> bool:
        """Whether these are the bytes of a file of the person's own."""
        return bool(self.name) and not (self.run or self.what)

    @property
    def is_sample(self) -> bool:
        """Whether this is the list that comes with the job."""
        return self.what == SAMPLE

    @property
    def typed(self) -> bool:
        """Whether these are items written down one by one, not a file with columns."""
        return not self.name


def ask(job: Any) -> GivenItems | None:
    """The widgets to give items by; None: nothing yet. `job` is one of the catalog's."""
    given = taken(job)
    if given is not None:
        return _show_taken(job, given)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        uploaded = _upload(job)
    with left:
        as_table = bool(job.kind.ranges and st.session_state.get(_table_key(job)))
        typed = _table(job) if as_table else _text(job, disabled=uploaded is not None)
        if job.kind.ranges:
            st.toggle("Edit as a table", key=_table_key(job), persist_state="session", help="One item a row.")
    return uploaded or typed


def taken(job: Any) -> GivenItems | None:
    """What was taken for the items of this job, or of whichever is chosen; None: they are asked for."""
    given: GivenItems | None = st.session_state.get("taken_results") or st.session_state.get(f"taken:{job.name}")
    return given


def take(job: str, given: GivenItems | None) -> None:
    """Let these be the items of this job until the person wants others (None: ask again)."""
    st.session_state[f"taken:{job}"] = given
    st.session_state.pop("taken_results", None)


def take_results(run: Run, wanted: ResultFilter) -> None:
    """Let the results of a run, as they are filtered, be the items of whichever job is chosen next."""
    st.session_state["taken_results"] = GivenItems(
        name=run.name or run.job,
        what=f"The results of run {formatting.short_id(run.id)}" + (", as they were filtered" if wanted else ""),
        results=reader.ResultSource(run=run.id, wanted=wanted),
    )


def take_run(run: Run) -> None:
    """Let the items of an earlier run be those of the next: to be edited where a text gives the very same ones, else as
    they are kept."""
    text = _same_text(run)
    if text is not None:
        st.session_state[f"text:{run.job}"] = text
        take(run.job, None)
        return
    what = f"The items of run {formatting.short_id(run.id)}"
    take(run.job, GivenItems(name=run.table.source or "items", run=run.id, what=what))


def _same_text(run: Run) -> str | None:
    """A text that is read as the items of this run, each on a line; None: there is none, or it would be very long."""
    if run.table.columns or run.items > MOST_TYPED:
        return None
    items = list(client.items(run.id))
    text = "\n".join(item.cell for item in items)
    try:
        found = inputs.read_text(text, job=client.job_named(run.job))
    except Refused:
        return None
    return text if not found.table.columns and list(found.items_iter()) == items else None


def take_sample(job: str, which: str = "") -> None:
    """Let the sample be the items of this job: of several that of this name, or the first."""
    path = client.sample(job, which)
    st.session_state["sample_params"] = {job: (which, dict(client.sample_params(job, which)))}
    take(job, GivenItems(content=path.read_bytes(), name=path.name, what=SAMPLE))


def _show_taken(job: Any, given: GivenItems) -> GivenItems:
    st.empty()  # in the place of what asked for items, which goes at once
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge(formatting.literal(given.what), icon=":material/description:", color="blue")
        st.text(formatting.apart(given.name, 200), width="stretch")
        st.button("Use my own", icon=":material/close:", on_click=take, args=(job.name, None), key="own")
    return given if given.results is None else _unrolled(given, given.results)


def _unrolled(given: GivenItems, source: reader.ResultSource) -> GivenItems:
    """The results with the column of lists, if any, each entry of which becomes a row."""
    try:
        lists = reader.list_columns(client.run(source.run))
    except Refused:
        return given
    if not lists:
        return given
    chosen = st.selectbox(
        "One row for each entry of",
        lists,
        index=None,
        placeholder="no list: one row for each result",
        format_func=formatting.literal,
        key=f"explode:{source.run}",
        width=320,
        help="A column of lists, as the links of a page: each entry becomes an item, with all other columns.",
    )
    return replace(given, results=replace(source, explode=chosen or ""))


def _upload(job: Any) -> GivenItems | None:
    file = st.file_uploader(
        "Or a file: a table, a list, JSON, a sitemap or a feed",
        key=f"file:{job.name}",
        help="CSV, TSV, TXT, Excel, Parquet, JSON, JSON Lines, sitemap, feed or OPML; also .gz. The right column is "
        "found; you can choose another. All columns come back in the result.",
    )
    if not is_first_visit():
        with st.container(horizontal=True):
            sample_buttons(job)
    st.caption(f"Larger files: {program.NAME} run {formatting.literal(job.name)} FILE")
    if file is None:
        st.session_state.pop("uploaded", None)
        refused = live_text.too_large()
        if refused:
            _too_large(job.name, *refused)
        return None
    if file.size > LARGEST:
        _too_large(job.name, file.name, file.size)
        return None
    return _given(file)


def is_first_visit() -> bool:
    """Whether nothing has run here yet."""
    return client.count_runs() == 0


def sample_buttons(job: Any) -> None:
    """The button that takes the job's sample; of several one for each."""
    for number, (which, title) in enumerate(client.samples(job.name).items()):
        st.button(
            f"Try the sample: {formatting.literal(title or which, 60)}" if which else "Try the sample",
            icon=":material/science:",
            on_click=take_sample,
            args=(job.name, which),
            key=f"sample_{which}" if number else "sample",
            help="A small list that comes with Fanout and needs no internet.",
        )


def _given(file: Any) -> GivenItems:
    """The file of an uploader, the same however often the page is drawn."""
    kept: tuple[str, GivenItems] | None = st.session_state.get("uploaded")
    if kept is None or kept[0] != file.file_id:
        kept = (file.file_id, GivenItems(content=file.getvalue(), name=file.name))
        st.session_state["uploaded"] = kept
    return kept[1]


def _too_large(job: str, name: str, amount: int) -> None:
    with st.container(border=True):
        st.badge("Too large for the page", icon=":material/block:", color="red")
        st.text(
            f"{formatting.apart(name, 200)} has {size(amount)}, and a browser may send at most {size(LARGEST)}. "
            "The command line reads it from disk, and the run shows up here:"
        )
        st.code(visible(f"{program.NAME} run {job} {shlex.quote(name)}"), language=None, wrap_lines=True)


def sampled_job() -> str:
    """The first job that comes with a sample; empty: none does."""
    return next(filter(has_sample, in_order()), "")


def in_order() -> list[str]:
    """The jobs as they stand on the page: waiting work first, and of that the one whose items are single cells."""
    jobs = client.catalog().jobs
    return sorted(client.catalog().shown, key=lambda name: (jobs[name].bound != "io", jobs[name].takes_rows, name))


def has_sample(job: str) -> bool:
    """Whether a list comes with this job."""
    return bool(client.samples(job))


def _table_key(job: Any) -> str:
    return f"as_table:{job.name}"


_EXAMPLES = {"whole number": "5000, 6000, 7000, 80000", "number": "0.5", "URL": "https://example.org/"}
"""What an empty field shows of a kind of items, by its name; of texts nothing."""

ROWS = " as CSV, the names of their columns in the first line"


def _text(job: Any, *, disabled: bool) -> GivenItems | None:
    ranges = (
        ", separated by spaces, commas or lines; `1000..9000 step 1000` is a range"
        if job.kind.ranges
        else ", one per line"
    )
    text = st.text_area(
        f"{formatting.literal(_plural(job))}{ROWS if job.takes_rows else ranges}",
        height=180,
        key=f"text:{job.name}",
        placeholder=",".join(told.name for told in job.fields) or _EXAMPLES.get(job.kind.name, ""),
        disabled=disabled,
        help="The file beside it is used as long as it is there." if disabled else None,
        persist_state="session",
    )
    return GivenItems(content=text.encode()) if text.strip() and not disabled else None


def _table(job: Any) -> GivenItems | None:
    column = job.item_name
    start = pd.DataFrame({column: pd.Series([""] * 4, dtype="str")})
    edited = st.data_editor(
        start,
        num_rows="dynamic",
        hide_index=True,
        height=220,
        key=f"table:{job.name}",
        column_config={column: st.column_config.TextColumn(formatting.literal(column))},
        alt=f"{_plural(job)} to edit, one a row",
    )
    cells = [str(cell) for cell in edited[column] if isinstance(cell, str) and cell.strip()]
    return GivenItems(content="\n".join(cells).encode()) if cells else None


def _plural(job: Any) -> str:
    name = str(job.kind.name)
    return f"{name[:1].upper()}{name[1:]}s"
