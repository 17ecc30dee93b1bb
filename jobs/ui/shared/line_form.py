"""A line for an area of lines, put together from its parts: some are chosen among words, the others typed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from jobs.ui.shared import formatting


def popover(entry: Any, key: str) -> None:
    """Ask for the parts of a line, and add it to the area of this key; `entry`: a form field with a `line`."""
    with (
        st.popover("Add a line", icon=":material/add:", key=f"add:{key}"),
        st.form(f"parts:{key}", border=False),
    ):
        for part in entry.parts:
            label, own = formatting.literal(entry.part_label(part)), _key(key, part)
            if part in entry.words:
                st.selectbox(label, entry.words[part], key=own)
            else:
                st.text_input(label, key=own)
        if missing := st.session_state.get(f"missing:{key}", ""):
            st.text(missing)
        st.form_submit_button("Add", on_click=_add, args=(entry, key))


def _key(key: str, part: str) -> str:
    return f"part:{key}:{part}"


def _add(entry: Any, key: str) -> None:
    state = st.session_state
    said = {part: str(state.get(_key(key, part)) or "").strip() for part in entry.parts}
    lacking = [entry.part_label(part) for part, text in said.items() if not text]
    state[f"missing:{key}"] = f"Nothing was added: fill in {' and '.join(lacking)}." if lacking else ""
    if lacking:
        return
    state[key] = "\n".join([*str(state.get(key) or "").rstrip().splitlines(), entry.line.format_map(said)])
    for part in entry.parts:
        if part not in entry.words:
            state[_key(key, part)] = ""
