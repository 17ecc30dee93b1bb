"""A worker's process on this machine: started, written to and read from, looked at, killed.

All that is known of a process by its id, its page of shared memory or its log is asked here.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from jobs.runtime.core.printed import Printed
from jobs.runtime.home import print_files, worker_logs
from jobs.runtime.runner.pool import os_process, usage
from jobs.runtime.runner.pool.outbox import Outbox
from jobs.runtime.runner.pool.worker_process import WorkerProcess
from jobs.runtime.worker import messages, protocol
from jobs.runtime.worker.slot_table import HookState, SlotState, SlotTable, new_memory, spawn_context
from jobs.runtime.worker.start import start
from jobs.runtime.worker.terms import Terms


class LocalProcess(WorkerProcess):
    """One worker process: its pipe, its slot table, its log, and what the system says of it."""

    machine = ""
    round_trip = 0.0
    lost_why = "its pipe closed"

    def __init__(self, process: SpawnProcess, pipe: socket.socket, slot_table: SlotTable, log: Path) -> None:
        self.pid = self.name = process.pid or 0
        self.begun_at: float | None = time.monotonic()
        self.pipe = pipe
        self._process, self._slot_table, self._log = process, slot_table, log
        self._outbox = Outbox(pipe)
        self._decoder = protocol.runner_side()
        self._begun: usage.UsageBaseline | None = None

    # The pipe

    @property
    def sentinel(self) -> int:
        """What the system makes readable when the process ends."""
        return self._process.sentinel

    @property
    def unsent(self) -> int:
        """Bytes that the pipe has not taken yet."""
        return len(self._outbox)

    def send(self, message: messages.ToWorker) -> None:
        """Put a message on its way; what the pipe does not take now follows with `flush`."""
        self.pass_on(protocol.encode(message))

    def pass_on(self, frames: bytes) -> None:
        """The same with messages that are encoded."""
        self._outbox.put(frames)

    def flush(self) -> None:
        """Send what the pipe takes."""
        self._outbox.flush()

    def read(self) -> Iterator[messages.Heard | None]:
        """What it has said by now; None at last, when its pipe has ended. Raises OSError, FrameError."""
        try:
            received = self.pipe.recv(protocol.READ)
        except BlockingIOError:
            return
        yield from self._decoder.feed(received)
        if not received:
            yield None

    def read_rest(self) -> Iterator[messages.Heard]:
        """All that is left to be read of it. Raises OSError, FrameError."""
        while received := self._receive():
            yield from self._decoder.feed(received)

    def rest(self) -> bytes:
        """Some of what is left in its pipe, as it is; empty: nothing, or it cannot be read."""
        with suppress(OSError):
            return self._receive()
        return b""

    def _receive(self) -> bytes:
        try:
            return self.pipe.recv(protocol.READ)
        except BlockingIOError:
            return b""

    # What it does

    def busy(self) -> list[SlotState]:
        """The slots that are busy."""
        return self._slot_table.busy()

    def last(self) -> list[SlotState]:
        """What each slot took last, also where it is done with it."""
        return self._slot_table.last()

    def highest_taken(self) -> int:
        """The highest ticket that any slot has taken, 0 for none."""
        return self._slot_table.highest_taken()

    def resize(self, slots: int) -> None:
        """Have so many slots at work; those that it has had keep their cells."""
        self._slot_table.slots = max(self._slot_table.slots, min(slots, self._slot_table.capacity))
        self.send(messages.Resize(slots=slots))

    def snapshot(self) -> bytes:
        """Its slot table as it is now."""
        return self._slot_table.snapshot()

    def hook(self) -> HookState | None:
        """The hook of the job that it is in."""
        return self._slot_table.hook()

    def printed(self, slot: SlotState) -> Printed | None:
        """What the item in a slot has printed so far; None: nothing."""
        found = self.print_place(slot)
        return found[1] if found else None

    def print_place(self, slot: SlotState) -> tuple[print_files.Heading, Printed] | None:
        """The same, and whose it is."""
        return print_files.place(self._log.with_suffix(worker_logs.PRINTS), slot.slot, slot.ticket)

    def has_printed(self) -> bool:
        """Whether any of its items has printed anything."""
        return self._log.with_suffix(worker_logs.PRINTS).exists()

    def revoke(self, ticket: int) -> None:
        """Tickets up to this one do not start any more, and what was taken by then is known a millisecond later."""
        self._slot_table.revoked = ticket

    def taken_when_revoked(self) -> int:
        """The highest ticket that has started, once what was revoked is settled."""
        return self.highest_taken()

    def is_stopped(self) -> bool:
        """Whether it is stopped (SIGSTOP, or a debugger)."""
        return os_process.stopped(self.pid)

    def cpu_of(self, thread: int) -> float | None:
        """CPU seconds of one of its threads (native id); None where the system does not say."""
        return os_process.thread_cpu(self.pid, thread)

    def cpu(self) -> float | None:
        """CPU seconds of all its threads; None where the system does not say."""
        return os_process.process_cpu(self.pid)

    def resident(self) -> int | None:
        """Bytes of it in memory; None where the system does not say."""
        return os_process.resident_size(self.pid)

    def begin_use(self) -> None:
        """What it uses is counted from here on."""
        self._begun = usage.baseline(self.pid)

    def used(self) -> dict[str, Any] | None:
        """What it has used since; None: it was not counted."""
        return None if self._begun is None else usage.since(self.pid, self._begun)

    # Its end

    @property
    def exit_code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None: it is not known to have ended."""
        return self._process.exitcode

    def has_ended(self) -> bool:
        """Whether it has ended, also where something that it has forked holds its pipe and its sentinel."""
        return os_process.ended(self.pid)

    def kill(self) -> None:
        """Kill it and its process group."""
        os_process.kill_group(self.pid)

    def reap(self, seconds: float) -> bool:
        """Kill what is left of its group, and wait so long for its end; returns whether it has come."""
        os_process.kill_strays(self.pid)
        self._process.join(seconds)
        return self._process.exitcode is not None

    def error_log(self) -> str:
        """The end of what it printed that was no item's."""
        return worker_logs.tail(self._log)

    def bound_log(self) -> None:
        """Begin its log anew when it has grown large."""
        worker_logs.bound(self._log)

    def discard_log(self) -> None:
        """Remove its log where it had nothing to say, and what its items have printed."""
        worker_logs.discard(self._log)

    def close(self) -> None:
        """Let the pipe go."""
        self.pipe.close()


def launch(job: str, slots: int, home: Path, memory: int, files: Path | None = None) -> LocalProcess:
    """Start a worker of a job with so many slots; `memory`: bytes it may allocate; `files`: where its artifacts go, if
    not to `home`. Raises OSError."""
    ours, theirs = socket.socketpair()
    context = spawn_context()
    shared = new_memory(context, slots)
    terms = Terms(job=job, slots=slots, home=home, files=files or home, runner=os.getpid(), memory=memory)
    process = context.Process(target=start, args=(theirs, shared, terms), name=f"worker of {job}")
    try:
        process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    ours.setblocking(False)
    return LocalProcess(process, ours, SlotTable(shared, slots), worker_logs.path(home, job, process.pid or 0))
