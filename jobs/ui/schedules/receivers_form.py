"""Whom a new schedule tells: a line for each receiver, and an empty one below them."""

from __future__ import annotations

import streamlit as st

from jobs.runtime.core.receivers import MOST_RECEIVERS, Receiver, ReceiverKind, TellRule

KINDS = {
    ReceiverKind.WEBHOOK: ("Webhook", "https://… (nobody)"),
    ReceiverKind.EMAIL: ("E-mail", "ann@example.org (nobody)"),
    ReceiverKind.APPRISE: ("Apprise", "a target of JOBS_APPRISE (nobody)"),
}
RULES = {
    TellRule.ALWAYS: "all of them",
    TellRule.FAILURE: "where an item failed",
    TellRule.CHANGE: "where something changed",
}


def show(turn: int) -> tuple[Receiver, ...]:
    """The receivers that are named so far. `turn` counts the schedules saved: each begins with an empty line."""
    found: list[Receiver] = []
    for place in range(MOST_RECEIVERS):
        receiver = _line(turn, place)
        if receiver is None:
            break
        found.append(receiver)
    return tuple(found)


def _line(turn: int, place: int) -> Receiver | None:
    """One receiver; None: nobody is named in its line."""
    turned = f"{turn}:{place}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("Tell by", list(KINDS), format_func=_kind_spoken, key=f"schedule_tell:{turned}", width=140)
        where = st.text_input("Whom", key=f"schedule_whom:{turned}", placeholder=KINDS[kind][1])
        if not where.strip():
            return None
        rule = st.selectbox("Of which runs", list(RULES), format_func=_spoken, key=f"schedule_rule:{turned}", width=220)
        column = ""
        if rule is TellRule.CHANGE:
            column = st.text_input("In the column", key=f"schedule_column:{turned}", placeholder="any", width=160)
        key = ""
        if kind is ReceiverKind.WEBHOOK:
            key = st.text_input("Signed by", key=f"schedule_key:{turned}", placeholder="{secret:NAME}", width=180)
    return Receiver(kind=kind, where=where.strip(), rule=rule, column=column.strip(), key=key.strip())


def _kind_spoken(kind: ReceiverKind) -> str:
    return KINDS[kind][0]


def _spoken(rule: TellRule) -> str:
    return RULES[rule]
