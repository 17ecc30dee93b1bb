"""The result table: the user's columns, the job's, then the machine's; the same for every format and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobs.runtime.annotations import OWN_COLUMNS
from jobs.runtime.records import Item, ItemState, Outcome, Run

Found = tuple[int, Item, Outcome | None]
"""A position, its item, and its outcome; None: not yet."""

_OWN_TYPES: Mapping[str, str] = {
    "position": "int",
    "state": "str",
    "code": "str",
    "error": "str",
    "attempts": "int",
    "worker": "int",
    "slot": "int",
    "waited_seconds": "float",
    "started_at": "str",
    "seconds": "float",
    "cpu_seconds": "float",
    "duplicate_of": "int",
}


@dataclass(frozen=True, kw_only=True)
class ResultColumn:
    """A column of the result: its name, its type (int, float, bool, str, json or file) and whose it is: the user's,
    the job's or the machine's own."""

    name: str
    type: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class ResultTable:
    """What a run's result looks like, and how its items become rows."""

    columns: tuple[ResultColumn, ...]
    item: int
    users: int
    jobs: tuple[str, ...]
    duplicates: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The headings, in order."""
        return tuple(column.name for column in self.columns)

    def rows(self, found: Iterable[Found]) -> Iterator[list[Any]]:
        """A row for every item, its cells in the order of the columns; None: nothing is known."""
        for position, item, outcome in found:
            known = (outcome.row if outcome is not None else None) or {}
            yield [*self.users_cells(item), *map(known.get, self.jobs), *self._own(position, outcome)]

    def users_cells(self, item: Item) -> list[Any]:
        """The user's own cells of an item, in the order they were uploaded."""
        others, width = item.others, self.users - 1
        if len(others) != width:
            others = (*others, *("",) * width)[:width]
        return [*others[: self.item], item.cell, *others[self.item :]]

    def _own(self, position: int, outcome: Outcome | None) -> tuple[Any, ...]:
        if outcome is None:
            return (position, ItemState.WAITING.value, *(None,) * (9 + self.duplicates))
        own = (
            position,
            outcome.state.value,
            outcome.code,
            outcome.error,
            outcome.attempts,
            outcome.worker,
            outcome.slot,
            _microseconds(outcome.waited_seconds),
            iso(outcome.started_at),
            _microseconds(outcome.seconds),
            _microseconds(outcome.cpu_seconds),
        )
        return (*own, outcome.duplicate_of) if self.duplicates else own


def result_table(run: Run) -> ResultTable:
    """The result table of a run; that of a keyed run ends with `duplicate_of`."""
    own = OWN_COLUMNS if run.keyed else OWN_COLUMNS[:-1]
    jobs = tuple(column.name for column in run.columns)
    users = users_columns(run)
    columns = (
        *(ResultColumn(name=name, type="str", owner="user") for name in _distinct(users, {*jobs, *OWN_COLUMNS})),
        *(ResultColumn(name=column.name, type=column.type, owner="job") for column in run.columns),
        *(ResultColumn(name=name, type=_OWN_TYPES[name], owner="own") for name in own),
    )
    item = users.index(run.table.item_column) if run.table.item_column in users else 0
    return ResultTable(columns=columns, item=item, users=len(users), jobs=jobs, duplicates=run.keyed)


def input_table(run: Run) -> tuple[ResultColumn, ...]:
    """The user's own columns under the names they were uploaded with."""
    return tuple(ResultColumn(name=name, type="str", owner="user") for name in users_columns(run))


def users_columns(run: Run) -> tuple[str, ...]:
    """The columns a person uploaded; of a bare list, what its one column is called."""
    return run.table.columns or (run.table.item_column or "item",)


def iso(seconds: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _distinct(users: tuple[str, ...], ours: set[str]) -> list[str]:
    """The user's names; one that is also ours is `input.NAME`."""
    taken = ours | set(users)
    names = []
    for name in users:
        other = name
        while other in ours or (other != name and other in taken):
            other = f"input.{other}"
        taken.add(other)
        names.append(other)
    return names


def _microseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
