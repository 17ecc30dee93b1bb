"""Which pages of a list lead to which others of it, from the links that their rows hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np

KEPT = 20
"""Positions that are told of each page, of those that lead to it."""

_PLAIN = re.compile(r"https?://[a-z0-9.:-]+/[^#\s]*")
"""What is written so already, as most are: that is a tenth of the time."""


def address(url: str) -> str:
    """A URL as it is compared: without its fragment, its host in lower case; empty for what is none."""
    if _PLAIN.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, ""))


class AddressBook:
    """At which position an address stands first: its item, or the URL that answered in the end."""

    def __init__(self) -> None:
        self._hashes, self._positions = list[Any](), list[Any]()
        self._known: tuple[Any, Any] = (np.empty(0, np.int64), np.empty(0, np.int64))

    def add(self, known: Iterable[tuple[int, str]]) -> None:
        """Take positions with an address each."""
        told = [(position, hash(url)) for position, url in known if url]
        self._positions.append(np.array([position for position, _ in told], np.int64))
        self._hashes.append(np.array([hashed for _, hashed in told], np.int64))

    def close(self) -> None:
        """All are there: from here on they can be asked for."""
        hashes = np.concatenate([np.empty(0, np.int64), *self._hashes])
        positions = np.concatenate([np.empty(0, np.int64), *self._positions])
        order = np.lexsort((positions, hashes))
        hashes, positions = hashes[order], positions[order]
        first = np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)]
        self._known = hashes[first], positions[first]
        self._hashes, self._positions = [], []

    def positions(self, urls: Iterable[str]) -> Any:
        """The positions of those of these addresses that are in the list, each once."""
        asked = np.array([hash(url) for url in urls], np.int64)
        hashes, positions = self._known
        if not len(asked) or not len(hashes):
            return np.empty(0, np.int64)
        places = np.minimum(np.searchsorted(hashes, asked), len(hashes) - 1)
        return np.unique(positions[places[hashes[places] == asked]])


@dataclass(kw_only=True)
class PageLinks:
    """For each of so many positions (from 1) how many other pages of the list lead to it, and the first of them."""

    items: int
    links: int = 0
    counts: Any = field(init=False)
    _first: Any = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(self.items + 1, np.int64)
        self._first = np.zeros((self.items + 1, KEPT), np.int32)

    def add(self, position: int, targets: Any) -> None:
        """Take the positions that a page leads to, each once; itself is none."""
        others = targets[targets != position]
        few = others[self.counts[others] < KEPT]
        self._first[few, self.counts[few]] = position
        self.counts[others] += 1
        self.links += len(others)

    def count(self, position: int) -> int:
        """How many pages lead to this one."""
        return int(self.counts[position])

    def linked_from(self, position: int) -> list[int]:
        """The first of them."""
        return [int(one) for one in self._first[position] if one]

    def most_linked(self, most: int) -> list[int]:
        """The positions that most pages lead to."""
        order = np.argsort(-self.counts, kind="stable")[:most]
        return [int(one) for one in order if self.counts[one]]
