"""The plain records that travel between the rooms, the states of runs and items, and the legal moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MACHINE_CODES: Mapping[str, str] = {
    "invalid_item": "the cell cannot be an item of this job",
    "over_budget": "refused before computing: it would cost more than the limit",
    "timeout": "not done at its deadline",
    "worker_lost": "its worker process died under it, also when tried alone",
    "out_of_memory": "needs more memory than a worker may have",
    "unencodable": "the job returned something that is not a row",
    "bug": "the job raised an exception it does not declare",
    "cancelled": "the run was cancelled before it had an outcome",
    "duplicate": "the same item as an earlier one: performed once and copied",
}
"""What an outcome's code may be beside a job's own list, and what it means."""


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


@dataclass(frozen=True, kw_only=True)
class Pool:
    """How a run is executed: worker processes × threads in each; both at least 1."""

    processes: int
    threads: int

    @property
    def slots(self) -> int:
        """How many items can be in progress at once."""
        return self.processes * self.threads

    @property
    def way(self) -> str:
        """sequential, threads, processes or both."""
        if self.slots == 1:
            return "sequential"
        if self.processes == 1:
            return "threads"
        return "processes" if self.threads == 1 else "both"

    def __str__(self) -> str:
        return f"{count(self.processes, 'process', 'processes')} × {count(self.threads, 'thread')}"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run allows: attempts per item (at least 1), seconds per attempt (None: no deadline), and how gentle it is
    with each group: items at once (None: no cap) and seconds between two starts (0: no pause and no throttling)."""

    attempts: int
    deadline: float | None
    at_once: int | None
    pause: float


@dataclass(frozen=True, kw_only=True)
class Column:
    """One output column: its name, its type (int, float, bool, str, json or file) and what it means.

    `joined`: the files of this column, one after the other, are one file with this ending (`.warc.gz`, say).
    """

    name: str
    type: str
    help: str = ""
    joined: str = ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One input as a person gave it: the cell that is the item, and the cells of the other columns of its line."""

    cell: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """What the items came from: its name (a file's), the user's columns in order, and which of them is the item.

    Without columns the input was a bare list and `item_column` is what the item is called in the result.
    """

    source: str = ""
    columns: tuple[str, ...] = ()
    item_column: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution of a job over a list of items. Times are Unix seconds; None: not yet.

    `paused_seconds` adds up the finished pauses, `paused_since` begins the present one; `cancel_seconds` is what a
    cancel took until nothing of the run executed any more; `code_hash` names the code it ran with; `sample` says
    that it needs the sample site, `keyed` that equal items are performed once.
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
    nonce: str = ""

    @property
    def done(self) -> int:
        """How many items have an outcome."""
        return self.ok + self.failed + self.cancelled

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

    `row` holds the job's columns; `detail` the raw words or traceback behind `error`; `worker` is a process id and
    `slot` counts from 1, both None for what never ran; `waited_seconds` is from when it could have started (submit,
    or the end of the attempt before) until it did.
    """

    seq: int = 0
    position: int
    state: ItemState
    code: str = ""
    error: str = ""
    detail: str = ""
    row: Mapping[str, Any] | None = None
    attempts: int = 0
    worker: int | None = None
    slot: int | None = None
    waited_seconds: float | None = None
    started_at: float | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    duplicate_of: int | None = None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try at an item that was not its last: as an Outcome's fields of the same names; `kind` says why it was not
    final: `later` (TryLater), `lost` (its worker died), `retried` (final, until a person's retry)."""

    position: int
    number: int
    kind: str
    code: str
    error: str
    worker: int | None = None
    slot: int | None = None
    started_at: float | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a run's log: when (Unix seconds), what kind, in plain words, and the facts behind them."""

    at: float
    kind: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Doing:
    """One item in progress now: where, since when (Unix seconds), and what it says of itself (share 0 to 1)."""

    position: int
    worker: int
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
    doing: tuple[Doing, ...] = ()
    rate: float | None = None
    seconds_left: float | None = None
    slowest_group: str = ""
    holds: tuple[tuple[str, float, str], ...] = ()

    @property
    def telling(self) -> tuple[Doing, ...]:
        """The items in progress that say how far they are."""
        return tuple(doing for doing in self.doing if doing.share is not None or doing.phase)


def run_name(text: str) -> str:
    """The name of a run as it is kept: one line of at most 200 characters."""
    return " ".join(text.split())[:200]


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 item`, `2,000 items`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(amount: float) -> str:
    """Bytes as a person reads them, each unit 1,024 of the one before: `512 bytes`, `1.5 KiB`, `120 MiB`."""
    if amount < 1024:
        return count(round(amount), "byte")
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        amount /= 1024
        if amount < 1023.5 or unit == "TiB":
            break
    shown = f"{amount:,.1f}".removesuffix(".0") if amount < 99.95 else f"{amount:,.0f}"
    return f"{shown} {unit}"
