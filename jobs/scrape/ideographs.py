"""Which East Asian encoding a text is in: the one in which its characters are those that people write most often.

Read in another, it consists of rare characters, if it can be read at all.
"""

from __future__ import annotations

import re

CODECS = {
    "gb18030": ("gb18030",),
    "big5": ("big5hkscs", "cp950"),
    "shift_jis": ("cp932",),
    "euc-jp": ("euc_jp", "euc_jis_2004"),
    "euc-kr": ("cp949",),
}
"""The encodings, and Python's codecs for each."""

_CHINESE = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多"
    "经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性"
    "知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新這個們來為國說時會對於著過發後裡種經麼學現當"
    "沒動還進樣開從實軍無與長機關點業將兩間問並應戰頭體見產，。、；：「」！？"
)
_JAPANESE = "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)))) + "ー、。・「」日本人年月大"
_KOREAN = "이다는에을의가를로한고도하지은서기사리아시어인자나해대부그과수들정있으면일게전라구보제여성장주조원화국"

_MARKS = "“”‘’…—"
"""All that is not ASCII in many an English page of an East Asian site."""

FREQUENT = {
    "gb18030": frozenset(_CHINESE + _MARKS),
    "big5": frozenset(_CHINESE + _MARKS),
    "shift_jis": frozenset(_JAPANESE + _MARKS),
    "euc-jp": frozenset(_JAPANESE + _MARKS),
    "euc-kr": frozenset(_KOREAN + _MARKS),
}

LOOKED_AT = 4_000
"""Bytes of the text that decide."""

LEAST_SHARE = 0.12
"""Of the characters: in real texts a quarter or more are frequent, in misread ones one in thirty."""

LEAST_DIFFERENT = 6
"""Characters of a word or two; so many make a text."""

MOST_WRONG = 0.02
"""Of the characters may be wrong."""

_ALONE_IN_WORD = re.compile(r"(?<=[A-Za-z])[^\0-\x7f](?![^\0-\x7f])|(?<![^\0-\x7f])[^\0-\x7f](?=[A-Za-z])")
"""A single character within a Latin word: so a letter with an accent looks when it is read with the byte after it."""


def east_asian_encoding(sample: bytes) -> str:
    """The encoding in which most characters are frequent ones; empty when that is none."""
    shares = {encoding: frequent_share(sample, encoding) for encoding in CODECS}
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] >= LEAST_SHARE else ""


def frequent_share(sample: bytes, encoding: str) -> float:
    """How many of a text's characters beyond ASCII are frequent ones in an encoding; 0 when it cannot be read in it."""
    return max(_share(sample[:LOOKED_AT], codec, FREQUENT[encoding]) for codec in CODECS[encoding])


def different(sample: bytes, encoding: str) -> set[str]:
    """The different characters beyond ASCII of a text, read in an encoding."""
    return {character for character in sample.decode(CODECS[encoding][0], "ignore") if not character.isascii()}


def say_little(characters: set[str]) -> bool:
    """Whether there are so few different ones that none of them need be frequent."""
    return len(characters) < LEAST_DIFFERENT


def is_within_words(sample: bytes, encoding: str) -> bool:
    """Whether most characters beyond ASCII would be single ones within Latin words, which nobody writes."""
    text = sample[:LOOKED_AT].decode(CODECS[encoding][0], "replace")
    foreign = sum(not character.isascii() for character in text)
    return len(_ALONE_IN_WORD.findall(text)) * 2 > foreign


def _share(sample: bytes, codec: str, frequent: frozenset[str]) -> float:
    text = sample.decode(codec, "replace")
    foreign = [character for character in text if not character.isascii()]
    if foreign.count("\ufffd") > 1 + MOST_WRONG * len(foreign):
        return 0.0
    doubtful = sum(character in frequent for character in _ALONE_IN_WORD.findall(text))
    return (sum(character in frequent for character in foreign) - doubtful) / max(1, len(foreign))
