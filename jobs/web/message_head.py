"""The head of an answer: its status line and headers, read as browsers do: an unclean line costs itself alone.

The standard library stops at the first line it cannot read and takes the rest for a part of the body. A head in which
anything was unclean ends the connection after its answer, since others may see its end elsewhere.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HEADER_BYTES = 256 * 1024
"""Of a head, interim answers included: as much as Chrome takes, however many lines it is."""

BLANK_LINES = 2
"""So many empty lines before the status line are passed over, as browsers do."""

_STATUS_LINE = re.compile(rb"\s*HTTP(?:/(\d{1,3})(?:\.(\d{1,3}))?)?[ \t]+(\d{3})(?!\d)[ \t]*(.*)", re.I | re.S)
_ANOTHER = (
    (re.compile(rb"\0[\0-\x40].\x04[\0\x01]\0{4}", re.DOTALL), "nothing older than HTTP/2 is spoken at this port"),
    (re.compile(rb"[\x15\x16]\x03[\0-\x04]"), "TLS is spoken at this port: write https://"),
)
"""How answers begin that are of another protocol."""

_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FIGURES = re.compile(r"[0-9]{1,18}")

ReadLine = Callable[[int], bytes]


@dataclass(frozen=True, kw_only=True)
class StatusLine:
    """The first line: `version` is 10 or 11, as http.client counts."""

    version: int
    status: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Fields:
    """The headers in their order, and what was unclean in them, as parts of sentences."""

    pairs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_status_line(readline: ReadLine) -> StatusLine:
    """The status line. Raises HTTPException where there is none, with what stands in its place."""
    line = readline(HEADER_BYTES)
    if not line:
        raise http.client.RemoteDisconnected("no answer")
    for _ in range(BLANK_LINES):
        if line.strip():
            break
        line = readline(HEADER_BYTES)
    found = _STATUS_LINE.fullmatch(line.rstrip(b"\r\n"))
    if found is None or int(found[3]) < 100:
        another = next((f" ({what})" for start, what in _ANOTHER if start.match(line)), "")
        raise http.client.BadStatusLine(f"its first line is {_shown(line)}{another}")
    newer = (int(found[1] or 1), int(found[2] or 0)) >= (1, 1)
    return StatusLine(version=11 if newer else 10, status=int(found[3]), reason=found[4].decode("latin-1").strip())


def read_fields(readline: ReadLine) -> Fields:
    """The headers up to the blank line."""
    lines, notes = _unfolded(readline)
    pairs = []
    for line in lines:
        pair, note = _pair(line)
        notes += [note] if note else []
        if pair is not None:
            pairs.append(pair)
    return Fields(pairs=_one_length(pairs, notes), notes=_first_few(notes))


def _unfolded(readline: ReadLine) -> tuple[list[bytes], list[str]]:
    """The lines, those that go on in the next one put together."""
    lines: list[list[bytes]] = []
    notes: list[str] = []
    while (line := readline(HEADER_BYTES).rstrip(b"\r\n")) != b"":
        if not line.startswith((b" ", b"\t")):
            lines.append([line])
        elif lines:
            lines[-1].append(line.strip())
            notes.append("a header goes on in a second line")
        elif line.strip():
            notes.append(f"left out {_shown(line)}, which goes on from no header")
    return [b" ".join(parts) for parts in lines], notes


def _pair(line: bytes) -> tuple[tuple[str, str] | None, str]:
    """Name and value of a line (None: it has none), and what is unclean in it."""
    name, colon, value = line.partition(b":")
    bare = name.rstrip(b" \t")
    if not colon or not _NAME.fullmatch(bare) or b"\0" in line:
        return None, f"left out {_shown(line)}, which is no header"
    note = f"a space before the colon of {_shown(bare)}" if bare != name else ""
    if b"\r" in value:
        value, note = value.replace(b"\r", b" "), f"a lone carriage return in {_shown(bare)}"
    return (bare.decode("ascii"), value.strip(b" \t").decode("latin-1")), note


def _one_length(pairs: list[tuple[str, str]], notes: list[str]) -> tuple[tuple[str, str], ...]:
    """The headers, with a Content-Length that is said twice said once, and one that is no figure left out.

    Raises HTTPException for several that differ.
    """
    said = [value for name, value in pairs if name.lower() == "content-length"]
    sizes = list(dict.fromkeys(part.strip() for value in said for part in value.split(",")))
    if len(sizes) > 1:
        raise http.client.HTTPException(f"it announces {len(sizes)} sizes that differ ({', '.join(sizes)[:60]})")
    if not said or (len(said) == 1 and said[0].isascii() and said[0].isdigit()):
        return tuple(pairs)
    others = [(name, value) for name, value in pairs if name.lower() != "content-length"]
    if sizes[0].isascii() and sizes[0].isdigit():
        return (*others, ("Content-Length", sizes[0]))
    notes.append(f"left out a Content-Length of {_shown(said[0].encode('latin-1', 'replace'))}")
    return tuple(others)


def length_of(fields: Fields) -> int | None:
    """The bytes of the body as announced; None where they are not, or beyond all sense."""
    said = next((value for name, value in fields.pairs if name.lower() == "content-length"), "")
    return int(said) if _FIGURES.fullmatch(said) else None


def transfers_of(headers: Iterable[str]) -> frozenset[str]:
    """How a body is transferred: what Transfer-Encoding names, one that is named twice once, and `identity` not at all
    (servers and proxies add to what is there; browsers and curl undo each once)."""
    named = {part.strip().lower() for value in headers for part in value.split(",")}
    return frozenset(named - {"", "identity"})


def _first_few(notes: Sequence[str]) -> tuple[str, ...]:
    """What was unclean, each once, the first few."""
    different = list(dict.fromkeys(notes))
    more = len(different) - 3
    return (*different[:3], f"and {more} more") if more > 0 else tuple(different)


def _shown(line: bytes) -> str:
    """The beginning of a line as a sentence may quote it."""
    text = line.strip().decode("latin-1")
    shown = "".join(character if " " <= character <= "~" else f"\\x{ord(character):02x}" for character in text[:40])
    return f'"{shown}…"' if len(text) > 40 else f'"{shown}"'
