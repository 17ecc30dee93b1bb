"""Schedules of runs, and the times at which they came."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import RunState
from jobs.runtime.core.recurrence import Recurrence
from jobs.runtime.core.schedules import DueSchedule, Firing, FiringState, ItemsSource, RunSchedule, SourceKind, said_by
from jobs.runtime.store import tellings
from jobs.runtime.store.connection import Connection

KEPT = 100
"""Times that are kept of each schedule."""

_AT_WORK = tuple(state for state in RunState if not state.terminal)
_AT_WORK_MARKS = ",".join("?" * len(_AT_WORK))


def add(db: Connection, schedule: RunSchedule) -> int | None:
    """Keep a new schedule; its number, or None: there is one of this name."""
    cursor = db.execute(
        """INSERT INTO schedules (name, owner, job, enabled, made_at, next_at, body) VALUES (?,?,?,?,?,?,?)
           ON CONFLICT (owner, name) DO NOTHING""",
        (
            *(schedule.name, schedule.owner, schedule.job, int(schedule.enabled), schedule.made_at, schedule.next_at),
            json.dumps(schedule.plain()),
        ),
    )
    if not cursor.rowcount:
        return None
    number = int(cursor.lastrowid or 0)
    tellings.add_receivers(db, number, schedule.receivers)
    return number


def named(db: Connection, owner: str | None, name: str) -> list[RunSchedule]:
    """The schedules of this name that an owner has (None: that there are)."""
    query = "SELECT * FROM schedules WHERE name = ?1 AND (owner = ?2 OR ?2 IS NULL) ORDER BY owner"
    return [_whole(db, row) for row in db.execute(query, (name, owner)).fetchall()]


def get(db: Connection, number: int) -> RunSchedule | None:
    """The schedule of this number; None: it was removed."""
    row = db.execute("SELECT * FROM schedules WHERE number = ?", (number,)).fetchone()
    return None if row is None else _whole(db, row)


def listed(db: Connection, owner: str | None, text: str = "", most: int = -1) -> list[RunSchedule]:
    """Schedules of an owner (None: all) with this text in their names, by these; at most so many (-1: all)."""
    query = """SELECT * FROM schedules WHERE instr(lower(name), lower(?1)) AND (owner = ?2 OR ?2 IS NULL)
               ORDER BY name, owner LIMIT ?3"""
    return [_whole(db, row) for row in db.execute(query, (text, owner, most)).fetchall()]


def set_enabled(db: Connection, number: int, enabled: bool, next_at: float | None) -> None:
    """Have it come from now on, or no more."""
    db.execute("UPDATE schedules SET enabled = ?, next_at = ? WHERE number = ?", (int(enabled), next_at, number))


def set_next(db: Connection, following: Mapping[int, float | None]) -> None:
    """When schedules come next, by their numbers; None: never."""
    db.executemany(
        "UPDATE schedules SET next_at = ? WHERE number = ?", [(at, number) for number, at in following.items()]
    )


def remove(db: Connection, number: int) -> None:
    """Forget a schedule and its times; its runs stay."""
    db.execute("DELETE FROM firings WHERE schedule = ?", (number,))
    db.execute("DELETE FROM schedules WHERE number = ?", (number,))  # its receivers go with it


def pause_all(db: Connection) -> None:
    """Have none come, and forget what was due, and who was to be told."""
    db.execute("UPDATE schedules SET enabled = 0, next_at = NULL")
    db.execute("DELETE FROM firings WHERE state = ?", (FiringState.DUE,))
    tellings.forget_due(db)


def count(db: Connection, owner: str | None = None) -> tuple[int, int, float | None]:
    """How many an owner has (None: there are), how many of them are enabled, and when the first of these comes."""
    row = db.execute(
        """SELECT count(*), total(enabled), min(CASE enabled WHEN 1 THEN next_at END) FROM schedules
           WHERE owner = ?1 OR ?1 IS NULL""",
        (owner,),
    ).fetchone()
    return int(row[0]), int(row[1]), row[2]


def come(db: Connection, moment: float, most: int) -> list[DueSchedule]:
    """Schedules whose time has come, the longest due first, at most so many: of each what is needed to note that."""
    rows = db.execute(
        """SELECT number, next_at, body FROM schedules
           WHERE enabled = 1 AND next_at <= ? ORDER BY next_at, number LIMIT ?""",
        (moment, most),
    )
    return [_due(*row) for row in rows]


# Firings


def note(db: Connection, firing: Firing) -> None:
    """Note that a schedule has come, once for each time."""
    note_all(db, [firing])


def note_all(db: Connection, firings: Sequence[Firing]) -> None:
    """Note several. Those that are due have the older times forgotten when they are settled."""
    db.executemany(
        """INSERT INTO firings (schedule, due, at, state, run, said, tries) VALUES (?,?,?,?,?,?,?)
           ON CONFLICT (schedule, due) DO NOTHING""",
        [(one.schedule, one.due, one.at, one.state, one.run, one.said, one.tries) for one in firings],
    )
    for one in firings:
        if one.state is not FiringState.DUE:
            _keep_newest(db, one.schedule)


def _keep_newest(db: Connection, schedule: int) -> None:
    """Forget times of a schedule beyond those that are kept."""
    db.execute(
        """DELETE FROM firings WHERE schedule = ? AND state <> 'due' AND due <
             (SELECT due FROM firings WHERE schedule = ? ORDER BY due DESC LIMIT 1 OFFSET ?)
           AND NOT EXISTS (SELECT 1 FROM tellings t
             WHERE t.schedule = firings.schedule AND t.due = firings.due AND t.told = 'due')""",
        (schedule, schedule, KEPT - 1),
    )


def waiting(db: Connection, moment: float, most: int) -> list[Firing]:
    """Times that have come and have no run yet, oldest first, at most so many; without those that wait for another
    try."""
    query = "SELECT * FROM firings WHERE state = 'due' AND try_at <= ? ORDER BY at, schedule LIMIT ?"
    return list(map(_firing, db.execute(query, (moment, most))))


def firing(db: Connection, schedule: int, due: float) -> Firing | None:
    """One time of a schedule; None: it is not noted (any more)."""
    row = db.execute("SELECT * FROM firings WHERE schedule = ? AND due = ?", (schedule, due)).fetchone()
    return None if row is None else _firing(row)


def firings(db: Connection, schedule: int, most: int) -> list[Firing]:
    """The times of a schedule, newest first, with what is told of them."""
    rows = db.execute(
        """SELECT f.*, r.state AS run_state FROM firings f LEFT JOIN runs r ON r.id = f.run
           WHERE f.schedule = ? ORDER BY f.due DESC LIMIT ?""",
        (schedule, most),
    ).fetchall()
    told = tellings.of_schedule(db, schedule, rows[-1]["due"]) if rows else {}
    return [replace(_firing(row), run_state=row["run_state"] or "", tellings=told.get(row["due"], ())) for row in rows]


def settle(db: Connection, firing: Firing, state: FiringState, *, run: str = "", said: str = "") -> None:
    """What has become of a time that was due, of which its receivers are to be told from now on; what was said of it
    stays before that."""
    words = " ".join(part for part in (firing.said, said) if part)
    settled = db.execute(
        "UPDATE firings SET state = ?, run = ?, said = ? WHERE schedule = ? AND due = ? AND state = 'due'",
        (state, run, words, *firing.key),
    ).rowcount
    if settled:
        tellings.begin(db, *firing.key)
        _keep_newest(db, firing.schedule)


def tried(db: Connection, firing: Firing, until: float) -> None:
    """Note that a process which was to begin its run has ended without; try again then."""
    db.execute(
        "UPDATE firings SET tries = tries + 1, try_at = ? WHERE schedule = ? AND due = ? AND state = 'due'",
        (until, *firing.key),
    )


def busy_with(db: Connection, schedule: int) -> str | None:
    """The id of a run of this schedule that is not over, or an empty text where it has not begun; None: there is
    none."""
    return all_busy(db, [schedule]).get(schedule)


def all_busy(db: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """The same of several schedules: those that are at it, by their numbers."""
    marks = ",".join("?" * len(numbers))
    rows = db.execute(
        f"""SELECT f.schedule, f.run FROM runs r JOIN firings f ON f.run = r.id AND f.run <> ''
              WHERE r.state IN ({_AT_WORK_MARKS}) AND f.schedule IN ({marks})
            UNION ALL SELECT schedule, '' FROM firings WHERE state = 'due' AND schedule IN ({marks})""",
        (*_AT_WORK, *numbers, *numbers),
    )
    return {number: str(run) for number, run in rows}


def _whole(db: Connection, row: Any) -> RunSchedule:
    """A schedule with its receivers."""
    found = _schedule(row)
    try:
        return replace(found, receivers=tellings.receivers(db, found.number))
    except ValueError as error:
        return replace(found, fault=found.fault or _damaged(error))


def _schedule(row: Any) -> RunSchedule:
    """A row as a schedule; of a damaged one its name and what is wrong, so that it can be seen and removed."""
    known = {name: row[name] for name in ("number", "name", "owner", "made_at", "next_at")}
    try:
        return RunSchedule(**known, enabled=bool(row["enabled"]), **said_by(json.loads(row["body"])))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        return RunSchedule(
            **known,
            settings=RunPreset(name="", job=str(row["job"])),
            source=ItemsSource(kind=SourceKind.FILE, where=""),
            recurrence=Recurrence(),
            enabled=False,
            fault=_damaged(error),
        )


class _Times(msgspec.Struct):
    """What stands in the body of a schedule of when it comes."""

    recurrence: Recurrence
    overlap: bool


_TIMES = msgspec.json.Decoder(_Times)
"""All else in a body is skipped: a tenth of what it costs to make a whole schedule of it."""


def _due(number: int, next_at: float, body: str) -> DueSchedule:
    try:
        times = _TIMES.decode(body)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        return DueSchedule(number=number, due=next_at, fault=_damaged(error))
    return DueSchedule(number=number, due=next_at, recurrence=times.recurrence, overlap=times.overlap)


def _damaged(error: Exception) -> str:
    return f"it is damaged in the store ({str(error)[:200]}): remove it"


def _firing(row: Any) -> Firing:
    return Firing(
        schedule=row["schedule"],
        due=row["due"],
        at=row["at"],
        state=FiringState(row["state"]),
        run=row["run"],
        said=row["said"],
        tries=row["tries"],
    )
