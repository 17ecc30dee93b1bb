"""How well bytes read in one encoding, so that encodings can be compared."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

LOOKED_AT = 3_000
"""So many bytes of different words decide."""

UNUSED, IMPOSSIBLE = math.log(0.0005), math.log(0.00001)
"""How likely a letter is that a language does not use, and what no text has at its place."""

WORD = re.compile(rb"[^\x00-\x2f:;<=>?]+")
"""What stands between spaces and signs."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a text suits an encoding: its likelihood as a logarithm, its letters beyond ASCII, and the share (0 to
    1) of what is beyond ASCII that may stand where it stands."""

    likelihood: float
    letters: int
    share: float


@dataclass(frozen=True, kw_only=True)
class ForeignWords:
    """The different words of a text that are not ASCII, and how often each byte beyond ASCII is there, between which
    two others."""

    whole: bytes
    triples: Counter[tuple[int, int, int]]


def foreign_words(sample: bytes, most: int = LOOKED_AT) -> ForeignWords:
    """The words, as many as fit into so many bytes: what is repeated proves nothing more. No encoding meant here has a
    byte that parts words inside a character."""
    words = dict.fromkeys(word for word in WORD.findall(sample) if not word.isascii())
    whole = b" %b " % b" ".join(words)[:most]
    triples = Counter(zip(whole, whole[1:], whole[2:], strict=False))
    return ForeignWords(whole=whole, triples=Counter({key: count for key, count in triples.items() if key[1] > 127}))
