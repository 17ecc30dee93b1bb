"""The record that every format is read into: numbered lines of cells, read again each time they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

Line = tuple[int, list[str]]
"""The number of a line in its file (from 1) and its cells; a blank line has none."""

SAMPLE_LINES = 1_000
"""How many lines a decision (delimiter, header, column) looks at."""

MAX_COLUMNS = 1_000
"""A line of more cells is refused."""

MAX_FIELD = 2**20
"""A cell of more characters is refused."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A file as cells of text. `most_lines` is an upper bound of its lines; `mended` gathers, while the lines are read,
    the numbers of those whose stray quotes were read as text. `texts` are the lines of a text file, not yet parted."""

    name: str
    lines: Callable[[], Iterator[Line]]
    most_lines: int
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header: bool | None = None
    notes: tuple[str, ...] = ()
    mended: Set[int] = frozenset()
    texts: Callable[[], Iterator[str]] | None = None
