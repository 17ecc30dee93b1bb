"""A finished run of any size, written into the store as a runner would have left it: for what only looks at results."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

CHUNK = 20_000
HOSTS, WORKERS, THREADS = 400, 2, 16
SECONDS = 0.2
"""What most items take; every fiftieth takes fifteen times as long."""

USERS = ("id", "url", "country", "note")
CODES = (("http_5xx", "the server answered 503 Service Unavailable"), ("timeout", "not done within 30 s"))


def write(home: Path, items: int) -> str:
    """A run of `scrape` over so many URLs of 400 hosts, with all columns of a page; one in fifty failed. Its id."""
    from jobs.runtime import client
    from jobs.runtime.core.records import Event, Run, RunState, Table
    from jobs.runtime.store import events, outcomes, runs
    from jobs.runtime.store import items as item_table
    from jobs.runtime.store.connection import Store

    pool, limits = client.defaults("scrape")
    began = 1_700_000_000.0
    run = Run(
        id=secrets.token_hex(16),
        job="scrape",
        name=f"{items:,} pages",
        state=RunState.SUBMITTING,
        items=0,
        pool=pool,
        limits=limits,
        table=Table(source="pages.csv", columns=USERS, item_column="url"),
        columns=client.columns("scrape", {}),
        submitted_at=began,
    )
    store = Store(home)
    with store.write() as db:
        number = runs.add(db, run, runs.JobTraits(grouped=True))
    for first in range(1, items + 1, CHUNK):
        places = range(first, min(items, first + CHUNK - 1) + 1)
        with store.write() as db:
            item_table.add(db, number, first, [_item(place) for place in places])
            db.executemany(
                "INSERT INTO plans (run, position, grp) VALUES (?,?,?)",
                [(number, place, _host(place)) for place in places],
            )
            outcomes.add(db, number, list(map(outcome_of(began), places)), duplicates=False)
    with store.write() as db:
        runs.queue(db, number, items=items, sample=False, at=began)
        runs.move(db, number, RunState.RUNNING)
        for worker in range(WORKERS):
            facts = {"worker": 4711 + worker, "started": began, "ready": began + 0.4}
            events.log(db, number, Event(at=began, kind="worker_ready", text="ready", facts=facts))
        hold = Event(at=began + 30, kind="hold", text=f"{_host(7)} is left alone for 60 s", facts={"group": _host(7)})
        events.log(db, number, hold)
        runs.move(db, number, RunState.FINISHED)
        runs.change(db, number, started_at=began + 0.1, ended_at=began + items * SECONDS / (WORKERS * THREADS) + 5)
    return run.id


def _host(place: int) -> str:
    return f"www.site-{place % HOSTS}.example"


def _item(place: int):  # type: ignore[no-untyped-def]
    from jobs.runtime.core.records import Item

    return Item(cell=f"https://{_host(place)}/page/{place}", others=(str(place), "DE", f"a note of row {place}"))


def outcome_of(began: float):  # type: ignore[no-untyped-def]
    """What makes the outcome of a position: its stamps, and a row of some 2 KB."""
    from jobs.runtime.store.outcomes import OutcomeRow

    lanes = WORKERS * THREADS

    def outcome(place: int) -> OutcomeRow:
        code, error = CODES[place // 50 % len(CODES)] if place % 50 == 0 else ("", "")
        seconds = SECONDS * (15 if place % 50 == 7 else 0.5 + (place * 7919 % 1000) / 1000)
        lane = place % lanes
        return OutcomeRow(
            *(place, "failed" if code else "ok", code, error, "", None if code else json.dumps(_row(place)), 1),
            *(4711 + lane % WORKERS, 1 + lane // WORKERS, 0.5, began + 0.5 + place // lanes * SECONDS, seconds),
            0.004,
        )

    return outcome


def _row(place: int) -> dict[str, object]:
    return dict(_facts(place))


def _facts(place: int) -> Iterator[tuple[str, object]]:
    url = f"https://{_host(place)}/page/{place}"
    yield from (("status", 200), ("final_url", url), ("redirects", 0), ("content_type", "text/html; charset=utf-8"))
    yield from (("bytes", 20_000 + place % 9_000), ("etag", f'"{place:x}"'), ("ip", f"93.184.{place % 250}.34"))
    yield from (
        ("encoding", "utf-8"),
        ("encoding_source", "header"),
        ("title", f"Page {place} of site {place % HOSTS}"),
    )
    yield from (
        ("description", f"What page {place} is about, in one sentence of usual length. " * 2),
        ("canonical", url),
    )
    yield from (("robots_meta", ""), ("lang", ("en", "de", "fr")[place % 3]), ("h1", f"Page {place}"), ("h1_count", 1))
    yield from (
        ("author", f"Author {place % 90}"),
        ("site_name", f"Site {place % HOSTS}"),
        ("og_title", f"Page {place}"),
    )
    yield from (("og_type", "article"), ("og_url", url), ("og_image", f"{url}.png"), ("structured_types", "Article"))
    yield from (("text_chars", 4_000 + place % 999), ("words", 700 + place % 99), ("text_hash", f"{place:032x}"))
    yield from (("excerpt", "The first words of the text, as a reader sees them. " * 5), ("links_internal", place % 40))
    yield from (("links_external", place % 7), ("images", place % 9), ("images_without_alt", 0), ("indexable", True))
    yield from ((f"{step}_seconds", 0.01) for step in ("dns", "connect", "tls", "first_byte", "download", "parse"))
    yield ("total_seconds", SECONDS)
