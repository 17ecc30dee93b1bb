"""Refuses pages with a tag of so many attributes that libxml2, whose time for building a tree grows with their square,
would need minutes for them."""

from __future__ import annotations

import contextlib
import math
from typing import Any, cast

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from jobs import ItemError

MAX_WORK = 1_000_000_000
"""Sum over all tags of their attributes squared: libxml2 takes a nanosecond for each."""

LEAST_ATTRIBUTES = math.isqrt(MAX_WORK)
"""So many attributes a page needs for that at least (then in one tag); before each stands white space or a slash, or
the two quotes of the one before."""

HARMLESS_BYTES = 115_000
"""A page has to be so long to hold them: names that differ take three letters each, but for some thousands."""

MAX_DEPTH = 256
"""Levels at which libxml2 ends a page (without XML_PARSE_HUGE)."""

COUNTED_BYTES = 64 * 1024
"""What is counted at once: so much stays in the processor's cache, which makes counting four times as fast."""

PIECE_BYTES = 32 * 1024
"""Of a page whose attributes are counted: even one full of tags that stay open takes no second."""


def refuse_endless_tags(body: bytes) -> None:
    """Raise ItemError (parse_error) for a page, in UTF-8, whose attributes would take too long."""
    if len(body) < HARMLESS_BYTES or _most_work(body) <= MAX_WORK:
        return
    counter = _count_attributes(body)
    if counter.work > MAX_WORK:
        raise ItemError(
            "parse_error", f"tags of the page have up to {counter.most:,} attributes: such pages are not read"
        )


def _most_work(body: bytes) -> int:
    """So much work the attributes of a page are at most: all of them times those of one tag. Counted as cheaply as may
    be, for hardly any page has too many."""
    octets = np.frombuffer(body, np.uint8)
    quotes = separators = 0
    for place in range(0, len(octets), COUNTED_BYTES):
        piece = octets[place : place + COUNTED_BYTES]
        quotes += int(np.count_nonzero(piece == ord('"')) + np.count_nonzero(piece == ord("'")))
        separators += int(np.count_nonzero(piece <= ord(" ")) + np.count_nonzero(piece == ord("/")))
    most = separators + quotes // 2
    return most**2 if most < LEAST_ATTRIBUTES else _most_work_in_tags(octets)


def _most_work_in_tags(octets: NDArray[np.uint8]) -> int:
    """The same, looking at each part between two `>`. Attributes of a tag that begins in it stand behind a `<`. A `>`
    ends a tag unless it is in a quoted value: other attributes stand behind a further quote, which ends that value."""
    apart, quote = _any_of(octets, b"\t\n\f\r /"), _any_of(octets, b"\"'")
    masks = (apart[:-1] > apart[1:], octets == ord(">"), quote, quote | (octets == ord("<")))
    places, ends, quotes, openings = map(np.flatnonzero, masks)
    starts, all_up_to_end = np.append(0, ends), np.append(np.searchsorted(places, ends), len(places))

    def behind(signs: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many separators of each part have one of the signs before them, in the same part."""
        first = np.append(signs, len(octets))[np.searchsorted(signs, starts)]
        return np.maximum(all_up_to_end - np.searchsorted(places, first), 0)

    pairs = (np.diff(np.searchsorted(quotes, ends), prepend=0, append=len(quotes)) + 1) // 2
    begun, gone_on = behind(openings) + pairs, behind(quotes) + pairs
    return int(begun.sum() * (begun.max() + gone_on.sum()))


def _any_of(octets: NDArray[np.uint8], wanted: bytes) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = octets == wanted[0]
    for octet in wanted[1:]:
        found |= octets == octet
    return found


def _count_attributes(body: bytes) -> _AttributeCounter:
    """Piece by piece, to the level at which a tree ends: without one, libxml2 goes on, and needs for each end tag the
    longer the more are open."""
    counter = _AttributeCounter()
    parser = etree.HTMLParser(target=cast(Any, counter), encoding="utf-8")
    with contextlib.suppress(etree.XMLSyntaxError):
        for place in range(0, len(body), PIECE_BYTES):
            parser.feed(body[place : place + PIECE_BYTES])
            if counter.deepest > MAX_DEPTH or counter.work > MAX_WORK:
                return counter
        parser.close()
    return counter


class _AttributeCounter:
    """Counts while libxml2 itself reads the tags (what else could say where comments and scripts end?), without
    building a tree, which is what takes the time."""

    def __init__(self) -> None:
        self.most = self.work = self.deepest = self._depth = 0

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self.most = max(self.most, len(attributes))
        self.work += len(attributes) ** 2
        self._depth += 1
        self.deepest = max(self.deepest, self._depth)

    def end(self, _tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        """Nothing was built."""
