"""Which rows of a run are asked for, and in which order: said once, for the page's table and for its downloads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ColumnValue:
    """That a column of the result table, by its heading, holds this value."""

    column: str
    value: str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class ResultFilter:
    """What rows must have, as far as it is not empty: the state of the item, its code, its group (for a URL its host),
    a text in any of the user's or the job's cells, in the code or in the reason (capital letters make no difference to
    it), and a value of one column."""

    state: str = ""
    code: str = ""
    group: str = ""
    text: str = ""
    value: ColumnValue | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return any((self.state, self.code, self.group, self.text, self.value))


@dataclass(frozen=True, kw_only=True)
class ResultOrder:
    """By which column rows are put in order, and whether the largest comes first. `column` is the heading of a column
    of the result table; empty: as they were given."""

    column: str = ""
    descending: bool = False


ALL_ROWS, AS_GIVEN = ResultFilter(), ResultOrder()
"""What is shown and downloaded where nobody asks for anything else."""
