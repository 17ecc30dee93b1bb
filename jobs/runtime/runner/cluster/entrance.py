"""Where agents come in: hears who somebody is, and lets in those that are expected.

    listener ─► stranger ─► (TLS, the role in its certificate) ─► hello, token ─► RemoteProcess.attach

Where many come, those make way that have shown nothing yet, of the address with most of them: whoever only connects
pushes out nobody but others like it.
"""

from __future__ import annotations

import errno
import selectors
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from jobs.runtime.core.errors import BadSecret, FrameError
from jobs.runtime.runner.cluster import envelopes
from jobs.runtime.runner.cluster.boot import ROLES_ARE_MADE, role_of
from jobs.runtime.runner.cluster.connection import Connection
from jobs.runtime.runner.cluster.machines import Machines
from jobs.runtime.runner.cluster.remote_process import RemoteProcess

MOST_STRANGERS = 256
"""Connections that have not said yet who they are; beyond that, one makes way."""

GREETING_SECONDS = 20.0
"""After so long without a word, a stranger is sent away."""

QUIET_SECONDS = 60.0
"""Once it is said that somebody was sent away, others are only counted: a stranger must not fill the disk with them."""

DEAF_SECONDS = 1.0
_NONE_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
"""The system has nothing to take a connection with; until it has, the listener would be ready all the time."""


@dataclass(eq=False)
class Stranger:
    """Somebody who has connected, from which address and when (monotonic); `certified`: by TLS, in the role of a
    worker."""

    connection: Connection
    host: str
    since: float
    certified: bool = False


class Entrance:
    """Listens at an address of this machine. `certificate`: the files of the runner, for TLS; `welcome`: what an agent
    hears first (may raise BadSecret); `say`: is told who is sent away; `machines`: those that are set aside, and
    `another` has another agent started in place of one from there. `expected`: the processes whose agents are to come,
    by token."""

    def __init__(
        self,
        address: str,
        certificate: dict[str, str] | None,
        selector: selectors.BaseSelector,
        welcome: Callable[[], bytes],
        say: Callable[[str], None],
        machines: Machines,
        another: Callable[[RemoteProcess], None],
    ) -> None:
        self.expected: dict[str, RemoteProcess] = {}
        self._tls = _context(certificate) if certificate else None
        self._selector, self._welcome, self._say = selector, welcome, say
        self._machines, self._another = machines, another
        self._strangers: dict[socket.socket, Stranger] = {}
        self._sent_away, self._quiet_until = 0, 0.0
        self._deaf_until: float | None = None
        self._listener = socket.create_server((address, 0), backlog=128)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    @property
    def address(self) -> tuple[str, int]:
        """Where agents are to come to: host and port."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    def look(self, now: float) -> None:
        """Listen again, when it is time, and send away who has said nothing for long."""
        if self._deaf_until is not None and now >= self._deaf_until:
            self._deaf_until = None
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        for stranger in [one for one in self._strangers.values() if now - one.since > GREETING_SECONDS]:
            self._forget(stranger, close=True)

    def close(self) -> None:
        """Let nobody in any more."""
        for sock in [*self._strangers, self._listener]:
            sock.close()

    def _accept(self) -> None:
        try:
            sock, (host, *_) = self._listener.accept()
        except OSError as error:
            if error.errno in _NONE_LEFT:
                self._fall_deaf(error)
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError:  # it is gone already
            sock.close()
            return
        if len(self._strangers) >= MOST_STRANGERS:
            self._forget(self._least_wanted(), close=True)
        stranger = self._strangers[sock] = Stranger(Connection(sock), str(host), time.monotonic())
        hear = partial(self._greet, stranger, envelopes.hello_decoder())
        self._selector.register(sock, selectors.EVENT_READ, hear)

    def _fall_deaf(self, error: OSError) -> None:
        self._selector.unregister(self._listener)
        self._deaf_until = time.monotonic() + DEAF_SECONDS
        self._tell(f"no agent can be let in: {error.strerror}; this is tried again each second")

    def _least_wanted(self) -> Stranger:
        """The first of the address with most strangers, those without a certificate before others."""
        (crowded, _), *_ = Counter(one.host for one in self._strangers.values()).most_common(1)
        return min(
            (one for one in self._strangers.values() if one.host == crowded), key=lambda one: (one.certified, one.since)
        )

    def _greet(self, stranger: Stranger, hello: Any) -> None:
        """Hear who somebody is; whoever is not expected is sent away without a word."""
        connection = stranger.connection
        try:
            self._certify(stranger)
            for body in hello.feed(connection.receive()):
                self._let_in(stranger, envelopes.plain(body))
                return
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except (OSError, FrameError, BadSecret) as error:
            self._sent_away += 1
            self._tell(f"somebody who came was sent away ({self._sent_away:,} by now): {error}")
            connection.ended = True
        if connection.ended:
            self._forget(stranger, close=True)

    def _certify(self, stranger: Stranger) -> None:
        """With TLS, only in the role of a worker. Raises OSError, FrameError."""
        sock = stranger.connection.sock
        if not isinstance(sock, ssl.SSLSocket) or stranger.certified:
            return
        sock.do_handshake()
        role = role_of(sock.getpeercert())
        if role != "worker":
            raise FrameError(f"it has a certificate of {role!r}, not of a worker: {ROLES_ARE_MADE}")
        stranger.certified = True

    def _tell(self, sentence: str) -> None:
        now = time.monotonic()
        if now >= self._quiet_until:
            self._say(sentence)
            self._quiet_until = now + QUIET_SECONDS

    def _let_in(self, stranger: Stranger, hello: dict[str, Any]) -> None:
        """Raises FrameError, BadSecret."""
        token = str(hello.get("token"))
        if token not in self.expected:
            raise FrameError("it is not expected (any more)")
        machine = "".join(letter for letter in str(hello.get("machine"))[:64] if letter.isprintable())
        if self._machines.is_aside(machine, time.monotonic()):
            self._selector.unregister(stranger.connection.sock)  # it waits, and has a place there that nobody needs
            self._another(self.expected.pop(token))
            return
        welcome, process = self._welcome(), self.expected.pop(token)
        self._forget(stranger, close=False)
        worker = self._selector.unregister(process.pipe).data
        process.attach(stranger.connection, machine, welcome)
        self._selector.register(process.pipe, selectors.EVENT_READ | selectors.EVENT_WRITE, worker)

    def _forget(self, stranger: Stranger, *, close: bool) -> None:
        sock = stranger.connection.sock
        self._strangers.pop(sock, None)
        with suppress(KeyError, ValueError):
            self._selector.unregister(sock)
        if close:
            sock.close()


def _context(certificate: dict[str, str]) -> ssl.SSLContext:
    """TLS by which both sides are known. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate["authority"])
    context.load_cert_chain(certificate["certificate"], certificate["key"])
    return context
