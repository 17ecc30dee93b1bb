"""How states look in tables: a glyph, a word and a colour, as a badge has an icon, a word and a colour elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from jobs.ui.shared.formatting import ITEM_BADGES, RUN_BADGES, Badge

WIDTH = 120
"""Pixels of a column of states: the browser would measure those that come first, when longer ones are to come."""

RUNS_WIDTH = 190
"""The same of states of runs."""


def of_items(advice: str = "what became of the item", *, pinned: bool = False) -> Any:
    """The column that holds states of items, as `words.item_state` says them."""
    return _column(ITEM_BADGES, advice, pinned=pinned)


def of_runs(advice: str = "how the run stands") -> Any:
    """The column that holds states of runs, as `words.run_state` says them."""
    return {**_column(RUN_BADGES, advice, pinned=False), "width": RUNS_WIDTH}


def _column(badges: Mapping[str, Badge], advice: str, *, pinned: bool) -> Any:
    return st.column_config.MultiselectColumn(
        help=advice,
        pinned=pinned,
        width=WIDTH,
        options=[badge.in_table for badge in badges.values()],
        color=[badge.colour for badge in badges.values()],
    )
