"""Bytes to text: the encoding of a file, found where it says so or can be proved, else guessed and said so.

charset-normalizer was tried first and is wrong on short lists (`café` becomes `cafč`): it wants prose. A list of
names is judged better by which encoding gives the letters that people really write.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from jobs.runtime.tables.contents import wide_order
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

_WESTERN = "éèêëàâäáãåçñöóòôõøüúùûíìîïßæœÉÈÀÁÄÖÜÅØÇÑÓÍ€’‘“”–—…°«»´·¡¿ºª£§©®™"
_COMMON: tuple[tuple[str, str, str], ...] = (
    ("cp1252", "Windows-1252", _WESTERN),
    ("cp1250", "Windows-1250", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžýČĎĚŇŘŠŤŮŽáéíúőűŐŰöüăâîșşţ"),
    ("cp1251", "Windows-1251", "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ"),
    ("cp1253", "Windows-1253", "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ"),
    ("cp1254", "Windows-1254", "ğıİşŞĞçÇöÖüÜâî"),
    ("koi8_r", "KOI8-R", "абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
    ("mac_roman", "Mac Roman", _WESTERN.replace("ø", "").replace("º", "").replace("ª", "")),
    ("cp932", "Shift-JIS", "日本人大年会国出中上生月分行東京名前住所市区町県新店式社株番号語学見入目金自高"),
    ("euc_jp", "EUC-JP", "日本人大年会国出中上生月分行東京名前住所市区町県新店式社株番号語学見入目金自高"),
    (
        "gb18030",
        "GB18030",
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
        "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
        "北京上海名称网址公司城市电话邮",
    ),
    (
        "big5",
        "Big5",
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡"
        "用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實"
        "臺灣北名稱網址公司城市電話",
    ),
    (
        "cp949",
        "EUC-KR",
        "이다는에의을를가고하지로은서한사기도리나인어자해시수대제일정부전보아스라주구만장그관상원있들과여동안"
        "성공유무소산경용연름울업국비조식신중미학회화개내위당오강모영선남김박최",
    ),
)
_KANA = re.compile("[ぁ-んァ-ヶー、。「」]")
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
    return _unmarked(source)


def lines_of(source: Source, charset: Charset) -> Iterator[str]:
    """The lines of a source with their ends: LF, CR or CRLF, each as it is."""
    with open_text(source, charset) as text:
        yield from text


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
        codec, name = _guess(scan.sample)
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


def _guess(sample: bytes) -> tuple[str, str]:
    best = max(_COMMON, key=lambda candidate: _likeness(sample, candidate[0], candidate[2]))
    return best[0], best[1]


_WIDE = frozenset({"cp932", "euc_jp", "gb18030", "big5", "cp949"})
_CASED = frozenset({"cp1251", "koi8_r", "cp1253"})
_SELDOM = {"mac_roman": 0.45, "koi8_r": 0.1}
_CURLY = frozenset("“”‘’–—…·¡¿°«»´ºª£§©®™€")


def _likeness(sample: bytes, codec: str, common: str) -> float:
    """How much the text beyond ASCII is what people write: 1 for letters in common use, more for two-byte characters
    (chance gives them seldom), less for signs (chance gives them often), negative where it cannot be decoded."""
    text = sample.decode(codec, "replace")
    foreign = [character for character in text if character > "\x7f"]
    weights = (_weight(character, codec, common) for character in foreign)
    return sum(weights) / max(1, len(foreign)) - _SELDOM.get(codec, 0.0)


def _weight(character: str, codec: str, common: str) -> float:
    if character == "\ufffd":
        return -2.0
    if codec in _WIDE:
        ideograph = "\u3400" <= character <= "\u9fff" or "가" <= character <= "힣"
        return 1.2 if character in common or _KANA.match(character) else 0.3 if ideograph else 0.0
    if character in _CURLY:
        return 0.6 if character in common else 0.0
    if character in common:
        return 1.0
    return 0.5 if codec in _CASED and character.lower() in common else 0.0


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return bytes(wrong).decode("cp1252", "replace"), error.end


codecs.register_error(_HANDLER, _windows_1252)
