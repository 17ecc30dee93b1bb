"""What was given, read as the person wants it: once, and kept for the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from jobs.runtime import client, inputs, reader
from jobs.runtime.core.errors import Refused
from jobs.runtime.inputs import FOUND, ReadOptions
from jobs.ui.new_run.items_source import GivenItems
from jobs.ui.shared import formatting


@dataclass(frozen=True, kw_only=True)
class ReadWish:
    """How a person wants what was given to be read: the sheet, the column of the items or those of a row's fields, how
    the file is written, whether the sitemaps it names are fetched, and the params, on which the fields may depend."""

    column: str = ""
    sheet: str = ""
    options: ReadOptions = FOUND
    sitemaps: bool = False
    binding: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


def preflight(job: Any, given: GivenItems, wish: ReadWish) -> Any:
    """What the items will be: read once per content, column and sheet, and kept for this session. Raises Refused.

    The column and the sheet that were found unasked answer for the same ones when they are asked for by name.
    """
    if not _is_known(job, given, wish):
        with st.spinner(f"Reading {formatting.literal(given.name, 80) or 'the list'}…"):
            _keep(job, given, wish)
    found = st.session_state["preflight"][2]
    if isinstance(found, Refused):
        raise found
    return found


def ahead(job: Any, given: GivenItems, wish: ReadWish) -> Any:
    """The same before anything of the page moves for it, with no word about it; None: it is refused."""
    if not _is_known(job, given, wish):
        _keep(job, given, wish)
    found = st.session_state["preflight"][2]
    return None if isinstance(found, Refused) else found


def _is_known(job: Any, given: GivenItems, wish: ReadWish) -> bool:
    known = st.session_state.get("preflight")
    if known is None or known[0] != _content(job, given, wish):
        return False
    return _answers(*known[1:], column=wish.column, sheet=wish.sheet)


def _keep(job: Any, given: GivenItems, wish: ReadWish) -> None:
    found = _read_or_refused(job, given, wish)
    st.session_state["preflight"] = (_content(job, given, wish), (wish.column, wish.sheet), found)


def _content(job: Any, given: GivenItems, wish: ReadWish) -> tuple[Any, ...]:
    """What tells this reading from any other, but for the column and the sheet."""
    fields = tuple(told.name for told in job.fields)
    return given.mark, given.name, job.name, wish.options, wish.sitemaps, fields, tuple(sorted(wish.binding.items()))


def _answers(asked: tuple[str, str], found: Any, *, column: str, sheet: str) -> bool:
    if isinstance(found, Refused):
        return asked == (column, sheet)
    return column in (asked[0], found.column) and sheet in (asked[1], found.sheet)


def _read_or_refused(job: Any, given: GivenItems, wish: ReadWish) -> Any:
    try:
        return _read(job, given, wish)
    except Refused as refusal:
        return refusal


def _read(job: Any, given: GivenItems, wish: ReadWish) -> Any:
    if given.results is not None:
        return reader.read_results(given.results, job=job, column=wish.column, binding=wish.binding)
    if given.run:
        table = client.run(given.run).table
        return inputs.read_kept(
            lambda: client.items(given.run), table=table, job=job, column=wish.column, binding=wish.binding
        )
    if given.typed:
        return inputs.read_text(given.content.decode(), job=job, binding=wish.binding)
    if given.is_sample and not job.mark.fields:  # it came with Fanout: no process is waited for
        return inputs.read(
            given.content,
            name=given.name,
            job=job,
            column=wish.column,
            sheet=wish.sheet,
            options=wish.options,
            binding=wish.binding,
        )
    return reader.read_apart(
        given.content,
        name=given.name,
        job=job.name,
        column=wish.column,
        sheet=wish.sheet,
        options=wish.options,
        sitemaps=wish.sitemaps,
        binding=wish.binding,
        params=client.shown_params(job.name, wish.params) if job.mark.fields else None,
    )
