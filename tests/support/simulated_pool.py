"""A pool of slots in simulated time, for an `AutoSize` to look at: items that wait and compute, servers that become
slower when too many ask at once, other work on the same cores."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, pairwise

from jobs.runtime.core.records import Pool
from jobs.runtime.runner.pool.autosize import AutoSize, PoolCaps, SizeChange
from jobs.runtime.runner.pool.cohort import PoolFigures

LOOK = 0.25


@dataclass(frozen=True, kw_only=True)
class Load:
    """What items do: `waits` (seconds, over and over), `computes` (seconds of one core each), `knee`: so many at once
    their servers serve at full speed, `startable`: so many at once may be in progress; and the cores there are, and how
    many of them others would like to use all the time."""

    waits: tuple[float, ...]
    computes: float = 0.0
    knee: int = 10**6
    startable: int = 10**6
    cores: int = 2
    others: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What came of it: seconds, items done, changes in order, and the largest number of slots."""

    seconds: float
    done: int
    changes: tuple[SizeChange, ...]
    most: int
    busy_at_end: int

    @property
    def rate(self) -> float:
        return self.done / self.seconds

    def turns(self) -> int:
        """How often the size changed its direction."""
        sizes = [(change.size.processes, change.size.slots) for change in self.changes]
        ways = [after > before for before, after in pairwise(sizes)]
        return sum(way != then for way, then in pairwise(ways))


def simulate(load: Load, pool: Pool, *, items: int = 10**9, seconds: float = 60.0) -> Simulated:
    """Run items through a pool until all are done, or the time is up."""
    world = _World(load, pool, items)
    return world.run(seconds)


class _World:
    def __init__(self, load: Load, pool: Pool, items: int) -> None:
        self.load, self.left = load, items
        self.sizing = AutoSize(pool, PoolCaps(processes=load.cores, slots=512), items)
        self.waits: Iterator[float] = cycle(load.waits)
        self.out: list[tuple[float, float]] = []
        self.now = 0.0
        self.given = self.done = 0
        self.free_at = [0.0] * load.cores
        self.to_compute = 0.0
        self.changes: list[SizeChange] = []
        self.most = 0

    def run(self, seconds: float) -> Simulated:
        next_look = LOOK
        self._start()
        while self.out and self.now < seconds:
            due = self.out[0][0]
            if due > next_look:
                self.now = next_look
                next_look += LOOK
                self._look()
            else:
                self.now, started = heapq.heappop(self.out)
                self.done += 1
                self.sizing.ended(started, self.now - started)
            self._start()
        return Simulated(
            seconds=self.now, done=self.done, changes=tuple(self.changes), most=self.most, busy_at_end=len(self.out)
        )

    def _start(self) -> None:
        self.most = max(self.most, self.sizing.size.slots)
        while self.left and len(self.out) < min(self.sizing.size.slots, self.load.startable):
            self.left -= 1
            self.given += 1
            heapq.heappush(self.out, (self._end_of_item(), self.now))

    def _end_of_item(self) -> float:
        """One interpreter computes at one item at a time, on the share of a core that others leave it."""
        crowd = max(1.0, (len(self.out) + 1) / self.load.knee)
        waited = self.now + next(self.waits) * crowd
        process = self.given % self.sizing.size.processes
        if not self.load.computes:
            return waited
        self.free_at[process] = max(self.now, self.free_at[process]) + self.load.computes / self._core
        self.to_compute += self.load.computes
        return max(waited, self.free_at[process])

    @property
    def _core(self) -> float:
        """The share of a core that each process gets, where all want to compute all the time."""
        return min(1.0, self.load.cores / (self.sizing.size.processes + self.load.others))

    def _look(self) -> None:
        processes = self.sizing.size.processes
        computed = min(self.to_compute, LOOK * self._core * processes)
        self.to_compute -= computed
        mine = computed / LOOK
        others = min(self.load.others, self.load.cores - mine)
        change = self.sizing.look(
            PoolFigures(
                now=self.now,
                given=self.given,
                busy=len(self.out),
                startable=max(0, min(self.left, self.load.startable - len(self.out), 1_024)),
                cpu=mine / processes,
                workers_cpu=mine,
                machine=(mine + others) / self.load.cores,
            )
        )
        if change is not None:
            self.changes.append(change)


def best_fixed(load: Load, numbers: Iterable[int], *, items: int) -> float:
    """The seconds of the best fixed number of threads."""
    pools = [Pool(processes=1, threads=number) for number in numbers]
    return min(simulate(load, pool, items=items, seconds=10_000).seconds for pool in pools)
