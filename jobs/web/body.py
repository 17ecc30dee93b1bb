"""The body of an answer: read in one piece up to a cap, and inflated up to the same cap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs import ItemError
from jobs.web import network_errors
from jobs.web.decoders import ANOTHER, CODINGS, DamagedError, Decoder
from jobs.web.message_head import transfers_of
from jobs.web.strict_response import StrictResponse

MOST_MEMBERS = 100
"""A gzip file may be several in a row; nobody means more than this."""

BOMB_RATIO = 100
"""Pages shrink to a tenth, to a fiftieth at best; what shrinks more and is beyond the cap was made to do harm."""

NO_CODINGS = frozenset(
    {"", "identity", "none", "binary", "7bit", "8bit", "utf-8", "utf8", "iso-8859-1", "windows-1252", "aws-chunked"}
)
"""What servers say in Content-Encoding though nothing is compressed; browsers read on too."""

MOST_CODINGS = 2
SALVAGE_BYTES = 4_096
PART_BYTES = 256 * 1024
"""Asked of a connection at once; it gives what is there."""

IMPOSSIBLE_LENGTH = 2**53


@dataclass(frozen=True, kw_only=True)
class Body:
    """What was read: the bytes, decompressed, and whether the cap cut them short. `wire` counts what came.

    `failure`: why there should be more, and is not.
    """

    content: bytes
    truncated: bool
    wire: int
    failure: BaseException | None = None


def codings(header: str) -> tuple[str, ...]:
    """The compressions of a body, last applied first. Raises ItemError `decode_error` for one not asked for."""
    named = [part.strip().lower().removeprefix("x-") for part in header.split(",")]
    applied = tuple(name for name in reversed(named) if name not in NO_CODINGS)
    for name in applied:
        if name not in CODINGS:
            raise ItemError("decode_error", f"the page came compressed as {name[:40]}, which was not asked for")
    if len(applied) > MOST_CODINGS:
        raise ItemError("decode_error", f"the page came compressed {len(applied)} times over")
    return applied


def check_framing(headers: Any) -> None:
    """Refuse an answer whose size is announced in a way that nobody can mean. Raises ItemError."""
    length = (headers.get("content-length") or "").split(",")[0].strip()
    if length.isascii() and length.isdigit() and int(length[:40]) > IMPOSSIBLE_LENGTH:
        raise ItemError("too_large", f"the server announces a body of {length[:40]} bytes")
    transfers = transfers_of(headers.getlist("transfer-encoding"))
    if transfers - {"chunked"}:
        named = ", ".join(sorted(transfers))
        raise ItemError("protocol_error", f"the server sends its answer by {named[:40]}, which was not asked for")


def read(answer: StrictResponse, cap: int, applied: tuple[str, ...], ratio: int | None = BOMB_RATIO) -> Body:
    """The body of an answer, at most `cap` bytes of it, decompressed; `ratio`: see `inflate`.

    Where it breaks off the part that came is the content, and `failure` says why. Raises ItemError (`too_large`).
    """
    wire, failure = _read_wire(answer, cap)
    cut = len(wire) > cap
    content, overflowed = wire[:cap], cut
    for name in applied:
        try:
            content, over = inflate(content, name, cap, cut=cut or failure is not None, ratio=ratio)
        except ItemError as error:
            if error.code != "decode_error":
                raise
            (content, whole), over = salvage(content, name, cap), False
            failure = failure or (None if whole else error)
        overflowed = overflowed or over
    return Body(content=content, truncated=overflowed, wire=len(wire), failure=failure)


def _read_wire(answer: StrictResponse, cap: int) -> tuple[bytes, BaseException | None]:
    """All there is, or one byte more than the cap; and why it is not all, though more was announced."""
    parts: list[bytes] = []
    left = cap + 1
    try:
        while left > 0 and (part := answer.part(min(left, PART_BYTES))):
            parts.append(part)
            left -= len(part)
    except network_errors.FOREIGN as error:
        return b"".join(parts), error
    return b"".join(parts), None


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
    if not first and not packed.startswith(ANOTHER.get(name, ())):
        return b"", b"", True  # padding after the last file, which browsers ignore too
    for make in CODINGS[name]:
        machine = make()
        try:
            content = machine.feed(packed, room)
        except DamagedError as error:
            failure = error
            continue
        return content, machine.rest, machine.eof
    raise ItemError("decode_error", "the compressed page is damaged", detail=str(failure))


def salvage(packed: bytes, name: str, cap: int) -> tuple[bytes, bool]:
    """What of a damaged compressed body can be had: all up to the first byte that makes no sense, at most `cap`; and
    whether it came to its end after all, with other bytes behind it (which br takes for damage)."""
    found, rest, whole, members = bytearray(), packed, True, 0
    while rest and whole and len(found) < cap and members < MOST_MEMBERS:
        members += 1
        try:
            part, rest, whole = _member(rest, name, cap - len(found), first=members == 1)
        except ItemError:
            part, whole = _of_damaged(rest, name, cap - len(found))
            rest = b""
        found += part
    return bytes(found[:cap]), whole and not rest


def _of_damaged(packed: bytes, name: str, cap: int) -> tuple[bytes, bool]:
    for make in CODINGS[name]:
        content, whole = _up_to_the_damage(make, packed, cap)
        if content:
            return content, whole
    return b"", False


def _up_to_the_damage(make: Callable[[], Decoder], packed: bytes, cap: int) -> tuple[bytes, bool]:
    """Fed in pieces, and the piece with the damage again byte by byte: an error takes what its piece had given."""
    found, good = _fed(make(), packed, cap, SALVAGE_BYTES)
    if good == len(packed) or len(found) >= cap:
        return found[:cap], False
    machine = make()
    again, _ = _fed(machine, packed[:good], cap, SALVAGE_BYTES)
    more, _ = _fed(machine, packed[good : good + SALVAGE_BYTES], max(1, cap - len(again)), 1)
    return (again + more)[:cap], machine.eof


def _fed(machine: Decoder, packed: bytes, cap: int, step: int) -> tuple[bytes, int]:
    """What the pieces give up to the cap, to the end of the file or to the first that is refused; and where that is."""
    found = bytearray()
    for start in range(0, len(packed), step):
        if machine.eof or len(found) >= cap:
            break
        try:
            found += machine.feed(packed[start : start + step], cap - len(found))
        except DamagedError:
            return bytes(found), start
    return bytes(found), len(packed)
