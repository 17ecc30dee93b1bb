"""Runs: added in parts, flipped to queued once, moved by legal moves only, found again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jobs.runtime.errors import DamagedRun, IllegalMove, UnknownRun
from jobs.runtime.records import RUN_MOVES, Column, Limits, Pool, Run, RunState, Table
from jobs.runtime.store.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What the machine must know of a run's job without importing it."""

    prepares: bool = False
    costed: bool = False
    keyed: bool = False
    grouped: bool = False


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A run with what only the machine needs: its number in the store, its job's traits, how far it is prepared, and
    its secret params, which stand in no Run."""

    number: int
    run: Run
    traits: Traits
    prepared: int
    cancel_asked_at: float | None
    live: Mapping[str, Any]
    secrets: Mapping[str, Any]

    @property
    def full_params(self) -> dict[str, Any]:
        """All params, the secret ones among them: for workers, never to be shown."""
        return {**self.run.params, **self.secrets}


def add(db: Connection, run: Run, traits: Traits, secrets: Mapping[str, Any] | None = None) -> int:
    """A new run in the state submitting, without items yet; returns its number. `secrets`: params that no Run holds."""
    cursor = db.execute(
        """INSERT INTO runs (id, nonce, job, name, state, params, processes, threads, attempts, deadline, at_once,
             pause, source, source_columns, columns, traits, submitted_at, touched_at, code_hash, sample,
             secrets)
           VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)""",
        (
            *(run.id, run.nonce or None, run.job, run.name, RunState.SUBMITTING, json.dumps(dict(run.params))),
            *(run.pool.processes, run.pool.threads, run.limits.attempts, run.limits.deadline, run.limits.at_once),
            *(run.limits.pause, run.table.source, json.dumps(_table(run.table))),
            *(json.dumps([asdict(column) for column in run.columns]), json.dumps(asdict(traits))),
            *(run.submitted_at, run.submitted_at, run.code_hash, int(run.sample), json.dumps(secrets or {})),
        ),
    )
    return int(cursor.lastrowid or 0)


def _table(table: Table) -> dict[str, Any]:
    return {"columns": table.columns, "item_column": table.item_column, "notes": table.notes}


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
    db.execute(
        """UPDATE runs SET paused_seconds = paused_seconds + max(0, ? - paused_since), paused_since = NULL
           WHERE number = ? AND paused_since IS NOT NULL""",
        (at, number),
    )


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
    """The state a run is in. Raises UnknownRun."""
    return RunState(_row(db, number)["state"])


def id_of(db: Connection, number: int) -> str:
    """The id of a run, also of one whose row cannot be read otherwise. Raises UnknownRun."""
    return str(_row(db, number)["id"])


_SETTABLE = frozenset(
    "name started_at ended_at paused_since paused_seconds cancel_asked_at cancel_seconds prepared error code_hash "
    "live".split()
)


def change(db: Connection, number: int, **values: Any) -> None:
    """Set fields of a run (never its state or its counters)."""
    if not values.keys() <= _SETTABLE:
        raise KeyError(f"not to be set: {sorted(values.keys() - _SETTABLE)}")
    fields = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE runs SET {fields} WHERE number = ?", (*values.values(), number))


def count(db: Connection, number: int, *, ok: int, failed: int, cancelled: int, seconds: float, cpu: float) -> None:
    """Add to the counters of a run, in the transaction that stores what is counted."""
    db.execute(
        """UPDATE runs SET ok = ok + ?, failed = failed + ?, cancelled = cancelled + ?,
             item_seconds = item_seconds + ?, cpu_seconds = cpu_seconds + ? WHERE number = ?""",
        (ok, failed, cancelled, seconds, cpu, number),
    )


def find(db: Connection, prefix: str) -> Stored:
    """The run whose id begins so. Raises UnknownRun: none does, or several do."""
    wanted = prefix.strip().lower()
    if not wanted or len(wanted) > 64 or not wanted.isalnum():
        raise UnknownRun("there is no such run: an id has letters and digits only (see: python -m jobs runs)")
    rows = db.execute(
        "SELECT * FROM runs WHERE id >= ? AND id < ? AND state <> ? LIMIT 2", (wanted, wanted + "~", "submitting")
    ).fetchall()
    if not rows:
        raise UnknownRun(f"there is no run {wanted[:40]} (see: python -m jobs runs)")
    if len(rows) > 1:
        raise UnknownRun(f"several runs begin with {wanted[:40]}: give more of the id")
    return stored(rows[0])


def get(db: Connection, number: int) -> Stored:
    """The run of this number. Raises UnknownRun."""
    return stored(_row(db, number))


def _row(db: Connection, number: int) -> Any:
    row = db.execute("SELECT * FROM runs WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise UnknownRun("the run is gone: it has been deleted")
    return row


def by_nonce(db: Connection, nonce: str) -> Stored | None:
    """The run that was submitted under this nonce."""
    row = db.execute("SELECT * FROM runs WHERE nonce = ?", (nonce,)).fetchone()
    return None if row is None else stored(row)


def in_state(db: Connection, state: RunState) -> list[int]:
    """The numbers of the runs in this state, oldest first."""
    return [row[0] for row in db.execute("SELECT number FROM runs WHERE state = ? ORDER BY number", (state,))]


def claimable(db: Connection, most: int) -> list[int]:
    """The numbers of the queued runs, oldest first, at most so many; not those whose items are still being reopened."""
    rows = db.execute(
        "SELECT number FROM runs WHERE state = ? AND reopening = '' ORDER BY number LIMIT ?", (RunState.QUEUED, most)
    )
    return [row[0] for row in rows]


def tally(db: Connection, *states: RunState) -> tuple[int, int]:
    """How many runs are in these states, and how many of their items have no outcome yet."""
    marks = ",".join("?" * len(states))
    row = db.execute(
        f"SELECT count(*), total(items - ok - failed - cancelled) FROM runs WHERE state IN ({marks})", states
    ).fetchone()
    return int(row[0]), int(row[1])


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
    db.execute("DELETE FROM runs WHERE number = ?", (number,))


def codes(db: Connection, number: int) -> list[tuple[str, str, int]]:
    """What each (state, code) counts."""
    rows = db.execute("SELECT state, code, count FROM codes WHERE run = ? AND count > 0", (number,))
    return [(row["state"], row["code"], row["count"]) for row in rows]


def stored(row: Any) -> Stored:
    """A row of the table as records. Raises DamagedRun."""
    try:
        return _stored(row)
    except (ValueError, TypeError, LookupError) as error:
        raise DamagedRun(f"run {row['id']} is damaged in the store: {error}") from error


def _stored(row: Any) -> Stored:
    table, traits = json.loads(row["source_columns"]), Traits(**json.loads(row["traits"]))
    run = Run(
        id=row["id"],
        job=row["job"],
        name=row["name"],
        state=RunState(row["state"]),
        items=row["items"],
        ok=row["ok"],
        failed=row["failed"],
        cancelled=row["cancelled"],
        params=json.loads(row["params"]),
        pool=Pool(processes=row["processes"], threads=row["threads"]),
        limits=Limits(attempts=row["attempts"], deadline=row["deadline"], at_once=row["at_once"], pause=row["pause"]),
        table=Table(
            source=row["source"],
            columns=tuple(table["columns"]),
            item_column=table["item_column"],
            notes=tuple(table["notes"]),
        ),
        columns=tuple(Column(**column) for column in json.loads(row["columns"])),
        submitted_at=row["submitted_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        paused_since=row["paused_since"],
        paused_seconds=row["paused_seconds"],
        cancel_seconds=row["cancel_seconds"],
        item_seconds=row["item_seconds"],
        cpu_seconds=row["cpu_seconds"],
        error=row["error"],
        code_hash=row["code_hash"],
        sample=bool(row["sample"]),
        keyed=traits.keyed,
        nonce=row["nonce"] or "",
    )
    return Stored(
        number=row["number"],
        run=run,
        traits=traits,
        prepared=row["prepared"],
        cancel_asked_at=row["cancel_asked_at"],
        live=json.loads(row["live"] or "{}"),
        secrets=json.loads(row["secrets"]),
    )
