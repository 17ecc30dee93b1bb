"""Whom schedules tell, and what each receiver is told of each time: how it stands, and every attempt."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from jobs.runtime.core.receivers import DeliveryAttempt, OpenTarget, Receiver, ReceiverKind, Telling, TellRule, Told
from jobs.runtime.core.records import RunState
from jobs.runtime.store.connection import Connection

_OVER = tuple(state for state in RunState if state.terminal)
_OVER_MARKS = ",".join("?" * len(_OVER))


def add_receivers(db: Connection, schedule: int, receivers: tuple[Receiver, ...]) -> None:
    """Keep whom a new schedule tells."""
    db.executemany(
        "INSERT INTO receivers (schedule, place, kind, target, rule, watched, key) VALUES (?,?,?,?,?,?,?)",
        [(schedule, place, one.kind, one.where, one.rule, one.column, one.key) for place, one in enumerate(receivers)],
    )


def receivers(db: Connection, schedule: int) -> tuple[Receiver, ...]:
    """Whom a schedule tells, by their places. Raises ValueError for one that is damaged."""
    return tuple(
        Receiver(
            kind=ReceiverKind(row["kind"]),
            where=str(row["target"]),
            rule=TellRule(row["rule"]),
            column=str(row["watched"]),
            key=str(row["key"]),
        )
        for row in db.execute("SELECT * FROM receivers WHERE schedule = ? ORDER BY place", (schedule,))
    )


def begin(db: Connection, schedule: int, due: float) -> None:
    """All receivers of a schedule are to be told of a time of it."""
    db.execute(
        """INSERT INTO tellings (schedule, due, place, told)
           SELECT schedule, ?, place, ? FROM receivers WHERE schedule = ?""",
        (due, Told.DUE, schedule),
    )


def waiting(db: Connection, moment: float, most: int, to: Sequence[OpenTarget] = ()) -> list[Telling]:
    """What is to be told by now (to these; none: to all): of runs that are over, and of times at which none could be
    begun. What was not tried yet comes first."""
    named = [f"{one.kind} {one.where}" for one in to]
    rows = db.execute(
        f"""SELECT t.* {_OPEN} AND t.tell_at <= ? {f"AND {_TARGET} IN ({','.join('?' * len(named))})" if named else ""}
            ORDER BY t.tell_at, t.schedule, t.due, t.place LIMIT ?""",
        (*_OVER, moment, *named, most),
    )
    return list(map(_telling, rows))


def targets(db: Connection, moment: float) -> list[OpenTarget]:
    """Who has not been told all yet, the longest waiting first."""
    rows = db.execute(
        f"""SELECT coalesce(w.kind, ''), coalesce(w.target, ''), min(t.tell_at) <= ?, max(t.tell_at) > 0 {_OPEN}
            GROUP BY {_TARGET} ORDER BY min(t.tell_at), min(t.due), min(t.place)""",
        (moment, *_OVER),
    )
    return [
        OpenTarget(kind=str(kind), where=str(where), waits=bool(waits), failed=bool(failed))
        for kind, where, waits, failed in rows
    ]


def find(db: Connection, schedule: int, due: float, place: int) -> Telling | None:
    """What one receiver is told of one time; None: nothing (any more)."""
    row = db.execute(
        "SELECT * FROM tellings WHERE schedule = ? AND due = ? AND place = ?", (schedule, due, place)
    ).fetchone()
    return None if row is None else _telling(row)


def of_schedule(db: Connection, schedule: int, since: float) -> dict[float, tuple[Telling, ...]]:
    """What all receivers of a schedule are told of its times from `since` on, by these."""
    found: defaultdict[float, tuple[Telling, ...]] = defaultdict(tuple)
    query = "SELECT * FROM tellings WHERE schedule = ? AND due >= ? ORDER BY due, place"
    for telling in map(_telling, db.execute(query, (schedule, since))):
        found[telling.due] += (telling,)
    return found


def settle(db: Connection, telling: Telling, told: Told, attempt: DeliveryAttempt | None = None) -> None:
    """How it stands for good, and the attempt that it was settled by (None: nothing was sent)."""
    db.execute(
        f"UPDATE tellings SET told = ?, attempts = {_ADDED if attempt else 'attempts'} "
        "WHERE schedule = ? AND due = ? AND place = ?",
        (told, *((attempt.at, attempt.why) if attempt else ()), *telling.key),
    )


def note_failed(db: Connection, telling: Telling, attempt: DeliveryAttempt, *, until: float, most: int) -> None:
    """It was not delivered: try again then, but no more than `most` times in all."""
    told = Told.FAILED if len(telling.attempts) + 1 >= most else Told.DUE
    db.execute(
        f"""UPDATE tellings SET told = ?, tell_at = ?, attempts = {_ADDED}
            WHERE schedule = ? AND due = ? AND place = ? AND told = 'due'""",
        (told, until, attempt.at, attempt.why, *telling.key),
    )


def forget_due(db: Connection) -> None:
    """Nobody is to be told what was still to be told."""
    db.execute("DELETE FROM tellings WHERE told = ?", (Told.DUE,))


_OPEN = f"""FROM tellings t JOIN firings f ON f.schedule = t.schedule AND f.due = t.due
            LEFT JOIN runs r ON r.id = f.run LEFT JOIN receivers w ON w.schedule = t.schedule AND w.place = t.place
            WHERE t.told = 'due' AND (r.state IS NULL OR r.state IN ({_OVER_MARKS}))"""
_TARGET = "coalesce(w.kind, '') || ' ' || coalesce(w.target, '')"
_ADDED = "json_insert(attempts, '$[#]', json_array(?, ?))"


def _telling(row: Any) -> Telling:
    return Telling(
        schedule=row["schedule"],
        due=row["due"],
        place=row["place"],
        told=Told(row["told"]),
        attempts=_attempts(row["attempts"]),
    )


def _attempts(text: str) -> tuple[DeliveryAttempt, ...]:
    """Attempts as they are stored; damaged ones hold up no message."""
    with suppress(ValueError, TypeError):
        return tuple(DeliveryAttempt(at=float(at), why=str(why)) for at, why in json.loads(text))
    return ()
