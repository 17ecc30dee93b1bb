"""What many ask for at the same time and one reads for all: the others take what was read before, or wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Seen = TypeVar("Seen")

FORGOTTEN = 30.0
"""Seconds after which what was read is dropped from memory."""


class SharedReads(Generic[Seen]):
    """The last of each name, and when it was begun, by a clock that only goes on."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Seen]] = {}
        self._reading: dict[str, threading.Lock] = {}
        self._keeping = threading.Lock()

    def see(self, name: str, oldest: float, while_read: float, read: Callable[[], tuple[float, Seen]]) -> Seen:
        """One that was begun at `oldest` or later; while another asker reads such a one, also one that was begun at
        `while_read` or later, so as not to wait. `read` says when it began, too."""
        found = self._kept.get(name)
        if found is not None and found[0] >= oldest:
            return found[1]
        with self._keeping:
            reading = self._reading.setdefault(name, threading.Lock())
        if found is None:
            reading.acquire()
        elif not reading.acquire(blocking=found[0] < while_read):
            return found[1]
        try:
            found = self._kept.get(name)
            if found is None or found[0] < oldest:
                found = read()
                self._keep(name, found)
            return found[1]
        finally:
            reading.release()

    def _keep(self, name: str, found: tuple[float, Seen]) -> None:
        with self._keeping:
            self._kept[name] = found
            for old in [one for one, (begun, _) in self._kept.items() if begun < found[0] - FORGOTTEN]:
                del self._kept[old]
                self._reading.pop(old, None)  # who holds it reads once more than is needed
