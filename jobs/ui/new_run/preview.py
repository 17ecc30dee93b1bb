"""What will happen with the items, before it does: how many, which cannot run and why, the first of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from jobs.runtime import inputs
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.passwords import without_password
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.units import count
from jobs.runtime.inputs import CHOSEN, FOUND, INDEX_NOTE, plain
from jobs.ui.new_run import items_source, preset_choice, read_choices, reading
from jobs.ui.server import signed_in
from jobs.ui.shared import column_widths, formatting, tables

MOST_SHOWN = 1_000

HAPPENS = {"URL": "will be fetched"}
"""What becomes of items, in people's words, by their kind."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What became of what a person gave: its preflight report, and why nothing can start (empty: it can)."""

    preflight: Any
    reason: str


def read(
    job: Any, given: items_source.GivenItems | None, params: Mapping[str, Any], preset: RunPreset | None
) -> Reading:
    """Read what was given, with the choice of sheet and column where there is one, or of a column for each field; until
    a person chooses, the columns are those that the preset says, where they are there."""
    place = st.container()  # there also when nothing is read, so that what stands below keeps its place
    if given is None:
        nouns = f"{job.kind.name}s"
        offer = f"type {nouns}, choose a file, or try the sample"
        if not items_source.has_sample(job.name):
            offer = f"type {nouns}, or choose a file"
        return Reading(preflight=None, reason=f"Nothing to run yet: {offer}.")
    asked = _asked(job, given, params)
    key = _file_key(job, given)
    try:
        with place:
            preflight = _read_as_said(job, given, _with_preset(asked, preset, job), asked)
    except Refused as error:
        if given.is_file:
            read_choices.ask(key)
            _sitemaps(job, key, None)
        return Reading(preflight=None, reason=str(error))
    with st.container(horizontal=True, vertical_alignment="bottom", key="choices"):
        _choices(job, given, preflight)
        _say_missing(preset, preflight)
        if given.is_file:
            read_choices.ask(key)
            _sitemaps(job, key, preflight)
    return Reading(preflight=preflight, reason=_why_not(preflight))


def read_ahead(job: Any, given: items_source.GivenItems | None, preset: RunPreset | None) -> bool:
    """Read a sample before the page shows that it was taken, so that what stands below moves once. Returns whether it
    has columns to choose from."""
    if given is None or not given.is_sample:
        return False
    found = reading.ahead(job, given, _with_preset(_asked(job, given, {}), preset, job))
    return found is not None and len(found.columns) > 1


def _asked(job: Any, given: items_source.GivenItems, params: Mapping[str, Any]) -> reading.ReadWish:
    """How the person wants it to be read, by what was chosen so far."""
    column, sheet = _chosen(job, given)
    key = _file_key(job, given)
    return reading.ReadWish(
        column=column,
        sheet=sheet,
        options=read_choices.chosen(key),
        sitemaps=read_choices.fetches_sitemaps(key),
        binding=_bound(job, given, sheet) if job.takes_rows else {},
        params=params,
    )


def _with_preset(asked: reading.ReadWish, preset: RunPreset | None, job: Any) -> reading.ReadWish:
    """The same with what a preset says of the columns, and the person does not."""
    said = _said_by(preset, job, asked.column, asked.binding)
    return replace(asked, column=asked.column or said.column, binding={**said.binding, **asked.binding})


def chosen_columns(preflight: Any) -> tuple[str, dict[str, str]]:
    """The column of the items that was chosen, not found; of rows those of the fields that are not called so."""
    if preflight is None:
        return "", {}
    fields = {told.field: told.column for told in preflight.fields or () if plain(told.column) != plain(told.field)}
    return preflight.column if preflight.column_reason == CHOSEN else "", fields


def _said_by(preset: RunPreset | None, job: Any, column: str, binding: Mapping[str, str]) -> reading.ReadWish:
    """What a preset says of the columns, and the person does not."""
    if preset is None:
        return reading.ReadWish()
    fields = {told.name for told in job.fields} & preset.fields.keys() - binding.keys()
    said = preset.column if not (job.takes_rows or column) else ""
    return reading.ReadWish(column=said, binding={name: preset.fields[name] for name in fields})


def _read_as_said(job: Any, given: items_source.GivenItems, wish: reading.ReadWish, found: reading.ReadWish) -> Any:
    """What was given, read as the preset says; where it has no such columns, as it is found."""
    try:
        return reading.preflight(job, given, wish)
    except Refused:
        if found == wish:
            raise
        return reading.preflight(job, given, found)


def _say_missing(preset: RunPreset | None, preflight: Any) -> None:
    """That the table has not all the columns of the preset."""
    there = {plain(column) for column in preflight.columns}
    missing = [name for name in preset.read_columns if plain(name) not in there] if preset is not None else []
    if missing and len(preflight.columns) > 1:
        listed = ", ".join(formatting.apart(name, 60) for name in missing)
        st.text(f"The preset reads {listed}, which is not in this table: see what was found instead.", width="stretch")


def _sitemaps(job: Any, key: str, preflight: Any) -> None:
    """The offer to fetch the sitemaps that an index names; it stays once it was taken."""
    names_them = preflight is not None and INDEX_NOTE in preflight.notes
    if job.mark.fetch is not None and (names_them or read_choices.fetches_sitemaps(key)):
        read_choices.ask_for_sitemaps(key)


def _why_not(preflight: Any) -> str:
    if preflight.why_unbound:
        return f"Nothing can run: {preflight.why_unbound}."
    if preflight.items == 0:
        return "Nothing to run: there is no item in it."
    if preflight.valid == 0 and preflight.items == 1:
        return "Nothing can run: the only cell is no item (see why above)."
    if preflight.valid == 0:
        return f"Nothing can run: none of the {count(preflight.items, 'cell')} is an item (see why above)."
    return ""


def _key(job: Any, given: items_source.GivenItems, of: str) -> str:
    """What a choice is kept under: another file of the same name is chosen from anew, and one that is read otherwise
    has other columns."""
    options = read_choices.chosen(_file_key(job, given))
    turn = preset_choice.turn(job.name) or ""  # so is one where another preset was taken
    return f"{of}:{_file_key(job, given)}{'' if options == FOUND else options}{turn}"


def _file_key(job: Any, given: items_source.GivenItems) -> str:
    return f"{job.name}:{given.name}:{given.mark}"


def _chosen(job: Any, given: items_source.GivenItems) -> tuple[str, str]:
    """The column and the sheet that the person has chosen so far; a column is one of its sheet."""
    sheet = st.session_state.get(_key(job, given, "sheet")) or ""
    column = "" if job.takes_rows else st.session_state.get(_key(job, given, _column_of(sheet))) or given.column
    return column, sheet


def _bound(job: Any, given: items_source.GivenItems, sheet: str) -> dict[str, str]:
    """The columns that the person has chosen so far for the fields of a row; an empty one: none."""
    keys = {told.name: _key(job, given, _field_of(sheet, told.name)) for told in job.fields}
    return {name: st.session_state[key] for name, key in keys.items() if st.session_state.get(key) is not None}


def _field_of(sheet: str, field: str) -> str:
    return f"field:{sheet}:{field}"


def _column_of(sheet: str) -> str:
    return f"column:{sheet}" if sheet else "column"


def _choices(job: Any, given: items_source.GivenItems, preflight: Any) -> None:
    if len(preflight.columns) < 2 and len(preflight.sheets) < 2 and preflight.fields is None:
        return
    if len(preflight.sheets) > 1:
        sheets = list(preflight.sheets)
        index = sheets.index(preflight.sheet)
        st.selectbox("Sheet", sheets, index=index, key=_key(job, given, "sheet"), width=220)
    if preflight.fields is not None:
        _field_choices(job, given, preflight)
    elif len(preflight.columns) > 1:
        columns = list(preflight.columns)
        index = columns.index(preflight.column)
        of = _column_of(preflight.sheet if len(preflight.sheets) > 1 else "")
        st.selectbox("Column", columns, index=index, key=_key(job, given, of), width=260)
        st.text(preflight.column_reason, width="stretch")


def _field_choices(job: Any, given: items_source.GivenItems, preflight: Any) -> None:
    """A choice of a column for each field of a row: what was found stands there, and why below it."""
    sheet = preflight.sheet if len(preflight.sheets) > 1 else ""
    fields = {told.name: told for told in job.fields}
    for told in preflight.fields:
        columns = list(preflight.columns) if fields[told.field].required else ["", *preflight.columns]
        st.selectbox(
            formatting.literal(told.field),
            columns,
            index=columns.index(told.column) if told.column in columns else None,
            key=_key(job, given, _field_of(sheet, told.field)),
            format_func=lambda column: column or "none: its default",
            placeholder="Choose a column",
            help=formatting.literal(f"{told.reason}. {fields[told.field].help}"),
            width=240,
        )


def show(job: Any, preflight: Any) -> None:
    """The preflight sentence, the cells that cannot run, and the first items."""
    with st.container(key="preflight", gap="xsmall"):
        icon, colour = ("warning", "orange") if preflight.invalid_count else ("checklist", "blue")
        st.badge(found(job, preflight), icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]
        if _reading(preflight):
            st.text(_reading(preflight))
    if preflight.invalid:
        _show_invalid(preflight)
    with st.expander(
        f"Preview: the first {min(items_source.PREVIEWED, preflight.items)}", icon=":material/table:", key="preview"
    ):
        _show_first(preflight)


def found(job: Any, preflight: Any) -> str:
    """As Markdown, what will become of the items, each counted once; cells of which none is one are not called so."""
    kind = formatting.literal(job.kind.name)
    if not preflight.valid:
        return f"{count(preflight.items, 'cell')}, none a {kind}"
    happens = HAPPENS.get(job.kind.name, "will run")
    copied = preflight.duplicates if job.mark.key else 0
    if not preflight.invalid_count and not copied:
        each = "it" if preflight.items == 1 else "all"
        return f"{formatting.items_of(preflight.items, kind)}: {each} {happens}"
    parts = [f"{preflight.valid - copied:,} {happens}"]
    parts += [f"{copied:,} copied from a duplicate"] if copied else []
    parts += [f"{preflight.invalid_count:,} cannot run"] if preflight.invalid_count else []
    return f"{count(preflight.items, 'row')}: {', '.join(parts)}"


def _reading(preflight: Any) -> str:
    parts = [part for part in (preflight.encoding, _delimiter(preflight.delimiter)) if part]
    return " · ".join([*parts, *preflight.notes])


def _delimiter(delimiter: str) -> str:
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    return f"{names.get(delimiter, delimiter)}-separated" if delimiter else ""


def _show_invalid(preflight: Any) -> None:
    label = f"Show the {count(preflight.invalid_count, 'cell')} that cannot run, with line and reason"
    with st.expander(label, icon=":material/warning:", key="invalid"):
        rows = [(bad.line, formatting.shortened(bad.cell, 200), bad.reason) for bad in preflight.invalid[:MOST_SHOWN]]
        table = tables.readable(pd.DataFrame(rows, columns=["line", "cell", "reason"]))
        st.dataframe(
            table,
            hide_index=True,
            height="content" if len(rows) < 12 else 440,
            alt="Cells that cannot run, with line and reason",
            column_config=column_widths.fitted(table, {"line": st.column_config.NumberColumn(format="%d")}),
        )
        if preflight.invalid_count > len(rows):
            st.caption(f"The first {len(rows):,} of {preflight.invalid_count:,}.")
        st.download_button(
            "Download them",
            data=signed_in.later(lambda: inputs.invalid_as_csv(preflight)),
            file_name=f"cells-that-cannot-run-{secrets.token_hex(3)}.csv",
            mime="text/csv",
            icon=":material/csv:",
            on_click="ignore",
            key="invalid_csv",
        )


def _show_first(preflight: Any) -> None:
    rows = [
        [formatting.shortened(without_password(cell), 200) for cell in row]
        for row in preflight.preview(items_source.PREVIEWED)
    ]
    table = tables.readable(pd.DataFrame(rows, columns=list(preflight.columns)))
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        alt="The first items, with their columns",
        column_config=column_widths.fitted(table, {}),
    )
