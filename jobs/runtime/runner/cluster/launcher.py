"""Starts workers on the machines of a cluster: has agents started there, and lets in those that come and are expected.

    launch ─► EngineProcess ─► (the cluster) ─► agent ─► listener ─► hello, token ─► RemoteProcess.attach

All that agents say comes over connections that they open to this process. With TLS both sides show a certificate of the
cluster's authority; without it, this listens on this machine's own address alone.
"""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from jobs.runtime import catalog
from jobs.runtime.core import secrets, settings
from jobs.runtime.core.cluster_address import ClusterAddress
from jobs.runtime.core.errors import BadSecret, FrameError
from jobs.runtime.core.records import CLUSTER
from jobs.runtime.home import cluster_state
from jobs.runtime.home.cluster_state import ClusterState, MachineState
from jobs.runtime.runner.cluster import code_archive, envelopes
from jobs.runtime.runner.cluster.code_archive import CodeArchive
from jobs.runtime.runner.cluster.connection import Connection
from jobs.runtime.runner.cluster.engine_process import EngineProcess
from jobs.runtime.runner.cluster.remote_process import FIRST_NUMBER, LEASE_SECONDS, RemoteProcess
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.pool.worker_process import WorkerProcess
from jobs.runtime.worker.protocol import framed

TELL_SECONDS = 1.0
MOST_STRANGERS = 256
"""Connections that have not said yet who they are; the oldest makes way."""

QUIET_SECONDS = 60.0
"""Once it is said that somebody was sent away, others are only counted: a stranger must not fill the disk with them."""


class ClusterLauncher:
    """One cluster, of which nothing is asked before the first worker. `memory`: bytes that a worker may allocate;
    `selector`: what the runner waits with; `say`: is told what happens to the cluster itself."""

    def __init__(self, home: Path, memory: int, selector: selectors.BaseSelector, say: Callable[[str], None]) -> None:
        self.home, self.memory, self.say = home, memory, say
        self.facts: dict[str, Any] = {}
        self._selector = selector
        self._listener: socket.socket | None = None
        self._engine: EngineProcess | None = None
        self._tls: ssl.SSLContext | None = None
        self._expected: dict[str, RemoteProcess] = {}
        self._strangers: dict[socket.socket, None] = {}
        self._sent_away, self._quiet_until = 0, 0.0
        self._number = 0
        self._trouble = ""
        self._next_telling = 0.0
        self._code: tuple[str, CodeArchive] | None = None

    def launch(self, job: str, slots: int) -> RemoteProcess:
        """A worker of a job with so many slots, which waits for a place in the cluster. Raises OSError."""
        address: ClusterAddress | None = settings.value("JOBS_CLUSTER")
        if address is None:
            raise OSError("there is no cluster: JOBS_CLUSTER names none")
        engine, listener = self._open(address)
        self._number += 1
        token = token_hex(16)
        asked = envelopes.Launch(job=job, slots=slots, memory=self.memory)
        process = RemoteProcess(self._number, asked, self.home, partial(self._give_up, self._number, token))
        self._expected[token] = process
        engine.want(self._number, {"address": listener.getsockname()[:2], "token": token, "tls": None})
        self.look()
        return process

    def look(self) -> None:
        """Start the engine's process again where it is missing."""
        if self._engine is None:
            return
        try:
            descriptor = self._engine.look(time.monotonic())
        except OSError as error:
            self._trouble_is(f"the process of the cluster's engine did not start: {error.strerror or error}")
            return
        if descriptor is not None:
            self._selector.register(descriptor, selectors.EVENT_READ, partial(self._hear_engine, descriptor))

    def tell(self, workers: Iterable[WorkerHandle]) -> None:
        """Write down how it stands, now and then; `workers`: all of the runner, wherever they are."""
        now = time.monotonic()
        if self._engine is None or now < self._next_telling:
            return
        self._next_telling = now + TELL_SECONDS
        there = [worker.process for worker in workers if worker.on == CLUSTER]
        names = sorted({process.machine for process in there if process.machine})
        state = ClusterState(
            address=str(settings.value("JOBS_CLUSTER") or ""),
            waiting=sum(process.begun_at is None for process in there),
            trouble=self._trouble,
            dashboard=str(self.facts.get("dashboard", "")),
            machines=tuple(_state_of(name, [one for one in there if one.machine == name]) for name in names),
        )
        cluster_state.write(self.home, state)

    def close(self) -> None:
        """Leave the cluster."""
        cluster_state.remove(self.home)
        for sock in [*self._strangers, self._listener]:
            if sock is not None:
                sock.close()
        if self._engine is not None:
            self._engine.close()

    # The engine

    def _open(self, address: ClusterAddress) -> tuple[EngineProcess, socket.socket]:
        if self._engine is None or self._listener is None:
            certificates = address.certificates(settings.value("JOBS_CLUSTER_CERTIFICATES"))
            self._tls = _context(certificates["runner"]) if certificates else None
            self._listener = socket.create_server((address.own_address(), 0), backlog=128)
            self._listener.setblocking(False)
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
            shown = certificates["worker" if address.scheme == "processes" else "runner"] if certificates else None
            words = {"scheme": address.scheme, "address": str(address), "count": address.count, "tls": shown}
            self._engine = EngineProcess({"engine": words}, self._heard_engine)
        return self._engine, self._listener

    def _hear_engine(self, descriptor: int) -> None:
        assert self._engine is not None
        if not self._engine.read():
            self._selector.unregister(descriptor)

    def _heard_engine(self, line: dict[str, Any]) -> None:
        if "ended" in line:
            self._agent_ended(int(line["ended"]), str(line["why"]))
        elif "trouble" in line:
            self._trouble_is(f"the cluster cannot be reached: {line['trouble']}; this is tried again until it can")
        elif "facts" in line:
            self.facts = line["facts"]
            self._trouble_is("")

    def _agent_ended(self, number: int, why: str) -> None:
        if self._engine is not None:
            self._engine.drop(number)
        for token, process in list(self._expected.items()):
            if process.pid == FIRST_NUMBER + number:
                del self._expected[token]
                process.lose(f"its agent ended before it came: {why or 'it said nothing'}")

    def _give_up(self, number: int, token: str) -> None:
        """It is over with this one: no agent is wanted for it."""
        self._expected.pop(token, None)
        if self._engine is not None:
            self._engine.drop(number)

    def _trouble_is(self, sentence: str) -> None:
        if sentence != self._trouble:
            self.say(sentence or "the cluster is reached again")
            self._trouble = sentence

    # Those that come

    def _accept(self) -> None:
        assert self._listener is not None
        with suppress(OSError):
            sock, _ = self._listener.accept()
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            while len(self._strangers) >= MOST_STRANGERS:
                self._forget(next(iter(self._strangers)), close=True)
            self._strangers[sock] = None
            hello = envelopes.hello_decoder()
            self._selector.register(sock, selectors.EVENT_READ, partial(self._greet, Connection(sock), hello))

    def _greet(self, connection: Connection, hello: Any) -> None:
        """Hear who somebody is; whoever is not expected is sent away without a word."""
        sock = connection.sock
        try:
            if isinstance(sock, ssl.SSLSocket) and not sock.version():
                sock.do_handshake()
            for body in hello.feed(connection.receive()):
                self._let_in(connection, envelopes.plain(body))
                return
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except (OSError, FrameError, BadSecret) as error:
            self._tell_sent_away(error)
            connection.ended = True
        if connection.ended:
            self._forget(sock, close=True)

    def _tell_sent_away(self, error: Exception) -> None:
        now = time.monotonic()
        self._sent_away += 1
        if now >= self._quiet_until:
            self.say(f"somebody who came was sent away ({self._sent_away:,} by now): {error}")
            self._quiet_until = now + QUIET_SECONDS

    def _let_in(self, connection: Connection, hello: dict[str, Any]) -> None:
        """Raises FrameError, BadSecret."""
        token = str(hello.get("token"))
        if token not in self._expected:
            raise FrameError("it is not expected (any more)")
        welcome, process = self._welcome(), self._expected.pop(token)
        machine = "".join(letter for letter in str(hello.get("machine"))[:64] if letter.isprintable())
        self._forget(connection.sock, close=False)
        worker = self._selector.unregister(process.pipe).data
        process.attach(connection, machine, welcome)
        self._selector.register(process.pipe, selectors.EVENT_READ | selectors.EVENT_WRITE, worker)

    def _forget(self, sock: socket.socket, *, close: bool) -> None:
        self._strangers.pop(sock, None)
        with suppress(KeyError, ValueError):
            self._selector.unregister(sock)
        if close:
            sock.close()

    def _welcome(self) -> bytes:
        """What an agent hears first: what it is to go by, and the code. Raises BadSecret."""
        present = catalog.code_hash()
        if self._code is None or self._code[0] != present:
            self._code = present, code_archive.build()
        archive = self._code[1]
        variables, file = secrets.of_others()
        chosen = settings.for_another_machine() | variables
        words = {
            "digest": archive.digest,
            "paths": archive.paths,
            "times": archive.times,
            "settings": chosen,
            "secrets": file,
            "lease": LEASE_SECONDS,
        }
        return framed(json.dumps(words).encode()) + framed(archive.content)


def _state_of(name: str, there: list[WorkerProcess]) -> MachineState:
    return MachineState(
        machine=name,
        workers=len(there),
        bytes=sum(process.resident() or 0 for process in there),
        round_trip=round(min(process.round_trip for process in there), 6),
    )


def _context(certificate: dict[str, str]) -> ssl.SSLContext:
    """TLS by which both sides are known. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate["authority"])
    context.load_cert_chain(certificate["certificate"], certificate["key"])
    return context
