"""The process of a worker on another machine, as its agent tells of it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from jobs.runtime.core.errors import FrameError, StoreError
from jobs.runtime.core.printed import Printed
from jobs.runtime.home import artifacts, literal_secrets, shared_files
from jobs.runtime.runner.cluster import envelopes
from jobs.runtime.runner.cluster.connection import Connection
from jobs.runtime.runner.cluster.received_file import ReceivedFile
from jobs.runtime.runner.cluster.remote_prints import RemotePrints
from jobs.runtime.runner.pool.worker_process import WorkerProcess
from jobs.runtime.worker import messages, protocol
from jobs.runtime.worker.slot_table import CELL, HEAD, HookState, SlotState, SlotTable

FIRST_NUMBER = 2**31
"""Workers elsewhere are numbered from here on: beyond what a process id can be, so that a signal to such a number, from
wherever, is refused. Below 1 it would go to a group, or to every process of this machine."""

PING_SECONDS = 1.0
LEASE_SECONDS = 5.0
"""An agent that has heard nothing for so long ends what it carries."""

GIVEN_UP_SECONDS = 8.0
"""One that has not been heard of for so long is given up: later than that, so that no two work at one item while clocks
run."""

LOADING_SECONDS = 60.0
"""One that loads the code has no items yet, and says nothing until it is there: on a busy machine it took 15 s."""


class RemoteProcess(WorkerProcess):
    """One worker and its agent. `pid` is a number that no process of this machine has; `name` is that of its machine,
    and the number beyond the first (`node7/3`). Until its agent comes, its pipe
    is one on which nothing is ever said. `give_up`: is called when it is over with it."""

    sentinel = -1

    def __init__(self, number: int, launch: envelopes.Launch, home: Path) -> None:
        self.pid, self.name = FIRST_NUMBER + number, f"cluster/{number}"
        self.machine, self.round_trip = "", 0.0
        self.lost_why = "the connection to its machine was lost"
        self.pipe, self._unused = socket.socketpair()
        self._connection: Connection | None = None
        self._waiting = bytearray(envelopes.encode(launch))
        self._home = home
        self.give_up: Callable[[], object] = lambda: None
        self.begun_at: float | None = None
        self._bodies, self._decoder = envelopes.bodies(), protocol.runner_side()
        self._greeted, self._patience = False, LOADING_SECONDS
        self._about = envelopes.NOTHING_YET
        self._table = table_of(self._about)
        self._taken = self._revoked = 0
        self._heard_at = self._asked_at = time.monotonic()
        self._skew = self._quickest = 0.0
        self._exit_code: int | None = None
        self._log = ""
        self._run = self._files = ""
        self._prints = RemotePrints(home, launch.job, self.pid)
        self._file: ReceivedFile | None = None

    # Its agent

    def attach(self, connection: Connection, machine: str, welcome: bytes) -> None:
        """Its agent has come, on this connection; `welcome` is what it is to hear first."""
        self.pipe.close()
        self._unused.close()
        self.machine, self.pipe, self._connection = machine, connection.sock, connection
        self.name = f"{machine}/{self.pid - FIRST_NUMBER}"
        self.lost_why = f"the connection to {machine} was lost"
        self._heard_at = self.begun_at = time.monotonic()
        connection.send(welcome + bytes(self._waiting))
        self._ask(self._heard_at)

    def lose(self, why: str) -> None:
        """It never came, and never will."""
        if self._connection is None and self._exit_code is None:
            self._exit_code, self._log = 1, why

    # The pipe

    @property
    def unsent(self) -> int:
        """Bytes that the connection has not taken yet."""
        return self._connection.unsent if self._connection is not None else 0

    def send(self, message: messages.ToWorker) -> None:
        """Put a message on its way; the secrets of a run go before it."""
        if isinstance(message, messages.Begin):
            self._run = message.run
            kept = literal_secrets.read(self._home, message.run)
            if kept:
                self._tell(envelopes.KeptSecrets(run=message.run, params=json.dumps(kept)))
        self._tell(envelopes.ToPipe(frames=protocol.encode(message)))

    def _tell(self, message: envelopes.ToAgent) -> None:
        frame = envelopes.encode(message)
        if self._connection is None:
            self._waiting += frame
        else:
            self._connection.send(frame)

    def flush(self) -> None:
        """Send what the connection takes."""
        if self._connection is not None:
            self._connection.flush()

    def read(self) -> Iterator[messages.Heard | None]:
        """What it has said by now; None at last, when it has ended. Raises OSError, FrameError."""
        yield from self.read_rest()
        if self._exit_code is not None or self._connection is None or self._connection.ended:
            yield None

    def read_rest(self) -> Iterator[messages.Heard]:
        """All that is left to be read of it. Raises OSError, FrameError."""
        received = self._connection.receive() if self._connection is not None else b""
        if not received:
            return
        self._heard_at = time.monotonic()
        for body in self._bodies.feed(received):
            yield from self._take(body)

    def _take(self, body: bytes) -> Iterator[messages.Heard]:
        if not self._greeted:
            self._greet(body)
            return
        match message := envelopes.read(body):
            case envelopes.FromPipe():
                self._taken = max(self._taken, message.taken)
                yield from map(self._in_our_time, self._decoder.feed(message.frames))
            case envelopes.About():
                self._look(message)
            case envelopes.Revoked():
                yield self._given_back(message)
            case envelopes.FilePiece() | envelopes.FileThere():
                self._take_file(message)
            case envelopes.Heartbeat():
                self._set_clock(message)
            case envelopes.Died():
                self._look(message.about)
                self._log, self._exit_code = message.log, -9 if message.code is None else message.code

    def _given_back(self, settled: envelopes.Revoked) -> messages.GivenBack:
        """What had not started when it was revoked. Raises FrameError."""
        if settled.ticket > self._revoked:
            raise FrameError(f"its agent gives back ticket {settled.ticket}, which nobody has asked for")
        first = max(self._taken, settled.taken) + 1
        return messages.GivenBack(tickets=list(range(first, settled.ticket + 1)))

    def _greet(self, body: bytes) -> None:
        """Its machine says whether it can run the code. Raises FrameError."""
        said = envelopes.plain(body)
        refused, self._files = said.get("refused"), str(said.get("files", ""))
        if refused != "":
            self._log, self._exit_code = f"{self.machine}: {refused}", 1
        self._greeted, self._patience = True, GIVEN_UP_SECONDS

    def _in_our_time(self, heard: messages.Heard) -> messages.Heard:
        """With the stamps of its machine as they would be here."""
        if isinstance(heard, messages.NotReady):
            return messages.NotReady(reason=f"{self.machine}: {heard.reason}"[: messages.MAX_REASON])
        if not isinstance(heard, messages.Answers):
            return heard
        shift, change = self._skew, msgspec.structs.replace
        moved = [change(one, started=one.started + shift, finished=one.finished + shift) for one in heard.answers]
        return messages.Answers(answers=moved)

    def _set_clock(self, answer: envelopes.Heartbeat) -> None:
        """By the quickest answer so far: half of its way was the way back. How long a word takes, the last ones tell: a
        machine that is busy would have too little to do, by the quickest, until the next items come."""
        seconds = max(1e-6, time.monotonic() - answer.sent)
        self.round_trip = 0.7 * self.round_trip + 0.3 * seconds if self.round_trip else seconds
        if not self._quickest or seconds < self._quickest:
            self._quickest = seconds
            self._skew = answer.sent + seconds / 2 - answer.answered

    def _take_file(self, piece: envelopes.FilePiece | envelopes.FileThere) -> None:
        """Take in a file of the run, or a piece of one. Raises OSError, FrameError."""
        if piece.run != self._run or not artifacts.is_file_name(piece.name):
            raise FrameError(f"it sent a file that is not of its run: {piece.run[:40]}/{piece.name[:80]}")
        try:
            if isinstance(piece, envelopes.FileThere):
                shared_files.take(self._home, self._files, piece.run, piece.name)
                return
            self._file = self._file or ReceivedFile(self._home, piece.run, piece.name, self.pid)
            self._file.write(piece.content)
            if piece.last:
                self._file.finish()
                self._file = None
        except StoreError as error:
            raise OSError(f"{piece.name} cannot be written: {error}") from error

    # What it does

    def _look(self, about: envelopes.About) -> None:
        self._about = about
        self._table = table_of(about)
        self._taken = max(self._taken, self._table.highest_taken())
        self._prints.take(self._run, about.printed)

    def busy(self) -> list[SlotState]:
        """The slots that were busy at the last look."""
        return [replace(slot, started=slot.started + self._skew) for slot in self._table.busy()]

    def last(self) -> list[SlotState]:
        """What each slot took last, at the last look."""
        return [replace(slot, started=slot.started + self._skew) for slot in self._table.last()]

    def highest_taken(self) -> int:
        """The highest ticket that any slot is known to have taken, 0 for none."""
        return self._taken

    def resize(self, slots: int) -> None:
        """Have so many slots at work."""
        self._tell(envelopes.Resized(slots=slots))

    def hook(self) -> HookState | None:
        """The hook of the job that it was in at the last look."""
        found = self._table.hook()
        return None if found is None else replace(found, started=found.started + self._skew)

    def printed(self, slot: SlotState) -> Printed | None:
        """What the item in a slot had printed at the last look that was had of it."""
        return self._prints.of(slot.ticket)

    def revoke(self, ticket: int) -> None:
        """Tickets up to this one do not start any more; its agent says which had started, and the others are given
        back then."""
        self._revoked = max(self._revoked, ticket)
        self._tell(envelopes.Revoke(ticket=ticket))

    def taken_when_revoked(self) -> int:
        """All that was revoked may have started, until the agent says what has."""
        return self._revoked

    def is_stopped(self) -> bool:
        """Whether it was stopped at the last look."""
        return self._about.stopped

    def cpu_of(self, thread: int) -> float | None:
        """CPU seconds of one of its busy threads (native id) at the last look."""
        return self._about.threads.get(thread)

    def cpu(self) -> float | None:
        """CPU seconds of all its threads at the last look."""
        return self._about.cpu

    def resident(self) -> int | None:
        """Bytes of it in memory at the last look."""
        return self._about.resident

    def begin_use(self) -> None:
        """What it uses is counted from here on."""
        self._tell(envelopes.Count())

    def used(self) -> dict[str, Any] | None:
        """What it had used since, at the last look."""
        used, nothing = self._about.used, {"cpu_seconds": None, "peak_bytes": None}
        return None if used is None else {**nothing, **used, "worker": self.name}

    # Its end

    @property
    def exit_code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None: its agent has not said so."""
        return self._exit_code

    def has_ended(self) -> bool:
        """Whether it has ended, or its machine was not heard of for too long; asks whether it is there."""
        now = time.monotonic()
        if self._exit_code is not None:
            return True
        if self._connection is None:
            return False
        if now - self._heard_at > self._patience:
            self.lost_why = f"{self.machine} was not heard of for {self._patience:.0f} s"
            return True
        if now - self._asked_at >= PING_SECONDS:
            self._ask(now)
        return False

    def _ask(self, now: float) -> None:
        self._asked_at = now
        self._tell(envelopes.Heartbeat(sent=now))

    def kill(self) -> None:
        """Have its agent kill it and its process group; where none has come, none is wanted any more."""
        self.lose("it was not wanted any more")
        self._patience = GIVEN_UP_SECONDS
        self._tell(envelopes.Kill())

    def reap(self, seconds: float) -> bool:
        """Wait so long for its end; returns whether it has come."""
        limit = time.monotonic() + seconds
        while self._exit_code is None and self._connection is not None and not self._connection.ended:
            if time.monotonic() > limit or self.has_ended():
                break
            for _ in self.read_rest():
                pass
            time.sleep(0.005)
        return self._exit_code is not None

    def error_log(self) -> str:
        """The end of what it printed that was no item's, once it has ended."""
        return self._log

    def bound_log(self) -> None:
        """Its agent does."""

    def discard_log(self) -> None:
        """Its agent has taken it along; what its items have printed is stored by now."""
        self._prints.discard()

    def close(self) -> None:
        """Let the connection go: its agent ends with it."""
        self.pipe.close()
        self._unused.close()
        self.give_up()
        if self._files:
            shared_files.leave(self._home, self._files)
        if self._file is not None:
            self._file.close()


def table_of(about: envelopes.About) -> SlotTable:
    """The slot table as it was then. Raises FrameError."""
    cells, rest = divmod(len(about.table) - 8 * HEAD, 8 * CELL)
    if cells < 0 or rest:
        raise FrameError(f"its agent sent a slot table of {len(about.table)} bytes")
    return SlotTable(bytearray(about.table), cells)
