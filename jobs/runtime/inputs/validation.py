"""One pass over the rows of a table: what they count, and which cells cannot be items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from jobs.runtime.core.errors import FieldError, ItemError
from jobs.runtime.core.passwords import without_password
from jobs.runtime.core.units import count
from jobs.runtime.inputs.grid import SAMPLE_LINES, Line
from jobs.runtime.inputs.layout import Layout, check_width
from jobs.runtime.job.definition import Job
from jobs.runtime.job.items import key_of, read_item

MAX_INVALID = 10_000
"""Cells that cannot be items, kept with line and reason; beyond, they are only counted."""


@dataclass(frozen=True, kw_only=True)
class Invalid:
    """A cell that cannot be an item: the number of its line (from 1), the cell (without a password), a sentence, and
    the outcome's code; of a row the field that the cell was for."""

    line: int
    cell: str
    reason: str
    code: str
    field: str = ""


@dataclass(kw_only=True)
class RowValidation:
    """One pass over the rows: counts, invalid cells, and what was ragged."""

    job: Job
    layout: Layout
    name: str
    rows: int = 0
    blank: int = 0
    width: int = 0
    invalid_count: int = 0
    invalid: list[Invalid] = field(default_factory=list)
    head: list[tuple[str, ...]] = field(default_factory=list)
    shorter: list[int] = field(default_factory=list)
    longer: list[int] = field(default_factory=list)
    keys: set[int] = field(default_factory=set)
    keyed: int = 0

    def take(self, rows: Iterator[Line]) -> None:
        """Look at all rows. Raises BadInput for one that is too wide."""
        self.width = width = len(self.layout.columns)
        item = 0 if self.layout.bound is not None else self.layout.item
        for line, cells in rows:
            first = cells[item] if item < len(cells) else ""
            if not (first and not first.isspace()) and not any(map(str.strip, cells)):
                self.blank += 1
                continue
            if len(cells) != width:
                self._measure(line, cells, width)
            self.add(line, cells, first if self.layout.bound is None else self.layout.cell(cells))

    def add(self, line: int, cells: Sequence[str], item: str) -> None:
        """Look at a row that is not blank, whose item is this."""
        self.rows += 1
        if self.rows <= SAMPLE_LINES:
            self.head.append(tuple(cells))
        self.check(line, item)

    @property
    def duplicates(self) -> int:
        """How many valid items repeat an earlier one."""
        return self.keyed - len(self.keys)

    def _measure(self, line: int, cells: list[str], width: int) -> None:
        length = check_width(cells, line, self.name)
        self.width = max(self.width, length)
        if len(cells) < width:
            _remember(self.shorter, line)
        elif length > width:
            _remember(self.longer, line)

    def check(self, line: int, cell: str) -> None:
        """Look at one item: can it be one, and has it come before?"""
        try:
            item = read_item(self.job, cell)
            key = key_of(self.job, item) if self.job.mark.key else cell.strip()
        except ItemError as error:
            self.invalid_count += 1
            if len(self.invalid) < MAX_INVALID:
                field, bad = (error.field, error.cell) if isinstance(error, FieldError) else ("", cell)
                shown = without_password(bad)[:1_000]
                entry = Invalid(line=line, cell=shown, reason=error.message, code=error.code, field=field)
                self.invalid.append(entry)
            return
        if key is None:  # equal to none
            return
        self.keyed += 1
        self.keys.add(hash(key))

    def notes(self) -> Iterator[str]:
        """What was passed over or filled up, in sentences."""
        if self.blank:
            yield f"{count(self.blank, 'blank line')} skipped"
        if self.shorter:
            yield f"fewer cells than columns in {_lines(self.shorter)}: the missing ones are empty"
        if self.longer:
            yield f"more cells than columns in {_lines(self.longer)}: kept in columns of their own"


def mended_notes(lines: Set[int]) -> Iterator[str]:
    """What was done about stray quotes, in a sentence."""
    if lines:
        yield f"stray quotes read as text in {_lines(sorted(lines))}"


MAX_REMEMBERED = 100_000


def _remember(lines: list[int], line: int) -> None:
    if len(lines) < MAX_REMEMBERED:
        lines.append(line)


def _lines(lines: list[int]) -> str:
    first = ", ".join(f"{line:,}" for line in lines[:3])
    more = "" if len(lines) < MAX_REMEMBERED else " or more"
    return (
        f"line {first}" if len(lines) == 1 else f"{len(lines):,}{more} lines ({first}{', …' if len(lines) > 3 else ''})"
    )
