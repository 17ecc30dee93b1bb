"""A chart under its title, which tells what was clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from jobs.ui.run import overview_charts
from jobs.ui.shared import formatting

Picked = Callable[[Mapping[str, Any]], None]
"""Told what was clicked."""


def card(title: str, chart: Any, alt: str, *, key: str, picked: Picked | None = None) -> None:
    """A chart under its title; a click on one of its marks is told to `picked`. What stands beside the chart shows its
    table, and saves it as a picture."""
    st.markdown(f"**{formatting.literal(title)}**")
    if picked is None:
        st.altair_chart(chart, key=key, alt=alt)
        return
    turn = f"{key}_{st.session_state.get(f'{key}_turn', 0)}"
    st.altair_chart(chart, key=turn, alt=alt, on_select=lambda: _picked(key, turn, picked))


def _picked(key: str, turn: str, picked: Picked) -> None:
    """Hand on what was clicked; the next chart has nothing chosen, so that the same can be clicked again."""
    chosen = st.session_state[turn]["selection"][overview_charts.PICKED]
    st.session_state[f"{key}_turn"] = st.session_state.get(f"{key}_turn", 0) + 1
    if chosen:
        picked(chosen[0])
