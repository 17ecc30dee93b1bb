"""What is looked for in a table: the kind of item, and the words its column may be headed with."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobs.runtime.job.definition import Job
from jobs.runtime.job.item_kinds import Kind
from jobs.runtime.job.row_fields import RowField

CHOSEN = "you chose it"
"""Why a column is the one that is read, where a person said so."""


@dataclass(frozen=True, kw_only=True)
class ColumnQuery:
    """What is looked for: the kind of item, what the job calls it, and the column a person chose (empty: find it).

    Where an item is a `row`: its fields, and the columns that were chosen for some of them.
    """

    kind: Kind
    item_name: str
    column: str = ""
    row: bool = False
    fields: tuple[RowField, ...] = ()
    binding: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job, column: str = "", binding: Mapping[str, str] | None = None) -> ColumnQuery:
        """What a job looks for in a table."""
        if not job.takes_rows:
            return cls(kind=job.kind, item_name=job.item_name, column=column)
        chosen = dict(binding or {})
        heading = next(filter(None, chosen.values()), "")
        first = job.fields[0].name if job.fields else job.item_name
        return cls(kind=job.kind, item_name=first, column=heading, row=True, fields=job.fields, binding=chosen)

    @property
    def loose(self) -> bool:
        """Whether any word could be an item, so that content says nothing."""
        return self.kind.looks_like("example") and self.kind.looks_like("two words")

    @property
    def numeric(self) -> bool:
        """Whether numbers are looked for."""
        return self.kind.looks_like("12") and not self.loose

    def looks_like(self, cell: str) -> bool:
        """Whether a cell of text looks like an item."""
        return bool(cell.strip()) and self.kind.looks_like(cell)

    def names(self, heading: str) -> bool:
        """Whether a heading is what such a column is usually called."""
        return plain(heading) in self.headings

    @property
    def headings(self) -> tuple[str, ...]:
        """Usual headings, the job's own word first."""
        return _headings(self.item_name, self.kind.names)


@functools.lru_cache(maxsize=64)
def _headings(item_name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return (plain(item_name), *map(plain, names))


def plain(heading: str) -> str:
    """A heading without case, with one kind of space between its words, and one form of letters with accents."""
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFC", heading).strip().lower())


def place_of(column: str, columns: Sequence[str]) -> int | None:
    """Which column a person means, by its name, or by its number from 1; None: there is none."""
    for same in (str, str.strip, plain):
        known = [same(other) for other in columns]
        if same(column) in known:
            return known.index(same(column))
    if column.strip().isdecimal() and 1 <= int(column) <= len(columns):
        return int(column) - 1
    return None


def listed(columns: Sequence[str]) -> str:
    """The first columns in one line."""
    return " ".join(", ".join(columns[:20]).split()) + (", …" if len(columns) > 20 else "")
