"""Bytes on their way through a socket that never blocks: what it does not take now waits."""

from __future__ import annotations

import socket

SENT_AT_ONCE = 1 << 18


class Outbox:
    """What a socket has not taken yet. `not_now`: what it raises where it takes nothing at this moment."""

    def __init__(self, sock: socket.socket, not_now: tuple[type[OSError], ...] = (BlockingIOError,)) -> None:
        self._sock, self._not_now = sock, not_now
        self._waiting = bytearray()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, raw: bytes) -> None:
        """Put bytes on their way; what is not taken now follows with `flush`."""
        self._waiting += raw
        self.flush()

    def flush(self) -> None:
        """Send what it takes. Where the other side is gone all is dropped: the end of what is read says so."""
        try:
            while self._waiting:
                sent = self._sock.send(self._waiting[:SENT_AT_ONCE])
                del self._waiting[:sent]
        except self._not_now:
            pass
        except OSError:
            self._waiting.clear()
