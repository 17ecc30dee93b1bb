"""A reader process for one file: started, waited for, and its death told as a sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from jobs.runtime.core import settings
from jobs.runtime.core.errors import BadInput
from jobs.runtime.core.units import size
from jobs.runtime.inputs import FOUND, Preflight, ReadOptions
from jobs.runtime.reader import spool
from jobs.runtime.reader.main import OUT_OF_MEMORY, SPOOL_FULL


@dataclass(frozen=True, kw_only=True)
class ReadLimits:
    """What a reader may use: bytes of memory, seconds of processor time, bytes of output, seconds in all; None: as much
    as there is."""

    memory: int
    cpu: float | None = None
    output: int | None = None
    seconds: float | None = None


MOST_UPLOADED = 20 * 2**20
"""Bytes of a file that a browser or a program may send."""

UPLOAD = ReadLimits(memory=512 * 2**20, cpu=20, output=2**30, seconds=120)
"""For what comes from a browser or a program: it may be anybody's."""

FILE = ReadLimits(memory=2**30)
"""For a file that is named on the command line."""


def read_apart(
    source: bytes | Path,
    *,
    name: str,
    job: str,
    column: str = "",
    sheet: str = "",
    options: ReadOptions = FOUND,
    binding: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    sitemaps: bool = False,
    limits: ReadLimits = UPLOAD,
) -> Preflight:
    """What `inputs.read` finds in a file for a job of the catalog, read in a process of its own. `params` are those of
    the run, plain and without secrets (`client.shown_params`). With `sitemaps` those that the file names are fetched,
    and their entries read in place of it.

    Its items lie in a temporary file that is gone with the report. Raises BadInput and NoItems as `inputs.read` does,
    and BadInput where the reader has met one of its limits, or died.
    """
    request = {
        "job": job,
        "name": name,
        "path": "" if isinstance(source, bytes) else str(source),
        "folder": "" if isinstance(source, bytes) else str(Path.cwd()),
        "column": column,
        "sheet": sheet,
        "options": asdict(options),
        "binding": dict(binding or {}),
        "params": dict(params or {}),
        "sitemaps": sitemaps,
        "memory": limits.memory,
        "cpu": limits.cpu,
        "output": limits.output,
        "parent": os.getpid() if sys.platform == "linux" else 0,
    }
    out = spool.Spool()
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as words:
        given.write(json.dumps(request).encode() + b"\n")  # not as an argument: all users of the machine see those
        if isinstance(source, bytes):
            given.write(source)
        given.seek(0)
        code = _run(given, out, words, limits)
        if code:
            raise BadInput(_sentence(name, code, _last_line(words), limits))
    return spool.read_report(out)


def _run(given: IO[bytes], out: IO[bytes], words: IO[bytes], limits: ReadLimits) -> int:
    """The exit code of a reader, negative for the signal that ended it."""
    command = [sys.executable, "-m", "jobs.runtime.reader.main"]
    child = subprocess.Popen(
        command, cwd=settings.PROJECT, env=settings.handed_on(), stdin=given, stdout=out, stderr=words
    )
    try:
        return child.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM
    finally:
        child.kill()
        child.wait()


_TIME = {-getattr(signal, name, 0) for name in ("SIGXCPU", "SIGALRM")}


def _sentence(name: str, code: int, last: str, limits: ReadLimits) -> str:
    if code in _TIME or (code == -signal.SIGKILL and limits.cpu):
        took = f"{limits.cpu:g} s of processor time" if limits.cpu else "too long"
        return f"{name} cannot be read here: it takes more than {took}. Split it, or save it as CSV and try again"
    if code == OUT_OF_MEMORY or "memory" in last:
        return (
            f"{name} cannot be read here: unpacked, it takes more than {size(limits.memory)} of memory. Split it, or "
            "save the sheet as CSV"
        )
    if code == SPOOL_FULL:
        most = f" (at most {size(limits.output)})" if limits.output else ""
        return f"{name} cannot be read here: what it holds has no room{most}: {last}"
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"{name} cannot be read: its reader ended with {how}{f' ({last})' if last else ''}"


def _last_line(words: IO[bytes]) -> str:
    with suppress(OSError):
        words.seek(max(0, words.seek(0, os.SEEK_END) - 4_000))
        lines = words.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""
    return ""
