"""How likely a text is when it is read in an encoding of one byte a character.

Read in the wrong one, a text has letters that its language uses seldom or never, capitals and signs inside words, and
two scripts in one word. The letters beyond ASCII are judged by how often their language uses them (naive Bayes, the
frequency of a letter taken from its rank), and each by the two characters beside it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache

from jobs.runtime.encodings.fit import IMPOSSIBLE, UNUSED, Fit, ForeignWords
from jobs.runtime.encodings.languages import BESIDE_VOWELS, LAST_LETTERS, LESSER, LETTERS, VOWELS
from jobs.runtime.encodings.table import Encoding

IN_WORDS = frozenset("’‘·–—…\xad")
"""Signs that may have letters on both sides. Others have one on one side at most."""

BEFORE_WORDS, AFTER_WORDS = frozenset("„‚€£©§¿¡"), frozenset("®™²³ºª")
"""Signs that no letter stands before, and signs that no letter follows."""

FREE = frozenset("°²³ºª¹€£©®™")
"""Numbers and symbols that may have a letter beside them."""

USUAL_SIGNS = frozenset("“”‘’„–—…€°«»´·¡¿©®™£¥§±½¼¾²³№\xa0×•")
SIGN, ODD = math.log(0.03 / 5), math.log(0.03 / 300)
"""How likely one of these signs in its place is, and any other."""


FEW = -1.5
"""What a language loses that few write (and `õ` but in the `õe` of Portuguese)."""

LONELY, AMONG_FOREIGN, ALIKE, CAPITAL, BARE = -1.5, -2.0, (0.0, -0.5, -2.0), -0.5, -2.5
"""What a letter loses that stands alone, between two others beyond ASCII, beside a vowel where it is one (or a
consonant), and that is a capital: as logarithms, found on lists of names and cities in thirty languages."""


def read_as(words: ForeignWords, encoding: Encoding) -> Fit:
    """How words read in an encoding of one byte a character, in the language that suits them best."""
    text = words.whole.decode(encoding.codecs[0], "replace")
    characters = bytes(range(256)).decode(encoding.codecs[0], "replace")
    seen: Counter[str] = Counter()
    loss = BARE * sum(not _ACCENT.search(word) for word in _GREEK_WORD.findall(text))
    for (before, character, after), count in words.triples.items():
        kind, less = _judged(characters[before], characters[character], characters[after])
        seen[kind] += count
        loss += less * count
    likelihood, strange = _in_best_language(seen)
    return Fit(
        likelihood=likelihood + loss + encoding.usual,
        letters=sum(count for kind, count in seen.items() if kind not in _SIGNS),
        share=1 - strange / max(1, seen.total()),
    )


def _in_best_language(seen: Counter[str]) -> tuple[float, int]:
    """The likelihood in the language that suits best, and how many characters it has not."""
    gains = [0.0] * (1 + len(LETTERS)) + [FEW] * len(LESSER)
    for kind, count in seen.items():
        for language, gain in _GAINS.get(kind, ()):
            gains[language] += gain * count
    best = max(range(len(gains)), key=gains.__getitem__)
    strange = sum(count for kind, count in seen.items() if kind not in _PROFILES[best] or kind in _STRANGE)
    return UNUSED * seen.total() + gains[best], strange


@lru_cache(maxsize=16_384)
def _judged(before: str, character: str, after: str) -> tuple[str, float]:
    """The letter, `sign`, or `wrong` for what no text has there; and what its neighbours take from its likelihood."""
    category = unicodedata.category(character)
    if category[0] in "LM" and character not in FREE:
        if _is_odd(character, before, after):
            return "wrong", 0.0
        return _lower(character), _discord(character, before, after) if category[0] == "L" else 0.0
    return _sign(character, category, before.isalpha(), after.isalpha()), 0.0


def _sign(sign: str, category: str, follows: bool, leads: bool) -> str:
    if _is_misplaced(sign, category, follows, leads):
        return "wrong"
    return "sign" if sign in USUAL_SIGNS else "odd"


def _is_misplaced(sign: str, category: str, follows: bool, leads: bool) -> bool:
    """Whether a sign of a Unicode category is in no place of its own; `follows` a letter, or `leads` one."""
    if category in ("Cc", "Cn", "Co") or sign in "\ufffd¤":
        return True
    if sign == "\xa0":
        return False
    if follows and leads:
        return sign not in IN_WORDS
    if (category[0] in "SN" or sign == "¶") and sign not in FREE:
        return follows or leads
    return (follows and sign in BEFORE_WORDS) or (leads and sign in AFTER_WORDS)


def _is_odd(letter: str, before: str, after: str) -> bool:
    """Whether a letter is a capital after a small one or a small one before a capital, between digits, or of another
    script than its neighbours."""
    if (letter.isupper() and before.islower()) or (letter.islower() and after.isupper()):
        return True
    if (before.isdigit() and after.isdigit()) or (letter in LAST_LETTERS and after.isalpha()):
        return True
    return any(other.isalpha() and _script(other) != _script(letter) for other in (before, after))


def _discord(letter: str, before: str, after: str) -> float:
    loss = CAPITAL if letter.isupper() else 0.0
    neighbours = [other for other in (before, after) if other.isalpha()]
    if not neighbours:
        return loss + LONELY
    if _script(letter) != "LATIN":
        return loss
    if len(neighbours) == 2 and before > "\x7f" and after > "\x7f":
        loss += AMONG_FOREIGN
    if _lower(letter) in BESIDE_VOWELS:
        return loss + FEW if _lower(letter) == "õ" and after.lower() != "e" else loss
    return loss + ALIKE[sum(_is_vowel(other) == _is_vowel(letter) for other in neighbours)]


def _is_vowel(letter: str) -> bool:
    return _lower(letter) in VOWELS


def _lower(letter: str) -> str:
    return letter.lower()[0]


@lru_cache(maxsize=4_096)
def _script(letter: str) -> str:
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "").partition(" ")[0]


def _profile(letters: str) -> dict[str, float]:
    """The logarithms of the letters' frequencies: by Zipf's law, that of the rank."""
    weights = {letter: 1 / (rank + 2) for rank, letter in enumerate(letters)}
    total = sum(weights.values())
    return {
        "sign": SIGN,
        "odd": ODD,
        "wrong": IMPOSSIBLE,
        **{letter: math.log(weight / total) for letter, weight in weights.items()},
    }


_GREEK_WORD, _ACCENT = re.compile("[α-ωά-ώΐΰ]{3,}"), re.compile("[ά-ίόύώΐΰ]")
_STRANGE = ("odd", "wrong")
_SIGNS = ("sign", "odd")
_ENGLISH = {"sign": math.log(0.1), "odd": ODD, "wrong": IMPOSSIBLE}
"""It has quotes, dashes and pounds, and hardly a letter beyond ASCII."""

_PROFILES = [_ENGLISH, *map(_profile, LETTERS), *map(_profile, LESSER)]


def _gains() -> dict[str, list[tuple[int, float]]]:
    """For each letter, what it is likelier than one that is not used, in each language that has it."""
    gains: dict[str, list[tuple[int, float]]] = {}
    for language, profile in enumerate(_PROFILES):
        for kind, likelihood in profile.items():
            gains.setdefault(kind, []).append((language, likelihood - UNUSED))
    return gains


_GAINS = _gains()
