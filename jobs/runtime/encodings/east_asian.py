"""How likely a text is when it is read in an East Asian encoding.

Its characters are those that people write most often, or of the level that the encoding puts first because they are
common; read in another, a text consists of rare characters, if it can be read at all.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache

from jobs.runtime.encodings.fit import IMPOSSIBLE, Fit, ForeignWords
from jobs.runtime.encodings.languages import FREQUENT, KANA, SYLLABLES
from jobs.runtime.encodings.table import Encoding

LEVEL_ONE = {
    "shift_jis": (0x88, 0x98, 0),
    "euc-jp": (0xB0, 0xCF, 0),
    "gb18030": (0xB0, 0xD7, 0xA1),
    "big5": (0xA4, 0xC6, 0),
    "euc-kr": (0xB0, 0xC8, 0xA1),
    "johab": (0x88, 0xD3, 0),
}
"""The first bytes of the characters that each encoding puts first, and the least second byte of those."""

KANA_LETTER, SYLLABLE, CHARACTER, COMMON, SIGN, RARE = (
    math.log(share) for share in (0.5 / 60, 0.6 / 100, 0.5 / 300, 0.45 / 2500, 0.02 / 10, 0.02 / 6000)
)
"""How likely one kana, one frequent syllable or character, one of the first level, a sign, and any other is: the share
of all that are met, by how many there are."""

HALF_WIDTH, EUROPEAN = math.log(1 / 60), math.log(0.1 / 40)
"""How likely a kana of half the width is in a text of those, and a Greek or Cyrillic letter in any."""

SELDOM = -4.0
"""What a text of kana of half the width loses."""

LONELY, BESIDE_LATIN, WITHIN_LATIN = -1.0, -3.0, -6.0
"""What a character loses that stands alone, at each side where a Latin letter is, and where one is at both, as a letter
with an accent looks that is read with the byte after it."""

_AT_EDGE = re.compile(r"(?<=[\0-\x7f])[^\0-\x7f]|[^\0-\x7f](?=[\0-\x7f])")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_HALF_WIDTH_ALONE = re.compile("(?<![\uff61-\uff9f])[\uff61-\uff9f](?![\uff61-\uff9f])")


def read_as(words: ForeignWords, encoding: Encoding) -> Fit:
    """How words read in an East Asian encoding, with that of its codecs that suits them best."""
    return max((_read(words.whole, encoding, codec) for codec in encoding.codecs), key=lambda found: found.likelihood)


def _read(words: bytes, encoding: Encoding, codec: str) -> Fit:
    text = f" {words.decode(codec, 'replace')} "
    seen = Counter(text)
    worths = {letter: _worth(letter, encoding.name, codec) for letter in seen if letter > "\x7f"}
    alone = len(_HALF_WIDTH_ALONE.findall(text))
    losses = sum(_loss(text[found.start() - 1], found[0], text[found.end()]) for found in _AT_EDGE.finditer(text))
    likelihood = encoding.usual + sum(worth * seen[letter] for letter, worth in worths.items()) + losses + RARE * alone
    letters = sum(seen[letter] for letter in worths)
    right = sum(seen[letter] for letter, worth in worths.items() if worth > RARE) - alone
    return Fit(
        likelihood=likelihood + (SELDOM if _HALF_WIDTH.search(text) else 0),
        letters=letters,
        share=right / max(1, letters),
    )


@lru_cache(maxsize=16_384)
def _worth(letter: str, encoding: str, codec: str) -> float:
    if letter == "\ufffd":
        return 2 * IMPOSSIBLE
    if letter in KANA:
        return KANA_LETTER if encoding in ("shift_jis", "euc-jp") else RARE
    if _HALF_WIDTH.match(letter):
        return HALF_WIDTH
    korean = encoding in ("euc-kr", "johab")
    if letter in (SYLLABLES if korean else FREQUENT):
        return SYLLABLE if korean else CHARACTER
    if unicodedata.category(letter)[0] in "PZ":
        return SIGN
    if "\u0370" <= letter < "\u0500":
        return EUROPEAN
    code = letter.encode(codec, "replace")
    first, last, least = LEVEL_ONE[encoding]
    return COMMON if len(code) == 2 and first <= code[0] <= last and code[1] >= least else RARE


def _loss(before: str, letter: str, after: str) -> float:
    """What a character loses that stands beside ASCII."""
    if unicodedata.category(letter)[0] in "PZ":
        return 0.0
    latin = sum(other.isascii() and other.isalpha() for other in (before, after))
    alone = before.isascii() and after.isascii()
    return latin * BESIDE_LATIN + alone * (WITHIN_LATIN if latin else LONELY)
