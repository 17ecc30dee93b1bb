"""The plain records that travel between the rooms, the states of runs and items, and the legal moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from jobs.runtime.core.budget import Budget, Spent
from jobs.runtime.core.job_terms import (
    AUTO,
    CLUSTER,
    LOCAL,
    Column,
    Limits,
    Pool,
    WorkerName,
)
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.reuse import Reuse

__all__ = [
    "AUTO",
    "CLUSTER",
    "LOCAL",
    "RUN_MOVES",
    "Attempt",
    "Column",
    "Event",
    "InProgress",
    "Item",
    "ItemResult",
    "ItemState",
    "Limits",
    "Outcome",
    "Pool",
    "Progress",
    "Run",
    "RunState",
    "Table",
    "run_name",
]


class RunState(StrEnum):
    """How far a run has come."""

    SUBMITTING = "submitting"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether the machine never leaves this state (a person's retry does)."""
        return self in (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)


RUN_MOVES: Mapping[RunState, frozenset[RunState]] = {
    RunState.SUBMITTING: frozenset({RunState.QUEUED}),
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.PAUSED, RunState.CANCELLING, RunState.FAILED}),
    RunState.RUNNING: frozenset({RunState.PAUSED, RunState.CANCELLING, RunState.FINISHED, RunState.FAILED}),
    RunState.PAUSED: frozenset(
        {RunState.QUEUED, RunState.RUNNING, RunState.CANCELLING, RunState.FINISHED, RunState.FAILED}
    ),
    RunState.CANCELLING: frozenset({RunState.CANCELLED, RunState.FAILED}),
    RunState.FINISHED: frozenset({RunState.QUEUED}),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
}
"""From each state, where a run may go; from the last three only by a person's retry."""


class ItemState(StrEnum):
    """How far an item has come; `running` is what the live runner has out and is never stored."""

    WAITING = "waiting"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One input as a person gave it: the cell that is the item (of a row the cells of its fields as JSON: `row_cells`),
    and the cells of the other columns of its line."""

    cell: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """What the items came from: its name (a file's), the user's columns in order, and which of them is the item.

    Without columns the input was a bare list and `item_column` is what the item is called in the result. Where an item
    is a row, `fields` are the job's fields with the column that each is bound to; `item_column` is that of the first.
    `from_run`: the id of the run whose results these are.
    """

    source: str = ""
    columns: tuple[str, ...] = ()
    item_column: str = ""
    notes: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    from_run: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution of a job over a list of items. Times are Unix seconds; None: not yet.

    `paused_seconds` adds up the finished pauses, `paused_since` begins the present one; `cancel_seconds` is what a
    cancel took until nothing of the run executed any more; `code_hash` names the code it ran with; `sample` says
    that it needs the sample site, `keyed` that equal items are performed once, `pinned` that it never goes by itself.
    `peak` is the most that ran of a pool that finds its own size (None: nothing yet). `preset` is the preset it came
    from (None: none), complete, as it was then. `on`: where its workers are, `local` or `cluster`; `clustered`: they
    are or were on a cluster, and go by names. `reuse`: it takes what is there already from earlier runs (None: it
    performs every item); `reused` of its ok items came so. `schedule` names the schedule that began it (empty: a
    person did). `budget` is where it is paused, `spent` what it has spent itself. `owner` is
    whose it is.
    """

    id: str
    job: str
    name: str
    state: RunState
    items: int
    ok: int = 0
    failed: int = 0
    cancelled: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    pool: Pool
    peak: Pool | None = None
    limits: Limits
    table: Table
    columns: tuple[Column, ...] = ()
    submitted_at: float
    started_at: float | None = None
    ended_at: float | None = None
    paused_since: float | None = None
    paused_seconds: float = 0.0
    cancel_seconds: float | None = None
    item_seconds: float = 0.0
    cpu_seconds: float = 0.0
    error: str = ""
    code_hash: str = ""
    sample: bool = False
    keyed: bool = False
    pinned: bool = False
    preset: RunPreset | None = None
    on: str = LOCAL
    clustered: bool = False
    reuse: Reuse | None = None
    reused: int = 0
    budget: Budget = field(default_factory=Budget)
    spent: Spent = field(default_factory=Spent)
    schedule: str = ""
    owner: str = OWNER
    nonce: str = ""

    @property
    def most_slots(self) -> int:
        """How many items could be in progress at once; of a pool that finds its own size, when it was largest (0: it
        has not begun)."""
        return self.pool.slots or (self.peak.slots if self.peak else 0)

    @property
    def pool_words(self) -> str:
        """Its pool; of one that finds its own size, with the most that ran: `auto (up to 1 process × 96 threads)`."""
        return f"{self.pool} (up to {self.peak})" if self.peak else str(self.pool)

    @property
    def done(self) -> int:
        """How many items have an outcome."""
        return self.ok + self.failed + self.cancelled

    @property
    def done_itself(self) -> int:
        """How many items have an outcome that it did not take from an earlier run."""
        return self.done - self.reused

    @property
    def waiting(self) -> int:
        """How many items have no outcome yet."""
        return self.items - self.done

    def seconds(self, now: float) -> float:
        """Wall time from submit to the last outcome (or `now`, Unix seconds), pauses excluded."""
        end = self.ended_at if self.ended_at is not None else now
        pausing = end - self.paused_since if self.paused_since is not None else 0.0
        return max(0.0, end - self.submitted_at - self.paused_seconds - max(0.0, pausing))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one item: of its last attempt, when, where and for how long (seconds; Unix seconds).

    `row` holds the job's columns; `detail` the raw words or traceback behind `error`; `worker` is its name and
    `slot` counts from 1, both None for what never ran; `waited_seconds` is from when it could have started (submit,
    or the end of the attempt before) until it did; `printed` what its attempts printed, where that was asked for;
    `reused_from` the run that performed it (its id), where it was not this one: then `started_at` is when it did.
    """

    seq: int = 0
    position: int
    state: ItemState
    code: str = ""
    error: str = ""
    detail: str = ""
    row: Mapping[str, Any] | None = None
    attempts: int = 0
    worker: WorkerName | None = None
    slot: int | None = None
    waited_seconds: float | None = None
    started_at: float | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    duplicate_of: int | None = None
    reused_from: str = ""
    printed: str = ""


class ItemResult(NamedTuple):
    """An item of a run at its position (from 1), with its outcome; None: it has none yet."""

    position: int
    item: Item
    outcome: Outcome | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at an item that was not its last: as an Outcome's fields of the same names; `kind` says why it was not
    final: `later` (TryLater), `lost` (its worker died), `retried` (final, until a person's retry)."""

    position: int
    number: int
    kind: str
    code: str
    error: str
    worker: WorkerName | None = None
    slot: int | None = None
    started_at: float | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a run's log: when (Unix seconds), what kind, in plain words, and the facts behind them."""

    at: float
    kind: str
    text: str
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class InProgress:
    """One item in progress now: where, since when (Unix seconds), and what it says of itself (share 0 to 1)."""

    position: int
    worker: WorkerName
    slot: int
    started_at: float
    share: float | None = None
    phase: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A run as it stands: its record, whether it is interrupted (running, and no live runner), what each code
    counts, what is in progress now, the rate of the last seconds (items a second; None: too early to say), the
    seconds left at that rate or by the slowest group (None: unknown), and holds in force as (group, until, why)."""

    run: Run
    interrupted: bool
    codes: Mapping[str, int]
    doing: tuple[InProgress, ...] = ()
    rate: float | None = None
    seconds_left: float | None = None
    slowest_group: str = ""
    holds: tuple[tuple[str, float, str], ...] = ()

    @property
    def in_progress(self) -> tuple[InProgress, ...]:
        """The items in progress that say how far they are."""
        return tuple(doing for doing in self.doing if doing.share is not None or doing.phase)


def run_name(text: str) -> str:
    """The name of a run as it is kept: one line of at most 200 characters."""
    return " ".join(text.split())[:200]
