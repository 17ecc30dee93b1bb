"""Which line of a grid is its header: one that cannot be an item and reads like headings, so that no item is lost."""

from __future__ import annotations

import re
from collections import Counter

from jobs.runtime.inputs.column_query import ColumnQuery, plain
from jobs.runtime.inputs.grid import Line
from jobs.runtime.inputs.item_column import best_share, shares_of

MAX_BANNER = 20
"""Lines that may stand above a header."""


def header_place(filled: list[Line], wanted: ColumnQuery) -> int | None:
    """The index of the header among the filled lines; None: there is none."""
    top = [cells for _, cells in filled[: MAX_BANNER + 1]]
    if wanted.column:
        asked = _asked_place(top, wanted.column)
        if asked is not None:
            return asked
    named = _named_place(top, wanted)
    if named is not None:
        return named
    place = _banner_height(top, filled, wanted)
    rows = [cells for _, cells in filled[place + 1 :]]
    if _is_header(top[place], rows, wanted):
        return place
    return 0 if place and _is_header(top[0], [cells for _, cells in filled[1:]], wanted) else None


def _asked_place(top: list[list[str]], column: str) -> int | None:
    for same in (str.strip, plain):
        for place, cells in enumerate(top):
            if same(column) in [same(cell) for cell in cells]:
                return place
    return None


def _named_place(top: list[list[str]], wanted: ColumnQuery) -> int | None:
    """The first line with a usual heading, while no line above it or in it holds an item."""
    for place, cells in enumerate(top):
        strict = not wanted.loose
        if strict and any(wanted.looks_like(cell) for cell in cells):
            return None
        fits = place == 0 or len(filled_cells(cells)) > 1 or len(top[0]) == 1
        if fits and any(wanted.names(cell) for cell in cells):
            return place if strict or place == 0 or len(filled_cells(cells)) > 1 else None
    return None


def _banner_height(top: list[list[str]], filled: list[Line], wanted: ColumnQuery) -> int:
    """How many lines above the header hold one cell where most hold several, none of them an item."""
    usual = Counter(len(filled_cells(cells)) for _, cells in filled).most_common(1)[0][0]
    if usual < 2 or wanted.loose:
        return 0
    height = 0
    for cells in top[:-1]:
        if len(filled_cells(cells)) > 1 or any(wanted.looks_like(cell) for cell in cells):
            break
        height += 1
    return height


def _is_header(cells: list[str], rows: list[list[str]], wanted: ColumnQuery) -> bool:
    if any(wanted.names(cell) for cell in cells) and (wanted.loose or not any(map(wanted.looks_like, cells))):
        return True
    if wanted.loose:
        return _numbers_below(cells, rows)
    item = best_share(shares_of(rows, wanted, max(map(len, [cells, *rows]))))[0] if rows else 0
    cell = cells[item] if item < len(cells) else ""
    if wanted.looks_like(cell):
        return False
    if len(cells) == 1:
        return bool(rows) and _one_heading(cell, wanted)
    others = filled_cells(cells)
    if not cell.strip():
        return len(others) > 1 and all(map(_reads_like_heading, others))
    is_one = _reads_like_heading(cell) or wanted.names(cell.rpartition(".")[2])
    return is_one and all(_reads_like_heading(other) or _DOTTED.fullmatch(other) for other in others[:20])


def _numbers_below(cells: list[str], rows: list[list[str]]) -> bool:
    """Whether some column has a word above numbers: the header of a table whose items may be any text."""
    below = [row for row in rows[:100] if len(row) == len(cells)]
    return any(
        _reads_like_heading(cell) and below and all(_is_number(row[index]) for row in below)
        for index, cell in enumerate(cells)
    )


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"\s*[+-]?[0-9][0-9.,]*%?\s*", cell))


_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
"""A heading as flattened JSON has it: `company.name`."""

_NO_HEADING = frozenset({"na", "n/a", "null", "none", "nan", "true", "false", "inf", "infinity", "-", ""})


def _reads_like_heading(cell: str) -> bool:
    """Whether a cell begins with a letter and is made of words, not an address, a path or a broken number."""
    text = cell.strip()
    if text.lower() in _NO_HEADING or len(text) > 200 or not (text[0].isalpha() or text[0] in "_#№(%$€£*\"'"):
        return False
    if "://" in text or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", text):
        return False
    return bool(re.search(r"\s", text)) or not re.search(r"[/\\@]|[.:](?=.)|[.:].*[/.:]", text) or len(text) < 3


def _one_heading(cell: str, wanted: ColumnQuery) -> bool:
    """A heading above a list of one column: a single word, or two of which one is usual. More words are no heading."""
    words = cell.split()
    if not _reads_like_heading(cell) or len(words) > 2 or not re.search(r"[^\W\d_]", cell):
        return False
    return len(words) == 1 or any(wanted.names(word) for word in words)


def filled_cells(cells: list[str]) -> list[str]:
    """The cells that hold more than white space."""
    return [cell for cell in cells if cell.strip()]
