"""What a file is, by its first bytes; its name is only compared with the answer."""

from __future__ import annotations

import codecs
import json
import re
import unicodedata

GZIP, WORKBOOK, SITEMAP, TEXT = "gzip", "workbook", "sitemap", "text"

_FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a bitmap image"),
    (0, b"RIFF", "a sound, film or WebP image"),
    (4, b"ftyp", "a film"),
    (0, b"%PDF-", "a PDF document: export its table as CSV"),
    (0, b"PAR1", "a Parquet file: export it as CSV"),
    (0, b"ARROW1", "an Arrow file: export it as CSV"),
    (0, b"Obj\x01", "an Avro file: export it as CSV"),
    (0, b"SQLite format 3\x00", "an SQLite database: export a table as CSV"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file: save it as .xlsx or CSV"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (0, b"Rar!\x1a\x07", "a RAR archive: unpack it first"),
    (0, b"BZh", "a bzip2 file: unpack it first"),
    (0, b"\xfd7zXZ\x00", "an xz file: unpack it first"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file: unpack it first"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90", "a program"),
    (0, b"{\\rtf", "an RTF document: save the table as CSV"),
)

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_XML = re.compile(rb"\s*(<\?xml|<(\w+:)?(urlset|sitemapindex|rss|feed|rdf|opml)\b|<!--)", re.IGNORECASE)
_HTML = re.compile(
    rb"\s*<(!doctype\s+html|(html|head|body|title|meta|table|div|ul|ol|script|style|svg)\b)", re.IGNORECASE
)
_BINARY = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r\x1a\x1b")
_NAMES = {
    GZIP: (".gz", ".gzip"),
    WORKBOOK: (".xlsx", ".xlsm"),
    SITEMAP: (".xml",),
    TEXT: (".csv", ".tsv", ".tab", ".txt", ".text", ".psv", ".list", ".dat"),
}
_SPOKEN = {GZIP: "a gzip file", WORKBOOK: "an Excel workbook", SITEMAP: "a sitemap", TEXT: "plain text"}


def content_of(head: bytes) -> str:
    """GZIP, WORKBOOK (any zip archive: the workbook's room looks closer), SITEMAP (any XML) or TEXT."""
    if head.startswith(b"\x1f\x8b"):
        return GZIP
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return WORKBOOK
    if _XML.match(head.removeprefix(_BOMS[0])) or _wide_xml(head):
        return SITEMAP
    return TEXT


def foreign(head: bytes) -> str:
    """What it is instead of a table, in words; empty where it may be one."""
    for place, magic, words in _FOREIGN:
        if head[place:].startswith(magic) and (len(magic) > 2 or b"\x00" in head[:64]):
            return words
    text = head.removeprefix(_BOMS[0])
    if _HTML.match(text):
        return "an HTML page, not a table: give the page's URL, or save its table as CSV"
    if _is_json(text.lstrip()):
        return "JSON: export it as CSV"
    return "no text at all (binary content)" if _is_binary(head) else ""


def surprise(name: str, content: str) -> str:
    """The notice that a file is not what its name says; empty where it is, or where the name says nothing."""
    ending = "." + name.lower().rpartition(".")[2]
    known = {other for endings in _NAMES.values() for other in endings}
    if ending not in known or ending in _NAMES[content]:
        return ""
    return f"the name says {ending}, but it is {_SPOKEN[content]} and was read as that"


def _wide_xml(head: bytes) -> bool:
    return head.startswith(_BOMS[1:]) and head[:80].replace(b"\x00", b"")[2:].startswith((b"<?xml", b"<urlset"))


def _is_json(text: bytes) -> bool:
    if not re.match(rb'\{\s*"|\[\s*[{\["0-9-]|\{\s*\}|\[\s*\]\s*$', text):
        return False
    if re.match(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:', text) or re.match(rb"\[\s*\{", text):
        return True
    try:
        json.loads(text.splitlines()[0])
    except (ValueError, RecursionError):
        return False
    return True


def _is_binary(head: bytes) -> bool:
    """Text has next to no control characters; NULs are UTF-16's when they stand in every other byte."""
    sample = head[:65_536]
    if not sample or sample.startswith(_BOMS[1:]) or wide_order(sample):
        return False
    controls = len(sample) - len(sample.translate(None, _BINARY))
    return controls * (50 if len(sample) > 1024 else 10) > len(sample)


def wide_order(sample: bytes) -> str:
    """The byte order of UTF-16 without a byte order mark, `le` or `be`; empty where it is not UTF-16."""
    sample = sample[: len(sample) // 2 * 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half < 2 or even == odd:
        return ""
    order = "le" if odd > even else "be"
    mostly_ascii = max(even, odd) >= 0.4 * half and min(even, odd) <= 0.02 * half
    return order if mostly_ascii or _is_wide_text(sample, order) else ""


def _is_wide_text(sample: bytes, order: str) -> bool:
    """Whether two bytes make a letter where few letters are ASCII: in a Greek, Russian or Chinese table only the
    delimiters, the digits and the addresses are. UTF-8 with NULs strewn into it is no such text."""
    codes = sample.translate(None, b"\x00")
    if (len(sample) - len(codes)) * 50 < len(sample) or (not _has_controls(codes) and _decoded(codes, "utf-8")):
        return False
    text = _decoded(sample, f"utf-16-{order}")
    strange = sum(unicodedata.category(letter) in ("Cn", "Co", "Cc") and letter not in "\t\n\r" for letter in text)
    return bool(text) and strange * 50 <= len(text)


def _has_controls(codes: bytes) -> bool:
    return len(codes.translate(None, _BINARY)) < len(codes)


def _decoded(codes: bytes, codec: str) -> str:
    """The text of a sample that may end within a letter; empty where it is none."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(codes)
    except UnicodeDecodeError:
        return ""
