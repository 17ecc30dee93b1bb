"""A link by which somebody without an account reads this one run: made, and taken back."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count
from jobs.ui.server import addresses
from jobs.ui.shared import page_frame


@st.dialog("Share this run")
def ask(run: Run) -> None:
    """The links that there are, a button for a new one, and one that takes all back."""
    with page_frame.sentences():
        st.text("Whoever has the link reads this run, without signing in, for 30 days. They change nothing.")
        if st.button("Make a link", icon=":material/link:", type="primary", key="make_link"):
            st.code(_address(run, client.share_run(run.id)), language=None, wrap_lines=True)
            st.text("Copy it now: it is not shown again.")
        there = client.links_to(run.id)
        if there:
            st.text(f"{count(len(there), 'link')}, the last until {page_frame.moment(there[-1])}.")
            if st.button("Take all links back", icon=":material/link_off:", key="take_back"):
                client.unshare_run(run.id)
                st.rerun()


def _address(run: Run, link: str) -> str:
    here = urlsplit(st.context.url or "")
    path = f"{here.path.rpartition('/')[0]}/{addresses.RUN}"
    return urlunsplit((here.scheme, here.netloc, path, client.link_query(run.id, link), ""))
