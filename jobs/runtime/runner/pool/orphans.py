"""What an earlier runner's workers had started and what has outlived them: found by a mark in its environment.

The kernel ends the workers of a runner that was killed (`process_limits.follow_parent`), and not what their jobs had
started. A process id alone would not do to find it, since ids are given again; the mark names home and runner.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

MARK = "FANOUT_STARTED_BY"


def mark(home: Path, epoch: int) -> None:
    """From here on, what this process starts is known as this runner's, and what that starts."""
    os.environ[MARK] = f"{epoch} {home}"


def end(home: Path, epoch: int) -> list[int]:
    """End what earlier runners of this home have left behind in process groups without a head; returns their ids.

    Whoever heads a group of its own was detached on purpose, and goes on, as it does when its run ends; so does what is
    in a session of its own, as daemons are, whose first process has left. Linux only, and not with a Python that was
    built for older ones (conda's, for example), which cannot name a process for good.
    """
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return []
    pids: list[int] = []
    with suppress(OSError):  # there is no /proc
        pids += [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _end(pid, home, epoch)]


def _end(pid: int, home: Path, epoch: int) -> bool:
    with suppress(OSError):  # it has ended, or is another user's
        handle = os.pidfd_open(pid)
        try:
            if _is_left(pid, home, epoch):
                signal.pidfd_send_signal(handle, signal.SIGKILL)  # to that very process, whatever its id is by now
                return True
        finally:
            os.close(handle)
    return False


def _is_left(pid: int, home: Path, epoch: int) -> bool:
    start = os.fsencode(f"{MARK}=")
    for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
        if entry.startswith(start):
            by, _, of = entry.removeprefix(start).partition(b" ")
            return of == os.fsencode(home) and by != b"%d" % epoch and not _detached(pid)
    return False


def _detached(pid: int) -> bool:
    group = os.getpgid(pid)
    if group == os.getsid(pid):
        return True
    try:
        state = Path(f"/proc/{group}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
