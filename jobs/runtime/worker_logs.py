"""Where what a worker prints goes: a file of its own, named after its job and process, read after its death."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FOLDER = "workers"
MAX_READ = 8_000
MAX_BYTES = 5 * 2**20

MAX_STACKS = 2 * 2**20
"""What faulthandler prints of a crash: at most 100 threads of 100 calls, a line each."""

_CRASH = b"Fatal Python error: "


def path(home: Path, job: str, pid: int) -> Path:
    """The log of one worker."""
    return home / FOLDER / f"{job}-{pid}.log"


def clear(home: Path) -> None:
    """Make the folder, and remove what an earlier runner's workers left."""
    (home / FOLDER).mkdir(parents=True, exist_ok=True)
    for old in (home / FOLDER).glob("*.log"):
        old.unlink(missing_ok=True)


def tail(log: Path) -> str:
    """The end of what was written; after a crash, the stacks of all threads and what a library said before them."""
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - MAX_STACKS))
        written = file.read()
        crash = written.rfind(_CRASH)
        end = len(written) if crash < 0 else crash
        return written[max(0, end - MAX_READ) :].decode("utf-8", "replace")
    return ""


def bound(log: Path) -> None:
    """Begin a log anew that has grown large: the disk must not fill with what jobs print."""
    with suppress(OSError):
        if log.stat().st_size > MAX_BYTES:
            os.truncate(log, 0)


def discard_if_empty(log: Path) -> None:
    """Remove the log of a worker that had nothing to say."""
    with suppress(OSError):
        if log.stat().st_size == 0:
            log.unlink()
