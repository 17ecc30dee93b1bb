"""The result table: the user's columns, the job's, then the machine's; the same for every format and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jobs.runtime.core.job_terms import OWN_COLUMNS
from jobs.runtime.core.records import Column, Item, ItemResult, ItemState, Outcome, Run, Table
from jobs.runtime.core.row_cells import line_of

if TYPE_CHECKING:
    from jobs.runtime.exports.relations import Relations

_OWN_TYPES: Mapping[str, str] = {
    "position": "int",
    "state": "str",
    "code": "str",
    "error": "str",
    "attempts": "int",
    "worker": "int",
    "slot": "int",
    "waited_seconds": "float",
    "started_at": "moment",
    "seconds": "float",
    "cpu_seconds": "float",
    "duplicate_of": "int",
    "reused_from": "str",
}

PRINTED = "printed"
"""The column of what the items printed, where that is asked for."""


@dataclass(frozen=True, kw_only=True)
class ResultColumn:
    """A column of the result: its name, and its type: one that a job's column has, or `moment`, one in UTC."""

    name: str
    type: str


SIMHASH, LINKS, ADDRESS = "simhash", "links", "address"
"""Roles of columns that say what rows are to each other: 16 hexadecimal digits, a list of URLs, the URL of a row."""

DISTANCE = 3
"""Bits of 64 in which texts that are nearly alike differ at most."""

OF_SIMHASH = (
    ResultColumn(name="near_duplicates", type="int"),
    ResultColumn(name="near_duplicate_positions", type="json"),
)
OF_LINKS = (ResultColumn(name="linked_from", type="int"), ResultColumn(name="linked_from_positions", type="json"))
"""The columns that come of these."""


@dataclass(frozen=True, kw_only=True)
class ResultTable:
    """What a run's result looks like, and how its items become rows. `named`: workers go by names, and are text."""

    columns: tuple[ResultColumn, ...]
    item: int
    users: int
    jobs: tuple[str, ...]
    duplicates: bool
    reused: bool
    table: Table
    named: bool = False
    printed: bool = False
    relations: Relations | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The headings, in order."""
        return tuple(column.name for column in self.columns)

    def rows(self, found: Iterable[ItemResult]) -> Iterator[list[Any]]:
        """A row for every item, its cells in the order of the columns; None: nothing is known."""
        for position, item, outcome in found:
            known = (outcome.row if outcome is not None else None) or {}
            row = [*self.users_cells(item), *map(known.get, self.jobs), *self._own(position, outcome)]
            if self.printed:
                row.append(outcome.printed if outcome is not None else None)
            yield [*row, *self.relations.cells(position)] if self.relations is not None else row

    def users_cells(self, item: Item) -> list[Any]:
        """The user's own cells of an item, in the order they were uploaded."""
        return line_of(item, self.table, self.users, self.item)

    def _own(self, position: int, outcome: Outcome | None) -> tuple[Any, ...]:
        if outcome is None:
            return (position, ItemState.WAITING.value, *(None,) * (9 + self.duplicates + self.reused))
        own: tuple[Any, ...] = (
            position,
            outcome.state.value,
            outcome.code,
            outcome.error,
            outcome.attempts,
            str(outcome.worker) if self.named and outcome.worker is not None else outcome.worker,
            outcome.slot,
            _microseconds(outcome.waited_seconds),
            iso(outcome.started_at),
            _microseconds(outcome.seconds),
            _microseconds(outcome.cpu_seconds),
        )
        own += (outcome.duplicate_of,) * self.duplicates
        return (*own, *(outcome.reused_from or None,) * self.reused)


def result_table(run: Run, *, printed: bool = False, relations: Relations | None = None) -> ResultTable:
    """The result table of a run; that of a keyed run ends with `duplicate_of`, of one that takes what earlier ones have
    with `reused_from`, and with `printed` and what rows are to each other, if asked, any."""
    some = {"keyed": run.keyed, "reused": run.reuse is not None, "printed": printed, "related": relations is not None}
    return replace(_table_of(run.columns, run.table, **some, named=run.clustered), relations=relations)


def headings(
    columns: tuple[Column, ...], table: Table, *, keyed: bool, reused: bool, printed: bool, related: bool = False
) -> tuple[str, ...]:
    """The headings that the result of a run will have: of a job with these columns, over this input."""
    return _table_of(columns, table, keyed=keyed, reused=reused, printed=printed, related=related).names


def relation_columns(columns: Iterable[Column]) -> tuple[ResultColumn, ...]:
    """The columns that rows with these columns can have beside them, told from all rows together."""
    roles = {column.role for column in columns}
    return (*OF_SIMHASH * (SIMHASH in roles), *OF_LINKS * (LINKS in roles))


def _table_of(
    of_job: tuple[Column, ...],
    given: Table,
    *,
    keyed: bool,
    reused: bool,
    printed: bool,
    related: bool = False,
    named: bool = False,
) -> ResultTable:
    some = {"duplicate_of": keyed, "reused_from": reused}
    own = [name for name in OWN_COLUMNS if some.get(name, True)]
    jobs = tuple(column.name for column in of_job)
    asked = (*(ResultColumn(name=PRINTED, type="str"),) * printed, *relation_columns(of_job) * related)
    further = [replace(column, name=_unlike(jobs, column.name)) for column in asked]
    last = {column.name for column in further}
    users = users_columns(given)
    columns = (
        *(ResultColumn(name=name, type="str") for name in _distinct(users, {*jobs, *OWN_COLUMNS, *last})),
        *(ResultColumn(name=column.name, type=column.type) for column in of_job),
        *(ResultColumn(name=name, type="str" if named and name == "worker" else _OWN_TYPES[name]) for name in own),
        *further,
    )
    item = users.index(given.item_column) if given.item_column in users else 0
    return ResultTable(
        columns=columns,
        item=item,
        users=len(users),
        jobs=jobs,
        duplicates=keyed,
        reused=reused,
        table=given,
        named=named,
        printed=printed,
    )


def input_table(run: Run) -> tuple[ResultColumn, ...]:
    """The user's own columns under the names they were uploaded with."""
    return tuple(ResultColumn(name=name, type="str") for name in users_columns(run.table))


def users_columns(table: Table) -> tuple[str, ...]:
    """The columns a person uploaded; of a bare list, what its one column is called."""
    return table.columns or (table.item_column or "item",)


def iso(seconds: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unlike(jobs: tuple[str, ...], name: str) -> str:
    """A name of ours that a job may have taken for a column of its own."""
    while name in jobs:
        name = f"{name}_"
    return name


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
