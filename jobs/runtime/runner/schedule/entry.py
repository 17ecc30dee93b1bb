"""An item as the schedule knows it, and one that ends without a try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, eq=False)
class Entry:
    """One item on its way: how often it was tried (attempts that counted, deaths under it), the number of its next
    attempt, what it carries from another group, since when it could have started, since when it has waited in its
    group, and whether it must be tried alone; `waited_for` are the words for what held it up there.

    `earlier` is where an earlier run has its row (run, position), where it is only to be asked whether that has
    changed; `told` is what its worker is told of it, while it is being sent.
    """

    position: int
    cell: str
    group: str = ""
    number: int = 1
    counted: int = 0
    lost: int = 0
    moves: int = 0
    carry: Any = None
    since: float = 0.0
    joined: float = 0.0
    waited_for: str = ""
    alone: bool = False
    earlier: tuple[int, int] | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An item that ends without a try, because its origin cannot be reached."""

    entry: Entry
    code: str
    why: str
