"""Schedules of runs, and the times at which they came."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import RunState
from jobs.runtime.core.recurrence import Recurrence
from jobs.runtime.core.schedules import Firing, FiringState, ItemsSource, RunSchedule, SourceKind, Told, said_by
from jobs.runtime.store.connection import Connection

KEPT = 100
"""Times that are kept of each schedule."""

_OVER = tuple(state for state in RunState if state.terminal)
_OVER_MARKS = ",".join("?" * len(_OVER))


def add(db: Connection, schedule: RunSchedule) -> int | None:
    """Keep a new schedule; its number, or None: there is one of this name."""
    cursor = db.execute(
        """INSERT INTO schedules (name, owner, job, enabled, made_at, next_at, body) VALUES (?,?,?,?,?,?,?)
           ON CONFLICT (name) DO NOTHING""",
        (
            *(schedule.name, schedule.owner, schedule.job, int(schedule.enabled), schedule.made_at, schedule.next_at),
            json.dumps(schedule.plain()),
        ),
    )
    return int(cursor.lastrowid or 0) if cursor.rowcount else None


def find(db: Connection, name: str) -> RunSchedule | None:
    """The schedule of this name; None: there is none."""
    row = db.execute("SELECT * FROM schedules WHERE name = ?", (name,)).fetchone()
    return None if row is None else _schedule(row)


def get(db: Connection, number: int) -> RunSchedule | None:
    """The schedule of this number; None: it was removed."""
    row = db.execute("SELECT * FROM schedules WHERE number = ?", (number,)).fetchone()
    return None if row is None else _schedule(row)


def listed(db: Connection, text: str = "", most: int = -1) -> list[RunSchedule]:
    """Schedules with this text in their names, by these; at most so many (-1: all)."""
    query = "SELECT * FROM schedules WHERE instr(lower(name), lower(?)) ORDER BY name LIMIT ?"
    return list(map(_schedule, db.execute(query, (text, most))))


def set_enabled(db: Connection, number: int, enabled: bool, next_at: float | None) -> None:
    """Have it come from now on, or no more."""
    db.execute("UPDATE schedules SET enabled = ?, next_at = ? WHERE number = ?", (int(enabled), next_at, number))


def set_next(db: Connection, number: int, next_at: float | None) -> None:
    """When it comes next; None: never."""
    db.execute("UPDATE schedules SET next_at = ? WHERE number = ?", (next_at, number))


def remove(db: Connection, number: int) -> None:
    """Forget a schedule and its times; its runs stay."""
    db.execute("DELETE FROM firings WHERE schedule = ?", (number,))
    db.execute("DELETE FROM schedules WHERE number = ?", (number,))


def pause_all(db: Connection) -> None:
    """Have none come, and forget what was due, and who was to be told."""
    db.execute("UPDATE schedules SET enabled = 0, next_at = NULL")
    db.execute("DELETE FROM firings WHERE state = ?", (FiringState.DUE,))
    db.execute("UPDATE firings SET told = ? WHERE told = ?", (Told.NOBODY, Told.DUE))


def count(db: Connection) -> tuple[int, int, float | None]:
    """How many there are, how many of them are enabled, and when the first of these comes."""
    row = db.execute("SELECT count(*), total(enabled) FROM schedules").fetchone()
    return int(row[0]), int(row[1]), next_time(db)


def at_work(db: Connection) -> bool:
    """Whether a schedule is enabled, or one that has come waits for its run."""
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM schedules WHERE next_at IS NOT NULL AND enabled = 1) "
        "OR EXISTS (SELECT 1 FROM firings WHERE state = 'due')"
    ).fetchone()
    return bool(row[0])


def next_time(db: Connection) -> float | None:
    """When the first schedule comes (Unix seconds); None: none does."""
    row = db.execute("SELECT min(next_at) FROM schedules WHERE enabled = 1 AND next_at IS NOT NULL").fetchone()
    return None if row[0] is None else float(row[0])


def come(db: Connection, moment: float, most: int) -> list[RunSchedule]:
    """Schedules whose time has come, the longest due first, at most so many."""
    rows = db.execute(
        "SELECT * FROM schedules WHERE enabled = 1 AND next_at <= ? ORDER BY next_at, number LIMIT ?", (moment, most)
    )
    return list(map(_schedule, rows))


# Firings


def note(db: Connection, firing: Firing) -> bool:
    """Note that a schedule has come; False: that time of it is noted already. Only the newest are kept."""
    added = db.execute(
        """INSERT INTO firings (schedule, due, at, state, run, said, tries) VALUES (?,?,?,?,?,?,?)
           ON CONFLICT (schedule, due) DO NOTHING""",
        (firing.schedule, firing.due, firing.at, firing.state, firing.run, firing.said, firing.tries),
    ).rowcount
    db.execute(
        """DELETE FROM firings WHERE schedule = ? AND state <> 'due' AND told <> 'due' AND due <
             (SELECT due FROM firings WHERE schedule = ? ORDER BY due DESC LIMIT 1 OFFSET ?)""",
        (firing.schedule, firing.schedule, KEPT - 1),
    )
    return bool(added)


def waiting(db: Connection, most: int) -> list[Firing]:
    """Times that have come and have no run yet, oldest first, at most so many."""
    return list(
        map(_firing, db.execute("SELECT * FROM firings WHERE state = 'due' ORDER BY at, schedule LIMIT ?", (most,)))
    )


def firing(db: Connection, schedule: int, due: float) -> Firing | None:
    """One time of a schedule; None: it is not noted (any more)."""
    row = db.execute("SELECT * FROM firings WHERE schedule = ? AND due = ?", (schedule, due)).fetchone()
    return None if row is None else _firing(row)


def firings(db: Connection, schedule: int, most: int) -> list[Firing]:
    """The times of a schedule, newest first."""
    rows = db.execute(
        """SELECT f.*, r.state AS run_state FROM firings f LEFT JOIN runs r ON r.id = f.run
           WHERE f.schedule = ? ORDER BY f.due DESC LIMIT ?""",
        (schedule, most),
    )
    return [replace(_firing(row), run_state=row["run_state"] or "") for row in rows]


def settle(db: Connection, firing: Firing, state: FiringState, *, run: str = "", said: str = "") -> None:
    """What has become of a time that was due; what was said of it stays before that."""
    words = " ".join(part for part in (firing.said, said) if part)
    db.execute(
        """UPDATE firings SET state = ?, run = ?, said = ?, told = CASE WHEN EXISTS (
             SELECT 1 FROM schedules WHERE number = firings.schedule AND json_extract(body, '$.webhook.url') IS NOT NULL
           ) THEN 'due' ELSE '' END WHERE schedule = ? AND due = ? AND state = 'due'""",
        (state, run, words, firing.schedule, firing.due),
    )


def tried(db: Connection, firing: Firing) -> None:
    """Note that a process which was to begin its run has ended without."""
    db.execute(
        "UPDATE firings SET tries = tries + 1 WHERE schedule = ? AND due = ? AND state = 'due'",
        (firing.schedule, firing.due),
    )


def to_tell(db: Connection, moment: float, most: int) -> list[Firing]:
    """Times of which a webhook is to be told by now: their runs are over, or could not be begun."""
    rows = db.execute(
        f"""SELECT f.* FROM firings f LEFT JOIN runs r ON r.id = f.run
            WHERE f.told = 'due' AND f.tell_at <= ? AND (r.state IS NULL OR r.state IN ({_OVER_MARKS}))
            ORDER BY f.tell_at LIMIT ?""",
        (moment, *_OVER, most),
    )
    return list(map(_firing, rows))


def settle_telling(db: Connection, firing: Firing, told: Told) -> None:
    """Whether the webhook was told, for good."""
    db.execute("UPDATE firings SET told = ? WHERE schedule = ? AND due = ?", (told, firing.schedule, firing.due))


def put_off_telling(db: Connection, firing: Firing, why: str, at: float, *, for_good: bool) -> None:
    """It was not delivered: try again then, or no more."""
    db.execute(
        """UPDATE firings SET told = ?, tell_at = ?, tellings = tellings + 1, untold = ?
           WHERE schedule = ? AND due = ? AND told = 'due'""",
        (Told.FAILED if for_good else Told.DUE, at, why, firing.schedule, firing.due),
    )


def busy_with(db: Connection, schedule: int) -> str | None:
    """The id of a run of this schedule that is not over, or an empty text where it has not begun; None: there is
    none."""
    row = db.execute(
        f"""SELECT f.run FROM firings f LEFT JOIN runs r ON r.id = f.run
            WHERE f.schedule = ? AND (f.state = 'due' OR r.state NOT IN ({_OVER_MARKS}))
            ORDER BY f.due DESC LIMIT 1""",
        (schedule, *_OVER),
    ).fetchone()
    return None if row is None else str(row[0])


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
            fault=f"it is damaged in the store ({str(error)[:200]}): remove it",
        )


def _firing(row: Any) -> Firing:
    return Firing(
        schedule=row["schedule"],
        due=row["due"],
        at=row["at"],
        state=FiringState(row["state"]),
        run=row["run"],
        said=row["said"],
        tries=row["tries"],
        told=Told(row["told"]),
        tellings=row["tellings"],
        untold=row["untold"],
    )
