"""The files of a run (large values, pages) as one ZIP, or one after the other; streamed file by file."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from jobs.runtime.core.errors import Refused
from jobs.runtime.exports import text_joiner
from jobs.runtime.exports.warc_joiner import MOST_BYTES, WarcJoiner

CHUNK = 2**20
TEXT_ENDING = ".md"


def write_archive(
    references: Iterator[str], artifact: Callable[[str], Path], stream: IO[bytes]
) -> tuple[int, list[str]]:
    """Write each file once, under its own name; how many there are, and the names of those that are gone."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        return _each_once(references, artifact, lambda path, name: pack(archive, path, name))


def write_joined(
    references: Iterator[str], artifact: Callable[[str], Path], stream: IO[bytes]
) -> tuple[int, list[str]]:
    """Write each file once, one after the other: records of WARC, else a line of JSON for each text; how many there
    are, and the names of those that are gone."""
    warc = WarcJoiner()
    return _each_once(references, artifact, lambda path, name: _append(stream, path, name, warc))


def is_warc(name: str) -> bool:
    """Whether a file is of WARC records, by its name."""
    return name.endswith(".warc.gz")


def _each_once(
    references: Iterator[str], artifact: Callable[[str], Path], write: Callable[[Path, str], object]
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


def _append(stream: IO[bytes], path: Path, name: str, warc: WarcJoiner) -> None:
    looked_into = path.stat().st_size <= MOST_BYTES
    if is_warc(name) and looked_into:
        warc.append(path.read_bytes(), stream)
        return
    if name.endswith(TEXT_ENDING) and looked_into:
        text_joiner.append(path.read_text("utf-8", "replace"), stream)
        return
    with path.open("rb") as file:
        shutil.copyfileobj(file, stream, CHUNK)


def pack(archive: zipfile.ZipFile, path: Path, name: str, between: Callable[[], None] = lambda: None) -> int:
    """Put a file into an archive under a name; returns its bytes. `between` is called after each MiB. Raises
    FileNotFoundError."""
    entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as packed:
        while chunk := file.read(CHUNK):
            packed.write(chunk)
            between()
    return entry.file_size


def references(rows: Iterator[list[Any]], places: list[int]) -> Iterator[str]:
    """The references in the `file` columns of rows."""
    for row in rows:
        yield from (str(row[place]) for place in places if row[place])
