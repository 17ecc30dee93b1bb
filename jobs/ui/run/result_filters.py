"""Which rows of a run are seen, and in which order: chosen above the table, kept in the address, found by the store."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.records import ItemState, Run
from jobs.runtime.core.result_filter import ALL_ROWS, AS_GIVEN, ColumnValue, ResultFilter, ResultOrder
from jobs.ui.shared import formatting

STATES = ("", ItemState.OK, ItemState.FAILED, ItemState.CANCELLED, ItemState.WAITING)
MOST_GROUPS = 1_000
"""Groups that are offered; the text finds the others."""

ANY = "any value"
"""What says of the value of a column that any will do."""

KEYS = ("q", "row_state", "row_code", "group", "value", "sort", "largest")

Say = Callable[[Sequence[int], int], None]
"""Told what was found so far, and up to which position was looked."""


def ask(run: Run, codes: Mapping[str, int]) -> tuple[ResultFilter, ResultOrder]:
    """The widgets above the table: which rows, and in which order. `codes` are those that items ended with, and how
    many did."""
    with _row():
        return _ask_which(run, codes), _ask_order(run)


def ask_which(run: Run, codes: Mapping[str, int]) -> ResultFilter:
    """The same without the order: of a run that goes on, which the next second may change. Its widgets are there, so
    that nothing moves when the run ends."""
    with _row():
        wanted = _ask_which(run, codes)
        st.selectbox("Sort all rows by", ["the newest first"], key="sort_later", disabled=True, **_unlabelled(220))
        st.checkbox("Largest first", key="largest_later", disabled=True)
        return wanted


def _row() -> Any:
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="row_filters")


def _ask_which(run: Run, codes: Mapping[str, int]) -> ResultFilter:
    text = st.text_input(
        "Search all rows",
        key="q",
        bind="query-params",
        live="150ms",
        type="search",
        placeholder="in any cell, code or reason",
        **_unlabelled(270),
    )
    state = st.selectbox("State", STATES, format_func=_state, key="row_state", bind="query-params", **_unlabelled(140))
    code, group, value = _code(codes), _group(run), _value(run)
    return ResultFilter(state=state or "", code=code, group=group, text=(text or "").strip(), value=value)


def _ask_order(run: Run) -> ResultOrder:
    columns = ["", *client.sortable(run)]
    sort = st.selectbox(
        "Sort all rows by", columns, format_func=_column, key="sort", bind="query-params", **_unlabelled(220)
    )
    largest = st.checkbox("Largest first", key="largest", bind="query-params")
    return ResultOrder(column=sort or "", descending=largest)


def _unlabelled(width: int) -> dict[str, Any]:
    """A widget that says itself what it is: its label is for those who hear it."""
    return {"label_visibility": "collapsed", "width": width}


def _state(state: str) -> str:
    return state or "any state"


def _column(name: str) -> str:
    return formatting.shortened(name, 80) or "in the order given"


def _code(codes: Mapping[str, int]) -> str:
    """The code that is asked for; where there is none yet, its widget keeps its place, so that none moves for it."""
    names = ["", *sorted(codes, key=lambda name: (-codes[name], name))]
    say = lambda name: f"{name} × {codes[name]:,}" if name else "any code"  # noqa: E731
    options: dict[str, Any] = {"key": "row_code", "bind": "query-params", "disabled": not codes, **_unlabelled(190)}
    return st.selectbox("Code", names, format_func=say, **options) or ""


def _group(run: Run) -> str:
    """The same of a group; a job without any has no widget for them."""
    job, groups = client.catalog().jobs.get(run.job), _groups(run.id, run.state.terminal)
    if len(groups) < 2 and (run.items < 2 or job is None or job.mark.group is None):
        return ""
    label = group_label(run)
    every = f"any {label.lower()}"
    say = lambda name: f"{formatting.shortened(name, 100)} × {groups[name]:,}" if name else every  # noqa: E731
    options: dict[str, Any] = {"bind": "query-params", "disabled": len(groups) < 2, **_unlabelled(220)}
    return st.selectbox(label, ["", *groups], format_func=say, key="group", **options) or ""


def group_label(run: Run) -> str:
    """What the groups of a run are called."""
    job = client.catalog().jobs.get(run.job)
    return "Host" if job is not None and job.kind.name == "URL" else "Group"


def _value(run: Run) -> ColumnValue | None:
    """The value of a column that the address names (a click in the overview does), shown to be taken off."""
    said = str(st.session_state.get("value") or st.query_params.get("value") or "")
    named = client.column_value(run, said)
    if named is None:
        return None
    chosen = st.selectbox("Value", [ANY, said], key="value", bind="query-params", **_unlabelled(220))
    return named if chosen == said else None


def said_of(value: ColumnValue) -> str:
    """A column and its value as the address and the widget say them: `lang: "en"`."""
    return f"{value.column}: {json.dumps(value.value, ensure_ascii=False)}"


@st.cache_resource(max_entries=8, ttl=60, show_spinner=False)
def _groups(run_id: str, ended: bool) -> dict[str, int]:  # noqa: ARG001  (the cache's key)
    """The groups with their counts: they are found out as a run begins, and each look reads all items."""
    return dict(client.groups(run_id, MOST_GROUPS))


def found(run: Run, stamp: tuple[Any, ...], wanted: ResultFilter, order: ResultOrder, say: Say) -> Sequence[int]:
    """The positions of the rows that are asked for, looked up once; `say` is told meanwhile. Raises Refused."""
    if wanted == ALL_ROWS and order == AS_GIVEN:
        return range(1, run.items + 1)
    key = (run.id, stamp, wanted, order)
    kept = st.session_state.get("found")
    if kept is None or kept[0] != key:
        positions: Sequence[int] = ()
        for positions, looked in client.search(run.id, wanted, order):
            say(positions, looked)
        kept = (key, positions)
        st.session_state["found"] = kept
    places: Sequence[int] = kept[1]
    return places


def mark(stamp: tuple[Any, ...], wanted: ResultFilter, order: ResultOrder) -> str:
    """What tells the table of one choice from that of another; empty where all rows are shown as given."""
    if wanted == ALL_ROWS and order == AS_GIVEN:
        return ""
    return f"_{zlib.crc32(repr((stamp, wanted, order)).encode()):x}"


def choose(**chosen: str) -> None:
    """Go over to the table with these filters and no others, as a callback."""
    clear()
    for key, value in chosen.items():
        st.session_state[key] = value
    st.session_state["tab"] = "Results"


def clear() -> None:
    """Show all rows as they were given again."""
    for key in KEYS:
        st.session_state[key] = {"largest": False, "value": ANY}.get(key, "")
