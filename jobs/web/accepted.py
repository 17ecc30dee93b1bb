"""Which answers are ok for a run: statuses, and whether a page that broke off is."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

NO_INCOMPLETE = "no-incomplete"

_STATUSES = re.compile(r"([1-5]xx)|([0-9]{3})(?:(?:\.\.|-)([0-9]{3}))?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """`ranges`: first and last status, inclusive; `incomplete`: a page that broke off is ok at the last attempt."""

    ranges: tuple[tuple[int, int], ...] = ((200, 299), (304, 304))
    incomplete: bool = True

    def takes(self, status: int) -> bool:
        """Whether an answer with this status is ok."""
        return any(first <= status <= last for first, last in self.ranges)


def check_accept(text: str) -> str:
    """The same text, if it can be read. Raises ValueError with a sentence."""
    read_accept(text)
    return text


@functools.lru_cache(maxsize=16)
def read_accept(text: str) -> Accepted:
    """From `200..299,403,404` or `no-incomplete`; statuses, if any are named, are all that is ok. Raises ValueError."""
    words = text.replace(",", " ").split()
    ranges = tuple(_range(word) for word in words if word.lower() != NO_INCOMPLETE)
    whole = Accepted(incomplete=len(ranges) == len(words))
    return Accepted(ranges=ranges, incomplete=whole.incomplete) if ranges else whole


def _range(word: str) -> tuple[int, int]:
    found = _STATUSES.fullmatch(word)
    if found is None:
        raise ValueError(f"{word[:40]!r} is no status (want 200..299, 404, 4xx or {NO_INCOMPLETE}, joined by commas)")
    if found[1]:
        return int(word[0]) * 100, int(word[0]) * 100 + 99
    first, last = int(found[2]), int(found[3] or found[2])
    if not 100 <= first <= last <= 999:
        raise ValueError(f"{word} is no range of statuses (want the smaller first, from 100 to 999)")
    return first, last
