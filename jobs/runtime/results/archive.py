"""The files of a run (the digits of large numbers, pages) as one ZIP, or one after the other; streamed file by file."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from jobs.runtime.errors import Refused

CHUNK = 2**20


def write_archive(
    references: Iterator[str], artifact: Callable[[str], Path], stream: IO[bytes]
) -> tuple[int, list[str]]:
    """Write each file once, under its own name; how many there are, and the names of those that are gone."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        return _each_once(references, artifact, lambda path, name: _add(archive, path, name))


def write_joined(
    references: Iterator[str], artifact: Callable[[str], Path], stream: IO[bytes]
) -> tuple[int, list[str]]:
    """Write each file once, one after the other; how many there are, and the names of those that are gone."""
    return _each_once(references, artifact, lambda path, _name: _append(stream, path))


def _each_once(
    references: Iterator[str], artifact: Callable[[str], Path], write: Callable[[Path, str], None]
) -> tuple[int, list[str]]:
    seen: set[str] = set()
    gone: list[str] = []
    for reference in references:
        if reference in seen:
            continue
        seen.add(reference)
        try:
            write(artifact(reference), PurePosixPath(reference).name)
        except (Refused, FileNotFoundError):
            gone.append(PurePosixPath(reference).name)
    return len(seen) - len(gone), gone


def _append(stream: IO[bytes], path: Path) -> None:
    with path.open("rb") as file:
        shutil.copyfileobj(file, stream, CHUNK)


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo.from_file(path, name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as packed:
        shutil.copyfileobj(file, packed, CHUNK)


def references(rows: Iterator[list[Any]], places: list[int]) -> Iterator[str]:
    """The references in the `file` columns of rows."""
    for row in rows:
        yield from (str(row[place]) for place in places if row[place])
