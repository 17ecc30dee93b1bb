"""Comments in lists: lines that begin with `#`, which are no items; where any text may be an item there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jobs.runtime.core.units import count
from jobs.runtime.inputs.column_query import ColumnQuery
from jobs.runtime.inputs.grid import Grid, Line


def is_comment(line: str) -> bool:
    """Whether a line of a list is a comment."""
    return line.lstrip().startswith("#") and len(line.strip()) > 1


def comments_note(lines: int) -> list[str]:
    """The sentence about so many comments."""
    return [f"{count(lines, 'comment')} skipped (lines that begin with #)"] if lines else []


def without_comments(grid: Grid, wanted: ColumnQuery) -> Grid:
    """A list without its comments, and a note of how many there were; a table, or a list of any texts, as it is."""
    texts = grid.texts
    if texts is None or grid.delimiter or wanted.loose:
        return grid
    found = sum(map(is_comment, texts()))
    if not found:
        return grid

    def lines() -> Iterator[Line]:
        return ((number, cells) for number, cells in grid.lines() if not (cells and is_comment(cells[0])))

    def kept() -> Iterator[str]:
        return ("" if is_comment(text) else text for text in texts())

    return replace(grid, lines=lines, texts=kept, notes=(*grid.notes, *comments_note(found)))
