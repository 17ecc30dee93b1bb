"""What the runner asks of the process of a worker, wherever that runs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, Protocol

from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.core.printed import Printed
from jobs.runtime.worker import messages
from jobs.runtime.worker.slot_table import HookState, SlotState


class WorkerProcess(Protocol):
    """A worker process. `pid` tells it from the other workers of this runner, and `name` is what it is called wherever
    people see it: its process id, or machine and number; `machine` is where it runs (empty: here);
    `begun_at` when it was begun with there (monotonic; None: it waits for a place); `round_trip` the seconds that a
    word to it and back takes; `lost_why` what has become of it where its pipe ends and it does not say."""

    pid: int
    name: WorkerName
    pipe: socket.socket
    machine: str
    begun_at: float | None
    round_trip: float
    lost_why: str

    # The pipe

    @property
    def sentinel(self) -> int:
        """What the system makes readable when the process ends; -1: nothing."""

    @property
    def unsent(self) -> int:
        """Bytes that the pipe has not taken yet."""

    def send(self, message: messages.ToWorker) -> None:
        """Put a message on its way; what the pipe does not take now follows with `flush`."""

    def flush(self) -> None:
        """Send what the pipe takes."""

    def read(self) -> Iterator[messages.Heard | None]:
        """What it has said by now; None at last, when its pipe has ended. Raises OSError, FrameError."""

    def read_rest(self) -> Iterator[messages.Heard]:
        """All that is left to be read of it. Raises OSError, FrameError."""

    # What it does

    def busy(self) -> list[SlotState]:
        """The slots that are busy."""

    def last(self) -> list[SlotState]:
        """What each slot took last, also where it is done with it."""

    def highest_taken(self) -> int:
        """The highest ticket that any slot has taken, 0 for none."""

    def resize(self, slots: int) -> None:
        """Have so many slots at work; those that it has had keep their cells."""

    def hook(self) -> HookState | None:
        """The hook of the job that it is in."""

    def printed(self, slot: SlotState) -> Printed | None:
        """What the item in a slot has printed so far; None: nothing."""

    def revoke(self, ticket: int) -> None:
        """Tickets up to this one do not start any more."""

    def taken_when_revoked(self) -> int:
        """The highest ticket that may have started when others were revoked; what it gives back later was among
        these."""

    def is_stopped(self) -> bool:
        """Whether it is stopped (SIGSTOP, or a debugger)."""

    def cpu_of(self, thread: int) -> float | None:
        """CPU seconds of one of its threads (native id); None where the system does not say."""

    def cpu(self) -> float | None:
        """CPU seconds of all its threads; None where the system does not say."""

    def resident(self) -> int | None:
        """Bytes of it in memory; None where the system does not say."""

    def begin_use(self) -> None:
        """What it uses is counted from here on."""

    def used(self) -> dict[str, Any] | None:
        """What it has used since; None: it was not counted."""

    # Its end

    @property
    def exit_code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None: it is not known to have ended."""

    def has_ended(self) -> bool:
        """Whether it has ended, also where its pipe and its sentinel do not say so; asked some times a second."""

    def kill(self) -> None:
        """Kill it and its process group."""

    def reap(self, seconds: float) -> bool:
        """Kill what is left of its group, and wait so long for its end; returns whether it has come."""

    def error_log(self) -> str:
        """The end of what it printed that was no item's."""

    def bound_log(self) -> None:
        """Begin its log anew when it has grown large."""

    def discard_log(self) -> None:
        """Remove its log where it had nothing to say, and what its items have printed."""

    def close(self) -> None:
        """Let the pipe go."""
