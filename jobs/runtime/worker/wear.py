"""Whether a worker's process is as it was at its start: what items have changed of it would harm those that come."""

from __future__ import annotations

import builtins
import gc
import locale
import math
import os
import signal
import socket
import sys
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

MAX_THREADS = 1_000
"""Threads that a worker may have beside its own: connection pools have some tens, a resolver up to one a slot."""

OPEN_SHARE = 0.75
"""Of the descriptors that a worker may have, the share beyond which it takes nothing more."""


class Wear:
    """The process as it is when this is made, to be compared with how it is later."""

    def __init__(self, slots: int) -> None:
        self._late = frozenset(module for module, _ in _REPLACED if module not in sys.modules)
        self._then, self._room = _state(self._late), _room_of_python()
        self._path, self._modules = set(sys.path), len(sys.modules)
        self.resized(slots)

    def resized(self, slots: int) -> None:
        """The worker itself has so many slots now, and a limit of memory that goes with them."""
        self._most_threads = slots + MAX_THREADS
        self._then["limits"] |= {name: limit for name, limit in _limits().items() if name == "RLIMIT_DATA"}

    def found(self) -> str:
        """What is not as it was, in words; empty: all is."""
        now = _state(self._late)
        for what, before in self._then.items():
            if now[what] != before:
                return f"its {what} {'are' if what.endswith('s') or ' and ' in what else 'is'} not as at its start"
        if any(now < before for now, before in zip(_room_of_python(), self._room, strict=True)):
            return "Python converts fewer digits, or calls less deep, than at its start"
        if self._path - set(sys.path) or len(sys.modules) < self._modules:
            return "modules, or folders that they are looked for in, are gone"
        return _headroom(self._most_threads)


def _state(late: frozenset[str]) -> dict[str, Any]:
    return {
        "limits": _limits(),
        "signal handlers": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "working folder": _folder(),
        "umask": _umask(),
        "environment": dict(os.environ),
        "root folder": _root(),
        "user and group": [ask() for ask in (getattr(os, name, None) for name in ("getresuid", "getresgid")) if ask],
        "processors": os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None,
        "timers": [signal.getitimer(kind) != (0, 0) for kind in _TIMERS],
        "default time-out": socket.getdefaulttimeout(),
        "builtins": {name: id(value) for name, value in vars(builtins).items() if name != "_"},
        "clocks, sockets and JSON": [_what_stands_for(name, module, late) for module, name in _REPLACED],
        "locale": locale.setlocale(locale.LC_ALL),
        "switch interval": sys.getswitchinterval(),
        "collection of garbage": gc.isenabled(),
        "level of logging": _logging_disabled(),
        "warnings that raise": sum(action == "error" for action, *_ in warnings.filters),
        "tracing": (threading.gettrace(), threading.getprofile()),
    }


_REPLACED = (
    *(("time", name) for name in ("time", "monotonic", "sleep", "time_ns", "monotonic_ns", "thread_time")),
    *(("datetime", "datetime"), ("datetime", "date"), ("threading", "Thread"), ("threading", "Lock")),
    *(("socket", name) for name in ("socket", "create_connection", "getaddrinfo")),
    *(("ssl", "SSLContext"), ("ssl", "create_default_context"), ("subprocess", "Popen"), ("os", "open")),
    *(("json", "dumps"), ("json", "loads"), ("copy", "deepcopy")),
)
"""What tests and libraries put something of their own in the place of, for all threads: a clock that stands still, a
socket that leads elsewhere. The worker itself asks the clocks as they were when it was loaded."""


def _what_stands_for(name: str, module: str, late: frozenset[str]) -> int:
    """A number that changes with what is called so; 0: what a module has for it that was not loaded at the start."""
    found = getattr(sys.modules.get(module), name, None)
    return 0 if module in late and (found is None or getattr(found, "__module__", "") == module) else id(found)


_TIMERS = tuple(
    getattr(signal, name) for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF") if hasattr(signal, name)
)


def _room_of_python() -> tuple[float, int]:
    """How many digits Python converts, and how deep it calls, in all threads: more harms nobody, less does."""
    return sys.get_int_max_str_digits() or math.inf, sys.getrecursionlimit()


def _logging_disabled() -> int:
    """Up to which level nothing is logged: asked only where something has loaded what logs."""
    logging = sys.modules.get("logging")
    return 0 if logging is None else int(logging.root.manager.disable)


def _root() -> tuple[int, int] | None:
    with suppress(OSError):
        root = os.stat("/")  # noqa: PTH116 (a Path is not needed)
        return root.st_dev, root.st_ino
    return None


def _limits() -> dict[str, tuple[int, int]]:
    try:
        import resource  # not on Windows
    except ImportError:
        return {}
    return {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}


def _folder() -> str:
    with suppress(OSError):
        return os.getcwd()  # noqa: PTH109 (a Path is not needed)
    return "(removed)"


def _umask() -> str:
    """As the system tells it: to ask for it by os.umask is to change it, under the threads that make files."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return line
    return ""


def _headroom(most_threads: int) -> str:
    with suppress(ImportError, OSError):
        import resource  # not on Windows

        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (names alone, in one call)
        if soft != resource.RLIM_INFINITY and count > OPEN_SHARE * soft:
            return f"{count:,} of its {soft:,} descriptors are open"
    threads = _threads()
    return f"it has {threads:,} threads" if threads > most_threads else ""


def _threads() -> int:
    with suppress(OSError):
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208
    return threading.active_count()
