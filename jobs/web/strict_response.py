"""An answer as it comes in: its head read leniently, its framing strictly, its body piece by piece."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
from typing import Any

from jobs.web import message_head
from jobs.web.exchange import current
from jobs.web.message_head import HEADER_BYTES
from jobs.web.network_errors import HeadersTooLargeError, NoFirstByteError
from jobs.web.trust import keep_session

MOST_INTERIM = 50
LINE_BYTES = 64 * 1024

_CHUNK_SIZE = re.compile(rb"0*[0-9A-Fa-f]{1,15}")


class StrictResponse(http.client.HTTPResponse):
    """http.client's answer with another reading of head and body. `notes`: what was unclean in its head."""

    notes: tuple[str, ...] = ()
    more = False
    """Whether bytes came beyond this answer: then it may have been unasked itself."""

    def begin(self) -> None:
        """Read the head, within its cap, and decide where the body ends."""
        if self.headers is not None:
            return
        plain = self.fp
        metered = _Metered(plain)
        status = message_head.read_status_line(_FirstLine(plain, metered).readline)
        fields = message_head.read_fields(metered.readline)
        interim = 0
        while 100 <= status.status < 200 and status.status != 101:  # 101 ends the conversation
            interim += 1
            if interim > MOST_INTERIM:
                raise http.client.HTTPException(f"more than {MOST_INTERIM} interim answers")
            status = message_head.read_status_line(metered.readline)
            fields = message_head.read_fields(metered.readline)
        self.code, self.status, self.reason, self.version = status.status, status.status, status.reason, status.version
        self.notes = fields.notes
        self.headers = self.msg = http.client.HTTPMessage()
        for name, value in fields.pairs:
            self.headers[name] = value
        self._frame(fields)

    def _frame(self, fields: message_head.Fields) -> None:
        """Where the body ends, and whether the connection can go on after it."""
        transfers = self.headers.get_all("transfer-encoding", [])
        self.chunked = "chunked" in message_head.transfers_of(transfers)
        self.chunk_left: int | None = None
        length = message_head.length_of(fields)
        bodiless = self._method == "HEAD" or self.status in (204, 304) or self.status < 200  # type: ignore[attr-defined]
        self.length = 0 if bodiless else None if self.chunked else length
        unclear = "," in ",".join(transfers) or "content-length" in self.headers
        two_sizes = self.chunked and unclear  # where the next answer begins is a guess
        endless = not self.chunked and self.length is None
        closing = self._check_close()  # type: ignore[attr-defined]
        self.will_close = bool(closing or two_sizes or endless or fields.notes)
        if bodiless:
            self.chunked = False

    def part(self, most: int) -> bytes:
        """Some of the body, at most so many bytes; empty at its end. Raises IncompleteRead where that is too early."""
        if self.fp is None:
            return b""
        left = self._left_of_chunk() if self.chunked else self.length
        if left == 0:
            self._close_conn()
            return b""
        part: bytes = self.fp.read1(most if left is None else min(most, left))
        if not part and left is not None:
            raise http.client.IncompleteRead(b"", left)
        if not part:
            self._close_conn()
        elif self.chunked:
            self.chunk_left = (left or 0) - len(part)
        elif left is not None:
            self.length = left - len(part)
            if self.length == 0:
                self._close_conn()
        return part

    def _left_of_chunk(self) -> int:
        """Bytes left of the chunk that is being read, or of the next one; 0 at the end of all."""
        if self.chunk_left:
            return self.chunk_left
        if self.chunk_left == 0 and self.fp.readline(3).strip(b"\r\n"):
            raise http.client.HTTPException("a chunk is longer than it says")
        size = self._read_next_chunk_size()
        if size == 0:
            self._read_and_discard_trailer()
        return size

    def _read_next_chunk_size(self) -> int:
        """Strictly: the standard library takes -1 for a size, and then reads without bound."""
        line = self.fp.readline(LINE_BYTES)
        if not line:
            raise http.client.IncompleteRead(b"")
        size = line.partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(size):
            raise http.client.HTTPException(f"not the size of a chunk: {size[:40]!r}")
        return int(size, 16)

    def _read_and_discard_trailer(self) -> None:
        """What stands after the last chunk, up to a blank line, or to the end of all."""
        trailer = _Metered(self.fp)
        with contextlib.suppress(http.client.IncompleteRead):
            while trailer.readline(LINE_BYTES).strip(b"\r\n"):
                pass

    def _close_conn(self) -> None:
        """The body has ended: what was read beyond it ends the connection, which could give it to the next item."""
        if not self.will_close and _holds_more(self.fp):
            self.more = True
            with contextlib.suppress(OSError):
                _socket_of(self.fp).shutdown(socket.SHUT_RDWR)
        super()._close_conn()  # type: ignore[misc]


def _socket_of(reader: Any) -> socket.socket:
    sock: socket.socket = reader.raw._sock
    return sock


def _holds_more(reader: Any) -> bool:
    """Whether bytes wait: in the reader, in the TLS layer, or in the socket. Nothing is waited for."""
    try:
        _socket_of(reader).settimeout(0)  # until the next question sets its own
        return bool(reader.peek(1))
    except ssl.SSLWantReadError:
        return False
    except (OSError, ValueError):  # cut, or shut by the watchdog
        return True


class _FirstLine:
    """The reading end while nothing has come yet: from the first byte on, silence may last as long as between two."""

    def __init__(self, plain: Any, metered: _Metered) -> None:
        self._plain, self._metered = plain, metered

    def readline(self, limit: int = -1) -> bytes:
        try:
            self._plain.peek(1)
        except TimeoutError as error:
            raise NoFirstByteError(str(error)) from error
        sock = _socket_of(self._plain)
        sock.settimeout(current().limits.read)
        keep_session(sock)
        return self._metered.readline(limit)


class _Metered:
    """The reading end of a connection while headers are read."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain
        self._left = HEADER_BYTES

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._plain.readline(limit)
        if not line and self._left < HEADER_BYTES:
            raise http.client.IncompleteRead(b"")
        self._left -= len(line)
        if self._left < 0 or (len(line) == limit and not line.endswith(b"\n")):
            raise HeadersTooLargeError(f"headers of more than {HEADER_BYTES:,} bytes")
        return line
