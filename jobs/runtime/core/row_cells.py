"""An item that is a row, as one text: its cells by the names of the job's fields, as JSON; and the user's own line of
cells, made of that and of the other columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from jobs.runtime.core.records import Item, Table

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode


def encode(cells: Mapping[str, str]) -> str:
    """The cells of an item's fields as the one text that is kept."""
    return _encode(cells).decode()


def decode(text: str) -> dict[str, str]:
    """The cells of such a text. Raises ValueError for one that is none."""
    try:
        return _decode(text)
    except msgspec.MsgspecError:
        raise ValueError("the item is no row of cells") from None


def cells_of(cell: str, table: Table) -> list[str]:
    """What stands in an item: its one cell, or those of its fields."""
    try:
        return list(decode(cell).values()) if table.fields else [cell]
    except ValueError:
        return [cell]


def label(cell: str, table: Table) -> str:
    """An item as a person reads it: its cell, or its fields with their cells, as in `city: Bonn, street: Main St 1`."""
    if not table.fields:
        return cell
    try:
        return ", ".join(f"{field}: {text}" for field, text in decode(cell).items())
    except ValueError:  # items are what they are given as, also where that is no row
        return cell


def value(cell: str, table: Table) -> str | dict[str, str]:
    """An item as a program reads it: its cell, or its fields' cells by their names."""
    try:
        return decode(cell) if table.fields else cell
    except ValueError:
        return cell


def other_columns(table: Table) -> list[str]:
    """The user's columns that are no part of the item, in order."""
    own = set(table.fields.values()) or {table.item_column}
    return [name for name in table.columns if name not in own]


def each_shortened(cell: str, shorten: Callable[[str], str]) -> str:
    """An item with its cell shortened; of a row each of its fields' cells, so that it stays a row."""
    try:
        return (
            encode({field: shorten(text) for field, text in decode(cell).items()}) if cell[:1] == "{" else shorten(cell)
        )
    except ValueError:
        return shorten(cell)


def line_of(item: Item, table: Table, width: int, place: int) -> list[str]:
    """The user's cells of an item, in the order they were given; `width` columns, the item's one at `place`."""
    others = item.others
    if table.fields:
        return _with_fields(dict(zip(table.fields, _cells(item.cell, table), strict=True)), others, table)
    if len(others) != width - 1:
        others = (*others, *("",) * (width - 1))[: width - 1]
    return [*others[:place], item.cell, *others[place:]]


def _cells(cell: str, table: Table) -> list[str]:
    try:
        found = decode(cell)
    except ValueError:
        return [cell, *[""] * (len(table.fields) - 1)]
    return [found.get(field, "") for field in table.fields]


def _with_fields(cells: Mapping[str, str], others: Iterable[str], table: Table) -> list[str]:
    bound = {column: cells.get(field, "") for field, column in table.fields.items()}
    rest = iter(others)
    return [bound[column] if column in bound else next(rest, "") for column in table.columns]
