"""A person's retry: outcomes that are not ok become attempts again, some at a time. What is left to do of it stands
with the run, so that it goes on after any death; until it is done, the run is not worked at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from jobs.runtime.store import outcomes, runs
from jobs.runtime.store.connection import Connection


class Reopened(msgspec.Struct, frozen=True, kw_only=True):
    """How many outcomes were reopened at once, and whether an item among them was never tried: refused by a hook, or
    cancelled before, it may not have been prepared."""

    items: int
    untried: bool


class RetryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A retry under way: of these codes (none: all), and how many items it reopens."""

    codes: tuple[str, ...]
    items: int


def count(db: Connection, number: int, codes: Sequence[str]) -> int:
    """How many outcomes a retry of these codes (none named: all) reopens, by the counters."""
    condition, values = _of(number, codes)
    return int(db.execute(f"SELECT total(count) FROM codes WHERE {condition}", values).fetchone()[0])


def begin(db: Connection, number: int, asked: RetryRequest) -> None:
    """Note what is to be reopened."""
    _note(db, number, json.dumps([asked.codes, asked.items]))


def asked(db: Connection, number: int) -> RetryRequest | None:
    """What is still being reopened of a run; None: nothing, or the run is gone."""
    row = db.execute("SELECT reopening FROM runs WHERE number = ?", (number,)).fetchone()
    if row is None or not row[0]:
        return None
    codes, items = json.loads(row[0])
    return RetryRequest(codes=tuple(codes), items=items)


def end(db: Connection, number: int) -> None:
    """Note that nothing more is to be reopened."""
    _note(db, number, "")


def under_way(db: Connection) -> list[int]:
    """The runs of which something is still to be reopened, by number."""
    return [row[0] for row in db.execute("SELECT number FROM runs WHERE reopening <> '' ORDER BY number")]


def reopen(db: Connection, number: int, codes: Sequence[str], most: int) -> Reopened:
    """Move up to `most` outcomes that are not ok to the attempts, and off the counters."""
    condition, values = _of(number, codes)
    found = db.execute(
        f"""SELECT seq, state, code, attempts, duplicate_of, seconds, cpu FROM outcomes
            WHERE {condition} LIMIT ?""",
        (*values, most),
    ).fetchall()
    chosen = json.dumps([row["seq"] for row in found])
    db.execute(
        """INSERT INTO attempts (run, position, number, kind, code, error, worker, slot, started_at, seconds, cpu)
           SELECT run, position, attempts, 'retried', code, error, worker, slot, started_at, seconds, cpu
           FROM outcomes WHERE seq IN (SELECT value FROM json_each(?))""",
        (chosen,),
    )
    db.execute("DELETE FROM outcomes WHERE seq IN (SELECT value FROM json_each(?))", (chosen,))
    _take_off(db, number, found)
    untried = any(row["attempts"] == 0 and row["duplicate_of"] is None for row in found)
    return Reopened(items=len(found), untried=untried)


def _of(number: int, codes: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    """The condition for what is not ok in a run, of these codes."""
    condition = "run = ? AND state <> 'ok'"
    if not codes:
        return condition, (number,)
    return f"{condition} AND code IN (SELECT value FROM json_each(?))", (number, json.dumps(list(codes)))


def _take_off(db: Connection, number: int, found: Sequence[Any]) -> None:
    states = Counter(row["state"] for row in found)
    runs.count(
        db,
        number,
        ok=0,
        failed=-states["failed"],
        cancelled=-states["cancelled"],
        seconds=-sum(row["seconds"] or 0.0 for row in found),
        cpu=-sum(row["cpu"] or 0.0 for row in found),
    )
    counts = Counter((row["state"], row["code"]) for row in found)
    outcomes.count_codes(db, number, {what: -times for what, times in counts.items()})


def _note(db: Connection, number: int, text: str) -> None:
    db.execute("UPDATE runs SET reopening = ? WHERE number = ?", (text, number))
