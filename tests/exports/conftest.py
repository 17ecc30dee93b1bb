"""Runs and outcomes made by hand, and `rows` over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs.runtime.core.records import Column, Item, ItemResult, ItemState, Limits, Outcome, Pool, Run, RunState, Table

COLUMNS = (
    Column(name="status", type="int"),
    Column(name="title", type="str"),
    Column(name="ratio", type="float"),
    Column(name="seen", type="bool"),
    Column(name="links", type="json"),
    Column(name="page", type="file"),
)
TABLE = Table(source="list.csv", columns=("id", "url", "note"), item_column="url")
Found = list[ItemResult]


def run_of(items: int, **fields: Any) -> Run:
    """A finished run; any field may be another."""
    known: dict[str, Any] = {
        "id": "7f3a00112233",
        "job": "scrape",
        "name": "Shop pages",
        "state": RunState.FINISHED,
        "items": items,
        "ok": items,
        "pool": Pool(processes=1, threads=6),
        "limits": Limits(attempts=3, deadline=30, at_once=2, pause=0.25),
        "table": TABLE,
        "columns": COLUMNS,
        "submitted_at": 1_700_000_000.0,
    }
    return Run(**{**known, **fields})


def item_of(position: int, cell: str = "", others: tuple[str, ...] = ()) -> Item:
    return Item(cell=cell or f"https://a.org/{position}", others=others or (str(position), "x"))


def outcome_of(position: int, state: ItemState = ItemState.OK, **fields: Any) -> Outcome:
    known: dict[str, Any] = {
        "row": {"status": 200, "title": f"Page {position}", "ratio": 0.5, "seen": True, "links": ["a", 1]},
        "attempts": 1,
        "worker": 4711,
        "slot": 3,
        "waited_seconds": 0.25,
        "started_at": 1_700_000_000.5,
        "seconds": 0.1234567,
        "cpu_seconds": 0.01,
    }
    return Outcome(position=position, state=state, **{**known, **fields})


def titled(*titles: Any) -> Found:
    """Items whose pages have these titles."""
    return [
        ItemResult(place, item_of(place), outcome_of(place, row={"title": title}))
        for place, title in enumerate(titles, start=1)
    ]


def rows_of(found: Found) -> Callable[[int, int], list[Found]]:
    """What `client.windows` is to an export."""
    return lambda first, last: [found[first - 1 : last]]


@pytest.fixture
def mixed() -> Found:
    """Four items: ok, failed, cancelled, and one without an outcome."""
    failed = outcome_of(2, ItemState.FAILED, row=None, code="http_404", error="404 Not Found")
    cancelled = Outcome(position=3, state=ItemState.CANCELLED, code="cancelled", error="the run was cancelled")
    return [
        ItemResult(1, item_of(1), outcome_of(1)),
        ItemResult(2, item_of(2, others=("2", "=note")), failed),
        ItemResult(3, item_of(3), cancelled),
        ItemResult(4, item_of(4), None),
    ]
