"""The tokens of who has signed in, by which their programs are known to the API: made, seen and revoked."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.access import Scope, Token
from jobs.runtime.core.people import acting
from jobs.ui.shared import page_frame

ALLOWS: Mapping[Scope, str] = {
    Scope.READ: "read: see runs, rows and schedules",
    Scope.RUN: "run: also start runs and steer them",
    Scope.ADMIN: "admin: also delete runs and schedules",
}


@st.dialog("API tokens")
def ask() -> None:
    """A form for a new one, which is shown once; those that there are, each with its last use and a way to revoke it.
    An admin, too, has their own here: those of others are for the command line."""
    with page_frame.sentences():
        st.text("A program with a token asks the API for you: it sees and touches what is yours, and nothing else.")
        _make()
        for one in client.all_tokens():
            if one.owner == acting().owner:
                _show(one)


def _make() -> None:
    with st.form("new_token", border=False):
        name = st.text_input("Name", max_chars=64, placeholder="nightly", help="Letters, digits and . _ -")
        scope = st.selectbox("What it allows", list(Scope), format_func=ALLOWS.__getitem__)
        asked = st.form_submit_button("Make a token", icon=":material/key:", type="primary")
    if asked:
        with page_frame.sentences():
            st.code(client.new_token((name or "").strip(), scope or Scope.READ), language=None, wrap_lines=True)
            st.text("Copy it now: it is not shown again.")


def _show(one: Token) -> None:
    used = f"last used {page_frame.moment(one.used_at)}" if one.used_at else "not used yet"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{one.name} · {one.scope} · {used}", width="stretch")
        if st.button("Revoke", key=f"revoke_{one.name}", help="Has the API refuse it from now on."):
            client.revoke_token(one.name, one.owner)
            st.rerun(scope="fragment")
