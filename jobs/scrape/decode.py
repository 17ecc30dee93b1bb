"""From a page's bytes to its text: which encoding it is in, who said so, and what was odd about that.

The order of trust: a byte order mark; the charset of the Content-Type; a `<meta>` (or an XML declaration) in the first
4 KB; valid UTF-8; what the bytes look like (jobs.scrape.detect); windows-1252. A declaration that the bytes evidently
contradict is not followed, and a note says so.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import webencodings  # type: ignore[import-untyped]

from jobs.scrape.alphabets import USUAL, fit, is_likely, is_unlikely
from jobs.scrape.declared import charset_of, declared_in
from jobs.scrape.detect import (
    HIGH_BYTES,
    detect,
    fits,
    foreign_letters,
    foreign_text,
    has_escapes,
    is_binary,
    is_mostly_utf8,
    wide_encoding,
)
from jobs.scrape.ideographs import CODECS as IDEOGRAPHIC
from jobs.scrape.ideographs import LEAST_SHARE, different, east_asian_encoding, frequent_share, say_little

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32le"),
    (codecs.BOM_UTF32_BE, "utf-32be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
"""UTF-32 is not in the Encoding Standard, but no UTF-16 page begins with a NUL."""

CODECS = {
    **IDEOGRAPHIC,
    "iso-2022-jp": ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004"),
    "x-mac-cyrillic": ("mac-cyrillic",),
    "macintosh": ("mac-roman",),
    "windows-874": ("cp874",),
    "iso-8859-8-i": ("iso8859-8",),
    "utf-32le": ("utf-32-le",),
    "utf-32be": ("utf-32-be",),
    "hz-gb-2312": ("hz",),
    "iso-2022-kr": ("iso2022_kr",),
    "x-user-defined": ("latin-1",),
}
"""Python's codecs for an encoding of the standard, where the names differ; the first that fits all of the page reads it
(one of Python's alone has not every character that browsers read in Japanese pages)."""

META_MEANS = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}
"""What the standard takes a meta tag to mean that cannot be true, since it was read as ASCII."""

READABLE = {"iso-2022-kr": "iso-2022-kr", "csiso2022kr": "iso-2022-kr", "hz-gb-2312": "hz-gb-2312"}
"""Labels that browsers answer with one replacement character, for fear of scripts; text alone may be read."""

PATIENCE = {"windows-1252": 1, "gb18030": 10, "big5": 10, "euc-kr": 10, "shift_jis": 10, "windows-874": 10}
"""How many characters of valid UTF-8 refute a declared legacy encoding (others: 3): in some of them, a few characters
may happen to be valid UTF-8, as the two of the Chinese carrier Unicom are."""

FEW_BROKEN = 2
"""So many bytes that cannot be read refute no declaration: texts are cut inside a character (a title of 60 bytes)."""

_GREEK_OR_CYRILLIC = frozenset(map(chr, range(0x370, 0x500)))
"""Letters that East Asian encodings have too, and that no misreading is full of."""

SAMPLE_BYTES = 256 * 1024
"""How much of the page decides whether it is what was declared."""


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
    verdict = detect(body)
    if verdict.source == "fallback" and is_binary(body):
        notes.append("the bytes do not look like text")
    return _read(body, verdict.encoding, verdict.source, notes)


def known_encoding(label: str) -> str:
    """The encoding that a label means by the WHATWG table, such as windows-1252 for "latin1"; "" for an unknown one.

    gbk is read as gb18030, as the standard does, and called so.
    """
    plain = label.strip("\t\n\f\r ").lower()
    if plain in READABLE:
        return READABLE[plain]
    found = webencodings.lookup(plain) if plain.isascii() else None
    name = "" if found is None else str(found.name)
    return {"replacement": "", "gbk": "gb18030"}.get(name, name)


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
    if encoding == "utf-8" and sample.isascii() and b"\0" not in sample:
        return has_escapes(sample, encoding)
    wide = wide_encoding(sample)
    if encoding.startswith("utf-16"):
        return wide not in ("", encoding) or _has_narrow_markup(sample)
    if wide:
        return True
    if encoding == "utf-8":
        return _mostly_not_utf8(sample)
    if sample.isascii():
        return has_escapes(sample, encoding)
    if _is_utf8_instead(sample, encoding) or _hardly_fits(sample, encoding):
        return True
    text = foreign_text(sample)
    return _is_other_ideographs(text, encoding) if encoding in IDEOGRAPHIC else _is_another_alphabet(text, encoding)


def _has_narrow_markup(sample: bytes) -> bool:
    """Whether bytes said to be UTF-16 have markup of one byte a character: a tag, and not one NUL."""
    return b"<" in sample[:1024] and b"\0" not in sample[:1024]


def _mostly_not_utf8(sample: bytes) -> bool:
    """Whether the text has more bytes that are wrong in UTF-8 than characters beyond ASCII that are right."""
    if fits(sample, "utf-8"):
        return False
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong > foreign_letters(text) - wrong


def _is_utf8_instead(sample: bytes, encoding: str) -> bool:
    if not fits(sample, "utf-8"):
        return is_mostly_utf8(sample)
    return foreign_letters(sample.decode("utf-8", "ignore")) >= PATIENCE.get(encoding, 3) or not fits(
        sample, _codecs(encoding)[0]
    )


def _hardly_fits(sample: bytes, encoding: str) -> bool:
    """Whether more than one in twenty of the bytes beyond ASCII, and more than a few, cannot be read in an encoding."""
    if any(fits(sample, codec) for codec in _codecs(encoding)):
        return False
    wrong = sample.decode(_codecs(encoding)[0], _REPLACE).count("\ufffd")
    return wrong > FEW_BROKEN and wrong * 20 > len(sample) - len(sample.translate(None, HIGH_BYTES))


def _is_other_ideographs(text: bytes, encoding: str) -> bool:
    """Whether hardly a character is a frequent one, and the bytes make a text in another encoding."""
    if frequent_share(text, encoding) >= LEAST_SHARE / 2:
        return False
    foreign = different(text, encoding)
    if say_little(foreign) or len(_GREEK_OR_CYRILLIC & foreign) * 2 > len(foreign):
        return False
    return bool(east_asian_encoding(text)) or is_likely(text)


def _is_another_alphabet(text: bytes, encoding: str) -> bool:
    """Whether the letters make a text in another encoding, but none in the declared one of one byte a character."""
    if encoding not in USUAL and not encoding.startswith(("iso-8859", "windows")):
        return False
    return is_unlikely(text, encoding) or (fit(text, encoding).share < 0.7 and bool(east_asian_encoding(text)))


def _codecs(encoding: str) -> tuple[str, ...]:
    return CODECS.get(encoding, (encoding,))


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
