"""Artifacts as files: written by the worker itself, piecewise, and swept when no outcome names them."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from jobs.runtime.mark import Artifact
from jobs.runtime.rows import UnencodableError

FOLDER = "artifacts"
WRITTEN_AT_ONCE = 2**20
"""Bytes gathered before they are written: pieces of 20 kB, one by one, would take twice as long."""


SETTLED = 2 * 10**9
"""Nanoseconds after which the size of a folder in which nothing came or went is not counted again."""

_sizes: dict[str, tuple[int, int]] = {}
"""Folders of files: when they changed, and their bytes."""


def folder(home: Path, run: str) -> Path:
    """Where the artifacts of a run are."""
    return home / FOLDER / run


def write(home: Path, run: str, stem: str, artifact: Artifact) -> str:
    """Write an artifact to a file of its own and return its reference, relative to `home`.

    `stem` (position, attempt and, of several, the column's number) keeps files apart, whatever their names. Temporary
    file, fsync, rename: a file under its final name is whole. Raises UnencodableError for a chunk that is no bytes or
    text, or when the disk refuses; whatever the chunks raise passes through.
    """
    target = folder(home, run) / f"{stem}-{safe_name(artifact.name)}"
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(partial, artifact.chunks)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UnencodableError(f"the file {artifact.name} could not be written: {error.strerror or error}") from error
    return target.relative_to(home).as_posix()


def resolve(home: Path, run: str, reference: str) -> Path | None:
    """The file behind a reference of this run; None for anything else, or when it is gone."""
    path = (home / reference).resolve()
    inside = path.parent == folder(home, run).resolve()
    return path if inside and path.is_file() else None


def sweep(home: Path, run: str, referenced: Iterable[str]) -> int:
    """Remove the files of a run that no outcome names (attempts that did not count); returns how many."""
    keep = {Path(reference).name for reference in referenced}
    orphans = [path for path in _files(folder(home, run)) if path.name not in keep]
    for path in orphans:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    return len(orphans)


def remove(home: Path, run: str) -> None:
    """Remove all artifacts of a run, as far as the disk lets us."""
    shutil.rmtree(folder(home, run), ignore_errors=True)


def size(home: Path, run: str = "") -> int:
    """Bytes of the artifacts of one run, or of all."""
    return _size(str(folder(home, run) if run else home / FOLDER))


def safe_name(name: str) -> str:
    """A file name of letters, digits, dot, dash and underscore, at most 80 characters, never hidden or empty."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")[-80:] or "file"


def _files(place: Path) -> list[Path]:
    return [path for path in place.iterdir() if path.is_file()] if place.is_dir() else []


def _size(place: str) -> int:
    """Counted anew only where a file came or went: a page asks every few seconds, and there may be a million files."""
    changed = _changed(place)
    known = _sizes.get(place)
    if known is not None and known[0] == changed:
        return known[1]
    total, holds_folders = _count(place)
    if not holds_folders and time.time_ns() - changed > SETTLED:
        _sizes[place] = (changed, total)
    return total


def _changed(place: str) -> int:
    """When a file came or went there (Unix nanoseconds); 0: there is no such place."""
    with suppress(OSError):
        return os.stat(place).st_mtime_ns  # noqa: PTH116 (asked for often)
    return 0


def _count(place: str) -> tuple[int, bool]:
    """Bytes below a folder, and whether it holds folders; by scandir, in a third of the time that Path.rglob takes."""
    total, holds_folders = 0, False
    with suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            with suppress(OSError):
                inner = entry.is_dir(follow_symlinks=False)
                holds_folders = holds_folders or inner
                total += _size(entry.path) if inner else entry.stat(follow_symlinks=False).st_size
    return total, holds_folders


def _write(path: Path, chunks: Iterable[bytes | str]) -> None:
    with path.open("wb", buffering=WRITTEN_AT_ONCE) as file:
        for chunk in chunks:
            if not isinstance(chunk, bytes | bytearray | memoryview | str):
                raise UnencodableError(f"an Artifact's chunks must be bytes or text, not {type(chunk).__name__}")
            file.write(chunk.encode("utf-8", "replace") if isinstance(chunk, str) else chunk)
        file.flush()
        os.fsync(file.fileno())
