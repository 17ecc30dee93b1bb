"""What the operating system does for a worker beside its limits: be killed as a group, have room for its threads.

Linux has all of it; elsewhere each step that does not exist is left out, and a worker ends when its pipe closes.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

MOST_STACK = 8 * 2**20
"""Bytes of a thread's stack where the system names no limit, or a larger one."""

LEAKS = ("SSLKEYLOGFILE", "MSLKEYLOGFILE", "GNUTLS_KEYLOGFILE", "QLOGDIR", "QLOGFILE", "PYTHONHTTPSVERIFY")
"""Environment variables by which libraries for TLS and QUIC give away what they encrypt."""


def own_group() -> None:
    """Make this process the head of a process group, killed as one; offer it first when memory runs out."""
    if hasattr(os, "setpgid"):
        with suppress(OSError):
            os.setpgid(0, 0)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def forget_leaks() -> None:
    """Do not go by what would have a library write the keys of connections to a file, or trust every certificate."""
    for name in LEAKS:
        os.environ.pop(name, None)


def alarm_is_handled() -> bool:
    """Whether somebody has set a handler for alarms: asked of Python alone, since a look at the timer costs 2 µs."""
    return hasattr(signal, "SIGALRM") and signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL


def disarm_timers() -> None:
    """Let no alarm go off that an item has set and left behind: it would go off in another's time."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def allow_threads(more: int) -> None:
    """Let the process have the stacks of so many further threads above what it may allocate."""
    with suppress(ImportError):
        import resource  # not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if soft != resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_DATA, (soft + more * _stack_bytes(resource), hard))


def _stack_bytes(resource: Any) -> int:
    """Of a thread's stack, as the system gives it: by the limit of the main one, and its guard page."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_STACK)
    return int(soft if 0 < soft < MOST_STACK else MOST_STACK) + 4_096
