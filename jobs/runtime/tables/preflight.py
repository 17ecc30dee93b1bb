"""The preflight report: what a file or a text holds, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jobs.runtime.records import Item, Table
from jobs.runtime.tables.survey import Invalid


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What a file or text holds, before anything runs.

    `rows` counts the rows below the header that are not blank, `items` what they give (all of them: what cannot run
    stays in the table as a failed row), `duplicates` the items that repeat an earlier one. `invalid` holds the first
    of the `invalid_count` cells that cannot be items. `column` is the items' column, of `columns`. `complete` says
    that all was read; otherwise the counts are those of the first rows. `notes` are sentences: what was guessed,
    repaired or passed over.
    """

    rows: int
    items: int
    duplicates: int
    invalid: tuple[Invalid, ...]
    invalid_count: int
    column: str
    column_reason: str
    columns: tuple[str, ...]
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    header: bool = False
    notes: tuple[str, ...] = ()
    table: Table
    complete: bool = True
    head: tuple[tuple[str, ...], ...] = ()
    read_items: Callable[[], Iterator[Item]] = field(repr=False, compare=False)

    @property
    def valid(self) -> int:
        """How many items can run."""
        return self.items - self.invalid_count

    def items_iter(self) -> Iterator[Item]:
        """The items in order, read from the source again: a million of them are never in memory together."""
        return self.read_items()

    def preview(self, most: int = 20) -> list[list[str]]:
        """The first rows (at most 1,000), each with a cell for every one of `columns`."""
        return [[*row, *[""] * (len(self.columns) - len(row))] for row in self.head[:most]]

    def json(self) -> dict[str, Any]:
        """The report as `check --json` prints it."""
        return {
            "rows": self.rows,
            "items": self.items,
            "duplicates": self.duplicates,
            "invalid": [{"line": bad.line, "cell": bad.cell, "reason": bad.reason} for bad in self.invalid],
            "invalid_count": self.invalid_count,
            "column": self.column,
            "column_reason": self.column_reason,
            "columns": list(self.columns),
            "header": self.header,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "sheets": list(self.sheets),
            "notes": list(self.notes),
        }
