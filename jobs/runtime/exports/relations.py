"""What the rows of a run are to each other, computed from them as they stand: near-duplicates, and links between pages.

It goes by what columns are said to hold (`Column.role`), whatever the job: `simhash` (16 hexadecimal digits), `address`
(the URL of a row, beside its item) and `links` (a list of URLs). Nothing of it is written back.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import ItemResult, Run
from jobs.runtime.exports.result_table import ADDRESS, LINKS, SIMHASH, relation_columns

if TYPE_CHECKING:
    from jobs.runtime.exports.export import Rows
    from jobs.runtime.exports.near_duplicates import NearDuplicates
    from jobs.runtime.exports.page_links import PageLinks

MOST_TOLD = 20
"""Positions in a cell."""

PARTIAL = "so many texts are alike in part that not all were compared: there may be more near-duplicates"


@dataclass(frozen=True, kw_only=True)
class Relations:
    """What is known of the rows; None: they have no column for it."""

    duplicates: NearDuplicates | None
    links: PageLinks | None

    def cells(self, position: int) -> list[Any]:
        """The cells of the columns that `relation_columns` names."""
        cells: list[Any] = []
        if self.duplicates is not None:
            cells += [self.duplicates.count(position), self.duplicates.near(position, MOST_TOLD)]
        if self.links is not None:
            cells += [self.links.count(position), self.links.linked_from(position)]
        return cells


def relations_of(run: Run, rows: Rows) -> Relations:
    """What these rows are to each other; read twice, and none is kept. Raises Refused where no column tells."""
    if not relation_columns(run.columns):
        raise Refused("no column of this run tells how its rows are related: scrape with --columns seo")
    from jobs.runtime.exports.near_duplicates import near_duplicates
    from jobs.runtime.exports.page_links import AddressBook, PageLinks, address

    simhash, links, own = (_named(run, role) for role in (SIMHASH, LINKS, ADDRESS))
    book, positions, hashes = AddressBook(), array("q"), array("Q")
    for window in rows(1, run.items):
        known = [(found.position, _cell(found, simhash)) for found in window]
        told = [(position, int(value, 16)) for position, value in known if isinstance(value, str)]
        positions.extend(position for position, _ in told)
        hashes.extend(value for _, value in told)
        if links:
            book.add((found.position, address(found.item.cell)) for found in window)
            book.add((found.position, address(_cell(found, own) or "")) for found in window)
    duplicates = near_duplicates(positions, hashes) if simhash else None
    if not links:
        return Relations(duplicates=duplicates, links=None)
    book.close()
    between = PageLinks(items=run.items)
    for window in rows(1, run.items):
        for found in window:
            between.add(found.position, book.positions(map(address, _cell(found, links) or ())))
    return Relations(duplicates=duplicates, links=between)


def _named(run: Run, role: str) -> str:
    return next((column.name for column in run.columns if column.role == role), "")


def _cell(found: ItemResult, column: str) -> Any:
    return (found.outcome.row or {}).get(column) if found.outcome is not None else None
