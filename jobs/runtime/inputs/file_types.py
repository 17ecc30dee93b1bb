"""What a file is, by its first bytes; its name is only compared with the answer."""

from __future__ import annotations

import json
import re

from jobs.runtime.encodings import wide_encoding

GZIP, WORKBOOK, SITEMAP, JSON, PARQUET, TEXT = "gzip", "workbook", "sitemap", "json", "parquet", "text"

SHORT = 1024
"""Bytes up to which a file is too short for the share of its control characters to say much."""

_FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a bitmap image"),
    (0, b"RIFF", "a sound, film or WebP image"),
    (4, b"ftyp", "a film"),
    (0, b"%PDF-", "a PDF document: export its table as CSV"),
    (0, b"PARE", "an encrypted Parquet file: save it without encryption"),
    (0, b"ARROW1", "an Arrow file: export it as CSV"),
    (0, b"Obj\x01", "an Avro file: export it as CSV"),
    (0, b"SQLite format 3\x00", "an SQLite database: export a table as CSV"),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel or Word file, or one with a password: save it as .xlsx without, or CSV",
    ),
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
_ARRAY = re.compile(rb'\[\s*\n\s*(?:"(?:[^"\\\n]|\\.)*"|-?[0-9][0-9.eE+-]*|\[)\s*[,\]\n]')
"""An array that is written over several lines."""

_BINARY = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r\x1a\x1b")
_NAMES = {
    GZIP: (".gz", ".gzip"),
    WORKBOOK: (".xlsx", ".xlsm"),
    SITEMAP: (".xml", ".rss", ".atom", ".opml"),
    JSON: (".json", ".jsonl", ".ndjson"),
    PARQUET: (".parquet",),
    TEXT: (".csv", ".tsv", ".tab", ".txt", ".text", ".psv", ".list", ".dat"),
}
_SPOKEN = {GZIP: "a gzip file", WORKBOOK: "an Excel workbook", SITEMAP: "a sitemap", TEXT: "plain text"} | {
    JSON: "JSON",
    PARQUET: "a Parquet file",
}


def content_of(head: bytes) -> str:
    """GZIP, WORKBOOK (any zip archive: the workbook's room looks closer), SITEMAP (any XML), JSON, PARQUET or TEXT."""
    if head.startswith(b"\x1f\x8b"):
        return GZIP
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return WORKBOOK
    if _XML.match(head.removeprefix(_BOMS[0])) or _wide_xml(head):
        return SITEMAP
    if head.startswith(b"PAR1"):
        return PARQUET
    return JSON if _is_json(_narrow(head).lstrip(b" \t\r\n\x1e")) else TEXT


def foreign(head: bytes) -> str:
    """What it is instead of a table, in words; empty where it may be one."""
    for place, magic, words in _FOREIGN:
        if head[place:].startswith(magic) and (len(magic) > 2 or b"\x00" in head[:64]):
            return words
    text = head.removeprefix(_BOMS[0])
    if _HTML.match(text):
        return "an HTML page, not a table: give the page's URL, or save its table as CSV"
    return "no text at all (binary content)" if _is_binary(head) else ""


def spoken(content: str) -> str:
    """What a content is called."""
    return _SPOKEN[content]


def surprise(name: str, content: str) -> str:
    """The notice that a file is not what its name says; empty where it is, or where the name says nothing."""
    ending = "." + name.lower().rpartition(".")[2]
    known = {other for endings in _NAMES.values() for other in endings}
    if ending not in known or ending in _NAMES[content]:
        return ""
    return f"the name says {ending}, but it is {_SPOKEN[content]} and was read as that"


def _wide_xml(head: bytes) -> bool:
    return head.startswith(_BOMS[1:]) and _narrow(head[:80]).startswith((b"<?xml", b"<urlset"))


def _narrow(head: bytes) -> bytes:
    """The ASCII of a text without its byte order mark, also of UTF-16."""
    wide = head.startswith(_BOMS[1:]) or bool(wide_encoding(head))
    return (
        head.replace(b"\x00", b"").removeprefix(_BOMS[1]).removeprefix(_BOMS[2])
        if wide
        else head.removeprefix(_BOMS[0])
    )


def _is_json(text: bytes) -> bool:
    if not re.match(rb'\{\s*"|\[\s*[{\["0-9-]|\{\s*\}|\[\s*\]\s*$', text):
        return False
    if re.match(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:', text) or re.match(rb"\[\s*\{", text) or _ARRAY.match(text):
        return True
    try:
        json.loads(text.splitlines()[0])
    except (ValueError, RecursionError):
        return False
    return True


def _is_binary(head: bytes) -> bool:
    """Text has next to no control characters; NULs are UTF-16's when they stand in every other byte. In a short file
    a few cells decide how many there are: one of UTF-8 without a NUL is text, whatever stands in it."""
    sample = head[:65_536]
    if not sample or sample.startswith(_BOMS[1:]) or wide_encoding(sample):
        return False
    controls = len(sample) - len(sample.translate(None, _BINARY))
    if len(sample) > SHORT:
        return controls * 50 > len(sample)
    return controls * 10 > len(sample) and (b"\x00" in sample or not _is_utf8(sample))


def _is_utf8(sample: bytes) -> bool:
    try:
        sample.decode()
    except UnicodeDecodeError:
        return False
    return True
