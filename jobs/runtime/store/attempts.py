"""Attempts that were not final: what was tried at an item before its outcome, or before a person's retry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from jobs.runtime.core.records import Attempt
from jobs.runtime.store.connection import Connection


class NewAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to be stored, and until when (Unix seconds) the item must wait before the next."""

    attempt: Attempt
    not_before: float | None = None


class Tries(msgspec.Struct, frozen=True, kw_only=True):
    """What was tried at an item since a person last reopened it: attempts that counted, deaths under it, the number
    of the last attempt, and until when it must wait (Unix seconds)."""

    counted: int = 0
    lost: int = 0
    number: int = 0
    not_before: float | None = None


def add(db: Connection, number: int, new: Iterable[NewAttempt]) -> None:
    """Store attempts that were not final."""
    db.executemany(
        """INSERT INTO attempts (run, position, number, kind, code, error, worker, slot, started_at, seconds, cpu,
             not_before) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)""",
        [
            (
                *(number, entry.attempt.position, entry.attempt.number, entry.attempt.kind, entry.attempt.code),
                *(entry.attempt.error, entry.attempt.worker, entry.attempt.slot, entry.attempt.started_at),
                *(entry.attempt.seconds, entry.attempt.cpu_seconds, entry.not_before),
            )
            for entry in new
        ],
    )


def tries(db: Connection, number: int, positions: Sequence[int]) -> dict[int, Tries]:
    """What was tried already, of those items that were."""
    if not positions:
        return {}
    where, values = _positions(positions)
    rows = db.execute(
        f"SELECT position, number, kind, not_before FROM attempts WHERE run = ? AND {where} ORDER BY position, seq",
        (number, *values),
    )
    found: dict[int, Tries] = {}
    for row in rows:
        found[row[0]] = _tried(found.get(row[0], Tries()), row[1], row[2], row[3])
    return found


def _positions(positions: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
    """A condition for these positions: a range where they lie close together, one by one where they are far apart."""
    first, last = min(positions), max(positions)
    if last - first < 4 * len(positions):
        return "position BETWEEN ? AND ?", (first, last)
    return "position IN (SELECT value FROM json_each(?))", (json.dumps(list(positions)),)


def _tried(before: Tries, number: int, kind: str, not_before: float | None) -> Tries:
    if kind == "retried":
        return Tries(number=number)
    return Tries(
        counted=before.counted + (kind == "later"),
        lost=before.lost + (kind == "lost"),
        number=number,
        not_before=not_before,
    )


_ATTEMPTS = "SELECT position, number, kind, code, error, worker, slot, started_at, seconds, cpu FROM attempts"


def of_run(db: Connection, number: int, most: int) -> list[Attempt]:
    """Attempts that were not final, by item, oldest first."""
    return list(map(_attempt, db.execute(f"{_ATTEMPTS} WHERE run = ? ORDER BY position, seq LIMIT ?", (number, most))))


def of_item(db: Connection, number: int, position: int) -> list[Attempt]:
    """Attempts at one item that were not final, oldest first."""
    found = db.execute(f"{_ATTEMPTS} WHERE run = ? AND position = ? ORDER BY seq", (number, position))
    return list(map(_attempt, found))


def _attempt(row: Any) -> Attempt:
    return Attempt(
        position=row["position"],
        number=row["number"],
        kind=row["kind"],
        code=row["code"],
        error=row["error"],
        worker=row["worker"],
        slot=row["slot"],
        started_at=row["started_at"],
        seconds=row["seconds"],
        cpu_seconds=row["cpu"],
    )
