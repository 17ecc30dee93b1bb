"""The audit log: a file of JSON lines for each month, apart from the store: nothing that goes there takes it along.

A line is written whole, behind those of others; months go by `JOBS_AUDIT_DAYS`.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from jobs.runtime.core import private_files, settings
from jobs.runtime.core.audit import AuditEntry, entry_of
from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import Folder
from jobs.runtime.home import reserve

FOLDER = "audit"
FULL = (errno.ENOSPC, errno.EDQUOT)
_FILE = re.compile(r"(\d{4})-(\d{2})\.jsonl")


def check_writable(home: Path, at: float) -> None:
    """Raises StoreError where what is done now (Unix seconds) could not be noted."""
    append(home, at, b"")


def note(home: Path, entry: AuditEntry) -> None:
    """Write an entry down. Raises StoreError: it was done, and cannot be noted."""
    append(home, entry.at, json.dumps(entry.plain(), ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def append(home: Path, at: float, line: bytes) -> None:
    """Write a line, in the file of the month of `at`, whose first removes the months that are too old."""
    name = _file_of(at)
    try:
        with private_files.held(home, FOLDER, make=True) as folder:
            if folder.status(name) is None:
                _sweep(folder, at)
            handle = folder.open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            try:
                if line:
                    _write(handle, b"\n" * _cut_off(handle) + line)
            finally:
                os.close(handle)
    except OSError as error:
        if error.errno in FULL and reserve.release(home):
            append(home, at, line)
            return
        raise StoreError(f"the audit log cannot be written: {error.strerror} ({home / FOLDER})") from None


def entries(home: Path, since: float) -> Iterator[AuditEntry]:
    """Those from a time on (Unix seconds), newest first; lines that are none are left out."""
    try:
        with private_files.held(home, FOLDER) as folder:
            names = sorted((name for name in folder.names() if _FILE.fullmatch(name)), reverse=True)
    except FileNotFoundError:
        return
    for name in names:
        if name < _file_of(since):
            return
        with os.fdopen(private_files.open_file(home / FOLDER / name, os.O_RDONLY), "rb") as file:
            found = [entry for line in file if (entry := entry_of(line)) is not None and entry.at >= since]
        yield from sorted(found, key=lambda entry: entry.at, reverse=True)


def _sweep(folder: Folder, at: float) -> None:
    """Remove the months of which every day is longer ago than JOBS_AUDIT_DAYS."""
    days = settings.value("JOBS_AUDIT_DAYS")
    for name in folder.names() if days else ():
        found = _FILE.fullmatch(name)
        if found and name < _file_of(at - days * 86_400.0):
            folder.remove(name)


def _file_of(at: float) -> str:
    """The file of a moment (Unix seconds), by UTC."""
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m}.jsonl"
    except (OverflowError, ValueError, OSError):
        return "0000-01.jsonl"


def _write(handle: int, line: bytes) -> None:
    """Raises OSError, also where only a part of it found room."""
    if os.write(handle, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _cut_off(handle: int) -> bool:
    """Whether the last line was not written whole: what follows begins a new one."""
    size = os.fstat(handle).st_size
    return size > 0 and os.pread(handle, 1, size - 1) != b"\n"
