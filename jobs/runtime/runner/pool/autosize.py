"""How large a pool should be that finds its own size: fed with figures, look by look. Pure: nothing here reads a clock,
a process or a store.

    figures ─► memory full? ─► did the last growth pay? ─► do all slots wait? ─► one interpreter at its limit? ─► change
               fewer slots     no: back, and stay there    up to twice as many   one process more

It is TCP's slow start over Little's law: a pool of n slots whose items take L seconds does n ÷ L items a second, so a
growth has paid where n ÷ L has grown with it. L is the median of the items that began at one size, unfinished ones
counted as slower than all others: what hangs until its deadline moves it little.

The interpreter's lock is seen by the processor time of the process: one that uses nearly one core cannot use much more.
The system's figures for time ready to run say rather how busy the machine is, since who waits for the lock sleeps.
"""

from __future__ import annotations

import msgspec

from jobs.runtime.core.records import AUTO, Pool
from jobs.runtime.core.units import count, duration, percent
from jobs.runtime.runner.pool.cohort import Cohort, PoolFigures

START, FEW_ITEMS = 16, 32
"""Threads that a pool begins with; of few items each has one: there would be nothing to find out."""

MOST_GROWTH = 2.0
WORTH_GROWING = 1.1
"""A growth by less than this is left out."""

MUST_GAIN = 1.2
"""So many times the items a second must be done after a growth in which the busy slots became `CLEARLY_MORE`."""

CLEARLY_MORE = 1.5
PATIENCE = 1.0
"""Seconds after which a pool grows further though not half of a round that began at its size has ended."""

RENEWED = 5.0
"""Seconds after which a size is measured anew; a growth that was not judged by then never is, since what comes later in
a list may be slower by itself."""

LOAD_FELL = 0.5
"""Items whose quartiles are all below this share of what they were when a growth did not pay: the load is another."""

LIMIT_OF_PROCESS = 0.85
"""Of a core: a process that uses as much is at the limit of its interpreter's lock."""

MACHINE_FULL = 0.95
NOTABLE = 0.5
"""Of a core: a worker that uses less is not why the machine is full, or why items take longer."""

MEMORY_FULL, MEMORY_SPARE = 0.65, 0.5
"""Shares of a worker's allowance: beyond the first slots are given up, beyond the second none are added. It is
replaced at 0.75."""

LEAST_SECONDS = 4.0
"""A process is added only where what is left takes longer than it takes to start."""

CORE_TAKEN, CORE_FREE = 0.6, 0.8
"""Of a core: with so much less than its processes use a pool gives one up, with so much more it adds one."""

LOOKS = 3
"""Looks in a row that must say so before a process comes or goes."""


class PoolCaps(msgspec.Struct, frozen=True, kw_only=True):
    """What a pool may not go beyond: processes, and slots in each."""

    processes: int
    slots: int


class PoolSize(msgspec.Struct, frozen=True, kw_only=True):
    """Worker processes, and slots in all of them together."""

    processes: int
    slots: int

    @property
    def pool(self) -> Pool:
        """The same as processes × threads, the threads of the largest."""
        return Pool(processes=self.processes, threads=-(-self.slots // self.processes))

    def share(self, index: int) -> int:
        """Slots of one of its processes (from 0)."""
        return self.slots // self.processes + (index < self.slots % self.processes)


class SizeChange(msgspec.Struct, frozen=True, kw_only=True):
    """A pool's new size, and why, as a line of the log."""

    size: PoolSize
    text: str


class AutoSize:
    """The size of one run's pool: as it was asked for, and what it is now. `items`: how many are left to do."""

    def __init__(self, asked: Pool, caps: PoolCaps, items: int) -> None:
        self.asked, self.caps = asked, caps
        self.by_cores = asked.processes == AUTO and asked.threads == 1
        processes = asked.processes or (caps.processes if self.by_cores else 1)
        threads = asked.threads or max(1, min(caps.slots, items if items <= FEW_ITEMS else START))
        self.size = PoolSize(processes=processes, slots=processes * threads)
        self._cohorts: list[Cohort] = []
        self._ceiling: tuple[int, tuple[float, ...]] | None = None
        self._full = self._limited = self._fewer = self._more = 0
        self._free = 0.0
        self._busiest = 0.0
        """Of the busiest process, smoothed: items that began together compute together."""

    @property
    def is_fixed(self) -> bool:
        """Whether it stays as it was asked for."""
        return AUTO not in (self.asked.processes, self.asked.threads)

    def ended(self, started: float, seconds: float) -> None:
        """An item has been performed: when it started, and how long it took (monotonic seconds)."""
        for cohort in reversed(self._cohorts):
            if started >= cohort.since:
                cohort.ended(started, seconds)
                return

    def look(self, figures: PoolFigures) -> SizeChange | None:
        """What to change, by the figures of this moment; it is taken for done."""
        if self.is_fixed:
            return None
        change = self._by_cores(figures) if self.by_cores else self._by_waiting(figures)
        if change is not None:
            self.size = change.size
            self._full = self._limited = self._fewer = self._more = 0
            self._begin_cohort(figures)
        return change

    # Items that wait

    def _by_waiting(self, figures: PoolFigures) -> SizeChange | None:
        if not self._cohorts:
            self._begin_cohort(figures)
        current = self._cohorts[-1]
        current.look(figures)
        for cohort in self._cohorts:
            cohort.now = figures.now
        self._busiest = figures.cpu if len(self._cohorts) == current.looks == 1 else (self._busiest + figures.cpu) / 2
        full = figures.busy >= self.size.slots and figures.startable > 0
        self._full = self._full + 1 if full else 0
        self._limited = self._limited + 1 if full and self._busiest >= LIMIT_OF_PROCESS else 0
        change = self._shrink(figures, current) or self._grow(figures, current) or self._add_process(figures)
        if change is None and figures.now - current.since > RENEWED:
            self._cohorts.clear()
            self._begin_cohort(figures)
        return change

    def _shrink(self, figures: PoolFigures, current: Cohort) -> SizeChange | None:
        least = self.size.processes
        if self.asked.threads != AUTO:
            return None
        if figures.memory > MEMORY_FULL and self.size.slots > least:
            fewer = max(least, self.size.slots // 2)
            self._ceiling = (fewer, ())
            return self._to(fewer, f"the largest worker has {percent(figures.memory)} of the memory it may have")
        better = self._did_not_pay(current)
        if better is None:
            self._lift_ceiling(current)
            return None
        now, then = current.median or 0.0, better.median or 0.0
        self._ceiling = (better.slots, better.quartiles or (then,) * 3)
        return self._to(better.slots, f"items take {duration(now)} rather than {duration(then)}, so more gain nothing")

    def _did_not_pay(self, current: Cohort) -> Cohort | None:
        """The smallest size before that did as much; None: there is none, or it is not known yet. A growth is judged
        once."""
        slower = current.median
        if slower is None or (self._ceiling is not None and current.slots <= self._ceiling[0]):
            return None
        smaller = [
            cohort
            for cohort in self._cohorts[:-1]
            if cohort.slots < current.slots and cohort.median and current.at_once > CLEARLY_MORE * cohort.at_once
        ]
        if not smaller:
            return None
        self._cohorts = [current]
        if self._busiest >= NOTABLE:  # they may wait for its own processor time, which bounds the growth by itself
            return None
        enough = current.at_once / slower / MUST_GAIN
        as_good = [cohort for cohort in smaller if cohort.at_once / (cohort.median or slower) > enough]
        return min(as_good, key=lambda cohort: cohort.slots, default=None)

    def _lift_ceiling(self, current: Cohort) -> None:
        if self._ceiling is None or not self._ceiling[1] or (quartiles := current.quartiles) is None:
            return
        if all(now < LOAD_FELL * then for now, then in zip(quartiles, self._ceiling[1], strict=True)):
            self._ceiling = None

    def _grow(self, figures: PoolFigures, current: Cohort) -> SizeChange | None:
        crowded = figures.machine >= MACHINE_FULL and self._busiest >= NOTABLE
        settled = current.settled or figures.now - current.since >= PATIENCE
        if self.asked.threads != AUTO or self._full < 2 or not settled or crowded or figures.memory > MEMORY_SPARE:
            return None
        factor = min(MOST_GROWTH, 1 / max(self._busiest, 0.01))
        most = min(self.caps.slots * self.size.processes, self._ceiling[0] if self._ceiling else self.caps.slots * 64)
        wanted = min(int(self.size.slots * factor), figures.busy + figures.startable, most)
        if wanted < self.size.slots * WORTH_GROWING:
            return None
        return self._to(wanted, f"all slots wait, CPU {percent(self._busiest)}")

    def _add_process(self, figures: PoolFigures) -> SizeChange | None:
        free = (1 - figures.machine) * self.caps.processes
        short = figures.seconds_left is not None and figures.seconds_left < LEAST_SECONDS
        if (
            self.asked.processes != AUTO
            or self.size.processes >= self.caps.processes
            or self._limited < LOOKS
            or free < 1 - CORE_TAKEN
            or short
        ):
            return None
        more = self.size.processes + 1
        threads = self.asked.threads * more or max(more, self.size.slots)
        size = PoolSize(processes=more, slots=threads)
        why = f"one interpreter is at its limit, CPU {percent(self._busiest)}"
        return SizeChange(size=size, text=f"{self.size.processes} → {count(more, 'process', 'processes')}: {why}")

    def _to(self, slots: int, why: str) -> SizeChange:
        size = PoolSize(processes=self.size.processes, slots=slots)
        return SizeChange(size=size, text=f"{self.size.slots} → {count(slots, 'thread')}: {why}")

    def _begin_cohort(self, figures: PoolFigures) -> None:
        if self._cohorts:
            self._cohorts[-1].close(figures.now)
        self._cohorts.append(Cohort(slots=self.size.slots, since=figures.now, given_before=figures.given))

    # Items that compute

    def _by_cores(self, figures: PoolFigures) -> SizeChange | None:
        others = max(0.0, figures.machine * self.caps.processes - figures.workers_cpu)
        free = self.caps.processes - others
        self._free = free if not self._free else 0.7 * self._free + 0.3 * free
        now = self.size.processes
        self._fewer = self._fewer + 1 if self._free < now - CORE_TAKEN and now > 1 else 0
        wanted = figures.busy >= now and figures.startable > 0
        self._more = self._more + 1 if wanted and self._free >= now + CORE_FREE else 0
        if self._fewer < LOOKS and self._more < LOOKS:
            return None
        most = min(self.caps.processes, figures.busy + figures.startable) if self._more else now
        processes = max(1, min(most, round(self._free)))
        if processes == now:
            return None
        text = f"{now} → {count(processes, 'process', 'processes')}: {self._free:.1f} cores are free of other work"
        return SizeChange(size=PoolSize(processes=processes, slots=processes), text=text)
