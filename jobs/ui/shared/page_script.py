"""What Streamlit's page lacks for the keyboard: a way out of tables, the focus after Start; page_script.js is what the
browser gets.

Tab leaves a table (the arrows move within it); after Start the focus is on the run's heading, so that a screen reader
begins there; what opens over the page has a landmark; Back leads to where a page was scrolled to; and a server that is
away is said in a sentence of ours.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "page_script", js=Path(__file__).with_suffix(".js").read_text("utf-8"), isolate_styles=False
)


def support() -> None:
    """Mount the script once on a page; it shows nothing."""
    _mount(key="page_script", data={"arrived": st.session_state.get("arrived", "")}, height=1)
