"""A copy of the store is of one moment, however much is written while it is made."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from jobs.runtime.core.records import Item
from jobs.runtime.store import items, runs, snapshot
from jobs.runtime.store.connection import FILE, Store
from tests.support.machine import unstored


def test_what_is_written_between_its_steps_is_not_in_it_and_makes_none_begin_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.write() as db:
        number = runs.add(db, unstored("aa01"), runs.JobTraits())
        items.add(db, number, 1, [Item(cell="x" * 10_000) for _ in range(500)])
    pages, steps = (tmp_path / FILE).stat().st_size // 4_096, 0

    def write() -> None:
        nonlocal steps
        steps += 1
        with store.write() as db:
            runs.add(db, unstored(f"bb{steps:02}"), runs.JobTraits())

    copy = tmp_path / "copy"
    copy.touch()
    ids = snapshot.take(store, copy, write)

    assert ids == ["aa01"]
    assert 1 < steps <= pages // snapshot.PAGES + 2
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*), sum(length(cell)) FROM items").fetchone() == (500, 5_000_000)
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
