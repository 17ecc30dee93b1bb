"""The columns of a result table: those that are pinned, the order people read them in, how each is shown, a chooser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import exports
from jobs.runtime.core.records import Run
from jobs.ui.shared import column_widths, formatting, state_columns
from jobs.ui.shared.column_order import is_technical

LINKS = ("http://", "https://")

LARGEST_EXACT = 2**53
"""Beyond this a browser's numbers are not exact: the table would show such integers as mistakes."""

PINNED_WIDTH = 260
"""Pixels that a pinned column has at most: Streamlit pins none where together they leave too little room."""

OWN_HELP: Mapping[str, str] = {
    "position": "place in the input, from 1",
    "state": "what became of the item",
    "code": "why, as a code that can be counted",
    "error": "why, in one sentence",
    "attempts": "how often it was tried",
    "worker": "the worker that performed it: its process id, on a cluster its machine and number",
    "slot": "thread of that worker, from 1",
    "waited_seconds": "from when it could have started until it did",
    "started_at": "when its last attempt began",
    "seconds": "how long its last attempt took",
    "cpu_seconds": "processor time of its thread during that",
    "duplicate_of": "position of the equal item that was performed in its place",
    "reused_from": "the earlier run that performed it",
}

PRESETS: Mapping[str, str] = {
    "all": "All",
    "main": "Without the technical ones",
    "reasons": "State and reason alone",
}


def pinned(run: Run, table: pd.DataFrame) -> list[str]:
    """What stays in sight at the left: the state, the item, and the reason where something failed."""
    item = exports.result_table(run).item
    failed = ["error"] if run.failed and table["error"].fillna("").ne("").any() else []
    return ["state", str(table.columns[item]), *failed]


def in_reading_order(run: Run, table: pd.DataFrame, pinned: Sequence[str]) -> list[str]:
    """All columns: those that are pinned, the user's others, the job's with the technical ones last, the machine's."""
    result = exports.result_table(run)
    shown = dict(zip(result.names, map(str, table.columns), strict=True))
    order = [*result.names[: result.users], *(name for name in result.jobs if not is_technical(name))]
    order += result.names[result.users + len(result.jobs) :]
    order += [name for name in result.jobs if is_technical(name)]
    return [*pinned, *(shown[name] for name in order if shown[name] not in pinned)]


def chooser(run: Run, order: Sequence[str], pinned: Sequence[str]) -> Sequence[str]:
    """The columns that are shown, of all in the order of reading; the choice holds for all runs of the job, as long as
    this tab is open, and begins with what the preset of the run says."""
    key = f"columns:{run.job}"
    if key not in st.session_state and run.preset is not None:
        st.session_state[key] = [name for name in run.preset.shown if name in order]
    chosen = [name for name in st.session_state.get(key) or () if name in order]
    label = f"Columns: {len(chosen)} of {len(order)}" if chosen else f"Columns: all {len(order)}"
    with st.popover(label, icon=":material/view_column:", key="columns"):
        with st.container(horizontal=True):
            for preset, name in PRESETS.items():
                choice = _of_preset(preset, order, pinned)
                st.button(name, key=f"columns_{preset}", on_click=_choose, args=(key, choice))
        picked = st.multiselect(
            "Shown, in the order of reading (none: all)",
            order,
            key=key,
            format_func=formatting.shortened_name,
            persist_state="session",
            width=520,
        )
    return [name for name in order if name in picked] or order


def _of_preset(preset: str, order: Sequence[str], pinned: Sequence[str]) -> list[str]:
    if preset == "all":
        return []
    if preset == "reasons":
        return [name for name in order if name in {*pinned, "code", "error", "attempts"}]
    machine = {"worker", "slot", "waited_seconds", "started_at", "cpu_seconds", "duplicate_of", "reused_from"}
    return [name for name in order if not is_technical(name) and name not in machine]


def _choose(key: str, columns: list[str]) -> None:
    st.session_state[key] = columns


def config(run: Run, table: pd.DataFrame, pinned: Sequence[str]) -> dict[str, Any]:
    """How each column of a result table is shown: its help, its number format, and links where they are safe."""
    helps = {column.name: column.help for column in run.columns} | dict(OWN_HELP)
    types = {column.name: column.type for column in run.columns}
    shown = {
        str(name): _column(table[name], types.get(str(name), ""), formatting.literal(helps.get(str(name), "")) or None)
        for name in table.columns
    }
    fitted = column_widths.fitted(table, shown)
    for name in pinned:
        fitted[name] = {**fitted[name], "pinned": True, "width": min(PINNED_WIDTH, fitted[name]["width"])}
    return fitted


def _column(values: pd.Series[Any], kind: str, advice: str | None) -> Any:
    configs = st.column_config
    name = str(values.name)
    if name in ("seconds", "cpu_seconds", "waited_seconds") or kind == "float":
        return configs.NumberColumn(help=advice, format=_decimals(values))
    if name in ("position", "slot", "attempts", "duplicate_of") or (name == "worker" and values.dtype.kind in "iuf"):
        return configs.NumberColumn(help=advice, format="%d")
    if kind == "int" and pd.api.types.is_numeric_dtype(values):
        return _integers(values, advice)
    if name == "state":
        return state_columns.of_items(advice or "", pinned=True)
    if kind == "str" and are_links(values):
        return configs.LinkColumn(help=advice)
    return configs.Column(help=advice)


def _decimals(values: pd.Series[Any]) -> str:
    """Three decimals, or as many digits as the smallest of them needs so as not to read as nothing."""
    if not pd.api.types.is_numeric_dtype(values):
        return "%.3f"
    sizes = [abs(value) for value in column_widths.known(values) if value]
    return "%.3f" if not sizes or min(sizes) >= 0.001 else "%.4g"


def _integers(values: pd.Series[Any], advice: str | None) -> Any:
    if any(abs(value) > LARGEST_EXACT for value in column_widths.known(values)):
        return st.column_config.TextColumn(help=advice, alignment="right")
    return st.column_config.NumberColumn(help=advice, format="localized")


def are_links(values: pd.Series[Any]) -> bool:
    """Whether all these are http or https URLs, so that they may become links; missing ones do not count."""
    texts = [text for text in column_widths.known(values) if text]
    return bool(texts) and all(map(is_link, texts))


def is_link(text: str) -> bool:
    """Whether a text may become a link: an http or https URL."""
    return text.lower().startswith(LINKS)
