"""Bytes or a path as something that can be opened as often as needed, gzip unpacked on the way."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from jobs.runtime.core.errors import BadInput

MAX_BYTES = 2 * 2**30
"""A larger file is refused: at a kilobyte a row, two times the items that a run may have."""

MAX_RATIO = 60
"""How much larger than its gzip file a table may be. Tables shrink 5 to 30 times, a bomb 1,000 times."""

FREE_BYTES = 64 * 2**20
"""Up to here no ratio is looked at: a small file may shrink as it likes."""

CHUNK = 2**20


@dataclass(frozen=True, kw_only=True)
class InputSource:
    """A file by name, its size in bytes, and how it is opened for reading, each time from its start."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    notes: tuple[str, ...] = ()

    def head(self, most: int = 65_536) -> bytes:
        """The first bytes."""
        with self.open() as stream:
            return stream.read(most)

    def chunks(self) -> Iterator[bytes]:
        """All bytes, a MiB at a time."""
        with self.open() as stream:
            while chunk := stream.read(CHUNK):
                yield chunk


def source_of(given: bytes | Path, name: str) -> InputSource:
    """The source of an upload's bytes or of a path. Raises BadInput: unreadable, or larger than MAX_BYTES."""
    source = _bytes_source(given, name) if isinstance(given, bytes) else _path_source(given, name)
    if source.size > MAX_BYTES:
        raise BadInput(f"{name} has {source.size:,} bytes (at most {MAX_BYTES:,}): split it into several files")
    return source


def unpacked(source: InputSource) -> InputSource:
    """The source inside a gzip file. Reading it raises BadInput where the file is damaged, or a bomb."""
    most = min(MAX_BYTES, max(FREE_BYTES, source.size * MAX_RATIO))
    name = source.name

    def open_unpacked() -> IO[bytes]:
        return io.BufferedReader(_Unpacked(source.open(), name, most), buffer_size=CHUNK)

    note = f"unpacked from gzip ({source.size:,} bytes)"
    return replace(source, open=open_unpacked, notes=(*source.notes, note))


def _bytes_source(content: bytes, name: str) -> InputSource:
    return InputSource(name=name, size=len(content), open=lambda: io.BytesIO(content))


def _path_source(path: Path, name: str) -> InputSource:
    try:
        if not path.is_file():
            raise BadInput(_no_file(path))
        seen = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror or error}") from None

    def open_unchanged() -> IO[bytes]:
        try:
            now = path.stat()
            if (now.st_mtime_ns, now.st_size) != (seen.st_mtime_ns, seen.st_size):
                raise BadInput(f"{name} was changed while it was read: start again")
            return path.open("rb")
        except OSError as error:
            raise BadInput(f"{name} cannot be read: {error.strerror or error}") from None

    return InputSource(name=name, size=seen.st_size, open=open_unchanged)


def _no_file(path: Path) -> str:
    shown = " ".join(str(path).split())
    if not path.exists():
        return f"there is no file {shown}"
    if path.is_dir():
        return f"{shown} is a folder, not a file: give a file in it"
    return f"{shown} is a pipe or a device, not a file: give - and redirect it (- < {shown})"


class _Unpacked(io.RawIOBase):
    """A gzip stream that stops at `most` bytes and speaks plainly of what is wrong with it."""

    def __init__(self, packed: IO[bytes], name: str, most: int) -> None:
        self._packed, self._name, self._most, self._read = packed, name, most, 0
        self._stream = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            count = self._stream.readinto(buffer)
        except (EOFError, OSError, zlib.error):
            raise BadInput(
                f"{self._name} is a gzip file that is damaged or cut short: pack or fetch it again"
            ) from None
        self._read += count
        if self._read > self._most:
            raise BadInput(f"{self._name} unpacks to more than {self._most:,} bytes: refused as a compression bomb")
        return count

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._packed.close()
        super().close()
