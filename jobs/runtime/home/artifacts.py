"""Artifacts as files: written by the worker itself, piecewise, and swept when no outcome names them."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core.errors import StoreError, UnencodableError
from jobs.runtime.core.private_files import held
from jobs.runtime.job.decorator import Artifact

FOLDER = "artifacts"
PART = ".part"
"""How the name of a file ends that is not whole yet; before it stands the id of the process that writes it."""

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
    file, rename: a file under its final name is whole, and `sync` has it stay. Raises UnencodableError for a chunk that
    is no bytes or text, or when the disk refuses; whatever the chunks raise passes through.
    """
    name = f"{stem}-{safe_name(artifact.name)}"
    try:
        with held(home, FOLDER, run, make=True) as place:
            part = f"{name}.{os.getpid()}{PART}"
            try:
                descriptor = place.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                _write(descriptor, artifact.chunks)
                place.replace(part, name)
            except BaseException:  # the author's chunks: whatever they raise
                place.remove(part)
                raise
    except OSError as error:
        raise UnencodableError(f"the file {artifact.name} could not be written: {error.strerror or error}") from error
    except StoreError as error:
        raise UnencodableError(f"the file {artifact.name} could not be written: {error}") from error
    return f"{FOLDER}/{run}/{name}"


def sync(home: Path, run: str, names: Iterable[str]) -> str:
    """Wait until these files of a run are on the disk; returns why one will not stay, or an empty text."""
    name = ""
    try:
        with held(home, FOLDER, run) as place:
            for name in names:
                descriptor = place.open(name, os.O_RDWR)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
    except (OSError, StoreError) as error:
        return f"the file {name} could not be written: {getattr(error, 'strerror', None) or error}"
    return ""


def link(home: Path, reference: str, run: str, stem: str, *, numbered: bool = False) -> str:
    """The file behind a reference of another run as a file of this run, which lasts when the other's is gone; returns
    its reference, or an empty text where there is no such file. `numbered`: both stems have a column's number.

    It is the same file under two names, where the file system has that; else a copy.
    """
    _, source, name = ["", "", *reference.split("/")][-3:]
    target = f"{stem}-{_STEMS[numbered].sub('', name)}"
    with suppress(OSError, StoreError), held(home, FOLDER, source) as there, held(home, FOLDER, run, make=True) as here:
        here.remove(target)
        there.link(name, here, target)
        os.utime(folder(home, source))  # its files are shared from now on: see `_count`
        return f"{FOLDER}/{run}/{target}"
    return ""


def file_stem(position: int, attempt: int, column: str, files: Sequence[str]) -> str:
    """What keeps the file of an item apart from others; where these are several columns of files, with the number of
    the column, not its name: names that are told apart must not meet when made safe."""
    return f"{position}-{attempt}" + (f"-{files.index(column) + 1}" if len(files) > 1 else "")


_STEMS = {False: re.compile(r"^[0-9]+-[0-9]+-"), True: re.compile(r"^[0-9]+-[0-9]+-[0-9]+-")}


def taken_over(home: Path, row: str, files: Sequence[str], run: str, position: int, attempt: int = 0) -> str | None:
    """The row (JSON) of another run as one of this run: the files in these columns are its own, too; None: one of them
    is not there any more. `attempt` 0: it was not tried."""
    if not files:
        return row
    cells = json.loads(row)
    for column in files:
        if cells.get(column):
            stem = file_stem(position, attempt, column, files)
            cells[column] = link(home, cells[column], run, stem, numbered=len(files) > 1)
            if not cells[column]:
                return None
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


def resolve(home: Path, run: str, reference: str) -> Path | None:
    """The file behind a reference of this run; None for anything else, or when it is gone."""
    path = (home / reference).resolve()
    inside = path.parent == folder(home, run).resolve()
    return path if inside and path.is_file() else None


def sweep(home: Path, run: str, referenced: Iterable[str]) -> int:
    """Remove the files of a run that no outcome names (attempts that did not count); returns how many."""
    keep = {Path(reference).name for reference in referenced}
    with suppress(OSError, StoreError), held(home, FOLDER, run) as place:
        orphans = [name for name in place.names() if name not in keep]
        for name in orphans:
            with suppress(OSError):
                place.remove(name)
        return len(orphans)
    return 0


def sweep_parts(home: Path, run: str, pid: int) -> None:
    """Remove what a process that has ended was writing for a run."""
    _remove_parts(home, run, lambda name: name.endswith(f".{pid}{PART}"))


def sweep_all_parts(home: Path, writing: Collection[int]) -> None:
    """Remove what no process writes any more, of all runs; `writing` are the ids of those that may."""
    ends = tuple(f".{pid}{PART}" for pid in writing)
    names: list[str] = []
    with suppress(OSError, StoreError), held(home, FOLDER) as place:
        names = place.names()
    for run in names:
        _remove_parts(home, run, lambda name: name.endswith(PART) and not name.endswith(ends))


def _remove_parts(home: Path, run: str, doomed: Callable[[str], bool]) -> None:
    with suppress(OSError, StoreError), held(home, FOLDER, run) as place:
        for name in filter(doomed, place.names()):
            with suppress(OSError):
                place.remove(name)


def written(home: Path) -> list[tuple[str, str]]:
    """The files that are whole, each with its run."""
    found: list[tuple[str, str]] = []
    with suppress(OSError), os.scandir(home / FOLDER) as runs:
        for run in runs:
            found += [(run.name, name) for name in sorted(os.listdir(run.path)) if is_file_name(name)]  # noqa: PTH208
    return found


def is_file_name(name: str) -> bool:
    """Whether a whole file may be called so by `write`."""
    return re.fullmatch(r"[0-9]+-[0-9]+-[A-Za-z0-9._-]{1,100}", name) is not None and not name.endswith(PART)


def remove(home: Path, run: str) -> None:
    """Remove all artifacts of a run, as far as the disk lets us; of a link that lies in their place, the link."""
    with suppress(OSError, StoreError), held(home, FOLDER) as place:
        place.remove_folder(run)


def size(home: Path, run: str = "") -> int:
    """Bytes of the artifacts of one run, or of all."""
    return _size(str(folder(home, run) if run else home / FOLDER))


def safe_name(name: str) -> str:
    """A file name of letters, digits, dot, dash and underscore, at most 80 characters, never hidden or empty."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")[-80:] or "file"


def _size(place: str) -> int:
    """Counted anew only where a file came or went: a page asks every few seconds, and there may be a million files."""
    changed = _changed(place)
    known = _sizes.get(place)
    if known is not None and known[0] == changed:
        return known[1]
    total, counted_anew = _count(place)
    if not counted_anew and time.time_ns() - changed > SETTLED:
        _sizes[place] = (changed, total)
    return total


def _changed(place: str) -> int:
    """When a file came or went there (Unix nanoseconds); 0: there is no such place."""
    with suppress(OSError):
        return os.stat(place).st_mtime_ns  # noqa: PTH116 (asked for often)
    return 0


def _count(place: str) -> tuple[int, bool]:
    """Bytes below a folder, and whether they may change where it does not: it holds folders, or files that are those of
    other runs too, of which each run has its share. By scandir, in a third of the time that Path.rglob takes."""
    total, changeable = 0.0, False
    with suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            with suppress(OSError):
                inner = entry.is_dir(follow_symlinks=False)
                found = entry.stat(follow_symlinks=False)
                shared = not inner and found.st_nlink > 1
                changeable = changeable or inner or shared
                total += _size(entry.path) if inner else found.st_size / max(1, found.st_nlink)
    return round(total), changeable


def _write(descriptor: int, chunks: Iterable[bytes | str]) -> None:
    with os.fdopen(descriptor, "wb", buffering=WRITTEN_AT_ONCE) as file:
        for chunk in chunks:
            if not isinstance(chunk, bytes | bytearray | memoryview | str):
                raise UnencodableError(f"an Artifact's chunks must be bytes or text, not {type(chunk).__name__}")
            file.write(chunk.encode("utf-8", "replace") if isinstance(chunk, str) else chunk)
