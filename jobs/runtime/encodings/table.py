"""The old encodings that bytes may be in: their names, Python's codecs, and how usual each is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """An encoding: its name in the WHATWG Encoding Standard (or IANA's), the name that people know, Python's codecs
    (the first that fits reads it), and how usual it is beside others of its script (0, or less)."""

    name: str
    title: str
    codecs: tuple[str, ...]
    usual: float = 0.0


def _named(name: str, title: str, usual: float, *codecs: str) -> Encoding:
    return Encoding(name=name, title=title, usual=usual, codecs=codecs or (name,))


SINGLE_BYTE = (
    _named("windows-1252", "Windows-1252", 0, "cp1252"),
    _named("windows-1250", "Windows-1250", -0.5, "cp1250"),
    _named("iso-8859-2", "ISO 8859-2", -1),
    _named("windows-1254", "Windows-1254", -0.5, "cp1254"),
    _named("windows-1257", "Windows-1257", -0.75, "cp1257"),
    _named("iso-8859-15", "ISO 8859-15", -1.5),
    _named("macintosh", "Mac Roman", -2, "mac_roman"),
    _named("windows-1258", "Windows-1258", -2.5, "cp1258"),
    _named("ibm850", "DOS 850", -2.5, "cp850"),
    _named("iso-8859-4", "ISO 8859-4", -3),
    _named("windows-1251", "Windows-1251", 0, "cp1251"),
    _named("koi8-r", "KOI8-R", -0.5),
    _named("koi8-u", "KOI8-U", -1),
    _named("iso-8859-5", "ISO 8859-5", -1),
    _named("ibm866", "DOS 866", -1, "cp866"),
    _named("x-mac-cyrillic", "Mac Cyrillic", -1.5, "mac_cyrillic"),
    _named("windows-1253", "Windows-1253", 0, "cp1253"),
    _named("iso-8859-7", "ISO 8859-7", -0.5),
    _named("windows-1255", "Windows-1255", 0, "cp1255"),
    _named("iso-8859-8", "ISO 8859-8", -0.5),
    _named("windows-1256", "Windows-1256", 0, "cp1256"),
    _named("iso-8859-6", "ISO 8859-6", -2),
    _named("windows-874", "Windows-874", 0, "cp874"),
)
"""Those of one byte a character, of every script."""

EAST_ASIAN = (
    _named("gb18030", "GB18030", 0, "gb18030"),
    _named("big5", "Big5", 0, "big5hkscs", "cp950"),
    _named("shift_jis", "Shift-JIS", 0, "cp932"),
    _named("euc-jp", "EUC-JP", 0, "euc_jp", "euc_jis_2004"),
    _named("euc-kr", "EUC-KR", 0, "cp949"),
)
"""Those of one or two bytes a character."""

RARE = -6.0
"""How usual what is not among them is."""

_OTHERS = (
    _named("iso-2022-jp", "ISO-2022-JP", RARE, "iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004"),
    _named("iso-2022-kr", "ISO-2022-KR", RARE, "iso2022_kr"),
    _named("hz-gb-2312", "HZ", RARE, "hz"),
    _named("utf-8", "UTF-8", RARE),
    _named("utf-16le", "UTF-16", RARE, "utf-16-le"),
    _named("utf-16be", "UTF-16", RARE, "utf-16-be"),
    _named("utf-32le", "UTF-32", RARE, "utf-32-le"),
    _named("utf-32be", "UTF-32", RARE, "utf-32-be"),
    _named("x-mac-ce", "Mac Central European", RARE, "mac_latin2"),
    *(_named(f"ibm{page}", f"DOS {page}", RARE, f"cp{page}") for page in (720, 737)),
    _named("iso-8859-8-i", "ISO 8859-8", RARE, "iso-8859-8"),
    _named("x-user-defined", "x-user-defined", RARE, "latin-1"),
)
_BY_NAME = {encoding.name: encoding for encoding in (*SINGLE_BYTE, *EAST_ASIAN, *_OTHERS)}


def encoding_of(name: str) -> Encoding:
    """The encoding of a name; one that is not in the table is called as Python calls its codec."""
    return _BY_NAME.get(name) or _named(name, name, RARE)
