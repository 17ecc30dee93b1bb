"""Who is the runner of a home, and how to wake it: a lock that the kernel frees at its death, and a doorbell.

The doorbell is a FIFO: ringing takes a millisecond, and a FIFO that nobody reads says at once that no runner lives.
Where there are no FIFOs (Windows), the lock is asked instead and the runner looks for work every few milliseconds.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from jobs.runtime.core import private_files
from jobs.runtime.core.errors import StoreError

LOCK = "runner.lock"
DOORBELL = "runner.bell"
TROUBLE = "runner.trouble"
TROUBLE_BYTES = 1024
CRASHED = 70
"""Exit code of a runner that worked, and met an error of its own (EX_SOFTWARE in sysexits.h)."""

POLL = 0.05 if sys.platform == "win32" else 1.0
"""Seconds between two looks at the store, behind a doorbell that may be lost."""


class RunnerLock:
    """A runner's hold of a home: taken at most once at a time, whatever the clocks say."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock: IO[bytes] | None = None
        self.bell: int | None = None

    def take(self, patience: float) -> bool:
        """Become the runner, waiting up to so many seconds for another to leave. Raises OSError, StoreError."""
        limit = time.monotonic() + patience
        lock = self._open(LOCK)
        while not _lock(lock) or _is_other(lock, self.home / LOCK):
            if time.monotonic() >= limit:
                lock.close()
                return False
            time.sleep(0.02)
            if _is_other(lock, self.home / LOCK):  # deleted, or put in its place: a lock on it would keep nobody away
                lock.close()
                lock = self._open(LOCK)
        self._lock = lock
        self.report_trouble("")
        self.listen()
        return True

    def _open(self, name: str) -> IO[bytes]:
        return os.fdopen(private_files.open_file(self.home / name, os.O_RDWR | os.O_APPEND | os.O_CREAT), "ab")

    @property
    def replaced(self) -> bool:
        """Whether the lock that is held is not that of the home any more: its file, or the home, was deleted or
        replaced."""
        return self._lock is not None and _is_other(self._lock, self.home / LOCK)

    @property
    def deaf(self) -> bool:
        """Whether the doorbell that is listened to is not that of the home any more."""
        return self.bell is not None and _is_other(self.bell, self.home / DOORBELL)

    def report_trouble(self, trouble: str) -> None:
        """Note beside the store why it cannot be written, in a file whose room was taken before the disk was full."""
        with suppress(OSError, StoreError):
            note = private_files.open_file(self.home / TROUBLE, os.O_WRONLY | os.O_CREAT)
            with os.fdopen(note, "wb") as file:
                file.write(trouble.encode()[:TROUBLE_BYTES].ljust(TROUBLE_BYTES))

    def listen(self) -> None:
        """Open the doorbell."""
        self.bell = _open_bell(self.home)

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
    bell = _reach(home)
    if bell is None:
        return False
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
    with suppress(OSError, StoreError):
        if alive(home):
            with os.fdopen(private_files.open_file(home / TROUBLE, os.O_RDONLY), "rb") as note:
                return note.read(TROUBLE_BYTES).decode("utf-8", "replace").strip()
    return ""


def alive(home: Path) -> bool:
    """Whether a runner holds this home. Raises StoreError where the home is another user's."""
    if not hasattr(os, "mkfifo"):
        return _is_locked(home)
    bell = _reach(home)
    if bell is not None:
        os.close(bell)
    return bell is not None


def _reach(home: Path) -> int | None:
    """The doorbell, to be rung; None: nobody listens (a copy of a home may have a plain file there)."""
    try:
        with private_files.held(home) as folder:
            found = folder.status(DOORBELL)
            if found is None or not stat.S_ISFIFO(found.st_mode):
                return None
            return folder.open_fifo(DOORBELL, os.O_WRONLY)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT, errno.ENOTDIR):
            return None
        raise


def _is_locked(home: Path) -> bool:
    with suppress(OSError), (home / LOCK).open("rb") as lock:
        return not _lock(lock)
    return False


def _open_bell(home: Path) -> int | None:
    if not hasattr(os, "mkfifo"):
        return None
    with private_files.held(home) as folder:
        found = folder.status(DOORBELL)
        if found is None or not stat.S_ISFIFO(found.st_mode):
            folder.remove(DOORBELL)
            os.mkfifo(DOORBELL, private_files.FILE_MODE, dir_fd=folder.handle)
            os.chmod(DOORBELL, private_files.FILE_MODE, dir_fd=folder.handle)  # a umask may have taken more
        return folder.open_fifo(DOORBELL, os.O_RDWR)  # with a writer of its own it never reads an end


def _is_other(file: IO[bytes] | int, path: Path) -> bool:
    """Whether another file than this open one, or none, lies at a path."""
    try:
        here = os.fstat(file if isinstance(file, int) else file.fileno())
        there = path.stat(follow_symlinks=False)
    except OSError:
        return True
    return (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)


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
