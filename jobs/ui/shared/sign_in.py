"""What a page has for people: signing in, who has, the tokens of their programs, and signing out."""

from __future__ import annotations

import streamlit as st

from jobs.runtime.core.people import NOBODY, acting
from jobs.runtime.core.sign_in import HEADER, OPENID
from jobs.runtime.core.text import visible
from jobs.ui.server import addresses, signed_in
from jobs.ui.shared import own_tokens


def is_open(address: str) -> bool:
    """Whether the page of this address may be drawn for who sits before it; where it may not, how to sign in is drawn
    instead, or why a link leads nowhere."""
    if signed_in.has_link():
        return _by_link(address)
    if acting() != NOBODY:
        signed_in.note_sign_in(acting())
        return True
    st.header("Sign in", anchor=False)
    if signed_in.sign_in().way == HEADER:
        st.text("Nobody is signed in at the proxy before this page, or this account may not use it.")
    elif st.user.get("is_logged_in"):
        st.text("This account may not use this page. Ask an admin of it, or sign in with another.")
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)
    else:
        st.text("Runs belong to people here: sign in to see yours and to start one.")
        st.button("Sign in", icon=":material/login:", type="primary", on_click=st.login)
    return False


def _by_link(address: str) -> bool:
    if acting().shared and address == addresses.RUN:
        return True
    st.header("This link", anchor=False)
    ended = "has ended, or was taken back: ask who sent it for another"
    st.text(f"It {'leads to one run, and to nothing else' if acting().shared else ended}.")
    return False


def who_is_here() -> None:
    """Who has signed in, their tokens, and the way out; nothing where nobody signs in."""
    way = signed_in.sign_in().way
    if not way or signed_in.has_link():
        return
    person = acting()
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="who"):
        st.text(visible(f"{person.owner}{' · admin' if person.admin else ''}"), width="content")
        if st.button("API tokens", key="tokens", type="tertiary"):
            own_tokens.ask()
        if way == OPENID:
            st.button("Sign out", key="sign_out", type="tertiary", on_click=st.logout)
