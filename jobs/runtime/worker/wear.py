"""Whether a worker's process is as it was at its start: what items have changed of it would harm those that come."""

from __future__ import annotations

import builtins
import codecs
import gc
import locale
import math
import os
import re
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

MAX_THREADS = 1_000
"""Threads that a worker may have beside its own: connection pools have some tens, a resolver up to one a slot."""

FIELD_CHARS = 131_072
"""Characters of a field of a CSV file, in a Python that was told nothing else."""

OPEN_SHARE = 0.75
"""Of the descriptors that a worker may have, the share beyond which it takes nothing more."""


class Wear:
    """The process as it is when this is made, to be compared with how it is later."""

    def __init__(self, slots: int) -> None:
        self._late = frozenset(module for module, _ in _REPLACED if module not in sys.modules)
        self._then, self._room = _state(self._late), _room_of_python()
        self._places = _places_of(_threads())
        self._found_by, self._modules = _found_by(), len(sys.modules)
        self.resized(slots)

    def resized(self, slots: int) -> None:
        """The worker itself has so many slots now, and a limit of memory that goes with them."""
        self._most_threads = slots + MAX_THREADS
        self._then["limits"] |= {name: limit for name, limit in _limits().items() if name == "RLIMIT_DATA"}

    def found(self, threads: Iterable[int] | None = None) -> str:
        """What is not as it was, in words; empty: all is. `threads`: those that are looked at one by one (50 µs each),
        by the numbers that Linux gives them; None: all."""
        now = _state(self._late)
        for what, before in self._then.items():
            if now[what] != before:
                return f"its {what} {'are' if what.endswith('s') or ' and ' in what else 'is'} not as at its start"
        if any(now < before for now, before in zip(_room_of_python(), self._room, strict=True)):
            return "Python converts fewer digits, calls less deep, or reads shorter fields, than at its start"
        if self._found_by - _found_by() or len(sys.modules) < self._modules:
            return "modules, or folders and ways by which they are found, are gone"
        if _places_of(_threads() if threads is None else threads) - self._places:
            return "what one of its threads sees or may do is not as at its start"
        return _headroom(self._most_threads)


def _state(late: frozenset[str]) -> dict[str, Any]:
    return {
        "limits": _limits(),
        "signal handlers": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "working folder": _folder(),
        "umask": _first_line("/proc/self/status", "Umask:"),  # to ask by os.umask is to change it, under the others
        "blocked signals": _first_line("/proc/self/status", "SigBlk:"),  # of the main thread
        "environment": dict(os.environ),
        "root folder": _root(),
        "user and group": [ask() for ask in (getattr(os, name, None) for name in ("getresuid", "getresgid")) if ask],
        "timers": [signal.getitimer(kind) != (0, 0) for kind in _TIMERS],
        "default time-out": socket.getdefaulttimeout(),
        "builtins": {name: id(value) for name, value in vars(builtins).items() if name != "_"},
        "clocks, sockets and JSON": [_what_stands_for(name, module, late) for module, name in _REPLACED],
        "locale": locale.setlocale(locale.LC_ALL),
        "switch interval": sys.getswitchinterval(),
        "time zone": (time.tzname, time.timezone),
        "way with bytes that are no text": codecs.lookup_error("strict") is _STRICT,
        "collection of garbage": (gc.isenabled(), gc.get_threshold(), len(gc.callbacks)),
        "event loops": _own_loops(),
        "level of logging": _logging_disabled(),
        "warnings that raise": sum(action == "error" for action, *_ in warnings.filters),
        "tracing": (threading.gettrace(), threading.getprofile()),
        "temporary folder": _temporary(),
        "rank where memory is short": _first_line("/proc/self/oom_score_adj"),
    }


def _own_loops() -> type | None:
    """What makes the event loops in place of asyncio itself. asyncio cannot be asked without making one."""
    policy = getattr(sys.modules.get("asyncio.events"), "_event_loop_policy", None)
    return None if type(policy).__module__.partition(".")[0] in ("asyncio", "builtins") else type(policy)


_STRICT = codecs.lookup_error("strict")


def _temporary() -> bool:
    """Whether files can be made where a job has said that they are to be made."""
    said = getattr(sys.modules.get("tempfile"), "tempdir", None)
    return said is None or Path(os.fsdecode(said)).is_dir()


_NAMESPACES = ("ipc", "mnt", "net", "pid_for_children", "user", "uts")
_RIGHTS = re.compile(rb"^(?:CapEff|NoNewPrivs|Seccomp|Uid|Gid):.*", re.MULTILINE)


def _places_of(threads: Iterable[int]) -> set[tuple[Any, ...]]:
    """What Linux keeps for each thread by itself, and a new one takes from that which starts it: what it sees of the
    system, how it is scheduled, what it may do."""
    found = set()
    for thread in threads:
        with suppress(OSError):  # it has ended meanwhile
            found.add(_place_of(thread))
    return found


def _place_of(thread: int) -> tuple[Any, ...]:
    task = f"/proc/self/task/{thread}"
    with open(f"{task}/status", "rb", buffering=0) as file:  # noqa: PTH123 (60 of them between two runs)
        rights = _RIGHTS.findall(file.read())
    seen = [os.readlink(f"{task}/ns/{kind}") for kind in _NAMESPACES]  # noqa: PTH115
    processors = frozenset(os.sched_getaffinity(thread))
    return (*rights, *seen, os.sched_getscheduler(thread), os.getpriority(os.PRIO_PROCESS, thread), processors)


_REPLACED = (
    *(("time", name) for name in ("time", "monotonic", "sleep", "time_ns", "monotonic_ns", "thread_time")),
    *(("datetime", "datetime"), ("datetime", "date"), ("threading", "Thread"), ("threading", "Lock")),
    *(("socket", name) for name in ("socket", "create_connection", "getaddrinfo")),
    *(("ssl", "SSLContext"), ("ssl", "create_default_context"), ("subprocess", "Popen"), ("os", "open")),
    *(("json", "dumps"), ("json", "loads"), ("copy", "deepcopy")),
    *(
        ("sys", "excepthook"),
        ("threading", "excepthook"),
        ("threading", "Thread.start"),
        ("threading", "Condition.wait"),
    ),
    *(("socket", "socket.connect"), ("subprocess", "Popen.communicate"), ("pathlib", "Path.open")),
)
"""What tests and libraries put something of their own in the place of, for all threads: a clock that stands still, a
socket that leads elsewhere. The worker itself asks the clocks as they were when it was loaded."""


def _what_stands_for(name: str, module: str, late: frozenset[str]) -> int:
    """A number that changes with what is called so; 0: what a module has for it that was not loaded at the start."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return 0 if module in late and (found is None or getattr(found, "__module__", "") == module) else id(found)


_TIMERS = tuple(
    getattr(signal, name) for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF") if hasattr(signal, name)
)


def _found_by() -> set[str | int]:
    """The folders and finders of modules."""
    return {*sys.path, *map(id, sys.meta_path), *map(id, sys.path_hooks)}


def _room_of_python() -> tuple[float, int, float]:
    """How many digits Python converts, how deep it calls, and how long a field of a CSV file may be, in all threads:
    more harms nobody, less does."""
    fields = sys.modules.get("csv")
    return (
        sys.get_int_max_str_digits() or math.inf,
        sys.getrecursionlimit(),
        FIELD_CHARS if fields is None else fields.field_size_limit(),
    )


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


def _first_line(path: str, beginning: str = "") -> str:
    with suppress(OSError):
        return next((line for line in Path(path).read_text().splitlines() if line.startswith(beginning)), "")
    return ""


def _headroom(most_threads: int) -> str:
    with suppress(ImportError, OSError):
        import resource  # not on Windows

        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (names alone, in one call)
        if soft != resource.RLIM_INFINITY and count > OPEN_SHARE * soft:
            return f"{count:,} of its {soft:,} descriptors are open"
    threads = len(_threads()) or threading.active_count()
    return f"it has {threads:,} threads" if threads > most_threads else ""


def _threads() -> list[int]:
    """The threads of this process as Linux numbers them; elsewhere none."""
    with suppress(OSError):
        return [int(thread) for thread in os.listdir("/proc/self/task")]  # noqa: PTH208
    return []
