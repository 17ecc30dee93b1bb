"""This process's arguments as others of the machine see them (`ps`): what is secret in them is overwritten."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_ARG_START, _ARG_END = 45, 46
"""Where /proc/self/stat tells, behind the name of the program, between which addresses the arguments are (man 5
proc_pid_stat: fields 48 and 49)."""


def blot(values: Iterable[str]) -> None:
    """Overwrite these values among the arguments, where the system lets it: on Linux, in the memory that
    /proc/PID/cmdline shows. Elsewhere they stand there as long as the program runs."""
    hidden = [os.fsencode(value) for value in values if value]
    if not hidden or sys.platform != "linux":
        return
    with suppress(OSError, ValueError, IndexError):
        start, end = _place()
        kept = ctypes.string_at(start, end - start)
        blotted = b"\0".join(_blotted(word, hidden) for word in kept.split(b"\0"))
        ctypes.memmove(start, blotted, len(kept))


def _place() -> tuple[int, int]:
    facts = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    start, end = int(facts[_ARG_START]), int(facts[_ARG_END])
    if not 0 < end - start < 2**24 or Path("/proc/self/cmdline").stat().st_uid != os.geteuid():
        raise ValueError("the arguments cannot be told")
    return start, end


def _blotted(word: bytes, hidden: list[bytes]) -> bytes:
    """A word of the same length, without the values that it is or ends with, as in `--key=value`."""
    for value in hidden:
        if word == value or word.endswith(b"=" + value):
            return word[: len(word) - len(value)] + b"*" * len(value)
    return word
