"""Bytes to text: the encoding of a file, found where it says so or can be proved, else guessed and said so."""

from __future__ import annotations

import codecs
import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from jobs.runtime.encodings import (
    SINGLE_BYTE,
    beside_utf8,
    codec_of,
    encoding_of,
    escaped_encoding,
    legacy_encoding,
    utf8_share,
    wide_encoding,
)
from jobs.runtime.inputs.sources import InputSource

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

_HANDLER = "fanout_read_as_"


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


def charset_of(source: InputSource) -> Charset:
    """The charset of a source; reads all of it once, at about a GB a second."""
    head = source.head()
    for bom, codec, name in _BOMS:
        if head.startswith(bom):
            return _marked(source, codec, name)
    if wide := wide_encoding(head):
        title = encoding_of(wide).title
        return _marked(source, encoding_of(wide).codecs[0], title, f"it has no byte order mark: read as {title}")
    if escaped := escaped_encoding(head):
        return _marked(source, codec_of(escaped, head), encoding_of(escaped).title)
    return _unmarked(source)


def charset_as_said(source: InputSource, codec: str) -> Charset:
    """The charset of a source in an encoding that a person named."""
    return _marked(source, codec, codec.removesuffix("-sig").upper() if codec.startswith("utf") else codec)


def lines_of(source: InputSource, charset: Charset) -> Iterator[str]:
    """The lines of a source with their ends: LF, CR or CRLF, each as it is."""
    with open_text(source, charset) as text:
        yield from map(_without_mark, itertools.islice(text, 1))
        yield from text


def _without_mark(text: str) -> str:
    """The first line without the byte order marks that some programs write twice."""
    return text.lstrip("\ufeff")


def open_text(source: InputSource, charset: Charset) -> IO[str]:
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


def _scan(source: InputSource, codec: str) -> _Scan:
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


def _marked(source: InputSource, codec: str, name: str, note: str = "") -> Charset:
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


def _unmarked(source: InputSource) -> Charset:
    scan = _scan(source, "utf-8")
    codec, errors, name = "utf-8", "strict", "UTF-8"
    notes: tuple[str, ...] = ()
    beside = beside_utf8(scan.sample) if scan.broken_at else ""
    if scan.broken_at and (beside or utf8_share(scan.sample) > 0.5):
        other = encoding_of(beside or "windows-1252")
        errors = _HANDLER + other.codecs[0]
        notes = (f"bytes that are not UTF-8 were read as {other.title}, first in line {scan.broken_at:,}",)
    elif scan.broken_at:
        encoding = legacy_encoding(scan.sample) or "windows-1252"
        codec, errors, name = codec_of(encoding, scan.sample), "replace", encoding_of(encoding).title
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


def _reading_as(codec: str) -> Callable[[UnicodeError], tuple[str, int]]:
    def read(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return bytes(error.object[error.start : error.end]).decode(codec, "replace"), error.end

    return read


for _encoding in SINGLE_BYTE:
    codecs.register_error(_HANDLER + _encoding.codecs[0], _reading_as(_encoding.codecs[0]))
