"""Compare: runs side by side and row by row, and the ways measured on the same items."""

from __future__ import annotations

import streamlit as st

from jobs.ui.compare import measure_form, side_by_side
from jobs.ui.shared import page_frame

TABS = ["Measure the ways", "Runs side by side"]


def page() -> None:
    """Two tabs; the address names what each shows (`?measure=`, `?of=` and `?runs=`)."""
    st.header("Compare", anchor=False)
    if st.query_params.get("runs") and "compare_tab" not in st.session_state:
        st.session_state["compare_tab"] = TABS[1]
    tabs = dict(zip(TABS, st.tabs(TABS, key="compare_tab", on_change="rerun"), strict=True))
    drawn = {TABS[0]: measure_form.show, TABS[1]: side_by_side.show}
    for name, tab in tabs.items():
        if tab.open:
            with tab, page_frame.sentences():
                drawn[name]()
    page_frame.footer()


if __name__ == "__main__":
    page()
