"""What a page's text amounts to: characters, words, and a hash of it once white space is folded.

The text comes as bytes of UTF-8 and stays so: numpy looks at all of them at once, several times faster than a text is
taken apart into words and put together again.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARK = "\x7f"
"""Stands in a text where a block begins or ends: a border between words that is no white space. A control, and so
nothing that a page says; its own are replaced before it is read (but for `&#127;`, which is such a border too)."""

LETTERS_A_WORD = 4
"""A Thai, Lao, Khmer or Burmese word has some four letters and signs; these scripts put no space between words. A
Chinese or Japanese character is counted as a word, as word processors do."""

SHORT = 4_000
"""Bytes under which a text is counted word by word: numpy lets go of the interpreter's lock at each look, and many
threads with short pages wait for it longer than the look saves."""

_UNSPACED = re.compile(rb"[\xe0\xe1\xe3-\xff]")
"""With these begin the characters that may be words without space around them."""

_MARK, _BLANK = MARK.encode(), ord(" ")
_FIRST_OF_SEVERAL = -0x40
"""Bytes below it, as numbers with a sign, go on with a character."""

_SPACE, _ONE_EACH, _FOUR_EACH, _RARE = 1, 2, 3, 4

_KINDS: NDArray[np.uint8] = np.zeros(0x1_0000, np.uint8)
"""By the code point of a character of three bytes: white space, a word of its own, a fourth of one, or none of these.
(Rare ones of four bytes are words of their own too: U+20000 to U+3FFFF.)"""
_KINDS[[code for code in range(0x800, 0x1_0000) if chr(code).isspace()]] = _SPACE
for _least, _most in (
    *((0x3005, 0x3007), (0x3040, 0x30FF), (0x3100, 0x312F), (0x31F0, 0x31FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
):
    _KINDS[_least : _most + 1] = _ONE_EACH
for _least, _most in ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF)):
    _KINDS[_least : _most + 1] = _FOUR_EACH

_BLANKS = bytes(ord(" ") if chr(code).isspace() else code for code in range(0x80)) + bytes(range(0x80, 0x100))
"""Each byte as itself, and white space of one byte as a blank."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """`chars` of the text with its white space folded (single blanks, none at the ends); its `words`; `digest`: 16
    hexadecimal digits that are the same for texts that are equal when folded, None for an empty one."""

    chars: int
    words: int
    digest: str | None


def count(marked: bytes) -> Counts:
    """Count a text in UTF-8 with a MARK where blocks begin and end: marks end words, and are no part of the text."""
    if len(marked) < SHORT and (marked.isascii() or not _UNSPACED.search(marked)):
        return _count_short(marked.decode())
    letters = np.frombuffer(bytearray(marked.translate(_BLANKS)), np.uint8)
    border = letters == ord(MARK)
    words = 0 if marked.isascii() else _look_at_wide(letters, border)
    border |= letters == _BLANK
    words += _parts(border)
    letters = np.frombuffer(letters.tobytes().replace(_MARK, b""), np.uint8)
    space = letters == _BLANK
    if space.all():  # nothing, or nothing but blanks
        return Counts(chars=0, words=words, digest=None)
    kept = np.ones(len(space), np.bool_)
    kept[1:] = ~(space[:-1] & space[1:])
    folded = letters[kept].tobytes().strip(b" ")
    return Counts(
        chars=len(folded) - int(np.count_nonzero(letters.view(np.int8) < _FIRST_OF_SEVERAL)),
        words=words,
        digest=_digest(folded),
    )


def _count_short(marked: str) -> Counts:
    parts = [part for part in marked.split(MARK) if part]
    words = "".join(parts).split()
    parted = sum(not (one[-1].isspace() or other[0].isspace()) for one, other in itertools.pairwise(parts))
    text = " ".join(words)
    return Counts(chars=len(text), words=len(words) + parted, digest=_digest(text.encode()))


def _look_at_wide(letters: NDArray[np.uint8], border: NDArray[np.bool_]) -> int:
    """Make blanks of white space of two and three bytes, and borders of what is a word without any around it; how many
    words that is."""
    pairs = np.flatnonzero(letters[:-1] == 0xC2)
    behind = letters[pairs + 1]
    pairs = pairs[(behind == 0x85) | (behind == 0xA0)]
    leads = np.flatnonzero(letters[:-2] >= 0xE0)
    first, second, third = (letters[leads + step].astype(np.uint16) for step in range(3))
    kinds = _KINDS[(first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F]
    kinds[first >= 0xF0] = 0
    kinds[(first == 0xF0) & (second >= 0xA0)] = _RARE
    spaces, apart = leads[kinds == _SPACE], leads[kinds >= _ONE_EACH]
    for step in range(3):
        letters[spaces + step] = _BLANK
        border[apart + step] = True
    letters[pairs] = letters[pairs + 1] = _BLANK
    border[leads[kinds == _RARE] + 3] = True
    signs = int(np.count_nonzero(kinds == _FOUR_EACH))
    return len(apart) - signs + -(-signs // LETTERS_A_WORD)


def _digest(folded: bytes) -> str | None:
    return hashlib.blake2b(folded, digest_size=8).hexdigest() if folded else None


def _parts(border: NDArray[np.bool_]) -> int:
    """How many parts there are between borders."""
    return int(np.count_nonzero(border[:-1] > border[1:])) + bool(len(border) and not border[0])
