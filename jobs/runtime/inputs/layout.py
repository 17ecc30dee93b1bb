"""Where a grid's rows begin, what its columns are called, and which of them holds the items."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from jobs.runtime.core import row_cells
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.core.records import Item
from jobs.runtime.core.text import cell_text
from jobs.runtime.core.units import count
from jobs.runtime.inputs.binding import BoundField, bind
from jobs.runtime.inputs.column_query import ColumnQuery
from jobs.runtime.inputs.grid import MAX_COLUMNS, Line
from jobs.runtime.inputs.header_row import header_place
from jobs.runtime.inputs.item_column import item_column, own_names


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a grid is to be read: `after` is the number of the last line above the rows (0: none), `width` how many
    cells the header or most rows have, `item` the index of the item's column, `reason` why it is that one; `bound`,
    where an item is a row, its fields with their columns (then `item` says nothing)."""

    after: int
    header: bool
    columns: tuple[str, ...]
    item: int
    reason: str
    notes: tuple[str, ...] = ()
    bound: tuple[BoundField, ...] | None = None

    @cached_property
    def fields(self) -> dict[str, str]:
        """The fields of a row, each with its column; none where an item is one cell, or no field has one."""
        return {told.field: told.column for told in self.bound or () if told.column}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {field: self.columns.index(column) for field, column in self.fields.items()}

    @cached_property
    def _taken(self) -> frozenset[int]:
        return frozenset(self._places.values())

    @property
    def column(self) -> str:
        """The column of the item; of a row that of its first field."""
        return next(iter(self.fields.values()), self.columns[self.item])

    def cell(self, cells: list[str]) -> str:
        """What is kept as the item of a line: its cell, or the cells of a row's fields in one text."""
        if self.bound is None:
            return cells[self.item] if self.item < len(cells) else ""
        width = len(cells)
        return row_cells.encode(
            {field: cell_text(cells[place]) if place < width else "" for field, place in self._places.items()}
        )

    def item_of(self, cells: list[str], width: int) -> Item:
        """The item of a line with its other cells, as many as there are columns."""
        cells = list(cells) if len(cells) == width else (cells + [""] * width)[:width]
        if self.bound is None:
            cell = cells.pop(self.item)
            return Item(cell=cell, others=tuple(cells))
        taken = self._taken
        return Item(cell=self.cell(cells), others=tuple(text for at, text in enumerate(cells) if at not in taken))

    @property
    def bare(self) -> bool:
        """Whether the grid is a list: one column without a heading."""
        return not self.header and len(self.columns) == 1


def layout_of(sample: list[Line], wanted: ColumnQuery, *, name: str, header: bool | None = None) -> Layout:
    """The layout of a grid whose first lines are `sample`. `header` is what the format itself knows of its first line.

    Raises NoItems when nothing but blank lines or a header is there, BadInput for a column that does not exist.
    """
    filled = [(number, cells) for number, cells in sample if any(cell.strip() for cell in cells)]
    if not filled:
        raise NoItems(f"{name} holds only blank lines: it has no item")
    for number, cells in filled:
        check_width(cells, number, name)
    place = header_place(filled, wanted) if header is None else (0 if header else None)
    after, headings, rows = _split(filled, place)
    if len(headings) > MAX_COLUMNS:
        headings = _trimmed(headings)
    columns, notes = _columns(headings, rows)
    if place is not None and not rows:
        heads = " ".join(", ".join(columns).split())[:200]
        raise NoItems(f"{name} has a header ({heads}) and no row below it: it has no item")
    if wanted.row:
        bound = bind(wanted.fields, columns, rows, wanted.binding, name=name, header=place is not None)
        return Layout(
            after=after, header=place is not None, columns=columns, item=0, reason="", notes=tuple(notes), bound=bound
        )
    item, reason = item_column(columns, rows, wanted, name=name, header=place is not None)
    if place is None:
        columns = own_names(len(columns), item, wanted)
    if place:
        notes = (f"{count(place, 'line')} above the header passed over: {filled[0][1][0].strip()[:60]!r}", *notes)
    return Layout(after=after, header=place is not None, columns=columns, item=item, reason=reason, notes=tuple(notes))


def check_width(cells: list[str], number: int, name: str) -> int:
    """How many cells a line has, the empty ones at its end left out. Raises BadInput beyond MAX_COLUMNS."""
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    if width > MAX_COLUMNS:
        raise BadInput(f"{name}, line {number:,}: {width:,} cells (at most {MAX_COLUMNS:,} columns)")
    return width


def _split(filled: list[Line], place: int | None) -> tuple[int, list[str], list[list[str]]]:
    if place is None:
        return 0, [], [cells for _, cells in filled]
    return filled[place][0], filled[place][1], [cells for _, cells in filled[place + 1 :]]


def _columns(headings: list[str], rows: list[list[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    widths = Counter(len(_trimmed(row)) for row in rows)
    if not headings:
        width = max(widths) if len(widths) <= 1 else widths.most_common(1)[0][0]
        return tuple(f"column_{place}" for place in range(1, width + 1)), ()
    names, changed = _distinct(headings)
    return names, (f"columns named anew: {', '.join(changed[:5])}",) if changed else ()


def _distinct(headings: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Headings made distinct: an empty one is `column_3`, the second of two `url` is `url_2`."""
    names: list[str] = []
    changed: list[str] = []
    taken = set(headings)
    seen: set[str] = set()
    for place, heading in enumerate(headings, start=1):
        name = heading if heading.strip() else f"column_{place}"
        number = 2
        while name in seen or (name != heading and name in taken):
            name = f"{heading if heading.strip() else 'column'}_{number}"
            number += 1
        seen.add(name)
        names.append(name)
        if name != heading:
            changed.append(f"{heading.strip()!r} is {name!r}" if heading.strip() else f"column {place} is {name!r}")
    return tuple(names), changed


def further_columns(columns: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The columns with names for those that only longer rows have, up to `width`."""
    more: list[str] = list(columns)
    for place in range(len(columns) + 1, width + 1):
        name = f"column_{place}"
        while name in more:
            name += "_"
        more.append(name)
    return tuple(more)


def _trimmed(row: list[str]) -> list[str]:
    """A row without the empty cells at its end, but for the first."""
    width = len(row)
    while width > 1 and not row[width - 1].strip():
        width -= 1
    return row[:width]
