"""What is looked for in a table: the kind of item, and the words its column may be headed with."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from jobs.runtime.kinds import Kind


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for: the kind of item, what the job calls it, and the column a person chose (empty: find it)."""

    kind: Kind
    item_name: str
    column: str = ""

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
    """A heading without case, and with one kind of space between its words."""
    return re.sub(r"[\s_-]+", "_", heading.strip().lower())
