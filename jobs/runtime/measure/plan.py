"""The plan of a measurement: which ways, in which order, how often; and how its runs are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import CLUSTER, LOCAL, Pool
from jobs.runtime.core.units import count
from jobs.runtime.job.form_fields import FormField

WAYS = ("sequential", "threads", "processes", "both")
"""One at a time; threads of one process; processes of one thread; both: what is compared where nothing else is said."""

CHOICES = (*WAYS, CLUSTER)
"""And as many processes on the machines of a cluster."""

REPEATS = 3
MOST_REPEATS = 20
REPEATS_FIELD = FormField(name="repeats", input="whole", least=1, most=MOST_REPEATS)
MOST_WORKERS = 64
_ID = re.compile(r"measure ([0-9a-f]{6}) · ")
_THERE = " on the cluster"
_POOL = re.compile(rf"(\d+)×(\d+)({_THERE})?")
_NOTE = re.compile(
    rf"measurement ([0-9a-f]{{6}}): ({_POOL.pattern}(?:, {_POOL.pattern})*); (?P<repeats>\d+) repeats?"
    r"(?P<warm> after a warm-up)?$"
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to run the items: its name among those that are compared, its pool, and where that is."""

    name: str
    pool: Pool
    on: str = LOCAL


@dataclass(frozen=True, kw_only=True)
class Step:
    """One run of a measurement: which way, and which repeat of it, from 1; 0 is the warm-up, which does not count."""

    way: Way
    repeat: int


@dataclass(frozen=True, kw_only=True)
class MeasurePlan:
    """A measurement as it was asked for. With `warm_up`, every shape of worker is first used once and not counted, so
    that start-up is measured apart from work."""

    id: str
    ways: tuple[Way, ...]
    repeats: int
    warm_up: bool

    def steps(self) -> Iterator[Step]:
        """All runs in order: the warm-ups, then the ways in turn, A B C D A B C D, so that whatever else slows the
        machine for a while slows all ways alike."""
        if self.warm_up:
            yield from (Step(way=way, repeat=0) for way in _one_of_each_shape(self.ways))
        for repeat in range(1, self.repeats + 1):
            yield from (Step(way=way, repeat=repeat) for way in self.ways)

    def name(self, step: Step) -> str:
        """What the run of a step is called: `measure 1a2b3c · threads · 1/3`."""
        which = f"{step.repeat}/{self.repeats}" if step.repeat else "warm-up"
        return f"measure {self.id} · {step.way.name} · {which}"

    @property
    def note(self) -> str:
        """The plan in words that `plan_of_note` reads: it travels with each run, so that any of them tells it."""
        pools = ", ".join(
            f"{way.pool.processes}×{way.pool.threads}{_THERE if way.on == CLUSTER else ''}" for way in self.ways
        )
        after = " after a warm-up" if self.warm_up else ""
        return f"measurement {self.id}: {pools}; {count(self.repeats, 'repeat')}{after}"


def plan_of_note(notes: Sequence[str]) -> MeasurePlan | None:
    """The plan that a run's notes tell; None: it is no part of a measurement."""
    for note in notes:
        found = _NOTE.match(note)
        if found:
            ways = named(
                (Pool(processes=int(processes), threads=int(threads)), CLUSTER if there else LOCAL)
                for processes, threads, there in _POOL.findall(found[2])
            )
            repeats, warm_up = int(found["repeats"]), bool(found["warm"])
            return MeasurePlan(id=found[1], ways=ways, repeats=repeats, warm_up=warm_up)
    return None


def id_of_name(name: str) -> str:
    """The measurement that a run of this name is part of; empty: of none."""
    found = _ID.match(name)
    return found[1] if found else ""


def ways_of(
    names: Sequence[str], *, processes: int, threads: int, both: Pool, cluster: Pool, on: str = LOCAL
) -> tuple[Way, ...]:
    """The ways of these names, with so many processes and threads; `on`: where those are whose name does not say it.
    Raises Refused: a name is not known."""
    pools = {
        "sequential": Pool(processes=1, threads=1),
        "threads": Pool(processes=1, threads=threads),
        "processes": Pool(processes=processes, threads=1),
        "both": both,
        CLUSTER: cluster,
    }
    unknown = [name for name in names if name not in pools]
    if unknown or not names:
        raise Refused(f"{', '.join(map(repr, unknown)) or 'nothing'} is no way to run: choose of {', '.join(CHOICES)}")
    return named((pools[name], CLUSTER if name == CLUSTER else on) for name in names)


def workers_of(numbers: Sequence[int], bound: str, on: str = LOCAL) -> tuple[Way, ...]:
    """The job's own kind of worker in each of these numbers: threads for waiting work, processes for computing work."""
    if not numbers or not all(1 <= number <= MOST_WORKERS for number in numbers):
        raise Refused(f"workers must be numbers from 1 to {MOST_WORKERS}, as in 1,2,4")
    if bound == "io":
        return named((Pool(processes=1, threads=number), on) for number in numbers)
    return named((Pool(processes=number, threads=1), on) for number in numbers)


def named(pools: Iterable[tuple[Pool, str]]) -> tuple[Way, ...]:
    """Each pool once, where it is, under the name of its way, or, where several are of one way, by how many workers it
    has; one on a cluster, beside others that are not, is called after that."""
    distinct = list(dict.fromkeys(pools))
    apart = len({on for _, on in distinct}) > 1
    plain = [CLUSTER if apart and on == CLUSTER else pool.way for pool, on in distinct]
    if len(set(plain)) < len(plain):
        plain = [f"{_numbered(pool)}{_THERE if apart and on == CLUSTER else ''}" for pool, on in distinct]
    return tuple(Way(name=name, pool=pool, on=on) for name, (pool, on) in zip(plain, distinct, strict=True))


def _numbered(pool: Pool) -> str:
    if pool.way == "sequential":
        return "one at a time"
    if pool.way == "both":
        return str(pool)
    return count(pool.slots, "thread") if pool.way == "threads" else count(pool.slots, "process", "processes")


def _one_of_each_shape(ways: Sequence[Way]) -> Iterator[Way]:
    """Of all ways whose workers have as many threads, so that they share warm workers, the one with most workers. Those
    on a cluster first: what it refuses is refused before anything is run."""
    largest: dict[tuple[str, int], Way] = {}
    for way in sorted(ways, key=lambda way: way.on != CLUSTER):
        known = largest.get((way.on, way.pool.threads))
        if known is None or way.pool.processes > known.pool.processes:
            largest[way.on, way.pool.threads] = way
    yield from largest.values()
