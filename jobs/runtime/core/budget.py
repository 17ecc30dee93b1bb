"""What a run may spend until it is paused, and what it has spent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.units import count, plain, size

NUMBERS = frozenset({"int", "float", "decimal"})
"""Types of columns that can be added up."""

LEAST_NUMBERED = 20
"""After so many ok rows of which none has a number in its column, a sum says nothing, and the run is paused."""

MOST_TOTAL = 1e300


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a run has spent itself: requests sent, bytes of answers read, the sum of its budget's column, and how many
    of its rows had a number there, and how many of its ok rows none."""

    requests: int = 0
    bytes: int = 0
    total: float = 0.0
    numbered: int = 0
    unnumbered: int = 0

    def __bool__(self) -> bool:
        return self != _NOTHING

    def plus(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(
            requests=self.requests + other.requests,
            bytes=self.bytes + other.bytes,
            total=min(MOST_TOTAL, self.total + other.total),
            numbered=self.numbered + other.numbered,
            unnumbered=self.unnumbered + other.unnumbered,
        )


_NOTHING = Spent()


@dataclass(frozen=True, kw_only=True)
class Budget:
    """At how many requests, bytes, or sum of a column a run is paused; None: at none. What is out by then ends."""

    requests: int | None = None
    bytes: int | None = None
    column: str = ""
    total: float | None = None

    def __bool__(self) -> bool:
        return (self.requests, self.bytes, self.total) != (None, None, None)

    def __str__(self) -> str:
        """In words: `1,000 HTTP requests, 500 MiB, 5 in cost`."""
        parts = [] if self.requests is None else [count(self.requests, "HTTP request")]
        parts += [] if self.bytes is None else [size(self.bytes)]
        parts += [] if self.total is None else [f"{plain(self.total)} in {self.column}"]
        return ", ".join(parts)

    def reached(self, spent: Spent) -> tuple[str, ...]:
        """Which of its limits are reached."""
        limits = {"requests": self.requests, "bytes": self.bytes, "total": self.total}
        found = [name for name, most in limits.items() if most is not None and getattr(spent, name) >= most]
        return tuple(dict.fromkeys([*found, *(["total"] if self._is_untold(spent) else [])]))

    def _is_untold(self, spent: Spent) -> bool:
        return self.total is not None and not spent.numbered and spent.unnumbered >= LEAST_NUMBERED

    def sentence(self, spent: Spent) -> str:
        """Why the run is paused, and what can be done; empty: no limit is reached."""
        reached = self.reached(spent)
        if not reached:
            return ""
        said = {
            "requests": f"{count(spent.requests, 'HTTP request')} were sent (at most {self.requests or 0:,})",
            "bytes": f"{size(spent.bytes)} were read (at most {size(self.bytes or 0)})",
            "total": f"the sum of {self.column} is {plain(round(spent.total, 9))} (at most {plain(self.total or 0.0)})",
        }
        if "total" in reached and self._is_untold(spent):
            said["total"] = (
                f"none of {count(spent.unnumbered, 'row')} has a number in {self.column}, so that its sum says nothing"
            )
        why = "; ".join(said[name] for name in reached)
        return f"paused: {why}. Resume with a higher limit, or without one to go on all the same; or cancel"

    def without(self, names: tuple[str, ...]) -> Budget:
        """The same without these limits."""
        return replace(self, **dict.fromkeys(names, None))  # type: ignore[arg-type]

    def raised(self, given: Budget, spent: Spent) -> Budget:
        """The same with what is given in its place. Raises Refused for what is spent already, or another column."""
        if given.total is not None and self.column and given.column != self.column:
            raise Refused(f"the run adds up {self.column}: another column cannot be added up from here on")
        known = {name: value for name, value in vars(given).items() if value not in (None, "")}
        found = replace(self, **known)
        late = [name for name in found.reached(spent) if name in known and getattr(spent, name) >= known[name]]
        if late:
            already = {"requests": f"{spent.requests:,}", "bytes": size(spent.bytes), "total": plain(spent.total)}
            raise Refused(f"{already[late[0]]} are spent already: give more than that")
        return found


def check_budget(budget: Budget, types: Mapping[str, str], *, asks: bool, job: str) -> None:
    """Raises Refused for a limit that could never be reached: a column that is no number (`types`: of each column),
    requests of a job that sends none, a number below the least."""
    if not asks and (budget.requests is not None or budget.bytes is not None):
        raise Refused(f"{job} sends no requests that could be counted: leave the limit of requests or bytes out")
    for name in ("requests", "bytes", "total"):
        most = getattr(budget, name)
        if most is not None and not 0 < most < MOST_TOTAL:
            raise Refused(f"a run can be paused at a number above 0, and {plain(float(most))} is none")
    if budget.total is None:
        return
    if budget.column not in types:
        raise Refused(f"there is no column {budget.column!r} to add up (there are {', '.join(types)})")
    if types[budget.column] not in NUMBERS:
        raise Refused(
            f"{budget.column} is no column of numbers, so that it cannot be added up"
            + (f": give it a type, as in {budget.column}: float = …" if types[budget.column] == "json" else "")
        )


def amount_of(row: Mapping[str, Any], column: str) -> float | None:
    """What a row adds to the sum: a negative number nothing; None: it has no number there."""
    value = row.get(column)
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else min(MOST_TOTAL, max(0.0, number))
