"""The table of a run: whole when it has ended, its newest rows before."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, exports
from jobs.runtime.records import Item, Outcome, Run
from jobs.ui import detail, downloads, states, widths, words

MOST_ROWS = 20_000
"""Rows of one page of the table: 100,000 took 3 s until they were first drawn (tests/bench/million.py)."""

SLOW_ROWS = 5_000
"""Rows whose reading takes so long that it is said."""

NEWEST = 200
"""Rows shown while a run is going on."""

LINKS = ("http://", "https://")

LARGEST_EXACT = 2**53
"""Beyond this a browser's numbers are not exact: the table would show such integers as mistakes."""

OWN_HELP: Mapping[str, str] = {
    "position": "place in the input, from 1",
    "state": "what became of the item",
    "code": "why, as a code that can be counted",
    "error": "why, in one sentence",
    "attempts": "how often it was tried",
    "worker": "process id of the worker that performed it",
    "slot": "thread of that worker, from 1",
    "waited_seconds": "from when it could have started until it did",
    "started_at": "when its last attempt began",
    "seconds": "how long its last attempt took",
    "cpu_seconds": "processor time of its thread during that",
    "duplicate_of": "position of the equal item that was performed in its place",
}

Row = tuple[int, Item, Outcome | None]


@st.cache_resource(max_entries=4, show_spinner=False)
def whole(run_id: str, stamp: tuple[Any, ...], first: int, last: int) -> pd.DataFrame:  # noqa: ARG001  (the cache's key)
    """The table of a run as it stood at `stamp`; shared between reruns, so nobody may change it."""
    run = client.run(run_id)
    return exports.frame(run, client.rows(run_id, first, last))


def stamp(run: Run) -> tuple[Any, ...]:
    """What changes whenever the outcomes of a run do."""
    return (run.state, run.done, run.ok, run.failed, run.ended_at)


def of_run(run: Run, newest: Sequence[Row]) -> pd.DataFrame:
    """The table of a run that has ended (its first page, when it has several), or of its newest outcomes."""
    if run.state.terminal:
        return whole(run.id, stamp(run), 1, min(run.items, MOST_ROWS))
    return exports.frame(run, newest)


def show(run: Run, newest: Sequence[Row]) -> None:
    """The downloads, the table, and the row that is selected."""
    if run.done == 0:
        st.text("No results yet." if not run.state.terminal else "There are no results.")
        return
    downloads.buttons(run)
    if run.state.terminal:
        _whole_table(run)
    else:
        st.caption(f"The newest {len(newest):,} of {run.done:,}. The whole table comes when the run ends.")
        table = for_people(run, of_run(run, newest))
        _frame(run, table, column_config(run, table), key="newest", select=False)
        _by_position(run)


def _whole_table(run: Run) -> None:
    pages = math.ceil(run.items / MOST_ROWS)
    page = st.pagination(pages, key="rows_page") if pages > 1 else 1
    first = (page - 1) * MOST_ROWS + 1
    last = min(run.items, first + MOST_ROWS - 1)
    slow = last - first >= SLOW_ROWS
    with st.spinner(f"Reading {last - first + 1:,} rows…") if slow else contextlib.nullcontext():
        table, config = _prepared(run.id, stamp(run), first, last)
    chosen = _frame(run, table, config, key="results" if page == 1 else f"results_{page}", select=True)
    if chosen is not None:
        detail.show(run, first + chosen)
        return
    st.caption("Select a row (at its left edge) to see everything about it.")
    if pages > 1:
        _by_position(run)


def _by_position(run: Run) -> None:
    position = st.number_input(
        "Show everything about position",
        min_value=1,
        max_value=run.items,
        value=None,
        step=1,
        placeholder="1 …",
        key="position",
        width=260,
    )
    if position is not None:
        detail.show(run, position)


@st.cache_resource(max_entries=4, show_spinner=False)
def _prepared(run_id: str, stamp: tuple[Any, ...], first: int, last: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A whole table as people see it, with how its columns are shown; shared, so nobody may change it."""
    run = client.run(run_id)
    table = for_people(run, whole(run_id, stamp, first, last))
    return table, column_config(run, table)


def for_people(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """A result table with glyphs beside the states, and file names in place of references."""
    return table.assign(state=table["state"].map(words.item_state), **_file_names(run, table))


def _frame(run: Run, table: pd.DataFrame, config: Mapping[str, Any], *, key: str, select: bool) -> int | None:
    """Draw the table; the index of the row that is selected."""
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-row"} if select else {}
    state = st.dataframe(
        table,
        key=key,
        hide_index=True,
        height=height(len(table)),
        column_config=config,
        placeholder="",
        alt=f"Results of {run.job}, one row per item",
        **options,
    )
    rows = state.selection.rows if select else []
    return int(rows[0]) if rows else None


def _file_names(run: Run, table: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """The columns that hold references to files, with the bare names; the files are in each row's detail."""
    columns = [column.name for column in run.columns if column.type == "file" and column.name in table]
    return {name: table[name].map(lambda text: str(text).rpartition("/")[2], na_action="ignore") for name in columns}


def item_place(run: Run) -> int:
    """Which column of the result table holds the items: the user's own come first, as they were uploaded."""
    columns = run.table.columns
    return columns.index(run.table.item_column) if run.table.item_column in columns else 0


def item_label(run: Run, taken: Collection[str]) -> str:
    """What the items are called beside columns of other names."""
    name = run.table.item_column or "item"
    return f"input.{name}" if name in taken else name


def height(rows: int) -> int:
    """Pixels of a table of so many rows, at most fourteen of them at once."""
    return 36 + 35 * min(max(rows, 1), 14)


def column_config(run: Run, table: pd.DataFrame) -> dict[str, Any]:
    """How each column of a result table is shown: its help, its number format, and links where they are safe."""
    helps = {column.name: column.help for column in run.columns} | dict(OWN_HELP)
    types = {column.name: column.type for column in run.columns}
    shown = {
        str(name): _column(table[name], types.get(str(name), ""), words.literal(helps.get(str(name), "")) or None)
        for name in table.columns
    }
    return widths.fitted(table, shown)


def _column(values: pd.Series[Any], kind: str, advice: str | None) -> Any:
    configs = st.column_config
    name = str(values.name)
    if name in ("seconds", "cpu_seconds", "waited_seconds") or kind == "float":
        return configs.NumberColumn(help=advice, format="%.3f")
    if name in ("position", "worker", "slot", "attempts", "duplicate_of"):
        return configs.NumberColumn(help=advice, format="%d")
    if kind == "int" and pd.api.types.is_numeric_dtype(values):
        return _integers(values, advice)
    if name == "state":
        return states.of_items(advice or "", pinned=True)
    if kind == "str" and are_links(values):
        return configs.LinkColumn(help=advice)
    return configs.Column(help=advice)


def _integers(values: pd.Series[Any], advice: str | None) -> Any:
    exact = values.dropna().abs().le(LARGEST_EXACT).all()
    if not exact:
        return st.column_config.TextColumn(help=advice, alignment="right")
    return st.column_config.NumberColumn(help=advice, format="localized")


def are_links(values: pd.Series[Any]) -> bool:
    """Whether all these are http or https URLs, so that they may become links; missing ones do not count."""
    texts = values.dropna().astype("string")
    texts = texts[texts != ""]
    if texts.empty or not _is_link(texts.iloc[0]):
        return False
    return bool(texts.str.lower().str.startswith(LINKS).all())


def _is_link(text: str) -> bool:
    return text.lower().startswith(LINKS)
