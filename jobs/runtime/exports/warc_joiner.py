"""WARC files joined into one, in which equal bodies stand once: a later one is a revisit record, which refers to the
first (WARC 1.1, section 6.7; the profile for identical payloads)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import IO

MOST_KNOWN = 200_000
"""Bodies that are remembered, some 100 bytes each."""

MOST_BYTES = 32 * 2**20
"""Of a file, and of a record of it, that is looked into; what is larger is written as it is."""

LEVEL = 4
PROFILE = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
EMPTY = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
"""The digest of nothing, which refers to nothing."""

_END = b"\r\n\r\n"
_LEFT_OUT = re.compile(rb"(?im)^(?:WARC-Type|WARC-Block-Digest|WARC-Truncated|Content-Length):.*\r\n")


class WarcJoiner:
    """Writes files one after the other, as far as they hold what was not written yet."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}

    def append(self, packed: bytes, stream: IO[bytes]) -> None:
        """Write the records of a file, each of which is a gzip member of its own."""
        for member, record in _members(packed):
            stream.write(self._once(member, record))

    def _once(self, member: bytes, record: bytes) -> bytes:
        head, _, block = record.partition(_END)
        digest, url, date = (_field(head, name) for name in ("WARC-Payload-Digest", "WARC-Target-URI", "WARC-Date"))
        if _field(head, "WARC-Type") != "response" or digest in ("", EMPTY):
            return member
        first = self._known.get(digest)
        if first is None:
            if len(self._known) < MOST_KNOWN:
                self._known[digest] = (url, date)
            return member
        return zlib.compress(_revisit(head, block, *first), LEVEL, wbits=31)


def _revisit(head: bytes, block: bytes, url: str, date: str) -> bytes:
    """The record without its body: what the server said of it, and where the body stands."""
    said = block.partition(_END)[0] + _END
    version, _, fields = head.partition(b"\r\n")
    kept = _LEFT_OUT.sub(b"", fields + b"\r\n")
    more = (
        f"WARC-Type: revisit\r\nWARC-Profile: {PROFILE}\r\nWARC-Refers-To-Target-URI: {url}\r\n"
        f"WARC-Refers-To-Date: {date}\r\nContent-Length: {len(said)}\r\n\r\n"
    )
    return version + b"\r\n" + kept + more.encode("utf-8") + said + _END


def _field(head: bytes, name: str) -> str:
    found = re.search(rb"(?im)^" + name.encode() + rb":[ \t]*(.*?)[ \t]*\r?$", head)
    return found[1].decode("utf-8", "replace") if found else ""


def _members(packed: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each gzip member, as it is and decompressed; from the first on that is too large, the rest as it is, and nothing.
    Raises zlib.error for what is none."""
    rest = packed
    while rest:
        machine = zlib.decompressobj(31)
        record = machine.decompress(rest, MOST_BYTES)
        if not machine.eof:
            yield rest, b""
            return
        used = len(rest) - len(machine.unused_data)
        yield rest[:used], record
        rest = machine.unused_data
