"""Waits for the disk in threads of its own until the files of items are there to stay; slots and loop do not."""

from __future__ import annotations

import selectors
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from jobs.runtime.home import artifacts

MOST_THREADS = 8
"""A file system writes down what several ask for at once together."""

MOST_WAITING = 256
"""Items whose files are waited for; beyond that nothing more starts."""


class FileSync:
    """The files in a home; `selector`: what the runner waits with, which wakes when some are on the disk."""

    def __init__(self, home: Path, selector: selectors.BaseSelector) -> None:
        self._home, self._selector = home, selector
        self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="disk")
        self._waiting: set[Future[str]] = set()
        self._bell: socket.socket | None = None
        self._ringer: socket.socket | None = None

    def begin(self, run: str, names: list[str]) -> Future[str]:
        """Wait for these files of a run; its result is why one of them will not stay, or an empty text."""
        if self._bell is None:
            self._hang_bell()
        future = self._threads.submit(artifacts.sync, self._home, run, names)
        self._waiting.add(future)
        future.add_done_callback(self._done)
        return future

    @property
    def is_behind(self) -> bool:
        """Whether the disk has more to write than should wait for it."""
        return len(self._waiting) > MOST_WAITING

    def close(self) -> None:
        """Wait for nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for end in (self._bell, self._ringer):
            if end is not None:
                end.close()

    def _hang_bell(self) -> None:
        bell, self._ringer = socket.socketpair()
        for end in (bell, self._ringer):
            end.setblocking(False)
        self._selector.register(bell, selectors.EVENT_READ, partial(bell.recv, 1 << 12))
        self._bell = bell

    def _done(self, future: Future[str]) -> None:
        self._waiting.discard(future)
        assert self._ringer is not None
        with suppress(OSError):  # it is full, and wakes all the same
            self._ringer.send(b"!")
