"""Texts as they are stored: white space folded, controls dropped, long ones cut with a mark."""

from __future__ import annotations

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
_CLEAN = {**dict.fromkeys(_DROPPED), **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"), 0x7F: " "}


def fold(text: str) -> str:
    """All white space as single spaces, none at the ends."""
    return " ".join(text.split())


def clean(text: str | None, most: int) -> str | None:
    """A text as a cell may hold it, of at most `most` characters; None when nothing is left.

    Controls, direction marks and byte order marks are dropped (U+007F, the readers' MARK, is a blank), half surrogates
    replaced, white space is folded.
    """
    if not text:
        return None
    folded = fold(text[: 2 * most])
    if len(text) > 2 * most and (len(folded) <= most or not folded.isprintable()):  # much of it counts for nothing
        folded = fold(text.lstrip()[: 8 * most])
        folded = folded if len(folded) > most else fold(text)
    if not folded.isprintable():
        folded = fold(folded.translate(_CLEAN))
    return shorten(folded, most) or None


def clean_lines(text: str, most: int) -> str | None:
    """The same of a text whose lines are kept, with their indentation; of several empty lines one."""
    lines, left, empty = list[str](), most, True
    for line in text.splitlines():
        kept = line.translate(_CLEAN).rstrip() if not line.isprintable() else line.rstrip()
        if kept or not empty:
            lines.append(kept)
            left -= len(kept) + 1
        empty = not kept
        if left < 0:
            break
    return shorten("\n".join(lines).rstrip(), most) or None


def shorten(text: str, most: int) -> str:
    """The beginning of a text; one that was cut ends with the mark."""
    return text if len(text) <= most else text[: most - len(CUT)].rstrip() + CUT
