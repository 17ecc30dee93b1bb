"""Of each column of a result how full it is, and which values are the commonest (what Datasette calls facets)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.runtime.core.job_terms import OWN_COLUMNS
from jobs.runtime.core.records import ItemResult, Run
from jobs.runtime.exports import result_table

MOST_VALUES = 5
MOST_CHARACTERS = 200
"""Longer texts are no values that would come again."""


LARGEST = 2**63
"""Whole numbers from here on are no numbers to SQLite."""

EMPTY: Sequence[Any] = ("", [], {})


@dataclass(frozen=True, kw_only=True)
class FacetValue:
    """A value of a column, and in how many of the rows it stands."""

    value: str | int | float | bool
    rows: int


@dataclass(frozen=True, kw_only=True)
class Facet:
    """A column: in how many of the rows it holds something, how many different values those are, the commonest that
    come more than once, and of numbers the least and the greatest."""

    column: str
    full: int
    distinct: int
    commonest: tuple[FacetValue, ...]
    least: float | None = None
    greatest: float | None = None


class FacetTally:
    """Columns being looked at, window by window, of which no row is kept."""

    def __init__(self, run: Run) -> None:
        self._table = result_table(run)
        self._columns = [_Column(name) for name in self._table.names]
        self.rows = 0

    def add(self, found: Sequence[ItemResult]) -> None:
        """Take these rows in."""
        self.rows += len(found)
        for column, cells in zip(self._columns, zip(*self._table.rows(found), strict=True), strict=False):
            column.add(cells)

    def facets(self) -> tuple[Facet, ...]:
        """A facet for each column of the user and of the job."""
        return tuple(column.facet() for column in self._columns if column.name not in OWN_COLUMNS)


class _Column:
    """One of them: how often each value was there; what is too long to be told by its hash alone."""

    def __init__(self, name: str) -> None:
        self.name, self.full = name, 0
        self.counts: Counter[Any] = Counter()
        self.least, self.greatest = math.inf, -math.inf

    def add(self, cells: Iterable[Any]) -> None:
        held = [cell for cell in cells if cell is not None and cell not in EMPTY]
        self.full += len(held)
        self.counts.update(map(_counted, held))
        numbers = [cell for cell in held if isinstance(cell, int | float) and not isinstance(cell, bool)]
        self.least, self.greatest = min([self.least, *numbers]), max([self.greatest, *numbers])

    def facet(self) -> Facet:
        common = [(value, rows) for value, rows in self.counts.most_common(MOST_VALUES) if rows > 1]
        numbers = self.least <= self.greatest
        return Facet(
            column=self.name,
            full=self.full,
            distinct=len(self.counts),
            commonest=tuple(FacetValue(value=value, rows=rows) for value, rows in common if _told(value)),
            least=float(self.least) if numbers else None,
            greatest=float(self.greatest) if numbers else None,
        )


@dataclass(frozen=True)
class _Hidden:
    """A value that is counted and not told: a list, an object, a long text."""

    hash: int


def _counted(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell if len(cell) <= MOST_CHARACTERS else _Hidden(hash(cell))
    return _Hidden(hash(json.dumps(cell, sort_keys=True))) if isinstance(cell, list | dict) else cell


def _told(value: Any) -> bool:
    """Whether a value can be told and asked for: the store cannot compare larger numbers."""
    return isinstance(value, str | float) or (isinstance(value, int) and abs(value) < LARGEST)
