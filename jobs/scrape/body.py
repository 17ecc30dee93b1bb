"""The body of an answer: read in one piece up to a cap, and inflated up to the same cap."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

from jobs import ItemError

MOST_MEMBERS = 100
"""A gzip file may be several in a row; nobody means more than this."""

BOMB_RATIO = 100
"""Pages shrink to a tenth, to a fiftieth at best; what shrinks more and is beyond the cap was made to do harm."""

NO_CODINGS = frozenset(
    {"", "identity", "none", "binary", "7bit", "8bit", "utf-8", "utf8", "iso-8859-1", "windows-1252", "aws-chunked"}
)
"""What servers say in Content-Encoding though nothing is compressed; browsers read on too."""

MOST_CODINGS = 2
IMPOSSIBLE_LENGTH = 2**53


@dataclass(frozen=True, kw_only=True)
class Body:
    """What was read: the bytes, decompressed, and whether the cap cut them short. `wire` counts what came."""

    content: bytes
    truncated: bool
    wire: int


def codings(header: str) -> tuple[str, ...]:
    """The compressions of a body, last applied first. Raises ItemError `decode_error` for one not asked for."""
    named = [part.strip().lower().removeprefix("x-") for part in header.split(",")]
    applied = tuple(name for name in reversed(named) if name not in NO_CODINGS)
    for name in applied:
        if name not in ("gzip", "deflate"):
            raise ItemError("decode_error", f"the page came compressed as {name[:40]}, which was not asked for")
    if len(applied) > MOST_CODINGS:
        raise ItemError("decode_error", f"the page came compressed {len(applied)} times over")
    return applied


def check_framing(headers: Any) -> None:
    """Refuse an answer whose size is announced in a way that nobody can mean. Raises ItemError."""
    length = (headers.get("content-length") or "").split(",")[0].strip()
    if length.isascii() and length.isdigit() and int(length[:40]) > IMPOSSIBLE_LENGTH:
        raise ItemError("too_large", f"the server announces a body of {length[:40]} bytes")
    transfers = {value.strip().lower() for value in headers.getlist("transfer-encoding")}  # proxies repeat the header
    if transfers not in (set(), {""}, {"chunked"}, {"identity"}):
        named = ", ".join(sorted(transfers))
        raise ItemError("protocol_error", f"the server sends its answer by {named[:40]}, which was not asked for")


def read(raw: Any, cap: int, applied: tuple[str, ...], ratio: int | None = BOMB_RATIO) -> Body:
    """The body behind urllib3's answer, at most `cap` bytes of it, decompressed; `ratio`: see `inflate`.

    Raises ItemError (`too_large`, `decode_error`) and whatever the connection raises.
    """
    wire = _read_wire(raw, cap)
    cut = len(wire) > cap
    content, overflowed = wire[:cap], cut
    for name in applied:
        content, over = inflate(content, name, cap, cut=cut, ratio=ratio)
        overflowed = overflowed or over
    return Body(content=content, truncated=overflowed, wire=len(wire))


def _read_wire(raw: Any, cap: int) -> bytes:
    """All there is, or one byte more than the cap. One large read: the interpreter's lock is taken once."""
    wire: bytes = raw.read(cap + 1, decode_content=False)
    while 0 < len(wire) <= cap:
        more = raw.read(cap + 1 - len(wire), decode_content=False)  # raises when less came than was announced
        if not more:
            break
        wire += more
    return wire


def inflate(packed: bytes, name: str, cap: int, *, cut: bool, ratio: int | None = BOMB_RATIO) -> tuple[bytes, bool]:
    """Decompressed, and whether the cap was met. `cut`: the input itself was cut, so that it may end early.

    What is beyond the cap and grew more than `ratio` times is a bomb: ItemError `too_large`; None: it is cut.
    """
    if not packed:
        return b"", False
    parts: list[bytes] = []
    room, members, rest = cap + 1, 0, packed
    while rest and room > 0:
        members += 1
        if members > MOST_MEMBERS:
            raise ItemError("decode_error", f"the page is more than {MOST_MEMBERS:,} compressed files in a row")
        part, rest, ended = _member(rest, name, room, first=members == 1)
        parts.append(part)
        room -= len(part)
        if not ended and room > 0 and not cut:
            raise ItemError("decode_error", "the compressed page ends before its end")
    content = b"".join(parts)
    if len(content) <= cap:
        return content, False
    if ratio is not None and len(content) > ratio * (len(packed) - len(rest)):
        raise ItemError("too_large", f"{len(packed):,} compressed bytes grow beyond the cap of {cap:,}: a bomb")
    return content[:cap], True


def _member(packed: bytes, name: str, room: int, *, first: bool) -> tuple[bytes, bytes, bool]:
    """One compressed file: its content, what of the input is left, and whether it came to its end."""
    if not first and not packed.startswith(b"\x1f\x8b"):
        return b"", b"", True  # padding after the last file, which browsers ignore too
    for window in (31,) if name == "gzip" else (15, -15):  # deflate: with zlib's wrapper, or as some send it, bare
        machine = zlib.decompressobj(window)
        try:
            content = machine.decompress(packed, room)
        except zlib.error as error:
            failure = error
            continue
        return content, machine.unconsumed_tail or machine.unused_data, machine.eof
    raise ItemError("decode_error", "the compressed page is damaged", detail=str(failure))
