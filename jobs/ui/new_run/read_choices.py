"""How a file is written, where a person says so instead of leaving it to be found."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from jobs.runtime.inputs import FOUND, ReadOptions

DELIMITERS: Mapping[str, str] = {
    "": "found",
    "comma": "comma",
    "semicolon": "semicolon",
    "tab": "tab",
    "bar": "bar |",
    "space": "space",
    "none": "nothing: each line is one cell",
}
HEADERS: Mapping[str, bool | None] = {
    "found": None,
    "heads the columns": True,
    "is an item": False,
}
ENCODINGS = (
    *("utf-8", "utf-16", "cp1252", "iso8859-15", "cp1250", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("shift_jis", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "mac_roman", "cp437"),
)
"""Those that are met most; any other that Python knows can be typed."""


def chosen(key: str) -> ReadOptions:
    """What the person has said so far of the file with this key."""
    told = st.session_state
    return ReadOptions(
        delimiter=told.get(f"delimiter:{key}") or None,
        header=HEADERS.get(told.get(f"header:{key}", "found")),
        encoding=(told.get(f"encoding:{key}") or "").strip(),
    )


def fetches_sitemaps(key: str) -> bool:
    """Whether the sitemaps that this file names are to be fetched."""
    return bool(st.session_state.get(f"sitemaps:{key}"))


def ask_for_sitemaps(key: str) -> None:
    """The switch for that."""
    st.toggle(
        "Fetch its sitemaps",
        key=f"sitemaps:{key}",
        help="They are fetched one after the other now, and their pages are the items: at most 500 of them, 500 MiB, "
        "for 90 s; what is left out is said.",
    )


def ask(key: str) -> None:
    """The widgets to say it by, behind a button: most files need none of them."""
    said = chosen(key) != FOUND
    with st.popover(
        "How the file is written: as you say" if said else "How the file is written", icon=":material/tune:"
    ):
        st.selectbox(
            "Between cells",
            list(DELIMITERS),
            format_func=DELIMITERS.__getitem__,
            key=f"delimiter:{key}",
            help="What parts the cells of a text file.",
        )
        st.selectbox("The first filled line", list(HEADERS), key=f"header:{key}", help="Whether it names the columns.")
        st.selectbox(
            "Encoding",
            ENCODINGS,
            index=None,
            placeholder="found",
            accept_new_options=True,
            key=f"encoding:{key}",
            help="How a text file is encoded; type another name that Python knows.",
        )
