"""A connection between runner and agent, with TLS or without, that never blocks: what it does not take now waits."""

from __future__ import annotations

import select
import socket
import ssl
import time

from jobs.runtime.runner.pool.outbox import Outbox

MOST_READ = 1 << 20
"""Bytes after which others are heard too."""

READ = 1 << 16
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection:
    """One end. `ended`: the other side is gone."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock, self.ended = sock, False
        self._outbox = Outbox(sock, _NOT_NOW)

    @property
    def unsent(self) -> int:
        """Bytes that it has not taken yet."""
        return len(self._outbox)

    def send(self, raw: bytes) -> None:
        """Put bytes on their way."""
        self._outbox.put(raw)

    def flush(self) -> None:
        """Send what it takes."""
        self._outbox.flush()

    def receive(self) -> bytes:
        """What has come by now."""
        received = bytearray()
        try:
            while len(received) < MOST_READ or self._held():
                piece = self.sock.recv(READ)
                if not piece:
                    self.ended = True
                    break
                received += piece
        except _NOT_NOW:
            pass
        except OSError:
            self.ended = True
        return bytes(received)

    def _held(self) -> bool:
        """Whether TLS holds bytes that it has taken from the socket already: nothing would wake us for these."""
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0

    def wait_for_room(self, seconds: float) -> None:
        """Wait until what was put on its way is sent, for so long at most, or until the other side is gone."""
        limit = time.monotonic() + seconds
        while self._outbox and time.monotonic() < limit:
            select.select([], [self.sock], [], 0.1)
            self.flush()

    def drain(self, seconds: float) -> None:
        """Send what is unsent, then read until the other side has closed: with something unread in it, a socket that is
        closed throws away what was sent last."""
        limit = time.monotonic() + seconds
        self.wait_for_room(seconds)
        while not self.ended and time.monotonic() < limit:
            select.select([self.sock], [], [], 0.1)
            self.receive()

    def close(self) -> None:
        """Let it go."""
        self.sock.close()
