"""The table of a run that has ended: all of it, or what is asked for; and what it shares with that of one that goes on
(`newest_rows`)."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, exports
from jobs.runtime.core import units
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ResultFilter, ResultOrder
from jobs.runtime.core.units import count
from jobs.ui.new_run import items_source
from jobs.ui.run import downloads, item_detail, live_look, result_columns, result_filters, shown_rows
from jobs.ui.run.live_look import LiveLook
from jobs.ui.shared import formatting, page_frame

MOST_ROWS = 1_000
"""Rows of one page of the table: those of 5,000 with all columns of a web page are 6.6 MB, and take the server and the
browser 1 s each, whatever is seen of them (tests/bench/results.py)."""

TIMED = 20_000
"""Rows of which the timings show each."""

ROW, MOST_IN_SIGHT = 30, 15
"""Pixels of a row, and the rows that are seen at once: on a screen of 900 pixels, with all that stands above."""

FIRST_HITS = 50
"""Rows that are shown of a long search before it is through."""

SHORT, PATIENCE = 0.6, 0.3
"""Seconds that a search may take as a whole without anything shown of it meanwhile, and those of a longer one after
which what was found so far is shown."""


@st.cache_resource(max_entries=4, show_spinner=False)
def whole(run_id: str, stamp: tuple[Any, ...], first: int, last: int) -> pd.DataFrame:  # noqa: ARG001  (the cache's key)
    """The table of a run as it stood at `stamp`; shared between reruns, so nobody may change it."""
    run = client.run(run_id)
    return exports.frame(run, client.short_rows(run_id, first, last))


def stamp(run: Run) -> tuple[Any, ...]:
    """What changes whenever the outcomes of a run do."""
    return (run.state, run.done, run.ok, run.failed, run.ended_at)


def of_run(seen: LiveLook) -> pd.DataFrame:
    """The table of a run that has ended (its first rows, when it has very many), or of its newest outcomes."""
    run = seen.run
    if run.state.terminal:
        return whole(run.id, stamp(run), 1, min(run.items, TIMED))
    return exports.frame(run, seen.newest)


def show(seen: LiveLook) -> None:
    """What is asked for of a run that has ended, the downloads, the table, and the row that is selected."""
    if seen.run.done == 0:
        st.text("There are no results.")
        return
    _ended(seen)


def row() -> Any:
    """The row above the table."""
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="table_row")


def places_of_search() -> tuple[Any, Any]:
    """Where a search says how far it is, and shows its first rows; without one they take no room."""
    return st.empty(), st.empty()


@st.fragment
def _ended(seen: LiveLook) -> None:
    """A part of its own: what is chosen here draws the table anew, and nothing above it."""
    if not live_look.still(seen):
        st.rerun()
    with page_frame.sentences(), st.container(gap="xsmall"):
        _found(seen)


def _found(seen: LiveLook) -> None:
    run = seen.run
    wanted, order = result_filters.ask(run, seen.progress.codes)
    search = _Search(run, *places_of_search())
    try:
        found = result_filters.found(run, stamp(run), wanted, order, search.tell)
    except Refused as error:
        page_frame.refused(str(error))
        return
    search.over()
    mark = result_filters.mark(stamp(run), wanted, order)
    with row():  # in the order in which it is drawn: nothing that is there moves for what comes
        page = _ask_page(run, found, mark) if len(found) else None
        _say_found(run, wanted, order, len(found))
        if len(found):
            use_button(run, wanted)
        downloads.buttons(run, wanted, len(found))
    if page is not None:
        _show_page(run, found, mark, page)


def use_button(run: Run, wanted: ResultFilter) -> None:
    """The button that takes these rows to New run, once the run has ended."""
    if page_frame.may_change() and st.button(
        "Use these results",
        icon=":material/input:",
        key="use_results",
        disabled=not run.state.terminal,
        help="Starts a new run with these rows, as they are filtered: with another job, or over links found.",
    ):
        items_source.take_results(run, wanted)
        page_frame.go_to(page_frame.NEW_RUN)


class _Search:
    """What is seen of a search that takes its time: the first rows, and a count that grows until it is whole."""

    def __init__(self, run: Run, said: Any, first: Any) -> None:
        self.run, self.said, self.first = run, said, first
        self.began, self.drawn = time.monotonic(), False

    def tell(self, found: Sequence[int], looked: int) -> None:
        """Show what was found so far, up to the position that was looked at."""
        went, share = time.monotonic() - self.began, looked / self.run.items
        if went < SHORT * share or (went < PATIENCE and len(found) < FIRST_HITS):
            return
        self.said.caption(f"{len(found):,} found so far: {units.percent(share)} of the rows looked through…")
        if found and not self.drawn and looked < self.run.items:
            self.drawn = True
            shown = _rows(self.run.id, stamp(self.run), tuple(found[:FIRST_HITS]))
            with self.first.container():
                frame(self.run, shown, shown.order, key="first_hits", select=False)

    def over(self) -> None:
        """Make room for the whole."""
        self.said.empty()
        self.first.empty()


def _say_found(run: Run, wanted: ResultFilter, order: ResultOrder, number: int) -> None:
    by = f", {'the largest' if order.descending else 'the smallest'} {formatting.literal(order.column)} first"
    what = f"{number:,} of {count(run.items, 'row')} found" if wanted else count(run.items, "row")
    st.caption(what + (by if order.column else ", the last first" if order.descending else ""), width="content")
    if wanted or order.column or order.descending:
        st.button("Show all again", type="tertiary", on_click=result_filters.clear, key="show_all")


@dataclass(frozen=True, kw_only=True)
class _Page:
    """One of the pages of a table, from 1: the positions of its rows, those as they are shown, and their columns."""

    number: int
    of: int
    places: Sequence[int]
    shown: shown_rows.Shown
    order: Sequence[str]


def _ask_page(run: Run, found: Sequence[int], mark: str) -> _Page:
    """The widgets for which rows and columns, and what they choose."""
    pages = math.ceil(len(found) / MOST_ROWS)
    number = st.pagination(pages, key=f"rows_page{mark}") if pages > 1 else 1
    places = found[(number - 1) * MOST_ROWS : number * MOST_ROWS]
    shown = _rows(run.id, stamp(run), places if isinstance(places, range) else tuple(places))
    order = result_columns.chooser(run, shown.order, shown.pinned)
    return _Page(number=number, of=pages, places=places, shown=shown, order=order)


def _show_page(run: Run, found: Sequence[int], mark: str, page: _Page) -> None:
    """The table, and the row that is selected in it or how to select one."""
    chosen = frame(run, page.shown, page.order, key=_table_key(mark, page.number), select=True)
    if chosen is not None and chosen < len(page.places):
        place = (page.number - 1) * MOST_ROWS + chosen
        turn = item_detail.Neighbours(place=place + 1, of=len(found), go_to=lambda to: _select(mark, to))
        item_detail.show(run, page.places[chosen], turn)
        return
    st.caption(
        "Select a row (at its left edge) to see everything about it."
        + (f" Cells that end with {exports.CUT.strip()} are whole there and in downloads." if page.shown.cut else "")
        + (" A click on a heading sorts the rows of this page alone." if page.of > 1 else "")
    )
    if page.of > 1:
        by_position(run)


def _table_key(mark: str, page: int) -> str:
    return f"results{mark}" if page == 1 else f"results{mark}_{page}"


def _select(mark: str, place: int) -> None:
    """Have the row at this place (from 1) among those found be the selected one, on the page where it is."""
    page, row = divmod(place - 1, MOST_ROWS)
    if f"rows_page{mark}" in st.session_state:
        st.session_state[f"rows_page{mark}"] = page + 1
    st.session_state[_table_key(mark, page + 1)] = {"selection": {"rows": [row], "columns": []}}


def by_position(run: Run) -> None:
    """A field for a position, and everything about the row there."""
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
        item_detail.show(run, position)


@st.cache_resource(max_entries=4, show_spinner=False)
def _rows(run_id: str, stamp: tuple[Any, ...], places: range | tuple[int, ...]) -> shown_rows.Shown:  # noqa: ARG001
    """The rows at these positions."""
    contiguous = isinstance(places, range)
    rows = client.short_rows(run_id, places[0], places[-1]) if contiguous else client.short_rows_at(run_id, places)
    return shown_rows.as_shown(client.run(run_id), rows)


def frame(
    run: Run,
    shown: shown_rows.Shown,
    order: Sequence[str],
    *,
    key: str,
    select: bool,
    room: int | None = None,
) -> int | None:
    """Draw the table; the index of the row that is selected."""
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-row"} if select else {}
    state = st.dataframe(
        shown.table,
        key=key,
        hide_index=True,
        height=room or height(len(shown.table)),
        row_height=ROW,
        column_config=shown.config,
        column_order=order,
        placeholder="",
        alt=f"Results of {run.job}, one row per item",
        **options,
    )
    rows = state.selection.rows if select else []
    return int(rows[0]) if rows else None


def item_place(run: Run) -> int:
    """Which column of the result table holds the items: the user's own come first, as they were uploaded."""
    return exports.result_table(run).item


def item_label(run: Run, taken: Collection[str]) -> str:
    """What the items are called beside columns of other names."""
    name = "row" if run.table.fields else run.table.item_column or "item"
    return f"input.{name}" if name in taken else name


def height(rows: int) -> int:
    """Pixels of a table of so many rows of `ROW` pixels, so many at most at once."""
    return 38 + ROW * min(max(rows, 1), MOST_IN_SIGHT)
