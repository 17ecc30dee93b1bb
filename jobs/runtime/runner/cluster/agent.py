"""On a machine of the cluster: starts a worker there as the runner would, relays its bytes and tells of it.

    runner ═ connection ═ Agent ─ pipe, slot table, log ─ worker process

It ends, and its worker with it, when the connection does, when whoever has started it does (standard input), and when
it has heard nothing for the lease. What an item writes to a file goes before the answer that names it.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from jobs.runtime.core import settings
from jobs.runtime.core.private_files import make_folder
from jobs.runtime.home import artifacts, literal_secrets, shared_files, worker_logs
from jobs.runtime.runner.cluster import envelopes
from jobs.runtime.runner.cluster.connection import Connection
from jobs.runtime.runner.pool.local_process import LocalProcess, launch
from jobs.runtime.worker import protocol

LOOK_SECONDS = 0.25
SOON_SECONDS = 0.05
"""After an answer: what its slot does next is to be known. What the system says of the worker, some twenty files of
/proc, is read no more often than at the other looks."""

RECALL_SECONDS = 0.001
MOST_UNSENT = 1 << 20
"""Bytes that wait to be sent, beyond which the worker waits too."""

MOST_PRINTED = 1 << 18


def files_of(welcome: dict[str, Any]) -> Path | None:
    """Where files go that need not travel, since this machine has the runner's JOBS_HOME too; its sample site is then
    found where one's own would be."""
    there = Path(welcome["home"])
    files = shared_files.join(there, welcome["word"])
    if files is not None:
        shared_files.link_site(there, Path(os.environ["JOBS_HOME"]))
    return files


def serve(wire: socket.socket, home: Path, files: Path | None, lease: float) -> None:
    """Be the agent, until it is over."""
    make_folder(home / worker_logs.FOLDER)
    settings.check()
    Agent(Connection(wire), home, files, lease).run()


class Agent:
    """One agent with one worker. `files`: where its files go that need not travel (None: they must); `lease`: seconds
    without a word from the runner after which it ends."""

    def __init__(self, connection: Connection, home: Path, files: Path | None, lease: float) -> None:
        self.connection, self.home, self.files, self.lease = connection, home, files, lease
        self._told: set[tuple[str, str]] = set()
        self.worker: LocalProcess | None = None
        self.over = False
        self._used: dict[str, Any] | None = None
        self._figures, self._figures_until = dict[str, Any](), 0.0
        self._decoder = envelopes.agent_side()
        self._heard_at = time.monotonic()
        self._next_look = 0.0
        self._relayed: Iterator[None] | None = None
        self._selector = selectors.DefaultSelector()
        self._selector.register(connection.sock, selectors.EVENT_READ, self._hear)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._end)

    def run(self) -> None:
        """Relay until it is over, then end the worker."""
        try:
            self._hear()  # TLS may hold what came with the last of the code
            while not self.over:
                self._watch()
                for key, _ in self._selector.select(self._timeout()):
                    key.data()
                self._relay_on()
                self._look()
        finally:
            if self.worker is not None:
                self.worker.kill()
                self.worker.reap(5)

    def _timeout(self) -> float:
        return 0.0 if self._relayed is not None and self._has_room() else max(0.0, self._next_look - time.monotonic())

    def _has_room(self) -> bool:
        return self.connection.unsent < MOST_UNSENT

    def _watch(self) -> None:
        """Listen to the worker while what it says can be sent on."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.connection.unsent else 0)
        self._selector.modify(self.connection.sock, wanted, self._hear)
        if self.worker is None:
            return
        events = selectors.EVENT_WRITE if self.worker.unsent else 0
        if self._relayed is None and self._has_room():
            events |= selectors.EVENT_READ
        with suppress(KeyError):
            self._selector.unregister(self.worker.pipe)
        if events:
            self._selector.register(self.worker.pipe, events, self._serve_pipe)

    def _end(self) -> None:
        self.over = True

    # From the runner

    def _hear(self) -> None:
        self.connection.flush()
        received = self.connection.receive()
        if received:
            self._heard_at = time.monotonic()
        for message in self._decoder.feed(received):
            self._take(message)
        self.over = self.over or self.connection.ended

    def _take(self, message: envelopes.ToAgent) -> None:
        match message:
            case envelopes.Launch():
                self._launch(message)
            case envelopes.Heartbeat():
                self._say(envelopes.Heartbeat(sent=message.sent, answered=time.monotonic()))
            case envelopes.KeptSecrets():
                literal_secrets.remove(self.home, message.run)
                literal_secrets.keep(self.home, message.run, message.plain())
            case _ if self.worker is not None:
                self._tell(self.worker, message)

    def _launch(self, asked: envelopes.Launch) -> None:
        self.worker = launch(asked.job, asked.slots, self.home, asked.memory, self.files)
        self._selector.register(self.worker.sentinel, selectors.EVENT_READ, self._bury)

    def _tell(self, worker: LocalProcess, message: envelopes.ToAgent) -> None:
        match message:
            case envelopes.ToPipe():
                worker.pass_on(message.frames)
            case envelopes.Revoke():
                worker.revoke(message.ticket)
                time.sleep(RECALL_SECONDS)
                taken = min(message.ticket, worker.taken_when_revoked())
                self._say(envelopes.Revoked(ticket=message.ticket, taken=taken))
            case envelopes.Resized():
                worker.resize(message.slots)
            case envelopes.Count():
                worker.begin_use()
                self._figures_until = 0.0
            case envelopes.Kill():
                worker.kill()
                self._bury()

    # To the runner

    def _say(self, message: envelopes.FromAgent) -> None:
        self.connection.send(envelopes.encode(message))

    def _serve_pipe(self) -> None:
        worker = self.worker
        assert worker is not None
        worker.flush()
        if self._relayed is not None or not self._has_room():
            return
        try:
            frames = worker.pipe.recv(protocol.READ)
        except BlockingIOError:
            return
        except OSError:
            frames = b""
        if frames:
            self._relayed = self._relay(worker, frames)
        else:
            self._bury()

    def _relay(self, worker: LocalProcess, frames: bytes) -> Iterator[None]:
        """Send on what the worker has said, after the files that it has written; yields where there may be no room."""
        taken = worker.highest_taken()
        if self.files is None:
            for run, name in artifacts.written(self.home):
                yield from self._send_file(run, name)
        else:
            self._tell_of_files(self.files)
        self._say(envelopes.FromPipe(taken=taken, frames=frames))
        self._next_look = min(self._next_look, time.monotonic() + SOON_SECONDS)

    def _tell_of_files(self, files: Path) -> None:
        """Name those that the runner has not heard of: it takes them away when it hears."""
        there = set(artifacts.written(files))
        for run, name in sorted(there - self._told):
            self._say(envelopes.FileThere(run=run, name=name))
        self._told = there

    def _send_file(self, run: str, name: str) -> Iterator[None]:
        path = artifacts.folder(self.home, run) / name
        with path.open("rb") as file:
            left = os.fstat(file.fileno()).st_size
            while True:
                content = file.read(envelopes.MAX_PIECE)
                left -= len(content)
                self._say(envelopes.FilePiece(run=run, name=name, content=content, last=left <= 0 or not content))
                if left <= 0 or not content:
                    break
                yield
        path.unlink()

    def _relay_on(self) -> None:
        """Go on with what is to be sent on, as far as there is room."""
        while self._relayed is not None and self._has_room():
            if next(self._relayed, self) is self:
                self._relayed = None

    def _look(self) -> None:
        """Now and then: how the worker is, and whether the runner is still there."""
        now = time.monotonic()
        if self.over or now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        if now - self._heard_at > self.lease:
            self.over = True
        elif self.worker is not None:
            self.worker.bound_log()
            if self.worker.has_ended():
                self._bury()
            elif self._has_room():
                self._say(self._about(self.worker))

    def _about(self, worker: LocalProcess) -> envelopes.About:
        if time.monotonic() >= self._figures_until:
            self._figures_until = time.monotonic() + LOOK_SECONDS
            busy, self._used = worker.busy(), worker.used()
            self._figures = {
                "stopped": worker.is_stopped(),
                "resident": worker.resident(),
                "cpu": worker.cpu(),
                "threads": {slot.native: cpu for slot in busy if (cpu := worker.cpu_of(slot.native)) is not None},
            }
        printed = self._printed(worker)
        return envelopes.About(table=worker.snapshot(), **self._figures, used=self._used, printed=printed)

    def _printed(self, worker: LocalProcess) -> list[envelopes.SlotPrints]:
        """What the items in its slots have printed, as much as should go at once."""
        found, size = [], 0
        for slot in worker.last() if worker.has_printed() else ():
            place = worker.print_place(slot)
            if place is not None and size + len(place[1].kept) <= MOST_PRINTED:
                (ticket, position, attempt, _), printed = place
                found.append(
                    envelopes.SlotPrints(
                        ticket=ticket, slot=slot.slot, position=position, attempt=attempt, printed=printed
                    )
                )
                size += len(printed.kept)
        return found

    def _bury(self) -> None:
        """The worker has ended, or its pipe: send the last it said and what it was at, and leave."""
        worker, self.worker = self.worker, None
        if worker is None:
            return
        worker.kill()
        worker.reap(5)
        for _ in self._last_words(worker):
            self.connection.wait_for_room(self.lease)
        code, log = worker.exit_code, worker.error_log()
        used = self._used
        about = msgspec.structs.replace(self._about(worker), used=used)
        self._say(envelopes.Died(code=code, about=about, log=log))
        self.connection.drain(self.lease)
        self.over = True

    def _last_words(self, worker: LocalProcess) -> Iterator[None]:
        yield from self._relayed or ()
        while frames := worker.rest():
            yield from self._relay(worker, frames)
