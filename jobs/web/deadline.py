"""A true wall-clock limit: one watchdog thread that shuts the sockets of whatever has run out of time.

Time-outs of sockets count from one byte to the next, so a server that drips never meets them. Shutting down a
duplicate of the socket ends every kind of waiting (headers, body, TLS handshake) at once; what was waiting then often
returns as if it had succeeded, so `Watch.cut` decides, not the answer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

from jobs import ItemError

IDLE_SECONDS = 0.75
"""With nothing watched for so long, `on_idle` is called: connections kept alive are not kept for ever."""


class Deadline:
    """One piece of work with a deadline, and the sockets it waits on.

    `whole`: seconds of which these are what is left, for the sentence; `part_of`: the deadline of the item that this
    piece of work is done for, where it is not the item's own.
    """

    def __init__(self, seconds: float, whole: float | None = None, part_of: Deadline | None = None) -> None:
        self.whole = whole or seconds
        self.item: Deadline = self if part_of is None else part_of.item
        self.deadline = time.monotonic() + seconds
        self.cut = False
        self._guards: list[socket.socket] = []
        self._lock = threading.Lock()

    def left(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""
        return 0.0 if self.cut else max(0.0, self.deadline - time.monotonic())

    def check(self) -> None:
        """Raise ItemError `timeout` if the deadline has passed."""
        if self.left() == 0.0:
            raise ItemError("timeout", f"no complete answer within {self.whole:.3g} s")

    def guard(self, waiting: socket.socket) -> None:
        """Let the watchdog shut this socket at the deadline. Raises ItemError `timeout` when that has passed."""
        guard = socket.socket(waiting.family, waiting.type, waiting.proto, fileno=os.dup(waiting.fileno()))
        with self._lock:
            self._guards.append(guard)
        self.check()

    def shut(self) -> None:
        """End all waiting now; the watchdog calls it at the deadline."""
        with self._lock:
            self.cut = True
            for guard in self._guards:
                with contextlib.suppress(OSError):  # the other side may have closed it already
                    guard.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Close the duplicates; the sockets themselves live on."""
        with self._lock:
            for guard in self._guards:
                guard.close()
            self._guards.clear()


class Watchdog:
    """The thread that shuts what is late; it starts with the first watch and stands by from then on."""

    def __init__(self, on_idle: Callable[[], None] = lambda: None) -> None:
        self._watches: set[Deadline] = set()
        self._wake = threading.Condition()
        self._next = float("inf")
        self._thread: threading.Thread | None = None
        self._on_idle = on_idle

    @contextlib.contextmanager
    def watch(self, seconds: float, whole: float | None = None, part_of: Deadline | None = None) -> Iterator[Deadline]:
        """Watch over a piece of work for so many seconds; see Deadline."""
        watch = Deadline(seconds, whole, part_of)
        self._add(watch)
        try:
            yield watch
        finally:
            with self._wake:
                self._watches.discard(watch)
            watch.release()

    def _add(self, watch: Deadline) -> None:
        with self._wake:
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._stand_by, name="scrape-watchdog", daemon=True)
                self._thread.start()
            elif watch.deadline < self._next:
                self._wake.notify()

    def _stand_by(self) -> None:
        idle = False
        while True:
            with self._wake:
                idle = self._sleep(idle)
                now = time.monotonic()
                late = [watch for watch in self._watches if watch.deadline <= now]
                self._watches.difference_update(late)
                if idle:
                    self._on_idle()  # under the lock: nothing may begin on a connection that is being closed
            for watch in late:
                watch.shut()

    def _sleep(self, idle: bool) -> bool:
        """Wait for the next deadline; whether nothing at all was watched for IDLE_SECONDS."""
        if self._watches:
            self._next = min(watch.deadline for watch in self._watches)
            self._wake.wait(min(IDLE_SECONDS, max(0.0, self._next - time.monotonic())))
            return False
        self._next = float("inf")
        woken = self._wake.wait(None if idle else IDLE_SECONDS)
        return not woken and not self._watches
