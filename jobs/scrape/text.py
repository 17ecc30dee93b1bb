"""Texts as they are counted and stored: white space folded, controls dropped, long ones cut with a mark."""

from __future__ import annotations

import hashlib
import re
import sys

CUT = "…"
"""Ends a text that was cut; it counts among the characters kept."""

# Characters that must not reach a table: controls that are no white space, byte order marks, marks that turn the
# direction of what follows, and code points that are no characters.
_DROPPED = (
    [code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace()]
    + [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, *range(0xFDD0, 0xFDF0)]
    + [plane + last for plane in range(0, sys.maxunicode, 0x10000) for last in (0xFFFE, 0xFFFF)]
)
_CLEAN = {**dict.fromkeys(_DROPPED), **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}

# Scripts that put no space between words. A Chinese or Japanese character is counted as a word, as word processors
# do; a Thai, Lao, Khmer or Burmese word has some four letters and signs.
_ONE_EACH = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]++"
)
_FOUR_EACH = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]++")
_OTHER_BYTES = bytes(range(0xE0)) + b"\xe2"
"""What texts without such characters consist of, in UTF-8: all but E2 (dashes, quotes, currencies) begin other scripts
with E0 to F4. A quick look, for most pages have none."""
LETTERS_A_WORD = 4


def fold(text: str) -> str:
    """All white space as single spaces, none at the ends."""
    return " ".join(text.split())


def clean(text: str | None, most: int) -> str | None:
    """A text as a cell may hold it, of at most `most` characters; None when nothing is left.

    Controls, direction marks and byte order marks are dropped, half surrogates replaced, white space is folded.
    """
    if not text:
        return None
    begun = text.lstrip()[: 8 * most]
    folded = fold(begun)
    if len(folded) <= most and len(begun) == 8 * most:  # cut, and hardly anything but white space
        folded = fold(text)
    if not folded.isprintable():
        folded = fold(folded.translate(_CLEAN))
    return shorten(folded, most) or None


def shorten(text: str, most: int) -> str:
    """The beginning of a text; one that was cut ends with the mark."""
    return text if len(text) <= most else text[: most - len(CUT)].rstrip() + CUT


def count_words(text: str) -> int:
    """The words of a text: what white space separates; in scripts without spaces, by the number of characters."""
    if text.isascii() or not text.encode("utf-8", "replace").translate(None, _OTHER_BYTES):
        return len(text.split())
    text, ideographs = _without(_ONE_EACH, text)
    text, letters = _without(_FOUR_EACH, text)
    return len(text.split()) + ideographs + -(-letters // LETTERS_A_WORD)


def _without(characters: re.Pattern[str], text: str) -> tuple[str, int]:
    """A text with a space in the place of each run of these characters, and how many there were."""
    others = characters.split(text)
    return " ".join(others), len(text) - sum(map(len, others))


def digest(text: str) -> str:
    """16 hexadecimal digits that are the same for equal texts."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
