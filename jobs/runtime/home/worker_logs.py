"""Where what a worker prints goes that is no item's: a file of its own, named after its job and process, read after its
death. Beside it lies, under the same name, what its items print (`worker.prints`)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import held, open_file

FOLDER = "workers"
LOG, PRINTS = ".log", ".prints"
MAX_READ = 8_000
MAX_BYTES = 5 * 2**20

MAX_STACKS = 2 * 2**20
"""What faulthandler prints of a crash: at most 100 threads of 100 calls, a line each."""

_CRASH = b"Fatal Python error: "


def path(home: Path, job: str, pid: int) -> Path:
    """The log of one worker."""
    return home / FOLDER / f"{job}-{pid}{LOG}"


def clear(home: Path) -> None:
    """Make the folder, and remove what an earlier runner's workers left."""
    with held(home, FOLDER, make=True) as folder:
        for old in folder.names():
            if old.endswith((LOG, PRINTS)):
                folder.remove(old)


def redirect(home: Path, job: str, pid: int) -> None:
    """Send what this process prints to its log. Raises OSError, StoreError: there can be none."""
    with held(home, FOLDER) as folder:
        log = folder.open(path(home, job, pid).name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def tail(log: Path) -> str:
    """The end of what was written; after a crash, the stacks of all threads and what a library said before them."""
    with suppress(OSError, StoreError), os.fdopen(open_file(log, os.O_RDONLY), "rb") as file:
        file.seek(max(0, log.stat().st_size - MAX_STACKS))
        written = file.read()
        crash = written.rfind(_CRASH)
        end = len(written) if crash < 0 else crash
        return written[max(0, end - MAX_READ) :].decode("utf-8", "replace")
    return ""


def bound(log: Path) -> None:
    """Begin a log anew that has grown large: the disk must not fill with what jobs print."""
    with suppress(OSError, StoreError):
        if log.stat(follow_symlinks=False).st_size > MAX_BYTES:
            os.close(open_file(log, os.O_WRONLY | os.O_TRUNC))


def discard(log: Path) -> None:
    """Remove what a worker's items printed, and its log where it had nothing to say."""
    with suppress(OSError):
        log.with_suffix(PRINTS).unlink(missing_ok=True)
        if log.stat(follow_symlinks=False).st_size == 0:
            log.unlink()
