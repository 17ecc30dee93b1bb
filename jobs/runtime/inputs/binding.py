"""Which column each field of a row is read from: the one that was chosen, the one of its name, or the one whose cells
look like it; with the reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.runtime.core.errors import BadInput
from jobs.runtime.inputs.column_query import CHOSEN, ColumnQuery, listed, place_of, plain
from jobs.runtime.inputs.item_column import counts, shares_of
from jobs.runtime.job.row_fields import RowField


@dataclass(frozen=True, kw_only=True)
class BoundField:
    """A field of the job with the column its cells are read from (empty: none), and why; `missing`: it has no default,
    so that nothing can run before a column is chosen for it."""

    field: str
    column: str
    reason: str
    missing: bool = False


def bind(
    fields: tuple[RowField, ...],
    columns: tuple[str, ...],
    rows: list[list[str]],
    chosen: Mapping[str, str],
    *,
    name: str,
    header: bool,
) -> tuple[BoundField, ...]:
    """Each field with its column. A field with a default is bound by its name alone, and may stay without.

    Raises BadInput: a chosen column or field does not exist.
    """
    _refuse_unknown(fields, chosen)
    found = {told.name: _chosen(told, columns, chosen[told.name], name) for told in fields if told.name in chosen}
    for told in fields:
        if told.name not in found and (same := _named(told, columns if header else ())):
            found[told.name] = BoundField(field=told.name, column=same, reason="its name says so")
    for told in fields:
        if told.name not in found and told.required:
            found[told.name] = _by_content(told, columns, rows, {bound.column for bound in found.values()})
    none = "not in the table: its default holds"
    return tuple(found.get(told.name, BoundField(field=told.name, column="", reason=none)) for told in fields)


def _refuse_unknown(fields: tuple[RowField, ...], chosen: Mapping[str, str]) -> None:
    known = [told.name for told in fields]
    for field in chosen:
        if field not in known:
            raise BadInput(f"there is no field {field!r} to bind a column to (there are: {', '.join(known)})")


def _chosen(told: RowField, columns: tuple[str, ...], wanted: str, name: str) -> BoundField:
    if not wanted and not told.required:
        return BoundField(field=told.name, column="", reason="you chose none: its default holds")
    place = place_of(wanted, columns)
    if place is not None:
        return BoundField(field=told.name, column=columns[place], reason=CHOSEN)
    raise BadInput(f"{name} has no column {wanted!r} for field {told.name} (it has {listed(columns)})")


def _named(told: RowField, columns: tuple[str, ...]) -> str:
    return next((column for column in columns if plain(column) == plain(told.name)), "")


def _by_content(told: RowField, columns: tuple[str, ...], rows: list[list[str]], taken: set[str]) -> BoundField:
    """The free column most of whose cells look like this field; of several the one with a usual heading, then the
    first. Where any text would do, the only free column."""
    free = [place for place, column in enumerate(columns) if column not in taken]
    query = ColumnQuery(kind=told.kind, item_name=told.name)
    if told.strict:
        shares = shares_of(rows, query, len(columns))
        fitting = [place for place in free if shares[place].alike and shares[place].purity >= 0.5]
        if fitting:
            best = min(
                fitting,
                key=lambda place: (
                    not query.names(columns[place]),
                    query.numeric and counts(rows, place),
                    -shares[place].coverage,
                    place,
                ),
            )
            share = shares[best]
            reason = f"{share.alike:,} of {share.filled:,} cells looked at read like a {told.kind.name}"
            return BoundField(field=told.name, column=columns[best], reason=reason)
    elif len(free) == 1:
        return BoundField(field=told.name, column=columns[free[0]], reason="it is the only other column")
    return BoundField(
        field=told.name, column="", reason=f"no column is called {told.name}{_unlike(told)}: choose one", missing=True
    )


def _unlike(told: RowField) -> str:
    return f", and none looks like a {told.kind.name}" if told.strict else ""
