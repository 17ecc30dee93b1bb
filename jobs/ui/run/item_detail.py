"""Everything about one item of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import client, exports
from jobs.runtime.core import units
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.printed import MOST
from jobs.runtime.core.records import Column, Item, Outcome, Run, Table
from jobs.runtime.core.row_cells import label
from jobs.runtime.core.text import storable, visible
from jobs.runtime.core.units import size
from jobs.ui.server import disk_file, signed_in
from jobs.ui.server.disk_file import DiskFile
from jobs.ui.shared import column_widths, formatting, page_frame, tables

LONG, LONGEST = 160, 20_000
"""Characters from which a value is shown on its own, and beyond which it is cut."""

LONGEST_PRINTED = 5 * MOST
"""The same of what was printed, which is cut already; each byte of it that is no text is shown as four."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The way to the neighbours of an item: its place (from 1) among how many, and what goes to another place."""

    place: int
    of: int
    go_to: Callable[[int], None]


def show(run: Run, position: int, turn: Neighbours | None = None) -> None:
    """Everything about one item, with the way to the next and the previous one."""
    found = client.rows(run.id, position, position)
    if not found:
        st.text(f"There is no item at position {position:,}.")
        return
    _, item, outcome = found[0]
    with st.container(border=True, key="detail"):
        if turn is not None:
            _turn(turn)
        _head(run.table, position, item, outcome)
        if outcome is None:
            st.text("It has no outcome yet.")
        else:
            _values(run, item, outcome)
            _files(run, outcome)
            _attempts(run, position)
        _printed(run, position)


def _turn(turn: Neighbours) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="detail_turn"):
        for label, icon, to in (
            ("Previous", ":material/chevron_left:", turn.place - 1),
            ("Next", ":material/chevron_right:", turn.place + 1),
        ):
            st.button(
                label,
                icon=icon,
                disabled=not 1 <= to <= turn.of,
                on_click=turn.go_to,
                args=(to,),
                key=f"detail_{label.lower()}",
            )
        st.caption(f"{turn.place:,} of {turn.of:,}")


def _head(table: Table, position: int, item: Item, outcome: Outcome | None) -> None:
    badge = formatting.ITEM_BADGES[outcome.state if outcome else "waiting"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(badge.word, icon=badge.icon, color=badge.colour)  # type: ignore[arg-type]
        st.text(f"Position {position:,}")
        st.text(formatting.apart(label(item.cell, table), 200), width="stretch")
    if outcome is not None and outcome.reused_from:
        performed = page_frame.moment(outcome.started_at or 0.0)
        st.text(f"Performed by run {formatting.short_id(outcome.reused_from)}, {performed}")
    if outcome is not None and outcome.error:
        st.text(f"{outcome.code}: {formatting.apart(outcome.error, 2_000)}")
    if outcome is not None and outcome.detail:
        _text("Detail", outcome.detail)


def _values(run: Run, item: Item, outcome: Outcome) -> None:
    cells = exports.result_table(run).users_cells(item)
    own = () if run.table.fields else (run.table.item_column,)
    pairs: list[tuple[str, Any, str]] = [
        (name, cell, "from your table") for name, cell in zip(run.table.columns, cells, strict=False) if name not in own
    ]
    row = outcome.row or {}
    pairs += [(column.name, row.get(column.name), column.help) for column in run.columns if column.type != "file"]
    short = [(name, _shown(value), meaning) for name, value, meaning in pairs if 0 < len(_shown(value)) <= LONG]
    if short:
        table = tables.readable(pd.DataFrame(short, columns=["column", "value", "what it is"]))
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            alt="The values of this item",
            column_config=column_widths.fitted(table, {"value": st.column_config.TextColumn(width="large")}),
        )
    for name, value, _ in pairs:
        if len(_shown(value)) > LONG:
            _text(name, _shown(value))
            _whole(run, outcome.position, name, _shown(value))


def _shown(value: Any) -> str:
    return "" if value is None else units.plain(value) if isinstance(value, float) else str(value)


def _text(label: str, value: str, *, most: int = LONGEST) -> None:
    """A long text of others: as it stands, cut, in an area that scrolls."""
    cut = f" (the first {most:,} shown)" if len(value) > most else ""
    st.text(f"{visible(label)}: {len(value):,} characters{cut}")
    st.code(visible(value[:most]), language=None, wrap_lines=True, height=200 if len(value) > 600 else "content")


def _whole(run: Run, position: int, name: str, value: str) -> None:
    """The way to all of a value of which only the beginning is shown."""
    if len(value) > LONGEST:
        st.download_button(
            f"All of {formatting.literal(name)}",
            data=lambda: storable(value),
            file_name=f"{run.id[:6]}-{position}.txt",
            mime="text/plain",
            icon=":material/download:",
            on_click="ignore",
            key=f"whole_{name}",
        )


def _files(run: Run, outcome: Outcome) -> None:
    for column in run.columns:
        reference = (outcome.row or {}).get(column.name)
        if column.type == "file" and reference:
            _file(run, column, str(reference))


def _file(run: Run, column: Column, reference: str) -> None:
    try:
        path = client.artifact(run.id, reference)
    except Refused as error:
        st.text(visible(f"{column.name}: {error}"))
        return
    st.download_button(
        f"{formatting.literal(column.name)} ({size(path.stat().st_size)})",
        data=signed_in.later(lambda: _opened(run.id, reference)),
        file_name=f"{run.id[:6]}-{path.name}",
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        help=formatting.literal(column.help) or None,
        key=f"file_{column.name}",
    )


def _opened(run_id: str, reference: str) -> DiskFile:
    file = disk_file.opened(client.artifact(run_id, reference))
    client.note_download(client.run(run_id), "file")
    return file


def _printed(run: Run, position: int) -> None:
    found = client.printed(run.id, position)
    for one in found:
        which = f" by attempt {one.attempt}" if len(found) > 1 else ""
        lost = ", whose worker was lost or ended" if one.lost else ""
        _text(f"Printed{which}{lost}", one.printed.text, most=LONGEST_PRINTED)


def _attempts(run: Run, position: int) -> None:
    earlier = client.attempts_of(run.id, position)
    if not earlier:
        return
    st.text("Earlier attempts")
    rows = [(entry.number, entry.code, entry.error, entry.worker, entry.slot, entry.seconds) for entry in earlier]
    st.dataframe(
        tables.readable(pd.DataFrame(rows, columns=["attempt", "code", "error", "worker", "slot", "seconds"])),
        hide_index=True,
        alt="Earlier attempts at this item",
    )
