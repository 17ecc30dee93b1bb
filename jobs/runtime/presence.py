"""Who is the runner of a home, and how to wake it: a lock that the kernel frees at its death, and a doorbell.

The doorbell is a FIFO: ringing takes a millisecond, and a FIFO that nobody reads says at once that no runner lives.
Where there are no FIFOs (Windows), the lock is asked instead and the runner looks for work every few milliseconds.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

LOCK = "runner.lock"
DOORBELL = "runner.bell"
TROUBLE = "runner.trouble"
TROUBLE_BYTES = 1024
CRASHED = 70
"""Exit code of a runner that worked, and met an error of its own (EX_SOFTWARE in sysexits.h)."""

POLL = 0.05 if sys.platform == "win32" else 1.0
"""Seconds between two looks at the store, behind a doorbell that may be lost."""


class Presence:
    """A runner's hold of a home: taken at most once at a time, whatever the clocks say."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock: IO[bytes] | None = None
        self.bell: int | None = None

    def take(self, patience: float) -> bool:
        """Become the runner, waiting up to so many seconds for another to leave."""
        lock = (self.home / LOCK).open("ab")
        limit = time.monotonic() + patience
        while not _lock(lock):
            if time.monotonic() >= limit:
                lock.close()
                return False
            time.sleep(0.02)
        self._lock = lock
        self.tell("")
        self.listen()
        return True

    def tell(self, trouble: str) -> None:
        """Note beside the store why it cannot be written, in a file whose room was taken before the disk was full."""
        with suppress(OSError), (self.home / TROUBLE).open("r+b" if (self.home / TROUBLE).exists() else "wb") as note:
            note.write(trouble.encode()[:TROUBLE_BYTES].ljust(TROUBLE_BYTES))

    def listen(self) -> None:
        """Open the doorbell."""
        self.bell = _open_bell(self.home / DOORBELL)

    def answer(self) -> None:
        """Empty the doorbell."""
        if self.bell is not None:
            with suppress(BlockingIOError):
                os.read(self.bell, 65536)

    def silence(self) -> None:
        """Close the doorbell: from here on, ringing fails."""
        if self.bell is not None:
            os.close(self.bell)
            self.bell = None

    def leave(self) -> None:
        """Be the runner no more: another may take over."""
        self.silence()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def ring(home: Path) -> bool:
    """Wake the runner of this home; False: there is none."""
    if not hasattr(os, "mkfifo"):
        return alive(home)
    if not (home / DOORBELL).is_fifo():
        return False
    try:
        bell = os.open(home / DOORBELL, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return False
        raise
    try:
        os.write(bell, b"!")
    except BlockingIOError:
        pass  # it is full: the runner will wake all the same
    except BrokenPipeError:
        return False
    finally:
        os.close(bell)
    return True


def trouble(home: Path) -> str:
    """Why the live runner cannot write the store, in one sentence; empty: it can, or there is none."""
    with suppress(OSError):
        return (home / TROUBLE).read_bytes().decode("utf-8", "replace").strip() if alive(home) else ""
    return ""


def alive(home: Path) -> bool:
    """Whether a runner holds this home."""
    if hasattr(os, "mkfifo"):
        return _has_reader(home)
    return _is_locked(home)


def _has_reader(home: Path) -> bool:
    try:
        if not (home / DOORBELL).is_fifo():  # a copy of a home may have a plain file there
            return False
        os.close(os.open(home / DOORBELL, os.O_WRONLY | os.O_NONBLOCK))
    except PermissionError:  # it is another user's
        return _is_locked(home)
    except OSError:
        return False
    return True


def _is_locked(home: Path) -> bool:
    with suppress(OSError), (home / LOCK).open("rb") as lock:
        return not _lock(lock)
    return False


def _open_bell(path: Path) -> int | None:
    if not hasattr(os, "mkfifo"):
        return None
    if not path.is_fifo():
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)  # with a writer of its own it never reads an end


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
