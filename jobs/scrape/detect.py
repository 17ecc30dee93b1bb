"""The encoding of bytes that nobody declared: from what they look like.

In turn: NULs where UTF-16 and UTF-32 have them; the escapes of the seven-bit East Asian encodings; valid UTF-8, but for
a few bytes; and, from the text between the tags alone (markup is ASCII and says nothing), an East Asian encoding in
which the characters are frequent ones (jobs.scrape.ideographs), or what charset-normalizer finds most likely. Encodings
of one byte a character resemble each other too much for it: among them the alphabets decide (jobs.scrape.alphabets).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from jobs.scrape.alphabets import is_likely, likely_encoding
from jobs.scrape.ideographs import CODECS as IDEOGRAPHIC
from jobs.scrape.ideographs import different, east_asian_encoding, is_within_words, say_little

SAMPLE_BYTES = 64 * 1024
"""What charset-normalizer is shown at most: its time grows with it, its answer hardly improves beyond."""

ESCAPES = (
    (b"\x1b$)C", "iso-2022-kr"),
    (b"\x1b$B", "iso-2022-jp"),
    (b"\x1b$@", "iso-2022-jp"),
    (b"\x1b(J", "iso-2022-jp"),
    (b"\x1b(I", "iso-2022-jp"),
    (b"\x1b$(D", "iso-2022-jp"),
    (b"~{", "hz-gb-2312"),
)

LEGACY = {
    "gb18030": "gb18030",
    "big5": "big5",
    "euc_jp": "euc-jp",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "cp866": "ibm866",
    "iso8859_2": "iso-8859-2",
    "iso8859_5": "iso-8859-5",
    "iso8859_6": "iso-8859-6",
    "iso8859_7": "iso-8859-7",
    "iso8859_8": "iso-8859-8",
    "koi8_r": "koi8-r",
    "koi8_u": "koi8-u",
    "mac_roman": "macintosh",
    "mac_cyrillic": "x-mac-cyrillic",
    "cp874": "windows-874",
    **{f"cp{number}": f"windows-{number}" for number in range(1250, 1259)},
}
"""The codecs that charset-normalizer may choose from, and their names in the Encoding Standard."""

BETWEEN_TAGS = re.compile(rb"[^<>]+")
HIGH_BYTES = bytes(range(128, 256))
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An encoding and why: valid (it is valid UTF-8), detected, or fallback (nothing fits better than windows-1252)."""

    encoding: str
    source: str


def detect(body: bytes) -> Verdict:
    """The most likely encoding of bytes; never raises, and always some encoding."""
    wide = wide_encoding(body) or escaped_encoding(body)
    if wide:
        return Verdict(encoding=wide, source="detected")
    if fits(body, "utf-8"):
        return Verdict(encoding="utf-8", source="valid")
    if is_mostly_utf8(body[: 4 * SAMPLE_BYTES]):
        return Verdict(encoding="utf-8", source="detected")
    legacy = "" if is_binary(body) else _legacy_encoding(body)
    if legacy:
        return Verdict(encoding=legacy, source="detected")
    return Verdict(encoding="windows-1252", source="fallback")


def wide_encoding(body: bytes) -> str:
    """UTF-16 or UTF-32, when NULs stand where the upper halves of ASCII characters are; otherwise an empty text."""
    head = body[:4096]
    if head.count(0) * 10 < len(head) or not head.strip(b"\0"):
        return ""
    shares = [head[start::4].count(0) / max(1, len(head[start::4])) for start in range(4)]
    if min(shares[2:]) > 0.9 and shares[0] < 0.5:
        return "utf-32le"
    if min(shares[:2]) > 0.9 and shares[3] < 0.5:
        return "utf-32be"
    first, second = (shares[0] + shares[2]) / 2, (shares[1] + shares[3]) / 2
    if second > 0.2 and first < second / 8 and fits(head, "utf-16-le"):
        return "utf-16le"
    if first > 0.2 and second < first / 8 and fits(head, "utf-16-be"):
        return "utf-16be"
    return ""


def escaped_encoding(body: bytes) -> str:
    """A seven-bit East Asian encoding, when its escapes are there and everything decodes; otherwise an empty text."""
    sample = body[: 4 * SAMPLE_BYTES]
    for escape, encoding in ESCAPES:
        if escape in sample and sample.isascii():
            codec = {"iso-2022-kr": "iso2022_kr", "hz-gb-2312": "hz"}.get(encoding, "iso2022_jp_ext")
            if fits(sample, codec):
                return encoding
    return ""


def has_escapes(sample: bytes, encoding: str) -> bool:
    """Whether ASCII bytes are in a seven-bit encoding other than the one declared, as its escapes show."""
    return b"\x1b" in sample and escaped_encoding(sample) not in ("", encoding)


def fits(sample: bytes, codec: str) -> bool:
    """Whether bytes are valid in a codec of Python; a character cut off at the end is forgiven."""
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(sample)
    except UnicodeError:
        return False
    return True


def is_mostly_utf8(sample: bytes) -> bool:
    """Whether bytes are UTF-8 but for a few that somebody pasted in: for each, ten foreign characters are right."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return 0 < wrong * 11 <= foreign_letters(text)


def foreign_letters(text: str) -> int:
    """How many characters are beyond ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def foreign_text(body: bytes) -> bytes:
    """The pieces between tags that are not ASCII. No encoding meant here has `<` or `>` inside a character."""
    pieces = (piece for piece in BETWEEN_TAGS.findall(body[: 8 * SAMPLE_BYTES]) if not piece.isascii())
    return b" ".join(pieces)[:SAMPLE_BYTES]


def is_binary(body: bytes) -> bool:
    """Whether bytes are hardly text of any kind: one in ten of the first 4 KB is a control character."""
    head = body[:4096]
    return (len(head) - len(head.translate(None, CONTROL_BYTES))) * 10 > len(head)


def _legacy_encoding(body: bytes) -> str:
    sample = foreign_text(body)
    if east_asian := east_asian_encoding(sample):
        return east_asian
    best = from_bytes(sample, cp_isolation=list(LEGACY), enable_fallback=False).best()
    found = "" if best is None else LEGACY[best.encoding]
    if found not in IDEOGRAPHIC:
        return likely_encoding(sample) or found
    if is_within_words(sample, found) or say_little(different(sample, found)) or is_likely(sample):
        return likely_encoding(sample)
    return found
