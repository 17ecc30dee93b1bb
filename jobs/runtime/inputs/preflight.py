"""The preflight report: what a file or a text holds, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jobs.runtime.core.records import Item, Table
from jobs.runtime.inputs.binding import BoundField
from jobs.runtime.inputs.column_query import listed
from jobs.runtime.inputs.validation import Invalid, RowValidation


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What a file or text holds, before anything runs.

    `rows` counts the rows below the header that are not blank, `items` what they give (all of them: what cannot run
    stays in the table as a failed row), `duplicates` the items that repeat an earlier one. `invalid` holds the first
    of the `invalid_count` cells that cannot be items. `column` is the items' column, of `columns`; where an item is a
    row, `fields` are the job's fields with theirs. `complete` says
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
    fields: tuple[BoundField, ...] | None = None
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

    @classmethod
    def of(cls, survey: RowValidation, **found: Any) -> Preflight:
        """What a pass over all rows has counted, and what else was `found`."""
        layout = survey.layout
        counted: dict[str, Any] = {
            "rows": survey.rows,
            "items": survey.rows,
            "duplicates": survey.duplicates,
            "invalid": tuple(survey.invalid),
            "invalid_count": survey.invalid_count,
            "column": layout.column,
            "column_reason": layout.reason,
            "columns": layout.columns,
            "fields": layout.bound,
            "head": tuple(survey.head),
        }
        return cls(**counted | found)

    @property
    def valid(self) -> int:
        """How many items can run."""
        return self.items - self.invalid_count

    @property
    def why_unbound(self) -> str:
        """The fields of a row for which no column was found and that have no default, in a sentence; empty: none."""
        fields = [told.field for told in self.fields or () if told.missing]
        if not fields:
            return ""
        wanted = " ".join(f"--column {field}=NAME" for field in fields)
        there = listed(self.columns)
        return f"no column was found for {', '.join(fields)}: choose with {wanted}, or on the page (there are {there})"

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
            "invalid": [_invalid(bad) for bad in self.invalid],
            "invalid_count": self.invalid_count,
            "column": self.column,
            "column_reason": self.column_reason,
            "columns": list(self.columns),
            **({} if self.fields is None else {"fields": [vars(told) for told in self.fields]}),
            "header": self.header,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "sheets": list(self.sheets),
            "notes": list(self.notes),
        }


def _invalid(bad: Invalid) -> dict[str, Any]:
    told = {"line": bad.line, "cell": bad.cell, "reason": bad.reason}
    return {**told, "field": bad.field} if bad.field else told
