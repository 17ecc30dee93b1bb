"""Places for what takes long, so many at a time, and so many for one caller: who comes beyond is told to come again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.runtime.api.problems import SOON, Problem
from jobs.runtime.core.access import Caller


class Places:
    """At most `most` at a time, `each` of them for the programs of one token; `what` says of what, in the plural."""

    def __init__(self, what: str, *, most: int, each: int) -> None:
        self.most, self.each = most, each
        self._what = what
        self._taken: Counter[tuple[str, str]] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken now."""
        return self._taken.total()

    def check(self, caller: Caller) -> None:
        """Raises Problem where there is none for this caller."""
        if self.taken >= self.most:
            raise Problem(503, f"{self.most} {self._what} already: ask again soon", code="busy", headers=SOON)
        if self._taken[_token(caller)] >= self.each:
            told = f"{self.each} {self._what} for this token already: ask again soon"
            raise Problem(503, told, code="busy", headers=SOON)

    @contextmanager
    def take(self, caller: Caller) -> Iterator[None]:
        """One of them. Raises Problem: there is none."""
        self.check(caller)
        token = _token(caller)
        self._taken[token] += 1
        try:
            yield
        finally:
            self._taken[token] -= 1
            if not self._taken[token]:
                del self._taken[token]


def _token(caller: Caller) -> tuple[str, str]:
    """Names of tokens are each owner's."""
    return caller.owner, caller.name
