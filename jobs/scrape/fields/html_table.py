"""A table as rows: objects by the names of its header where it has one, else lists of cells."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from jobs.scrape.fields import selectors
from jobs.scrape.fields.own_field import OwnField
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page.element_budget import ElementBudget
from jobs.scrape.page.text import clean

if TYPE_CHECKING:
    from bs4 import Tag

MOST_ROWS = 1_000
MOST_COLUMNS = 100
CELL_CHARS = 1_000
TABLE_CHARS = 200_000
"""Characters of all cells of a table; rows that begin beyond are left out."""


def matches(page: PageViews, field: OwnField) -> Iterable[Tag]:
    """The tables that are selected, and the first in each element that is none and has one."""
    for tag in selectors.matches(page, field):
        inside = (one for one in page.budget.counted(tag.descendants) if getattr(one, "name", None) == "table")
        table = tag if tag.name == "table" else next(inside, None)
        if table is not None:
            yield cast("Tag", table)


def cell(page: PageViews, _field: OwnField, table: Tag) -> list[Any] | None:
    """The rows of a table; None when it has none."""
    lines = list(_within(TABLE_CHARS, rows(table, page.budget)))
    if not lines:
        return None
    (heads, first), *rest = lines
    if not heads:
        return [line for _, line in lines]
    names = _names(first, max(len(line) for _, line in lines))
    return [dict(itertools.zip_longest(names, line)) for _, line in rest]


def rows(table: Tag, budget: ElementBudget) -> Iterator[tuple[bool, list[str]]]:
    """The rows of a table without those of tables inside it: whether it is all headings, and its cells. A cell that
    spans several rows or columns stands in each of them, those of its own part of the table (`thead`, `tbody`)."""
    spanning: dict[int, tuple[int, str]] = {}
    part: Tag | None = None
    for row, in_head in itertools.islice(_own_rows(table), MOST_ROWS):
        if row.parent is not part:
            spanning.clear()
            part = row.parent
        cells = row.find_all(("td", "th"), recursive=False)[:MOST_COLUMNS]
        line = _line(cells, spanning, budget)
        if line:
            yield in_head or all(one.name == "th" for one in cells), line


def _own_rows(table: Tag) -> Iterator[tuple[Tag, bool]]:
    """The rows of a table itself, and whether they stand in its head."""
    for child in table.find_all(("tr", "thead", "tbody", "tfoot"), recursive=False):
        if child.name == "tr":
            yield child, False
        else:
            yield from ((row, child.name == "thead") for row in child.find_all("tr", recursive=False))


def _line(cells: Sequence[Tag], spanning: dict[int, tuple[int, str]], budget: ElementBudget) -> list[str]:
    """The cells of a row with those of rows above that reach into it; `spanning` is then what reaches into the next."""
    from jobs.scrape.page.soup_reader import spaced_text

    above = dict(spanning)
    spanning.clear()
    spanning.update({place: (left - 1, text) for place, (left, text) in above.items() if left > 1})
    line: list[str] = []

    def fill() -> None:
        while len(line) in above:
            line.append(above[len(line)][1])

    for one in cells:
        fill()
        text = clean(spaced_text(one, CELL_CHARS, budget), CELL_CHARS) or ""
        down = _span(one, "rowspan")
        for _ in range(min(_span(one, "colspan"), MOST_COLUMNS - len(line))):
            if down > 1:
                spanning[len(line)] = (down - 1, text)
            line.append(text)
    while above and len(line) <= max(above):
        line.append(above.get(len(line), (0, ""))[1])
    return line


def _span(tag: Tag, name: str) -> int:
    from jobs.scrape.page.soup_reader import attribute

    digits = attribute(tag, name).strip()[:6]
    given = min(int(digits), MOST_ROWS) if digits.isascii() and digits.isdigit() else 1
    return given or (MOST_ROWS if name == "rowspan" else 1)  # 0 rows: all that are left in its part of the table


def _names(heads: Sequence[str], width: int) -> list[str]:
    """The names of columns, each once; those without one have their number."""
    names: list[str] = []
    for place in range(width):
        name = heads[place] if place < len(heads) and heads[place] else f"column {place + 1}"
        while name in names:
            name += f" ({place + 1})"
        names.append(name)
    return names


def _within(most: int, lines: Iterable[tuple[bool, list[str]]]) -> Iterator[tuple[bool, list[str]]]:
    for heads, line in lines:
        if most < 0:
            return
        most -= sum(map(len, line))
        yield heads, line
