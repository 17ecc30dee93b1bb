"""The encoding of bytes that nobody declared: from what they look like.

In turn: NULs where UTF-16 and UTF-32 have them; the escapes of the seven-bit East Asian encodings; valid UTF-8, but for
a few bytes; and the old encoding in which the words are likeliest. charset-normalizer was tried first: it wants prose,
and is wrong on short lists (`café` becomes `cafč`).
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from jobs.runtime.encodings import east_asian, single_byte
from jobs.runtime.encodings.fit import WORD, Fit, ForeignWords, foreign_words
from jobs.runtime.encodings.table import EAST_ASIAN, SINGLE_BYTE, Encoding, encoding_of
from jobs.runtime.encodings.wide import wide_encoding

SAMPLE_BYTES = 256 * 1024
"""How much of a long text decides about UTF-8 and escapes."""

MOSTLY = 10 / 11
"""Of the characters beyond ASCII so many are right in UTF-8 that somebody pasted a few bytes into."""

LEAST_SHARE = 0.75
"""Of the characters beyond ASCII so many stand where they may, in the right encoding."""

QUICK, LEAST = 1_000, 8
"""To contradict a declaration: so many bytes of words are looked at, and so many letters must be there."""

CERTAIN, MARGIN = 12, 0.15
"""And another encoding must be so much more likely, altogether and for each letter (as logarithms)."""

FAIR, FAIR_SHARE = -4.0, 0.95
"""A text is so likely for each byte beyond ASCII, and has so many characters in their place, where it reads well; no
other encoding is asked then."""

_ESCAPES = (
    (b"\x1b$)C", "iso-2022-kr", "iso2022_kr"),
    *((escape, "iso-2022-jp", "iso2022_jp_ext") for escape in (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(D")),
    (b"~{", "hz-gb-2312", "hz"),
)


@dataclass(frozen=True, kw_only=True)
class DetectedEncoding:
    """An encoding and why: valid (it is valid UTF-8), detected, or fallback (nothing fits better than windows-1252)."""

    encoding: str
    source: str


def detect(body: bytes, words: bytes) -> DetectedEncoding:
    """The most likely encoding of bytes; never raises, and always some encoding. `words`: those of them that people
    read (of a page, what stands between the tags), which decide among the old encodings."""
    wide = wide_encoding(body) or escaped_encoding(body)
    if wide:
        return DetectedEncoding(encoding=wide, source="detected")
    if fits(body, "utf-8"):
        return DetectedEncoding(encoding="utf-8", source="valid")
    if utf8_share(body[:SAMPLE_BYTES]) >= MOSTLY:
        return DetectedEncoding(encoding="utf-8", source="detected")
    if legacy := legacy_encoding(words):
        return DetectedEncoding(encoding=legacy, source="detected")
    return DetectedEncoding(encoding="windows-1252", source="fallback")


def legacy_encoding(words: bytes) -> str:
    """The old encoding in which words are likeliest; empty where they are ASCII, or read well in none."""
    foreign = foreign_words(words)
    readings = {encoding.name: _read_as(foreign, encoding) for encoding in (*SINGLE_BYTE, *EAST_ASIAN)}
    best = max(readings, key=lambda name: readings[name].likelihood)
    return best if foreign.triples and readings[best].share >= LEAST_SHARE else ""


def is_unlikely(words: bytes, encoding: str) -> bool:
    """Whether words are far likelier in some other encoding than in this one."""
    foreign = foreign_words(words, QUICK)
    own = _read_as(foreign, encoding_of(encoding))
    reads_well = own.share >= FAIR_SHARE and own.likelihood > FAIR * foreign.triples.total()
    if own.letters < LEAST or reads_well:
        return False
    enough = own.likelihood + CERTAIN + MARGIN * own.letters
    return any(_read_as(foreign, other).likelihood > enough for other in (*SINGLE_BYTE, *EAST_ASIAN))


def beside_utf8(words: bytes) -> str:
    """The encoding of one byte a character of those words that are not UTF-8, in a text of which others are nothing
    else; empty where all words are in one encoding."""
    valid, others = _by_validity(words)
    if not valid or not others:
        return ""
    legacy = legacy_encoding(others) or "windows-1252"
    if legacy in east_asian.LEVEL_ONE:
        return ""
    return legacy if utf8_share(words) > 0.5 or _read_badly(valid, legacy) else ""


def _by_validity(words: bytes) -> tuple[bytes, bytes]:
    """The words that are UTF-8, and those of which most characters are not."""
    foreign = [word for word in WORD.findall(words) if not word.isascii()]
    valid = [word for word in foreign if utf8_share(word) == 1]
    return b" ".join(valid), b" ".join(word for word in foreign if utf8_share(word) <= 0.5)


def _read_badly(words: bytes, encoding: str) -> bool:
    return _read_as(foreign_words(words), encoding_of(encoding)).share < LEAST_SHARE


def escaped_encoding(sample: bytes) -> str:
    """A seven-bit East Asian encoding, when its escapes are there and everything decodes; otherwise an empty text."""
    head = sample[:SAMPLE_BYTES]
    for escape, encoding, codec in _ESCAPES:
        if escape in head and head.isascii() and (escape != b"~{" or b"~}" in head) and fits(head, codec):
            return encoding
    return ""


def fits(sample: bytes, codec: str) -> bool:
    """Whether bytes are valid in a codec of Python; a character cut off at the end is forgiven."""
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(sample)
    except UnicodeError:
        return False
    return True


def utf8_share(sample: bytes) -> float:
    """How many of the characters beyond ASCII (0 to 1) are right in UTF-8, which no other encoding gives by chance."""
    text = sample.decode("utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return 1 - text.count("\ufffd") / max(1, foreign)


def codec_of(encoding: str, sample: bytes) -> str:
    """Python's codec for an encoding: of several, the first that fits bytes."""
    names = encoding_of(encoding).codecs
    return next((name for name in names if fits(sample, name)), names[0])


def _read_as(foreign: ForeignWords, encoding: Encoding) -> Fit:
    if encoding.name in east_asian.LEVEL_ONE:
        return east_asian.read_as(foreign, encoding)
    return single_byte.read_as(foreign, encoding)
