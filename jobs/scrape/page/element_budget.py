"""How many elements and texts of a page are gone through for values, together: of elements that lie in each other, each
would be gone through again for the text of every one around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

MOST = 1_000_000
"""Of a page: it takes a second or two. An element's text is no longer than a cell, and so pages that are meant to be
read take a tenth of it."""

USED_UP = f"values were read from the first {MOST:,} elements that lie in each other: those after are cut or empty"


class ElementBudget:
    """What is left of it; the first time that nothing is, `notes` are told."""

    def __init__(self, notes: list[str], most: int = MOST) -> None:
        self.left = most
        self._notes = notes

    def counted(self, each: Iterable[T]) -> Iterator[T]:
        """These, as long as there is something left."""
        for one in each:
            if self.left <= 0:
                if USED_UP not in self._notes:
                    self._notes.append(USED_UP)
                return
            self.left -= 1
            yield one
