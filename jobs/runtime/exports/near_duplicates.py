"""Which 64-bit SimHashes differ in few bits, without comparing each with each (banding: Manku, Jain, Das Sarma 2007).

Two that differ in at most three bits are equal in one of their four bands of 16 bits: so only those that share a band
are compared, in the order of their other bits, and no more pairs than are borne.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jobs.runtime.exports.result_table import DISTANCE

BANDS = DISTANCE + 1
MOST_COMPARED = 100_000_000
"""Pairs: some seconds. Of 100,000 hashes that are spread evenly 300,000 are compared."""

MOST_PAIRS = 2_000_000
"""Near pairs of different hashes that are kept: 24 bytes each, and twice as many while they are put in order."""

_LOW = np.int64(2**32 - 1)

_ONES = np.array([number.bit_count() for number in range(2**16)], np.uint8)


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """Of each position (ascending) how many others have a hash that is near to its own, its own included. `partial`:
    more pairs might be near than were compared."""

    positions: Any
    counts: Any
    partial: bool
    _value: Any
    _members: Any
    _member_starts: Any
    _neighbours: Any
    _neighbour_starts: Any
    _told: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def near(self, position: int, most: int) -> list[int]:
        """The first positions whose hashes are near to that of this one."""
        place = int(np.searchsorted(self.positions, position))
        if place == len(self.positions) or self.positions[place] != position:
            return []
        firsts = self._firsts(int(self._value[place]), most + 1)
        return [one for one in firsts if one != position][:most]

    def count(self, position: int) -> int:
        """How many others are near."""
        place = int(np.searchsorted(self.positions, position))
        known = place < len(self.positions) and self.positions[place] == position
        return int(self.counts[place]) if known else 0

    def sets(self, most: int) -> list[int]:
        """The positions that most others are near to, none of them near to one before it."""
        taken, found = set[int](), list[int]()
        for place in np.argsort(-self.counts, kind="stable"):
            value = int(self._value[place])
            if len(found) == most or not self.counts[place]:
                break
            if value not in taken:
                found.append(int(self.positions[place]))
                taken |= {value, *self._neighbours[self._neighbour_starts[value] : self._neighbour_starts[value + 1]]}
        return found

    def _firsts(self, value: int, most: int) -> list[int]:
        """The first positions that have this value or one near to it: looked for once where several have it."""
        known = self._told.get((value, most))
        if known is not None:
            return known
        neighbours = self._neighbours[self._neighbour_starts[value] : self._neighbour_starts[value + 1]]
        nearest = neighbours[np.argsort(self._members[self._member_starts[neighbours]], kind="stable")[:most]]
        groups = [self._of(value, most), *(self._of(int(one), most) for one in nearest)]
        firsts = sorted(int(self.positions[member]) for group in groups for member in group)[:most]
        if self._member_starts[value + 1] - self._member_starts[value] > 1:
            self._told[value, most] = firsts
        return firsts

    def _of(self, value: int, most: int) -> Any:
        begin = self._member_starts[value]
        return self._members[begin : min(self._member_starts[value + 1], begin + most)]


def near_duplicates(positions: Sequence[int], hashes: Sequence[int]) -> NearDuplicates:
    """The near-duplicates among these positions (ascending), each with its hash."""
    values, value = np.unique(np.array(hashes, np.uint64), return_inverse=True)
    sizes = np.bincount(value, minlength=len(values))
    pairs, partial = _near_pairs(values)
    pairs = np.concatenate([pairs, pairs >> np.int64(32) | (pairs & _LOW) << np.int64(32)])
    pairs.sort()
    starts = np.searchsorted(pairs, np.arange(len(values) + 1, dtype=np.int64) << np.int64(32))
    neighbours = (pairs & _LOW).astype(np.int32)
    del pairs
    before = np.concatenate([[0], np.cumsum(sizes[neighbours])])
    near = sizes - 1 + before[starts[1:]] - before[starts[:-1]]
    return NearDuplicates(
        positions=np.array(positions, np.int64),
        counts=near[value],
        partial=partial,
        _value=value,
        _members=np.argsort(value, kind="stable"),
        _member_starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        _neighbours=neighbours,
        _neighbour_starts=starts,
    )


def _near_pairs(values: Any) -> tuple[Any, bool]:
    """The pairs of places of different values that are near, each once, the lesser place in the upper half of a number;
    and whether some may be missing."""
    found, left, kept = [np.empty(0, np.int64)], MOST_COMPARED, 0
    for band in range(BANDS):
        turn = np.uint64(16 * band)
        turned = (values << turn) | (values >> (np.uint64(64) - turn)) if band else values
        order = np.argsort(turned, kind="stable")
        ordered, head = values[order], turned[order] >> np.uint64(48)
        for apart in range(1, len(values)):
            near_head = np.flatnonzero(head[apart:] == head[:-apart])
            left -= len(near_head)
            if not len(near_head):
                break
            near = near_head[_ones(ordered[near_head] ^ ordered[near_head + apart]) <= DISTANCE]
            one, other = order[near], order[near + apart]
            found.append(np.minimum(one, other) << np.int64(32) | np.maximum(one, other))
            kept += len(near)
            if left < 0 or kept > MOST_PAIRS:
                return _each_once(found), True
    return _each_once(found), False


def _each_once(found: list[Any]) -> Any:
    pairs = np.concatenate(found)
    found.clear()
    pairs.sort()
    return pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])] if len(pairs) else pairs


def _ones(numbers: Any) -> Any:
    """How many bits of each are set."""
    return _ONES[numbers.view(np.uint16).reshape(-1, 4)].sum(axis=1, dtype=np.int64)
