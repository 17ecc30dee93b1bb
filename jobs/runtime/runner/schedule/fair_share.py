"""Which owner's turn it is: of runs that wait to be taken up, and of runs at work that want the same group.

Somebody with ten runs has no more of the machine, and of a host that both ask, than somebody with one.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Run = TypeVar("Run")
Number = TypeVar("Number", bound=Hashable)


def next_runs(queued: Iterable[tuple[Number, str]], at_work: Mapping[str, int], places: int) -> list[Number]:
    """The runs to be taken up now, of those that wait (each with its owner, the oldest first), where each owner has so
    many at work.

    Up to `places` are at work at once. The owner with the fewest is next, and of several whose run has waited longest.
    Who has none at work waits for nobody else's to end: beyond the places there are as many again, for first runs.
    """
    has, waiting = Counter(at_work), _by_owner(queued)
    taken: list[Number] = []
    while waiting:
        owner = min(waiting, key=lambda owner: (has[owner], waiting[owner][0][0]))
        if has.total() >= (2 * places if has[owner] == 0 else places):
            return taken
        taken.append(waiting[owner].popleft()[1])
        has[owner] += 1
        if not waiting[owner]:
            del waiting[owner]
    return taken


def in_turn(
    runs: Sequence[Run], owner_of: Callable[[Run], str], shuffle: Callable[[list[str]], None] = random.shuffle
) -> list[Run]:
    """Runs in the order in which each may start something now: the owners by chance, each one's own as they were.

    A group that has room for one more item gives it to whoever asks first. Taking turns would not do: where every
    second look finds room, it would always be the same one's.
    """
    owners = list(dict.fromkeys(map(owner_of, runs)))
    if len(owners) < 2:
        return list(runs)
    shuffle(owners)
    rank = {owner: place for place, owner in enumerate(owners)}
    return sorted(runs, key=lambda run: rank[owner_of(run)])


def _by_owner(queued: Iterable[tuple[Number, str]]) -> dict[str, deque[tuple[int, Number]]]:
    """The runs of each owner, with their place among all."""
    found: dict[str, deque[tuple[int, Number]]] = {}
    for place, (number, owner) in enumerate(queued):
        found.setdefault(owner, deque()).append((place, number))
    return found
