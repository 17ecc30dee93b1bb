"""The connections of one origin that are kept to be used again, and when they may be.

Whatever a server sends unasked (a second answer, more than it announced) would be taken for the answer to what is asked
next. So a connection is used again by another item only after it has been quiet for a while, and never with bytes
waiting in its socket or its TLS layer. Where connections have often been quiet, the next item has one at once (opening
them anew costs a tenth of a page); the first byte unasked ends that, and an answer that may have been unasked is asked
for again.
"""

from __future__ import annotations

import queue
import select
import socket
import threading
import time
from typing import Any

QUIET_SECONDS = 0.6
"""So long a connection rests before another item has it: what comes unasked comes by then. The same item may go on at
once (the page after its robots.txt)."""


PROVED_QUIET = 10
"""So many rests without a byte, and an origin's connections need none any more."""


class KeptConnections:
    """In the place of urllib3's queue of connections. What it gives is quiet; with none it says that it is empty."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._resting: list[tuple[float, Any]] = []
        self.quiet_rests = 0

    def put(self, connection: Any, *_block: Any, **_timeout: Any) -> None:
        """Keep a connection. Raises queue.Full, after which urllib3 closes it."""
        if connection is None:  # urllib3 fills its queue with these at the start
            return
        with self._lock:
            if len(self._resting) >= self._most:
                raise queue.Full
            self._resting.append((time.monotonic(), connection))

    def get(self, *_block: Any, **_timeout: Any) -> Any:
        """Any connection that is left, to be closed. Raises queue.Empty."""
        with self._lock:
            if not self._resting:
                raise queue.Empty
            return self._resting.pop()[1]

    def quiet(self, item: object) -> Any:
        """A connection that `item` may use: its own of before, or one that has rested. Raises queue.Empty."""
        rested = time.monotonic() - QUIET_SECONDS
        with self._lock:
            for index, (since, connection) in enumerate(self._resting):
                if connection.item is item or since <= rested:
                    connection.rested = since <= rested
                    return self._resting.pop(index)[1]
            if self.quiet_rests >= PROVED_QUIET and self._resting:
                connection = self._resting.pop()[1]
                connection.rested = False
                return connection
        raise queue.Empty

    def note(self, *, silent: bool) -> None:
        """A connection was silent after its rest; or, at any time, one was not."""
        self.quiet_rests = self.quiet_rests + 1 if silent else 0

    def qsize(self) -> int:
        """How many are kept."""
        return len(self._resting)


def is_silent(sock: socket.socket) -> bool:
    """Whether nothing waits to be read, in the TLS layer or in the socket; its end waits to be read too."""
    pending = getattr(sock, "pending", None)
    try:
        if pending is not None and pending() > 0:
            return False
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        return not poller.poll(0)
    except (OSError, ValueError):  # closed
        return False
