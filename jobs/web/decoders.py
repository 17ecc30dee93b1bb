"""What undoes the compressions that are asked for, one machine for each, all with the same two words: feed and eof."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

ZSTD_WINDOW_LOG = 23
"""Windows of 8 MiB at most, as RFC 8878 advises and browsers hold: a machine for a larger one takes too much memory."""


class DamagedError(Exception):
    """The bytes make no sense as what they are said to be."""


class Decoder(Protocol):
    """One compressed file being read. `rest`: what of the input lies behind its end, or has not been used yet."""

    eof: bool
    rest: bytes

    def feed(self, packed: bytes, room: int) -> bytes:
        """What these bytes add, at most `room` (more than 0) bytes of it or not much more. Raises DamagedError."""


class Zlib:
    """gzip and deflate, by what zlib calls the window."""

    def __init__(self, window: int) -> None:
        self._machine = zlib.decompressobj(window)
        self.eof, self.rest = False, b""

    def feed(self, packed: bytes, room: int) -> bytes:
        """See Decoder."""
        try:
            content = self._machine.decompress(packed, room)
        except zlib.error as error:
            raise DamagedError(str(error)) from None
        self.eof, self.rest = self._machine.eof, self._machine.unconsumed_tail or self._machine.unused_data
        return content


class Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        import brotli  # only where a server sends it

        self._machine, self._error = brotli.Decompressor(), brotli.error
        self.eof, self.rest = False, b""

    def feed(self, packed: bytes, room: int) -> bytes:
        """See Decoder."""
        parts: list[bytes] = []
        try:
            while room > 0 and not self.eof:
                part = self._machine.process(packed, output_buffer_limit=room)
                parts.append(part)
                room, packed = room - len(part), b""
                self.eof = self._machine.is_finished()
                if not part and self._machine.can_accept_more_data():
                    break
        except self._error as error:
            raise DamagedError(str(error)) from None
        return b"".join(parts)


class Zstd:
    """zstd (RFC 8878), one frame."""

    def __init__(self) -> None:
        zstd = _zstd()
        options = {zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
        self._machine, self._error = zstd.ZstdDecompressor(options=options), zstd.ZstdError
        self.eof, self.rest = False, b""

    def feed(self, packed: bytes, room: int) -> bytes:
        """See Decoder."""
        try:
            content: bytes = self._machine.decompress(packed, room)
        except self._error as error:
            raise DamagedError(str(error)) from None
        self.eof, self.rest = self._machine.eof, self._machine.unused_data if self._machine.eof else b""
        return content


def _zstd() -> Any:
    """Python's own from 3.14 on; before, the same as a package."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


CODINGS: Mapping[str, tuple[Callable[[], Decoder], ...]] = {
    "gzip": (lambda: Zlib(31),),
    "deflate": (lambda: Zlib(15), lambda: Zlib(-15)),  # with zlib's wrapper, or as some send it, bare
    "br": (Brotli,),
    "zstd": (Zstd,),
}
"""The compressions that are asked for, best known first, and how each may have been meant."""

ANOTHER = {
    "gzip": (b"\x1f\x8b",),
    "zstd": (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + low]) + b"\x2a\x4d\x18" for low in range(16))),
}
"""How another compressed file begins behind the end of one; what else is there is padding, which browsers ignore."""
