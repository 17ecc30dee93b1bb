"""The live processes of this very program, and what one of them is made of."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jobs.runtime import client


def show() -> None:
    """The live process tree: who started whom, threads, memory; and what one process is made of."""
    found = client.live_processes()
    rows = [
        {
            "process": f"{'  ' * one.depth}{'└ ' if one.depth else ''}{one.role}",
            "id": one.id,
            "started by": one.parent,
            "threads": len(one.threads),
            "in memory, MiB": one.resident / 2**20,
            "switches so far": one.switches,
        }
        for one in found
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        key="processes",
        alt="The live processes of this program with their threads and memory",
        column_config={
            "id": number(format="%d", help="the system's number of the process"),
            "started by": number(format="%d", help="the id of its parent"),
            "in memory, MiB": number(format="%.1f", help="resident memory; processes share some of it, such as code"),
            "switches so far": number(format="localized", help="how often a processor was switched away from it"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Look again", icon=":material/refresh:", key="look_again")
        if not any(one.role.startswith("worker") for one in found):
            st.caption("No worker lives now: they start with work and leave when there is none. Run something below.")
    _anatomy(found)


def _anatomy(found: Sequence[client.LiveProcess]) -> None:
    """The threads and the memory of one process, chosen."""
    if not found:
        return
    with st.expander("Look into one process", icon=":material/search:", key="anatomy"):
        places = {one.id: one for one in found}
        default = next((one.id for one in found if one.role.startswith("worker")), found[0].id)
        if st.session_state.get("anatomy_of") not in places:
            st.session_state["anatomy_of"] = default
        chosen = st.selectbox(
            "Process", list(places), format_func=lambda pid: f"{pid} · {places[pid].role}", key="anatomy_of", width=420
        )
        one = places[chosen]
        st.text("Its threads: each has its own stack and registers, and shares all else")
        threads = [(thread.id, thread.cpu_seconds) for thread in one.threads]
        st.dataframe(
            pd.DataFrame(threads, columns=["thread", "processor time, s"]),
            hide_index=True,
            height="content" if len(threads) <= 12 else 460,
            key="threads",
            alt="The threads of this process",
            column_config={"thread": st.column_config.NumberColumn(format="%d")},
        )
        if one.parts:
            st.text("Its memory: no other process can read or write it")
            st.dataframe(
                pd.DataFrame(
                    [(name, size / 2**20) for name, size in one.parts.items()], columns=["part", "reserved, MiB"]
                ),
                hide_index=True,
                height="content",
                key="parts",
                alt="What the memory of this process is for",
                column_config={"reserved, MiB": st.column_config.NumberColumn(format="%.1f")},
            )
