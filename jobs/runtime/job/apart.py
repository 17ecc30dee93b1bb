"""A function that computes in a process of its own, within limits: what it does there it does to nobody else.

For the part of an item that hands what came from elsewhere to code that may not bear it.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from jobs.runtime.core import people, settings
from jobs.runtime.core.errors import ApartFailed, ItemError
from jobs.runtime.core.units import size
from jobs.runtime.job import context
from jobs.runtime.job.apart_main import FAILED, OUT_OF_MEMORY

AT_ONCE = 2
"""So many for each worker, however many slots it has: each may take all the memory it is allowed."""

MARGIN = 0.5
"""Seconds before the item's deadline at which the process is ended, so that the item can say so itself."""

LONGEST = 86_400.0
"""Seconds that are waited at most where there is no deadline."""

_TIME, _KILLED = (-getattr(signal, name, 0) for name in ("SIGXCPU", "SIGKILL"))
_running = threading.BoundedSemaphore(AT_ONCE)


def compute_apart(
    function: Callable[[bytes], bytes], octets: bytes, *, memory: int, seconds: float, within: float = math.inf
) -> bytes:
    """What a function of a module returns for these bytes, in a process that may use so many bytes of memory and
    seconds of processor time; `within` so many seconds in all, and until the item's deadline.

    Raises the ItemError that the function raises, and ApartFailed, with a sentence, where the process has met a limit
    or died.
    """
    until = time.monotonic() + min(within, context.time_left() - MARGIN)
    if not _running.acquire(timeout=_left(until)):
        raise ApartFailed("there was no time left for it")
    try:
        return _run(function, octets, memory, seconds, until)
    finally:
        _running.release()


def _run(function: Callable[[bytes], bytes], octets: bytes, memory: int, seconds: float, until: float) -> bytes:
    parent = os.getpid() if sys.platform == "linux" else 0
    request = {"module": function.__module__, "name": function.__name__, "memory": memory, "cpu": seconds}
    head = json.dumps({**request, "owner": people.acting().owner, "parent": parent}).encode() + b"\n"
    child = subprocess.Popen(
        [sys.executable, "-m", "jobs.runtime.job.apart_main"],
        cwd=settings.PROJECT,
        env=settings.handed_on(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        answer, words = child.communicate(head + octets, timeout=_left(until))
    except subprocess.TimeoutExpired:
        raise ApartFailed("there was no time left for it") from None
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
    if child.returncode == FAILED:
        raise _failure(json.loads(answer))
    if child.returncode:
        raise ApartFailed(_sentence(child.returncode, _last_line(words), memory, seconds))
    return answer


def _left(until: float) -> float:
    return min(max(0.0, until - time.monotonic()), LONGEST)


def _failure(told: Any) -> ItemError:
    return ItemError(told["code"], told["message"], detail=told["detail"])


def _sentence(code: int, last: str, memory: int, seconds: float) -> str:
    if code == _TIME:
        return f"it takes more than {seconds:g} s of processor time"
    if code == _KILLED:
        return (
            "its process was killed from outside (SIGKILL), as by a system or container that has no memory left: "
            f"give it more, or run fewer processes (each has up to {AT_ONCE} of these at once, of {size(memory)} each)"
        )
    if code == OUT_OF_MEMORY or "memory" in last.lower():
        return f"it takes more than {size(memory)} of memory"
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"its reader ended with {how}{f' ({last})' if last else ''}"


def _last_line(words: bytes) -> str:
    lines = words[-4_000:].decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
