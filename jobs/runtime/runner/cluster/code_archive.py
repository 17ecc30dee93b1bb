"""The code as it is sent to the machines of a cluster: a zip of what a worker and its agent need of the package, and of
JOBS_PATH. Its digest is its name: a machine runs what has that digest and nothing else.

What is compiled goes along: a machine with the same Python need not do it again, as long as its files have the times
that were compiled in. Another Python does not look at it.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import jobs
from jobs.runtime.catalog.code_hash import NOT_OF_RUNNER
from jobs.runtime.core import settings

RUNNER = "runtime/runner"
LEFT_OUT = NOT_OF_RUNNER | {"runtime/store", "runtime/sample", f"{RUNNER}/schedule"}
"""Folders of our package that no worker needs; of JOBS_PATH all go along, whatever they are called. What lies in
that of the runner itself is left out too: each file costs the start of an agent, on a busy disk a millisecond or more.
"""


@dataclass(frozen=True, kw_only=True)
class CodeArchive:
    """The zip and its digest; the folders in it that stand for those of JOBS_PATH; and the times of its files (Unix
    seconds)."""

    content: bytes
    digest: str
    paths: list[str]
    times: dict[str, float]


def build() -> CodeArchive:
    """The code as it is now."""
    own = Path(jobs.__path__[0])
    folders = {f"path/{number}": Path(folder) for number, folder in enumerate(settings.job_folders())}
    buffer, times = BytesIO(), dict[str, float]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for top, folder in {"jobs": own, **folders}.items():
            archive.writestr(f"{top}/", b"")
            for path, name in _files(folder, LEFT_OUT if folder is own else frozenset()):
                archive.writestr(zipfile.ZipInfo(f"{top}/{name}"), path.read_bytes(), zipfile.ZIP_DEFLATED)
                times[f"{top}/{name}"] = path.stat().st_mtime
    content = buffer.getvalue()
    return CodeArchive(content=content, digest=hashlib.sha256(content).hexdigest(), paths=list(folders), times=times)


def _files(top: Path, left_out: frozenset[str]) -> Iterator[tuple[Path, str]]:
    for place, folders, names in os.walk(top):
        within = Path(place).relative_to(top)
        folders[:] = sorted(name for name in _shown(folders) if (within / name).as_posix() not in left_out)
        loop = bool(left_out) and within.as_posix().removesuffix("/__pycache__") == RUNNER
        for name in sorted(_shown(names)):
            path = Path(place, name)
            if path.is_file() and not (loop and name.partition(".")[0] != "__init__"):
                yield path, path.relative_to(top).as_posix()


def _shown(names: list[str]) -> list[str]:
    """Without hidden ones: what a machine needs is no history of versions, and no file of secrets."""
    return [name for name in names if not name.startswith(".")]
