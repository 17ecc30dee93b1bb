"""What the pages of a run are to each other, for those who look at it: which are nearly alike, which are linked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobs.runtime import client, exports
from jobs.runtime.exports.near_duplicates import NearDuplicates
from jobs.runtime.exports.page_links import PageLinks

MOST_TOLD = 10
"""Sets of near-duplicates and linked pages that are told."""


@dataclass(frozen=True, kw_only=True)
class RelatedPage:
    """A row with its item, how many others are related to it, and the positions of the first of them."""

    position: int
    item: str
    others: int
    first: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class NearPages:
    """Of so many rows with a SimHash `alike` are nearly alike to another; `sets` are those that most are alike to.
    `partial`: there may be more."""

    rows: int
    alike: int
    sets: tuple[RelatedPage, ...]
    partial: bool


@dataclass(frozen=True, kw_only=True)
class LinkedPages:
    """How many links lead from a page of the run to another of it, to how many pages, and those that most lead to."""

    links: int
    linked: int
    most_linked: tuple[RelatedPage, ...]


@dataclass(frozen=True, kw_only=True)
class RelatedPages:
    """Both; None where the rows have no column for it."""

    near: NearPages | None
    linked: LinkedPages | None


def related_pages(run_id: str) -> RelatedPages:
    """What the rows of a run are to each other, as they stand now. Raises Refused where no column tells."""
    with client.snapshot(run_id) as (run, rows):
        found = exports.relations_of(run, rows)
    return RelatedPages(near=_near(run_id, found.duplicates), linked=_linked(run_id, found.links))


def _near(run_id: str, found: NearDuplicates | None) -> NearPages | None:
    if found is None:
        return None
    sets = _pages(run_id, found.sets(MOST_TOLD), found.count, lambda place: found.near(place, exports.MOST_TOLD))
    alike = int((found.counts > 0).sum())
    return NearPages(rows=len(found.positions), alike=alike, sets=sets, partial=found.partial)


def _linked(run_id: str, found: PageLinks | None) -> LinkedPages | None:
    if found is None:
        return None
    most_linked = _pages(run_id, found.most_linked(MOST_TOLD), found.count, found.linked_from)
    return LinkedPages(links=found.links, linked=int((found.counts > 0).sum()), most_linked=most_linked)


def _pages(
    run_id: str, positions: list[int], count: Callable[[int], int], others: Callable[[int], list[int]]
) -> tuple[RelatedPage, ...]:
    return tuple(
        RelatedPage(position=place, item=item, others=count(place), first=tuple(others(place)))
        for place in positions
        for item in [client.rows(run_id, place, place)[0].item.cell]
    )
