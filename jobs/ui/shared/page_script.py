"""What Streamlit's page lacks for the keyboard and for the eye: a way out of tables, the focus after Start, and room.

page_script.js and page_style.css are what the browser gets.

Tab leaves a table (the arrows move within it); after Start the focus is on the run's heading, so that a screen reader
begins there; Back leads to where a page was scrolled to; and a server that is away is said in a sentence of ours.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__)
_mount = st.components.v2.component(
    "page_script", js=_HERE.with_name("page_script.js").read_text("utf-8"), isolate_styles=False
)


def style() -> None:
    """Give a page its style, before anything of it is drawn: what is drawn first would move."""
    st.html(_HERE.with_name("page_style.css"))


def support() -> None:
    """Mount the script once on a page; it shows nothing."""
    _mount(key="page_script", data={"arrived": st.session_state.get("arrived", "")}, height=1)
