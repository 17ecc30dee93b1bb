"""Everything about one item of a run."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client
from jobs.runtime.errors import Refused
from jobs.runtime.records import Column, Item, Outcome, Run, size
from jobs.ui import widths, words

LONG, LONGEST = 160, 20_000
"""Characters from which a value is shown on its own, and beyond which it is cut."""


def show(run: Run, position: int) -> None:
    """Everything about one item."""
    found = client.rows(run.id, position, position)
    if not found:
        st.text(f"There is no item at position {position:,}.")
        return
    _, item, outcome = found[0]
    with st.container(border=True, key="detail"):
        _head(position, item, outcome)
        if outcome is None:
            st.text("It has no outcome yet.")
            return
        _values(run, item, outcome)
        _files(run, outcome)
        _attempts(run, position)


def _head(position: int, item: Item, outcome: Outcome | None) -> None:
    badge = words.ITEM_BADGES[outcome.state if outcome else "waiting"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(badge.word, icon=badge.icon, color=badge.colour)  # type: ignore[arg-type]
        st.text(f"Position {position:,}")
        st.text(words.apart(item.cell, 200), width="stretch")
    if outcome is not None and outcome.error:
        st.text(f"{outcome.code}: {words.apart(outcome.error, 2_000)}")
    if outcome is not None and outcome.detail:
        _text("Detail", outcome.detail)


def _values(run: Run, item: Item, outcome: Outcome) -> None:
    others = [name for name in run.table.columns if name != run.table.item_column]
    pairs: list[tuple[str, Any, str]] = [
        (name, cell, "from your table") for name, cell in zip(others, item.others, strict=False)
    ]
    row = outcome.row or {}
    pairs += [(column.name, row.get(column.name), column.help) for column in run.columns if column.type != "file"]
    short = [(name, _shown(value), meaning) for name, value, meaning in pairs if 0 < len(_shown(value)) <= LONG]
    if short:
        table = pd.DataFrame(short, columns=["column", "value", "what it is"])
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            alt="The values of this item",
            column_config=widths.fitted(table, {"value": st.column_config.TextColumn(width="large")}),
        )
    for name, value, _ in pairs:
        if len(_shown(value)) > LONG:
            _text(name, _shown(value))


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _text(label: str, value: str) -> None:
    """A long text of others: as it stands, cut, in an area that scrolls."""
    cut = f" (the first {LONGEST:,} shown)" if len(value) > LONGEST else ""
    st.text(f"{label}: {len(value):,} characters{cut}")
    st.code(value[:LONGEST], language=None, wrap_lines=True, height=200 if len(value) > 600 else "content")


def _files(run: Run, outcome: Outcome) -> None:
    for column in run.columns:
        reference = (outcome.row or {}).get(column.name)
        if column.type == "file" and reference:
            _file(run, column, str(reference))


def _file(run: Run, column: Column, reference: str) -> None:
    try:
        path = client.artifact(run.id, reference)
    except Refused as error:
        st.text(f"{column.name}: {error}")
        return
    st.download_button(
        f"{words.literal(column.name)} ({size(path.stat().st_size)})",
        data=path.read_bytes,
        file_name=f"{run.id[:6]}-{path.name}",
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        help=words.literal(column.help) or None,
        key=f"file_{column.name}",
    )


def _attempts(run: Run, position: int) -> None:
    earlier = client.attempts_of(run.id, position)
    if not earlier:
        return
    st.text("Earlier attempts")
    rows = [(entry.number, entry.code, entry.error, entry.worker, entry.slot, entry.seconds) for entry in earlier]
    st.dataframe(
        pd.DataFrame(rows, columns=["attempt", "code", "error", "worker", "slot", "seconds"]),
        hide_index=True,
        alt="Earlier attempts at this item",
    )
