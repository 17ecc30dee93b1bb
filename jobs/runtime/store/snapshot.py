"""The store as it is at one moment, as a file of its own; and such a file, made ready to be a store elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from jobs.runtime.core.errors import DamagedStore
from jobs.runtime.core.records import Event, RunState
from jobs.runtime.store import events, runs, schedules, shares, tokens
from jobs.runtime.store.connection import Connection, Store, migrate, open_file, transaction, translated

RESTORED = "restored from a backup, in which it was not over: resume goes on with it here"


PAGES = 256
"""Pages of the store (4 KB each) that are copied at once."""


def take(store: Store, path: Path, between: Callable[[], None]) -> list[str]:
    """Copy the store to an empty file, while others may read and write it; returns the ids of the runs in it. `between`
    is called after each step. Tokens and links stay at home: what opens this store opens no other.

    (https://www.sqlite.org/backup.html)
    """
    with translated(path), closing(open_file(path)) as copy:
        with store.read() as db:
            db.execute("SELECT count(*) FROM runner")  # now is the moment: else each step had its own, and began anew
            db.backup(copy, pages=PAGES, progress=lambda *_: between())
        tokens.remove_all(copy)
        shares.remove_all(copy)
        return [row["id"] for row in copy.execute("SELECT id FROM runs ORDER BY number")]


def adopt(path: Path, at: float) -> int:
    """Make a copy ready: check it, bring it to this version, and pause what was not over and all schedules, for where
    it came from may still be at it. Returns how many runs it has.

    Raises StoreError for one of a newer version, DamagedStore.
    """
    with translated(path):
        with closing(open_file(path)) as db:
            wrong = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if wrong != "ok":
            raise DamagedStore(f"the store in the backup is damaged ({wrong})")
        migrate(path)
        with closing(open_file(path)) as db, transaction(db):
            for state in (RunState.QUEUED, RunState.RUNNING):
                for number in runs.in_state(db, state):
                    _pause(db, number, at)
            schedules.pause_all(db)
            db.execute("UPDATE runner SET pid = NULL, started_at = NULL")
            return int(db.execute("SELECT count(*) FROM runs").fetchone()[0])


def _pause(db: Connection, number: int, at: float) -> None:
    runs.move(db, number, RunState.PAUSED)
    runs.change(db, number, paused_since=at, error=RESTORED, live="")
    events.log(db, number, Event(at=at, kind="command", text=RESTORED))
