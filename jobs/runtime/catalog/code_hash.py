"""A name for the code as it stands, so that a runner with older code can be told from one with this."""

from __future__ import annotations

import contextlib
import os
from operator import attrgetter
from pathlib import Path

import jobs
from jobs.runtime.core import settings

NOT_OF_RUNNER = frozenset(
    "ui runtime/api runtime/cli runtime/client runtime/compare runtime/exports runtime/firing runtime/inputs "
    "runtime/measure runtime/overview runtime/reader".split()
)
"""Folders of the package above the runner's floor: what is done there is done with the code as it is then."""

PythonFile = tuple[str, str, int, int]
"""A file's name from the top with `/`, its path, its time (ns) and its size in bytes."""


def code_hash() -> str:
    """A name for the code as it stands: of every Python file of JOBS_PATH, and of the package what a runner and its
    workers load.

    The files are read again only when the time or size of one has changed: asked for at every submit, it must be quick.
    """
    own = jobs.__path__[0]
    folders = {own: NOT_OF_RUNNER, **dict.fromkeys(map(str, settings.value("JOBS_PATH")), frozenset[str]())}
    files = tuple(found for folder, left_out in folders.items() for found in python_files_below(folder, left_out))
    if files not in _hashes:
        _hashes.clear()
        _hashes[files] = _hash(files)
    return _hashes[files]


_hashes: dict[tuple[PythonFile, ...], str] = {}


def _hash(files: tuple[PythonFile, ...]) -> str:
    import hashlib  # OpenSSL comes with it: 4 ms, not in the workers

    digest = hashlib.sha256()
    for name, path, *_ in files:
        digest.update(os.fsencode(f"{name}\0"))
        with contextlib.suppress(OSError):
            digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def python_files_below(folder: str, left_out: frozenset[str] = frozenset(), within: str = "") -> list[PythonFile]:
    """The Python files below a folder, in the order of their names, but for the folders `left_out`, which are named as
    the files are: from the top, with `/`. By scandir, ten times as quick as Path.rglob."""
    found: list[PythonFile] = []
    try:
        with os.scandir(folder) as entries:
            there = sorted(entries, key=_name_of)
    except OSError:
        return found
    for entry in there:
        name = entry.name
        if name.endswith(".py"):
            try:
                status = entry.stat()
            except OSError:
                continue
            found.append((within + name, entry.path, status.st_mtime_ns, status.st_size))
        elif "." not in name and name != "__pycache__" and within + name not in left_out and _is_folder(entry):
            found += python_files_below(entry.path, left_out, f"{within}{name}/")
    return found


_name_of = attrgetter("name")
_is_folder = os.path.isdir  # an entry itself raises where it is a link to itself
