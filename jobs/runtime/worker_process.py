"""A worker as the runner sees it: one socket, one board, and the items that are out."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path

from jobs.runtime import board, frames, usage, worker_logs
from jobs.runtime.schedule import Entry

DEPTH_SECONDS = 0.007
"""Of 7, 10, 14, 20 and 30 ms, on a busy machine: the lag grew with the depth; whether deeper is faster, the noise did
not let one see (tests/bench/lag.py)."""

MAX_DEPTH = 256


@dataclass(eq=False)
class WorkerProcess:
    """One worker: its process, pipe and board; `out` maps tickets to what it holds; times are monotonic."""

    process: SpawnProcess
    pid: int
    job: str
    slots: int
    pipe: socket.socket
    board: board.Board
    log: Path
    started_at: float
    ready_at: float | None = None
    out: dict[int, Entry] = field(default_factory=dict)
    run: int | None = None
    ticket: int = 1
    outbox: bytearray = field(default_factory=bytearray)
    decoder: frames.Decoder = field(default_factory=frames.Decoder)
    rate: float = 0.0
    last_heard: float = 0.0
    shelved_at: float | None = None
    retiring: bool = False
    dead: bool = False
    killed_why: str = ""
    at_fault: bool = False
    pinged_at: float | None = None
    ponged_at: float | None = None
    cpu_then: dict[int, float | None] = field(default_factory=dict)
    starved: float = 0.0
    starved_at: float = 0.0
    stopped_since: float | None = None
    silent_since: float | None = None
    troubled_at: float | None = None
    recalled: bool = False
    planning: tuple[int, int, float] | None = None
    first_size: int = 0
    begun: usage.Mark | None = None

    @property
    def ready(self) -> bool:
        """Whether it can take items."""
        return self.ready_at is not None and not self.retiring and not self.dead

    def depth(self) -> int:
        """How many items it may hold: one a slot, and 7 ms worth of its measured rate behind them."""
        return min(MAX_DEPTH, self.slots + int(self.rate * DEPTH_SECONDS)) if self.slots < MAX_DEPTH else self.slots

    def free_slots(self) -> int:
        """How many slots have nothing to do."""
        return max(0, self.slots - len(self.out))

    def heard(self, answers: int, now: float) -> None:
        """Measure its rate by the answers that came together."""
        elapsed = max(1e-6, now - self.last_heard)
        self.rate = 0.7 * self.rate + 0.3 * min(100_000.0, answers / elapsed)
        self.last_heard = now
        self.recalled = False

    def error_log(self) -> str:
        """The end of what it printed."""
        return worker_logs.tail(self.log)
