"""The head of an answer and the sizes of its chunks, read more strictly than the standard library does."""

from __future__ import annotations

import http.client
import re
from typing import Any

from jobs.scrape.failures import HeadersTooLargeError

HEADER_BYTES = 256 * 1024
MOST_INTERIM = 50
LINE_BYTES = 64 * 1024

_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")


class StrictResponse(http.client.HTTPResponse):
    """An answer whose headers, interim answers included, have a cap, and whose chunks are read strictly."""

    def begin(self) -> None:
        """Read the head, within its cap."""
        self._interim = 0
        plain = self.fp
        self.fp = _Metered(plain)  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = plain
        if self.chunked and "content-length" in self.headers:
            self.will_close = True  # two sizes: where the next answer begins is anybody's guess

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise http.client.HTTPException(f"more than {MOST_INTERIM} interim answers")
            if not 102 <= status < 200:  # 100 is skipped by http.client itself; 101 ends the conversation
                return version, status, reason
            while self.fp.readline(LINE_BYTES) not in (b"\r\n", b"\n"):
                pass

    def _read_next_chunk_size(self) -> int:
        """Strictly: the standard library takes -1 for a size, and then reads without bound."""
        line = self.fp.readline(LINE_BYTES)
        if not line:
            raise http.client.IncompleteRead(b"")
        size = line.partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(size):
            raise http.client.HTTPException(f"not the size of a chunk: {size[:40]!r}")
        return int(size, 16)


class _Metered:
    """The reading end of a connection while headers are read."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain
        self._left = HEADER_BYTES

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._plain.readline(limit)
        if not line and self._left < HEADER_BYTES:  # http.client takes the end of all for the end of the headers
            raise http.client.IncompleteRead(b"")
        self._left -= len(line)
        if self._left < 0:
            raise HeadersTooLargeError(f"headers of more than {HEADER_BYTES:,} bytes")
        return line

    def close(self) -> None:
        self._plain.close()

    def flush(self) -> None:
        self._plain.flush()
