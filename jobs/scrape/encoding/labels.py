"""What the label of an encoding means: by the WHATWG Encoding Standard, and some that browsers leave out."""

from __future__ import annotations

import functools
import re

import webencodings  # type: ignore[import-untyped]

READABLE = {"iso-2022-kr": "iso-2022-kr", "csiso2022kr": "iso-2022-kr", "hz-gb-2312": "hz-gb-2312"}
"""Labels that browsers answer with one replacement character, for fear of scripts; text alone may be read."""

_DOS = re.compile(r"(?:cs)?(?:x-)?(?:ibm|cp|dos|pc)?-?(?:8codepage)?-?(437|720|737|775|85[02578]|86[0-69]|1125)")
"""The code pages of DOS and OS/2, under the names of IANA, of Java and of those who forgot the prefix."""

_MAC = {
    "x-mac-ce": "x-mac-ce",
    "x-mac-centraleurroman": "x-mac-ce",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "x-mac-icelandic": "mac_iceland",
    "x-mac-croatian": "mac_croatian",
    "x-mac-romanian": "mac_romanian",
}
_OTHERS = {"johab": "johab", "x-johab": "johab", "ms1361": "johab", "cp1361": "johab", "ks_c_5601-1992": "johab"}


@functools.lru_cache(maxsize=256)
def known_encoding(label: str) -> str:
    """The encoding that a label means, such as windows-1252 for "latin1"; "" for an unknown one.

    gbk is read as gb18030, as the standard does, and called so. Code pages of DOS are called ibm437 and so on.
    """
    plain = label.strip("\t\n\f\r ").lower()
    if plain in READABLE:
        return READABLE[plain]
    found = webencodings.lookup(plain) if plain.isascii() else None
    name = _beyond_the_standard(plain) if found is None else str(found.name)
    return {"replacement": "", "gbk": "gb18030"}.get(name, name)


def _beyond_the_standard(label: str) -> str:
    dos = _DOS.fullmatch(label)
    return f"ibm{dos[1]}" if dos else _MAC.get(label) or _OTHERS.get(label, "")
