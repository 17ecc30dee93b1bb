"""Two runs of a job: the settings that differ, and what changed row by row, joined on the item.

The rows of both are read some MiB at a time and never together. Where both runs have the same items in the same places,
which is the usual case, one pass suffices; else the items of the second are found again through an index of 16 bytes an
item. Equal items are told apart by their order: the second of one run is compared with the second of the other.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import chain, zip_longest
from typing import Any

from jobs.runtime import client
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import ItemResult, Outcome, Run, Table
from jobs.runtime.core.row_cells import label
from jobs.runtime.core.row_changes import CODE, GONE, NEW, STATE, never_compared
from jobs.runtime.core.setting_words import setting_words
from jobs.runtime.exports import short_cell


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that changed between two runs: of which item, where it stands in each (None: not there), in which
    column (or `state`, `code`, or that it is in one run only), and its value in each."""

    item: str
    first: int | None
    second: int | None
    what: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed between two runs in all: rows that both have, rows that changed, how often each column did, the
    first changes themselves, and the columns that were not compared, with the reason."""

    first: Run
    second: Run
    both: int
    changed: int
    counts: Mapping[str, int]
    changes: tuple[Change, ...]
    total: int
    left_out: Mapping[str, str] = field(default_factory=dict)


def compare_runs(first: Run, second: Run, most: int = 1_000, *, longest: int | None = None) -> Difference:
    """Compare two runs of a job row by row; the first `most` changes are kept, with `longest` their values as texts of
    so many characters at most. Raises Refused: they are of two jobs."""
    kept: list[Change] = []
    counts: Counter[str] = Counter()
    both = changed = 0
    for left, right in pairs(first, second):
        found = list(_changes_of(left, right, compared(first, second), first.table))
        both += left is not None and right is not None
        changed += bool(found)
        counts.update(change.what for change in found)
        kept += (_short(change, longest) for change in found[: max(0, most - len(kept))])
    return Difference(
        first=first,
        second=second,
        both=both,
        changed=changed,
        counts=dict(counts.most_common()),
        changes=tuple(kept),
        total=counts.total(),
        left_out=left_out(first, second),
    )


def changes(first: Run, second: Run) -> Iterator[Change]:
    """All changes, one after the other, however many: for a file. Raises Refused: the runs are of two jobs."""
    names = compared(first, second)
    for left, right in pairs(first, second):
        yield from _changes_of(left, right, names, first.table)


def same_items(first: Run, second: Run) -> bool:
    """Whether two runs have the same items in the same order."""
    return first.items == second.items and _same_items(first, second)


def settings_that_differ(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """The settings in which some runs differ: what it is, and its value in each."""
    shown = [_settings(run) for run in runs]
    names = dict.fromkeys(chain.from_iterable(shown))
    rows = [(name, [settings.get(name, "–") for settings in shown]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]


def left_out(first: Run, second: Run) -> dict[str, str]:
    """The columns that are not compared, each with the reason."""
    found = {column.name: never_compared(column) for column in [*first.columns, *second.columns]}
    names = {column.name for column in first.columns} ^ {column.name for column in second.columns}
    found |= dict.fromkeys(sorted(names), "only one of the runs has it")
    return {name: reason for name, reason in found.items() if reason}


def compared(first: Run, second: Run) -> tuple[str, ...]:
    """The columns that are compared: those of both runs that do not differ by their nature."""
    if first.job != second.job:
        raise Refused(f"runs of one job can be compared row by row, not of {first.job} and {second.job}")
    not_these = left_out(first, second)
    return tuple(column.name for column in first.columns if column.name not in not_these)


def _settings(run: Run) -> dict[str, str]:
    words = setting_words(run.params, run.pool, run.limits, on=run.on, reuse=run.reuse, budget=run.budget)
    return {**words, "source": run.table.source or "typed", "code": run.code_hash or "–"}


# Rows


def pairs(first: Run, second: Run) -> Iterator[tuple[ItemResult | None, ItemResult | None]]:
    """The rows of two runs, joined on the item: in the order of the first run, then what only the second has."""
    if same_items(first, second):
        yield from zip(_rows(first), _rows(second), strict=True)
        return
    index = _Index(second)
    for window in client.windows(first.id, 1, first.items):
        yield from _joined(second, [(row, index.take(row.item.cell)) for row in window])
    yield from ((None, row) for row in _at(second, index.untaken()))


def _same_items(first: Run, second: Run) -> bool:
    both = zip_longest(client.items(first.id), client.items(second.id))
    return all(left is not None and right is not None and left.cell == right.cell for left, right in both)


def _rows(run: Run) -> Iterator[ItemResult]:
    return chain.from_iterable(client.windows(run.id, 1, run.items))


def _joined(
    second: Run, page: Sequence[tuple[ItemResult, int | None]]
) -> Iterator[tuple[ItemResult, ItemResult | None]]:
    found = _at(second, [position for _, position in page if position is not None])
    yield from ((row, next(found) if position is not None else None) for row, position in page)


def _at(run: Run, positions: Sequence[int]) -> Iterator[ItemResult]:
    return chain.from_iterable(client.windows_at(run.id, positions))


class _Index:
    """Where each item of a run stands: sorted digests beside their positions, and which have been taken."""

    def __init__(self, run: Run) -> None:
        found = sorted((_digest(item.cell), position) for position, item in enumerate(client.items(run.id), start=1))
        self._digests = array("Q", (digest for digest, _ in found))
        self._positions = array("Q", (position for _, position in found))
        self._taken = bytearray(len(found))

    def take(self, cell: str) -> int | None:
        """The first position of this item that has not been taken yet; None: there is none."""
        digest = _digest(cell)
        place = bisect_left(self._digests, digest)
        while place < len(self._digests) and self._digests[place] == digest:
            if not self._taken[place]:
                self._taken[place] = 1
                return self._positions[place]
            place += 1
        return None

    def untaken(self) -> list[int]:
        """The positions that nobody has taken, rising."""
        return sorted(position for position, taken in zip(self._positions, self._taken, strict=True) if not taken)


def _digest(cell: str) -> int:
    return int.from_bytes(blake2b(cell.encode("utf-8", "surrogatepass"), digest_size=8).digest())


# Changes


def _changes_of(
    left: ItemResult | None, right: ItemResult | None, names: Sequence[str], table: Table
) -> Iterator[Change]:
    if left is None or right is None:
        yield from _alone(left, right, table)
        return
    before, after = left.outcome, right.outcome

    item = label(left.item.cell, table)

    def change(what: str, old: Any, new: Any) -> Change:
        return Change(item=item, first=left.position, second=right.position, what=what, before=old, after=new)

    states = _state(before), _state(after)
    if states[0] != states[1]:
        yield change(STATE, *states)
    codes = (before.code if before else ""), (after.code if after else "")
    if codes[0] != codes[1]:
        yield change(CODE, *codes)
    old, new = (dict(outcome.row or {}) if outcome else {} for outcome in (before, after))
    yield from (change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def _short(change: Change, longest: int | None) -> Change:
    if longest is None:
        return change
    item, before, after = (short_cell(cell, longest) for cell in (change.item, change.before, change.after))
    return replace(change, item=item, before=before, after=after)


def _alone(left: ItemResult | None, right: ItemResult | None, table: Table) -> Iterator[Change]:
    if left is not None:
        position, item, outcome = left
        name, state = label(item.cell, table), _state(outcome)
        yield Change(item=name, first=position, second=None, what=GONE, before=state, after=None)
    if right is not None:
        position, item, outcome = right
        name, state = label(item.cell, table), _state(outcome)
        yield Change(item=name, first=None, second=position, what=NEW, before=None, after=state)


def _state(outcome: Outcome | None) -> str:
    return str(outcome.state) if outcome else "waiting"
