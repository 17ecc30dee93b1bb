"""Bytes to text: the encoding of a file, found where it says so or can be proved, else guessed and said so."""

from __future__ import annotations

import codecs
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from jobs.runtime.tables.contents import wide_order
from jobs.runtime.tables.guesses import guess
from jobs.runtime.tables.sources import Source

MAX_LINE_BYTES = 16 * 2**20
"""A longer line is refused before it is held in memory."""

SAMPLE_BYTES = 65_536

_BOMS: tuple[tuple[bytes, str, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)

_JAPANESE_MAIL = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
_HANDLER = "fanout_windows_1252"


@dataclass(frozen=True, kw_only=True)
class Charset:
    """How a source becomes text: Python's codec and its error handler, the name people know, what was guessed or
    repaired, how many line ends there are at most, and the number of a line that is too long (0: none)."""

    codec: str
    errors: str
    name: str
    notes: tuple[str, ...] = ()
    lines: int = 0
    long_line: int = 0
    nuls: int = 0


def charset_of(source: Source) -> Charset:
    """The charset of a source; reads all of it once, at about a GB a second."""
    head = source.head()
    for bom, codec, name in _BOMS:
        if head.startswith(bom):
            return _marked(source, codec, name)
    order = wide_order(head)
    if order:
        return _marked(source, f"utf-16-{order}", "UTF-16", "it has no byte order mark: read as UTF-16")
    if any(escape in head for escape in _JAPANESE_MAIL) and head.isascii():
        return _marked(source, "iso2022_jp_ext", "ISO-2022-JP")
    return _unmarked(source)


def lines_of(source: Source, charset: Charset) -> Iterator[str]:
    """The lines of a source with their ends: LF, CR or CRLF, each as it is."""
    with open_text(source, charset) as text:
        yield from map(_without_mark, itertools.islice(text, 1))
        yield from text


def _without_mark(text: str) -> str:
    """The first line without the byte order marks that some programs write twice."""
    return text.lstrip("\ufeff")


def open_text(source: Source, charset: Charset) -> IO[str]:
    """The source as text, line ends untouched."""
    return io.TextIOWrapper(
        source.open(),
        encoding=charset.codec,
        errors=charset.errors,
        newline="",
    )


@dataclass(kw_only=True)
class _Scan:
    """What one pass over the bytes finds."""

    lines: int = 1
    nuls: int = 0
    long_line: int = 0
    broken_at: int = 0
    sample: bytes = b""
    line_bytes: int = 0


def _scan(source: Source, codec: str) -> _Scan:
    scan = _Scan()
    decoder = codecs.getincrementaldecoder(codec)("strict")
    ascii_so_far = codec == "utf-8"
    for chunk in source.chunks():
        if not (ascii_so_far and chunk.isascii()) and not scan.broken_at:
            ascii_so_far = False
            _decode(decoder, chunk, scan)
        if codec == "utf-8" and len(scan.sample) < SAMPLE_BYTES and not chunk.isascii():
            scan.sample += b"\n".join(line for line in re.split(rb"[\r\n]+", chunk) if not line.isascii())[
                :SAMPLE_BYTES
            ]
        _count(chunk, scan)
    if not scan.broken_at:
        _decode(decoder, b"", scan, final=True)
    return scan


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, scan: _Scan, *, final: bool = False) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        scan.broken_at = scan.lines + _ends(bytes(error.object[: error.start]))


def _count(chunk: bytes, scan: _Scan) -> None:
    scan.nuls += chunk.count(0)
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    ends = _ends(chunk)
    if last < 0:
        scan.line_bytes += len(chunk)
    else:
        scan.line_bytes = len(chunk) - last
    if scan.line_bytes > MAX_LINE_BYTES and not scan.long_line:
        scan.long_line = scan.lines
    scan.lines += ends


def _ends(chunk: bytes) -> int:
    returns = chunk.count(b"\r")
    return chunk.count(b"\n") + (returns - chunk.count(b"\r\n") if returns else 0)


def _marked(source: Source, codec: str, name: str, note: str = "") -> Charset:
    scan = _scan(source, codec)
    notes = [note] if note else []
    if scan.broken_at:
        notes.append(f"what is not {name} was replaced by U+FFFD, first in line {scan.broken_at:,}")
    return Charset(
        codec=codec,
        errors="replace",
        name=name,
        notes=tuple(notes),
        lines=scan.lines,
        long_line=scan.long_line,
        nuls=scan.nuls if codec == "utf-8-sig" else 0,
    )


def _unmarked(source: Source) -> Charset:
    scan = _scan(source, "utf-8")
    codec, errors, name = "utf-8", "strict", "UTF-8"
    notes: tuple[str, ...] = ()
    if scan.broken_at and _mostly_utf8(scan.sample):
        errors = _HANDLER
        notes = (f"bytes that are not UTF-8 were read as Windows-1252, first in line {scan.broken_at:,}",)
    elif scan.broken_at:
        codec, name = guess(scan.sample)
        errors = "replace"
        notes = (f"it is not UTF-8 (line {scan.broken_at:,}): read as {name}, which is a guess",)
    return Charset(
        codec=codec,
        errors=errors,
        name=name,
        notes=notes,
        lines=scan.lines,
        long_line=scan.long_line,
        nuls=scan.nuls,
    )


def _mostly_utf8(sample: bytes) -> bool:
    """Whether most of what is not ASCII is well-formed UTF-8, which no other encoding gives by chance."""
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(character > "\x7f" for character in text) - broken
    return whole > broken


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return bytes(wrong).decode("cp1252", "replace"), error.end


codecs.register_error(_HANDLER, _windows_1252)
