"""UTF-16 and UTF-32 without a byte order mark, by where the NULs stand and by what letters two bytes make."""

from __future__ import annotations

import codecs
import unicodedata

LOOKED_AT = 65_536

_CONTROLS = bytes(code for code in range(1, 32) if code not in b"\t\n\x0b\x0c\r\x1a\x1b")


def wide_encoding(sample: bytes) -> str:
    """utf-16le, utf-16be, utf-32le or utf-32be; empty where it is none of them."""
    head = sample[:LOOKED_AT]
    if b"\0" not in head or not head.strip(b"\0"):
        return ""
    return _utf32(head[:4096]) or _utf16(head[: len(head) // 2 * 2])


def _utf32(head: bytes) -> str:
    shares = [head[start::4].count(0) / max(1, len(head[start::4])) for start in range(4)]
    if min(shares[2:]) > 0.9 and shares[0] < 0.5:
        return "utf-32le"
    return "utf-32be" if min(shares[:2]) > 0.9 and shares[3] < 0.5 else ""


def _utf16(head: bytes) -> str:
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half < 2 or even == odd:
        return ""
    order = "le" if odd > even else "be"
    mostly_ascii = max(even, odd) >= 0.4 * half and min(even, odd) <= 0.02 * half
    return f"utf-16{order}" if mostly_ascii or _is_wide_text(head, order) else ""


def _is_wide_text(head: bytes, order: str) -> bool:
    """Whether two bytes make a letter where few letters are ASCII: in a Greek, Russian or Chinese table only the
    delimiters, the digits and the addresses are. UTF-8 with NULs strewn into it is no such text."""
    codes = head.translate(None, b"\0")
    if (len(head) - len(codes)) * 50 < len(head) or (not _has_controls(codes) and _decoded(codes, "utf-8")):
        return False
    text = _decoded(head, f"utf-16-{order}")
    strange = sum(unicodedata.category(letter) in ("Cn", "Co", "Cc") and letter not in "\t\n\r" for letter in text)
    return bool(text) and strange * 50 <= len(text)


def _has_controls(codes: bytes) -> bool:
    return len(codes.translate(None, _CONTROLS)) < len(codes)


def _decoded(codes: bytes, codec: str) -> str:
    """The text of a sample that may end within a letter; empty where it is none."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(codes)
    except UnicodeDecodeError:
        return ""
