"""The form of a job's params, made from what its signature says.

What a widget was filled with and nobody changed is passed on as it was given, to the last digit; only what a person
enters is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core import secrets
from jobs.runtime.core.errors import BadParams, FanoutError, Refused
from jobs.ui.shared import formatting, line_form
from jobs.ui.shared.run_form import Settings

MOST_EXACT = 2**53 - 1
"""Beyond it the numbers of a browser have gaps."""

_LEFT_OUT = object()
"""What a field says whose default stands, and cannot be written into it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the form holds: the params, and why they cannot be (empty: they can)."""

    params: Mapping[str, Any]
    fault: str


_SWITCHED: Mapping[bool | None, str | None] = {True: "yes", False: "no", None: None}


def options(job: str, start: Settings) -> Options:
    """The params of a run as the form has them; what is left empty is None, or left out where its default stands."""
    fields = client.form_fields(job)
    if not fields:
        st.caption("This job has no options.")
    boxes, values = {}, {}
    for group, entries in _grouped(fields).items():
        if group:
            st.markdown(f"**{formatting.literal(group)}**")
        columns = st.columns(2, gap="medium") if len(entries) > 1 else [st.container()]
        for place, entry in enumerate(entries):
            boxes[entry.name] = columns[place % len(columns)].container(gap="xxsmall")
            with boxes[entry.name]:
                values[entry.name] = _ask(job, entry, start)
    params = {name: value for name, value in values.items() if value is not _LEFT_OUT}
    return Options(params=params, fault=_fault(job, params, boxes))


def _grouped(fields: Sequence[Any]) -> dict[str, list[Any]]:
    """The fields by their groups, as these first come."""
    groups: dict[str, list[Any]] = {}
    for entry in fields:
        groups.setdefault(entry.group, []).append(entry)
    return groups


def _fault(job: str, params: Mapping[str, Any], boxes: Mapping[str, Any]) -> str:
    """Why these params cannot be, said at their fields too; empty: they can."""
    try:
        client.columns(job, params)
        client.job_for(job, params)
    except BadParams as error:
        for name, sentence in error.faults.items():
            said = formatting.literal(sentence.removeprefix(f"{name}: "), 1_000)
            boxes[name].markdown(f":red[:small[:material/error: {said}]]")  # a caption is too pale for it
        return f"Options: {error}"
    except Refused as error:
        return f"Options: {error}"
    return ""


def _ask(job: str, entry: Any, start: Settings) -> Any:
    """One option: `entry` is a field of `client.form_fields`."""
    given = _given(entry, start)
    label = formatting.literal(entry.label)
    common: dict[str, Any] = {
        "key": f"option:{job}:{entry.name}:{start.origin}",
        "help": formatting.literal(entry.help) or None,
        "persist_state": "session",
    }
    if entry.input == "switch":
        return _switch(label, entry, given, common)
    if entry.input == "choice":
        return _choice(label, entry, given, common)
    if entry.input in ("whole", "number") and not entry.secret and _browser_holds(entry, given):
        return _number(label, entry, given, common)
    if entry.input == "lines":
        return _lines(label, entry, given, common, hidden=_hidden(entry, start))
    return _text(label, entry, given, common, hidden=_hidden(entry, start))


def _given(entry: Any, start: Settings) -> Any:
    """What an earlier run was given, where the job still allows it; else the job's own default. Of a secret only its
    name is filled in."""
    given = start.params.get(entry.name, entry.default)
    if given is None or isinstance(given, list | tuple) != (entry.input == "lines"):
        return given if given is None and entry.optional else entry.default
    if entry.secret and not all(map(secrets.showable, secrets.texts(given))):
        return entry.default
    if entry.input == "choice":
        return given if str(given) in entry.choices else entry.default
    if entry.input in ("whole", "number"):
        with suppress(FanoutError, TypeError):
            entry.number(given)
            return given
        return entry.default
    return given


def _hidden(entry: Any, start: Settings) -> str:
    """What an empty field says where the earlier run had a secret, or the job's default is in its code alone."""
    if entry.secret and start.params.get(entry.name) == secrets.HIDDEN:
        return "not shown: give it again, or as {secret:NAME}"
    return "as the job has it" if entry.standing else ""


def _unchanged(entry: Any, given: Any) -> Any:
    """What a field says that nobody has changed."""
    return _LEFT_OUT if entry.standing and given is None else given


def _switch(label: str, entry: Any, given: Any, common: Mapping[str, Any]) -> bool | None:
    if not entry.optional:
        return st.toggle(label, value=bool(given), **common)
    said = st.segmented_control(label, ["yes", "no"], default=_SWITCHED[given], **common)
    return None if said is None else said == "yes"


def _choice(label: str, entry: Any, given: Any, common: Mapping[str, Any]) -> Any:
    filled = None if given is None else str(given)
    if len(entry.choices) > 4:
        place = None if filled is None else entry.choices.index(filled)
        chosen = st.selectbox(label, entry.choices, index=place, placeholder="none", **common)
    else:
        chosen = st.segmented_control(
            label, entry.choices, default=filled, format_func=formatting.literal, required=not entry.optional, **common
        )
    return _unchanged(entry, given) if chosen == filled else chosen


def _browser_holds(entry: Any, given: Any) -> bool:
    """Whether a browser's number field holds every value that is allowed, and shows this one, to the last digit."""
    if entry.least is None or entry.most is None or max(abs(entry.least), abs(entry.most)) > MOST_EXACT:
        return False
    return given is None or entry.input == "whole" or float(f"{float(given):.15g}") == float(given)


def _number(label: str, entry: Any, given: Any, common: Mapping[str, Any]) -> Any:
    """A number in the unit that people count it in; what nobody changed is given back as it was."""
    whole = entry.input == "whole"
    kind, shape = (int, "%d") if whole and entry.scale == 1 else (float, "%.15g")
    filled, least, most = (_in_unit(number, entry.scale, kind) for number in (given, entry.least, entry.most))
    step = kind(1) if whole else None
    said = st.number_input(label, min_value=least, max_value=most, value=filled, step=step, format=shape, **common)
    if said == filled or said is None:
        return given if said == filled else None
    return round(said * entry.scale) if whole else said * entry.scale


def _in_unit(number: float | None, scale: int, kind: type[int] | type[float]) -> float | None:
    return None if number is None else kind(number) if scale == 1 else number / scale


def _lines(label: str, entry: Any, given: Any, common: Mapping[str, Any], *, hidden: str) -> Any:
    entries = list(map(str, given or ()))
    if _entries("\n".join(entries)) != entries and _as_it_was(label, entries, common):
        return given
    filled = "" if _entries("\n".join(entries)) != entries else "\n".join(entries)
    text = st.text_area(f"{label}, one per line", value=filled, height=96, placeholder=hidden, **common)
    if text == filled and _entries(filled) == entries:
        return _unchanged(entry, given)
    return _entries(text) or (None if entry.optional else [])


def _as_it_was(label: str, entries: list[str], common: Mapping[str, Any]) -> bool:
    """Whether a list that no area of lines can hold stays as the earlier run, or the job, has it."""
    again = {**common, "key": f"kept:{common['key']}"}
    return st.toggle(f"{label}: {len(entries):,} as they were", value=True, **again)


def _entries(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _text(label: str, entry: Any, given: Any, common: Mapping[str, Any], *, hidden: str) -> Any:
    filled = "" if given is None else str(given)
    if entry.multiline or "\n" in filled or "\r" in filled:
        text = st.text_area(label, value=filled, placeholder=hidden, **common)
        if entry.line:
            line_form.popover(entry, common["key"])
    elif entry.examples and not entry.secret:
        offered = list(dict.fromkeys([*filter(None, [filled]), *entry.examples]))
        place = offered.index(filled) if filled else None
        text = st.selectbox(label, offered, index=place, accept_new_options=True, **common) or ""
    else:
        kind: Any = "password" if entry.secret and not secrets.showable(filled) else "default"
        text = st.text_input(label, value=filled, type=kind, placeholder=hidden, **common)
    if text == filled:
        return _unchanged(entry, given)
    return None if entry.optional and not text.strip() else text
