"""Of each column of a result how full it is, and which values are the commonest (what Datasette calls facets)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
        self._users = [_Column(name) for name in self._table.names[: self._table.users]]
        self._jobs = [_Column(name) for name in self._table.jobs]
        self.rows = 0

    def add(self, found: Sequence[ItemResult]) -> None:
        """Take these rows in."""
        self.rows += len(found)
        users = zip(*(self._table.users_cells(one.item) for one in found), strict=True)
        for column, cells in zip(self._users, users, strict=False):
            column.add(cells)
        rows = [(one.outcome.row if one.outcome is not None else None) or {} for one in found]
        for column in self._jobs:
            column.add([row.get(column.name) for row in rows])

    def facets(self) -> tuple[Facet, ...]:
        """A facet for each column of the user and of the job."""
        return tuple(column.facet() for column in (*self._users, *self._jobs))


class _Column:
    """One of them: how often each value was there; what is too long to be told by its hash alone."""

    def __init__(self, name: str) -> None:
        self.name, self.full = name, 0
        self.counts: Counter[Any] = Counter()
        self.least, self.greatest = math.inf, -math.inf

    def add(self, cells: Sequence[Any]) -> None:
        held = [cell for cell in cells if cell or (cell is not None and cell not in EMPTY)]
        self.full += len(held)
        self.counts.update(map(_counted, held))
        if numbers := [cell for cell in held if type(cell) in (int, float)]:
            self.least, self.greatest = min(self.least, *numbers), max(self.greatest, *numbers)

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
