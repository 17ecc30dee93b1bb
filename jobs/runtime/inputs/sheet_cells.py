"""The lines of a sheet: calamine's cells, what its own XML tells beside them, and columns for where links lead."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jobs.runtime.core.units import count
from jobs.runtime.inputs.grid import Line
from jobs.runtime.inputs.sheet_xml import SheetXml
from jobs.runtime.job.item_kinds import Kind

_OPEN = "open the workbook in a spreadsheet and save it, so that they are computed"


@dataclass(frozen=True, kw_only=True)
class _LinkColumn:
    """A column of links, and the heading of the one that says where they lead: the row it stands in (0: none), its
    text."""

    column: int
    row: int
    heading: str


@dataclass(frozen=True, kw_only=True)
class SheetCells:
    """The lines of one sheet. `values` gives calamine's rows, `text_of` makes a text of each of their values; where the
    XML has nothing to tell (None) that is all."""

    values: Callable[[], Iterator[tuple[int, list[Any]]]]
    text_of: Callable[[object], str]
    xml: SheetXml | None
    kind: Kind

    def lines(self) -> Iterator[Line]:
        """The cells, row by row; those that only say where a link leads come last."""
        if self.xml is None or not self.xml.telling:
            return self._plain()
        return self._with_links(self.xml) if self._links[1] else self._told(self.xml)

    @property
    def unvalued(self) -> int:
        """How many formulas have no value."""
        return self.xml.unvalued if self.xml is not None else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found beside calamine's cells, in sentences."""
        columns = len(self._links[1])
        own = "a column of its own" if columns == 1 else f"{columns} columns of their own"
        links = f"where links lead is in {own}, at the end" if columns else ""
        unvalued = f"{count(self.unvalued, 'formula')} without a value: {_OPEN}" if self.unvalued else ""
        return tuple(filter(None, (unvalued, links)))

    def _plain(self) -> Iterator[Line]:
        text_of = self.text_of
        for number, cells in self.values():
            yield number, [cell if type(cell) is str else text_of(cell) for cell in cells]

    def _told(self, xml: SheetXml) -> Iterator[Line]:
        """The rows with what the XML tells of their cells; rows that only the XML has are rows too."""
        last = 0
        columns = sorted({*xml.marks, *(column for _, column in xml.texts)})
        if not columns:
            yield from self._plain()
            return
        for last, values in self.values():
            cells = [value if type(value) is str else self.text_of(value) for value in values]
            for column in columns:
                text = xml.text(last, column, values[column] if column < len(values) else "")
                if text is not None:
                    cells += [""] * (column + 1 - len(cells))
                    cells[column] = text
            yield last, cells
        yield from xml.rows_after(last)

    @functools.cached_property
    def _links(self) -> tuple[int, tuple[_LinkColumn, ...]]:
        """How wide the rows are, and the columns whose links lead elsewhere than their texts say."""
        xml = self.xml
        if xml is None or not xml.links or not self.kind.looks_like("https://example.org/"):
            return 0, ()
        width = 0
        found: dict[int, _LinkColumn] = {}
        above: dict[int, tuple[int, str]] = {}
        columns = sorted({column for _, column in xml.links})
        for number, cells in self._told(xml):
            width = max(width, len(cells))
            for column in columns:
                text, target = _cell(cells, column), xml.links.get((number, column))
                if target is None and text.strip():
                    above[column] = (number, text)
                elif target is not None and column not in found and not _same(text, target):
                    found[column] = _link_column(column, *above.get(column, (0, "")))
            if len(found) == len(columns) and not (xml.marks or xml.texts):
                break  # all of calamine's rows are as wide as this one
        return width, tuple(found[column] for column in sorted(found))

    def _with_links(self, xml: SheetXml) -> Iterator[Line]:
        width, columns = self._links
        for number, cells in self._told(xml):
            ends = [
                link.heading if number == link.row else xml.links.get((number, link.column)) or self._own(cells, link)
                for link in columns
            ]
            yield number, cells + [""] * (width - len(cells)) + ends

    def _own(self, cells: list[str], link: _LinkColumn) -> str:
        """Where a cell without a link leads: to what it says, where that is a URL itself."""
        text = _cell(cells, link.column)
        return text if self.kind.looks_like(text) else ""


def _link_column(column: int, row: int, text: str) -> _LinkColumn:
    """The column beside one of links; what stands above the first of them, unless it is a URL itself, heads it."""
    headed = row and "://" not in text
    return _LinkColumn(column=column, row=row if headed else 0, heading=f"{text.strip()} (link)" if headed else "")


def _cell(cells: list[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _same(text: str, target: str) -> bool:
    """Whether a cell says itself where its link leads."""
    bare = target.removeprefix("mailto:")
    ends = (target, bare, bare.partition("://")[2], bare.partition("://")[2].removeprefix("www."))
    return text.strip().rstrip("/").lower() in {end.rstrip("/").lower() for end in ends}
