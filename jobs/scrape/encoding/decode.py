"""From a page's bytes to its text: which encoding it is in, who said so, and what was odd about that.

The order of trust: a byte order mark; the charset of the Content-Type; a `<meta>` (or an XML declaration) in the first
4 KB; valid UTF-8; what the bytes look like (`jobs.encodings`); windows-1252. A declaration that the bytes evidently
contradict is not followed, and a note says so.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobs import encodings
from jobs.scrape.encoding.declared import charset_of, declared_in
from jobs.scrape.encoding.labels import known_encoding

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32le"),
    (codecs.BOM_UTF32_BE, "utf-32be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
"""UTF-32 is not in the Encoding Standard, but no UTF-16 page begins with a NUL."""

META_MEANS = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}
"""What the standard takes a meta tag to mean that cannot be true, since it was read as ASCII."""

PATIENCE = {"windows-1252": 1, "gb18030": 10, "big5": 10, "euc-kr": 10, "shift_jis": 10, "windows-874": 10}
"""How many characters of valid UTF-8 refute a declared legacy encoding (others: 3): in some of them, a few characters
may happen to be valid UTF-8, as the two of the Chinese carrier Unicom are."""

FEW_BROKEN = 2
"""So many bytes that cannot be read refute no declaration: texts are cut inside a character (a title of 60 bytes)."""

HIGH_BYTES = bytes(range(128, 256))
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
BETWEEN_TAGS = re.compile(rb"[^<>]+")

SAMPLE_BYTES = 256 * 1024
"""How much of the page decides whether it is what was declared."""

MOST_TEXT = 64 * 1024
"""How much of its text shows which encoding it is in."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A page as text. `encoding` is a name of the WHATWG Encoding Standard (or utf-32le, utf-32be, and two that it
    does not read); `source` is bom, header, meta, xml, valid (it is valid UTF-8), detected or fallback; `notes` are
    plain sentences about what was odd. `utf8`: the text as bytes of UTF-8, where it came so."""

    text: str
    encoding: str
    source: str
    notes: tuple[str, ...] = ()
    utf8: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What somebody says the encoding is; `encoding` is empty when nobody knows that label."""

    source: str
    label: str
    encoding: str

    def __str__(self) -> str:
        speaker = {"header": "the Content-Type header", "meta": "the page's meta tag", "xml": "its XML declaration"}
        return f'{speaker[self.source]} says "{self.label[:40]}"'


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    """What the standard reads where Python has nothing: controls in the gaps of Windows' alphabets, GBK's euro sign."""
    if isinstance(error, UnicodeDecodeError):
        byte = error.object[error.start]
        if error.encoding == "charmap" and 0x80 <= byte < 0xA0:
            return chr(byte), error.start + 1
        if error.encoding == "gb18030" and byte == 0x80:
            return "€", error.start + 1
    return codecs.replace_errors(error)


_REPLACE = "replace_as_browsers"
codecs.register_error(_REPLACE, _replaced)


def decode(body: bytes, content_type: str) -> Decoded:
    """The text of a page. Never raises, whatever the bytes and the labels are. NULs are dropped from the text,
    and marks of byte order from its beginning."""
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return _read(body[len(mark) :], encoding, "bom", [])
    notes: list[str] = []
    claims = list(_claims(body, content_type, notes))
    notes += [f"{claims[0]}, but {other}" for other in claims[1:] if other.encoding != claims[0].encoding]
    for claim in claims:
        if claim.encoding == "utf-8" and (plain := _plain_utf8(body)) is not None:
            text, used = plain
            return Decoded(text=text, encoding="utf-8", source=claim.source, notes=tuple(notes), utf8=body[:used])
        if not _refuted(body[:SAMPLE_BYTES], claim.encoding):
            return _read(body, claim.encoding, claim.source, notes)
        notes.append(f"{claim}, but the bytes are not that")
    binary = is_binary(body)
    found = encodings.detect(body, b"" if binary else foreign_text(body))
    if found.source == "fallback" and binary:
        notes.append("the bytes do not look like text")
    return _read(body, found.encoding, found.source, notes)


def _claims(body: bytes, content_type: str, notes: list[str]) -> Iterator[Claim]:
    said = [("header", charset_of(content_type)), *declared_in(body, xml_first="xml" in content_type.lower())]
    for source, label in said:
        encoding = known_encoding(label)
        if source != "header":
            encoding = META_MEANS.get(encoding, encoding)
        claim = Claim(source=source, label=label, encoding=encoding)
        if encoding:
            yield claim
        elif label:
            notes.append(f"{claim}, which is no known encoding")


def _refuted(sample: bytes, encoding: str) -> bool:
    """Whether the bytes evidently contradict a declared encoding."""
    wide = encodings.wide_encoding(sample)
    if encoding.startswith("utf-16"):
        return wide not in ("", encoding) or _has_narrow_markup(sample)
    if wide:
        return True
    if sample.isascii():
        return b"\x1b" in sample and encodings.escaped_encoding(sample) not in ("", encoding)
    if encoding == "utf-8":
        return not encodings.fits(sample, "utf-8") and encodings.utf8_share(sample) < 0.5
    if _is_utf8_instead(sample, encoding) or _hardly_fits(sample, encoding):
        return True
    return encodings.is_unlikely(foreign_text(sample), encoding)


def _has_narrow_markup(sample: bytes) -> bool:
    """Whether bytes said to be UTF-16 have markup of one byte a character: a tag, and not one NUL."""
    return b"<" in sample[:1024] and b"\0" not in sample[:1024]


def _is_utf8_instead(sample: bytes, encoding: str) -> bool:
    if not encodings.fits(sample, "utf-8"):
        return encodings.utf8_share(sample) >= encodings.MOSTLY
    text = sample.decode("utf-8", "ignore")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return foreign >= PATIENCE.get(encoding, 3) or not encodings.fits(sample, _codecs(encoding)[0])


def _hardly_fits(sample: bytes, encoding: str) -> bool:
    """Whether more than one in twenty of the bytes beyond ASCII, and more than a few, cannot be read in an encoding."""
    if any(encodings.fits(sample, codec) for codec in _codecs(encoding)):
        return False
    wrong = sample.decode(_codecs(encoding)[0], _REPLACE).count("\ufffd")
    return wrong > FEW_BROKEN and wrong * 20 > len(sample) - len(sample.translate(None, HIGH_BYTES))


def foreign_text(body: bytes) -> bytes:
    """The pieces between tags that are not ASCII. No encoding meant here has `<` or `>` inside a character."""
    pieces = (piece for piece in BETWEEN_TAGS.findall(body[: 8 * MOST_TEXT]) if not piece.isascii())
    return b" ".join(pieces)[:MOST_TEXT]


def is_binary(body: bytes) -> bool:
    """Whether bytes are hardly text of any kind: one in ten of the first 4 KB is a control character."""
    head = body[:4096]
    return (len(head) - len(head.translate(None, CONTROL_BYTES))) * 10 > len(head)


def _codecs(encoding: str) -> tuple[str, ...]:
    return encodings.encoding_of(encoding).codecs


def _read(body: bytes, encoding: str, source: str, notes: list[str]) -> Decoded:
    names = _codecs(encoding)
    text = next((text for text in (_strictly(body, name) for name in names) if text is not None), None)
    if text is None:
        text = codecs.getincrementaldecoder(names[0])(_REPLACE).decode(body)
        if "\ufffd" in text:
            notes.append(f"some bytes are not {encoding}; they are shown as \ufffd")
    return Decoded(text=text.replace("\0", "").lstrip("\ufeff"), encoding=encoding, source=source, notes=tuple(notes))


def _strictly(body: bytes, codec: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)("strict").decode(body)
    except UnicodeError:
        return None


def _plain_utf8(body: bytes) -> tuple[str, int] | None:
    """The text of UTF-8 and how many bytes it takes, without a character cut off at the end; None when the bytes are
    not that, or have what other encodings have (NULs, escapes)."""
    if b"\0" in body or b"\x1b" in body:
        return None
    try:
        return codecs.utf_8_decode(body, "strict", False)
    except UnicodeDecodeError:
        return None
