"""Runs: added in parts, flipped to queued once, moved by legal moves only, found again."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from typing import Any

from jobs.runtime.core import program
from jobs.runtime.core.budget import MOST_TOTAL, Spent
from jobs.runtime.core.errors import DamagedRun, IllegalMove, UnknownRun
from jobs.runtime.core.records import RUN_MOVES, Event, Run, RunState, Table
from jobs.runtime.core.units import duration
from jobs.runtime.store import events
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.readers import ANYBODY, Readers
from jobs.runtime.store.run_row import JobTraits, StoredRun, fetched, stored


def add(db: Connection, run: Run, traits: JobTraits) -> int:
    """A new run in the state submitting, without items yet; returns its number."""
    cursor = db.execute(
        """INSERT INTO runs (id, nonce, job, name, state, params, processes, threads, attempts, deadline, at_once,
             pause, source, source_columns, columns, traits, submitted_at, touched_at, code_hash, sample,
             preset, reuse, budget, schedule, place, clustered, owner)
           VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)""",
        (
            *(run.id, run.nonce or None, run.job, run.name, RunState.SUBMITTING, json.dumps(dict(run.params))),
            *(run.pool.processes, run.pool.threads, run.limits.attempts, run.limits.deadline, run.limits.at_once),
            *(run.limits.pause, run.table.source, json.dumps(_table(run.table))),
            *(json.dumps([asdict(column) for column in run.columns]), json.dumps(asdict(traits))),
            *(run.submitted_at, run.submitted_at, run.code_hash, int(run.sample)),
            "" if run.preset is None else json.dumps(run.preset.plain()),
            "" if run.reuse is None else json.dumps(asdict(run.reuse)),
            json.dumps(asdict(run.budget)) if run.budget else "",
            *(run.schedule, run.on, int(run.clustered), run.owner),
        ),
    )
    return int(cursor.lastrowid or 0)


def _table(table: Table) -> dict[str, Any]:
    known = {"columns": table.columns, "item_column": table.item_column, "notes": table.notes}
    return known | {"fields": dict(table.fields), "from_run": table.from_run}


def touch(db: Connection, number: int, items: int, at: float) -> None:
    """Note that a submit goes on. Raises UnknownRun when it was given up as abandoned."""
    _still_submitting(
        db.execute(
            "UPDATE runs SET items = ?, touched_at = ? WHERE number = ? AND state = ? AND touched_at > 0",
            (items, at, number, RunState.SUBMITTING),
        ).rowcount
    )


def queue(db: Connection, number: int, *, items: int, sample: bool, at: float) -> None:
    """The one flip from submitting to queued. Raises UnknownRun when it was given up as abandoned."""
    _still_submitting(
        db.execute(
            """UPDATE runs SET state = ?, items = ?, sample = ?, submitted_at = ?, touched_at = ?
               WHERE number = ? AND state = ? AND touched_at > 0""",
            (RunState.QUEUED, items, int(sample), at, at, number, RunState.SUBMITTING),
        ).rowcount
    )


def _still_submitting(changed: int) -> None:
    if changed == 0:
        raise UnknownRun("the submit stood still for so long that it was given up: submit again")


def end_pause(db: Connection, number: int, at: float) -> None:
    """Add a pause that ends now to those before it; nothing where the run is not paused."""
    since = _row(db, number, "paused_since")["paused_since"]
    if isinstance(since, int | float):  # else there is no pause, or the row is damaged
        add_pause(db, number, since, at)


def add_pause(db: Connection, number: int, since: float, until: float) -> None:
    """Add a time in which a run stood still to those before it, and tell it in its log."""
    seconds = max(0.0, until - since)
    db.execute(
        "UPDATE runs SET paused_seconds = paused_seconds + ?, paused_since = NULL WHERE number = ?", (seconds, number)
    )
    facts = {"since": since, "until": since + seconds}
    events.log(db, number, Event(at=until, kind="pause", text=f"stood still for {duration(seconds)}", facts=facts))


def fail(db: Connection, number: int, reason: str, at: float) -> None:
    """End a run that cannot go on. Raises IllegalMove where it has ended."""
    move(db, number, RunState.FAILED)
    end_pause(db, number, at)
    change(db, number, ended_at=at, error=reason, live="")


def abandoned(db: Connection, before: float) -> list[int]:
    """Numbers of runs whose submit has stopped half-way before this time (Unix seconds)."""
    rows = db.execute(
        "SELECT number FROM runs WHERE state = ? AND touched_at < ?", (RunState.SUBMITTING, before)
    ).fetchall()
    return [int(row["number"]) for row in rows]


def move(db: Connection, number: int, to: RunState) -> RunState:
    """Bring a run into another state; returns the one it was in. Raises IllegalMove, UnknownRun."""
    before = state(db, number)
    if to not in RUN_MOVES[before]:
        raise IllegalMove(f"a {before} run cannot become {to}")
    db.execute("UPDATE runs SET state = ? WHERE number = ?", (to, number))
    return before


def state(db: Connection, number: int) -> RunState:
    """The state a run is in. Raises UnknownRun, DamagedRun."""
    row = _row(db, number, "id, state")
    try:
        return RunState(row["state"])
    except ValueError as error:
        raise DamagedRun(number, row["id"], str(error)) from None


def id_of(db: Connection, number: int) -> str:
    """The id of a run, also of one whose row cannot be read otherwise. Raises UnknownRun."""
    return str(_row(db, number, "id")["id"])


_SETTABLE = frozenset(
    "name started_at ended_at paused_since paused_seconds cancel_asked_at cancel_seconds prepared error code_hash "
    "live peak_processes peak_threads pinned coded_at budget place processes clustered".split()
)


def change(db: Connection, number: int, **values: Any) -> None:
    """Set fields of a run (never its state or its counters)."""
    if not values.keys() <= _SETTABLE:
        raise KeyError(f"not to be set: {sorted(values.keys() - _SETTABLE)}")
    fields = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE runs SET {fields} WHERE number = ?", (*values.values(), number))


def count(
    db: Connection, number: int, *, ok: int, failed: int, cancelled: int, seconds: float, cpu: float, reused: int = 0
) -> None:
    """Add to the counters of a run, in the transaction that stores what is counted."""
    db.execute(
        """UPDATE runs SET ok = ok + ?, failed = failed + ?, cancelled = cancelled + ?,
             item_seconds = item_seconds + ?, cpu_seconds = cpu_seconds + ?, reused = reused + ? WHERE number = ?""",
        (ok, failed, cancelled, seconds, cpu, reused, number),
    )


def spend(db: Connection, number: int, spent: Spent) -> None:
    """Add to what a run has spent, in the transaction that stores what it was spent on."""
    db.execute(
        """UPDATE runs SET spent_requests = spent_requests + ?, spent_bytes = spent_bytes + ?,
             spent_total = min(?, spent_total + ?), numbered = numbered + ?, unnumbered = unnumbered + ?
           WHERE number = ?""",
        (spent.requests, spent.bytes, MOST_TOTAL, spent.total, spent.numbered, spent.unnumbered, number),
    )


def find(db: Connection, prefix: str, readers: Readers = ANYBODY) -> StoredRun:
    """The run whose id begins so. Raises UnknownRun: none does, or several do; DamagedRun."""
    return get(db, named(db, prefix, readers)[0])


def named(db: Connection, prefix: str, readers: Readers = ANYBODY) -> tuple[int, str]:
    """Number and id of the run whose id begins so, also of one whose row cannot be read otherwise; `#5` is the run of
    that number. The runs of others are as if they were not there. Raises UnknownRun: none does, or several do."""
    wanted = prefix.strip().lower()
    by_number = re.fullmatch(r"#([0-9]{1,18})", wanted)
    if by_number is None and (len(wanted) > 64 or not wanted.isalnum()):
        raise UnknownRun(f"there is no such run: an id has letters and digits only (see: {program.NAME} runs)")
    which, values = ("number = ?", [int(by_number[1])]) if by_number else ("id >= ? AND id < ?", [wanted, wanted + "~"])
    theirs, owners = readers.condition()
    found = fetched(
        db,
        f"SELECT number, id FROM runs WHERE {which} AND state IS NOT 'submitting' AND {theirs} LIMIT 2",
        [*values, *owners],
    )
    if not found:
        raise UnknownRun.of(wanted)
    if len(found) > 1:
        raise UnknownRun(f"several runs begin with {wanted[:40]}: give more of the id")
    return int(found[0]["number"]), str(found[0]["id"])


def get(db: Connection, number: int) -> StoredRun:
    """The run of this number. Raises UnknownRun."""
    return stored(_row(db, number))


def _row(db: Connection, number: int, columns: str = "*") -> Any:
    rows = fetched(db, f"SELECT {columns} FROM runs WHERE number = ?", (number,))
    if not rows:
        raise UnknownRun("the run is gone: it has been deleted")
    return rows[0]


def by_nonce(db: Connection, nonce: str) -> StoredRun | None:
    """The run that was submitted under this nonce."""
    row = db.execute("SELECT * FROM runs WHERE nonce = ?", (nonce,)).fetchone()
    return None if row is None else stored(row)


def in_state(db: Connection, state: RunState) -> list[int]:
    """The numbers of the runs in this state, oldest first."""
    return [row[0] for row in db.execute("SELECT number FROM runs WHERE state = ? ORDER BY number", (state,))]


def claimable(db: Connection, most: int) -> list[tuple[int, str]]:
    """The numbers of the queued runs with their owners, oldest first, at most so many of each owner; not those whose
    items are still being reopened."""
    rows = db.execute(
        """SELECT number, owner FROM (
             SELECT number, owner, row_number() OVER (PARTITION BY owner ORDER BY number) AS place
             FROM runs WHERE state = ? AND reopening = '')
           WHERE place <= ? ORDER BY number""",
        (RunState.QUEUED, most),
    )
    return [(row[0], row[1]) for row in rows]


def tally(db: Connection, *states: RunState) -> tuple[int, int]:
    """How many runs are in these states, and how many of their items have no outcome yet."""
    marks = ",".join("?" * len(states))
    row = db.execute(
        f"SELECT count(*), total(items - ok - failed - cancelled) FROM runs WHERE state IN ({marks})", states
    ).fetchone()
    return int(row[0]), int(row[1])


def tallies(db: Connection, readers: Readers = ANYBODY) -> dict[str, tuple[int, int]]:
    """How many runs are in each state, and how many items they have."""
    theirs, owners = readers.condition()
    rows = db.execute(
        f"SELECT state, count(*), total(items) FROM runs WHERE state IS NOT 'submitting' AND {theirs} GROUP BY state",
        owners,
    )
    return {str(row[0]): (int(row[1]), int(row[2])) for row in rows}


def withdraw(db: Connection, number: int) -> None:
    """Take an ended run out of every list at once, as if it had never been submitted; its rows go piece by piece."""
    db.execute(
        "UPDATE runs SET state = ?, touched_at = 0, nonce = NULL WHERE number = ?", (RunState.SUBMITTING, number)
    )


def leave_withdrawn(db: Connection, number: int) -> None:
    """Let what is left of a withdrawn run lie: it cannot be removed."""
    db.execute("UPDATE runs SET touched_at = ? WHERE number = ?", (math.inf, number))


def delete_row(db: Connection, number: int) -> None:
    """Remove the run itself with the last of its log, once nothing else refers to it."""
    db.execute("DELETE FROM events WHERE run = ?", (number,))
    db.execute("DELETE FROM shares WHERE run = ?", (number,))
    db.execute("DELETE FROM runs WHERE number = ?", (number,))


def codes(db: Connection, number: int) -> list[tuple[str, str, int]]:
    """What each (state, code) counts."""
    rows = db.execute("SELECT state, code, count FROM codes WHERE run = ? AND count > 0", (number,))
    return [(row["state"], row["code"], row["count"]) for row in rows]
