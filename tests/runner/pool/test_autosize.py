"""A pool that finds its own size: pure, fed with figures, and tried on loads in simulated time."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jobs.runtime.core.records import AUTO, Pool
from jobs.runtime.runner.pool.autosize import START, AutoSize, PoolCaps
from jobs.runtime.runner.pool.cohort import PoolFigures
from tests.support.simulated_pool import Load, best_fixed, simulate

ANY = Pool(processes=AUTO, threads=AUTO)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A load that fails is shown as it is: to find a smaller one takes minutes."""

RAMP = 4.0
"""Seconds in which a pool comes from 16 threads to as many as it needs."""

CAPS = PoolCaps(processes=2, slots=512)


def looks(sizing: AutoSize, *figures: PoolFigures) -> list[str]:
    """What each look led to, in words."""
    return [change.text if (change := sizing.look(each)) else "" for each in figures]


def crowded(now: float, sizing: AutoSize, **more: object) -> PoolFigures:
    """All slots are busy, and more could start."""
    return PoolFigures(now=now, given=0, busy=sizing.size.slots, startable=1_024, **more)  # type: ignore[arg-type]


def test_a_pool_begins_with_16_threads_in_one_process() -> None:
    size = AutoSize(ANY, CAPS, 1_000).size

    assert (size.processes, size.slots) == (1, START)


@pytest.mark.parametrize(("items", "slots"), [(1, 1), (3, 3), (32, 32), (33, 16), (10_000, 16)])
def test_of_few_items_each_has_a_slot_from_the_start(items: int, slots: int) -> None:
    assert AutoSize(ANY, CAPS, items).size.slots == slots


def test_a_fixed_pool_stays_as_it_was_asked_for() -> None:
    sizing = AutoSize(Pool(processes=2, threads=8), CAPS, 1_000)

    assert looks(sizing, *(crowded(now, sizing) for now in range(10))) == [""] * 10
    assert sizing.size.pool == Pool(processes=2, threads=8)


def test_where_all_slots_wait_they_become_twice_as_many_with_the_reason() -> None:
    sizing = AutoSize(ANY, CAPS, 1_000)

    said = looks(sizing, *(crowded(now, sizing, cpu=0.09) for now in (0.0, 0.5, 1.0)))

    assert said == ["", "", "16 → 32 threads: all slots wait, CPU 9.0 %"]


def test_no_slot_is_added_where_some_are_free() -> None:
    sizing = AutoSize(ANY, CAPS, 1_000)
    free = [PoolFigures(now=now, given=0, busy=START - 1, startable=9) for now in range(5)]

    assert looks(sizing, *free) == [""] * 5


def test_no_more_slots_are_added_than_items_could_start() -> None:
    sizing = AutoSize(ANY, CAPS, 1_000)

    looks(sizing, *(PoolFigures(now=now, given=0, busy=START, startable=5) for now in (0, 1)))

    assert sizing.size.slots == START + 5


def test_a_growth_is_measured_by_the_processor_time_that_is_left() -> None:
    sizing = AutoSize(ANY, CAPS, 1_000)

    looks(sizing, *(crowded(now / 8, sizing, cpu=0.6) for now in range(9)))

    assert sizing.size.slots == pytest.approx(START / 0.6, abs=1)


def test_a_second_process_comes_where_one_interpreter_is_at_its_limit() -> None:
    sizing = AutoSize(ANY, CAPS, 1_000)

    said = looks(sizing, *(crowded(now, sizing, cpu=0.99, machine=0.55) for now in range(9)))

    assert any(text.startswith("1 → 2 processes: one interpreter is at its limit, CPU 9") for text in said)
    assert sizing.size.processes == 2


@pytest.mark.parametrize("more", [{"machine": 0.9}, {"machine": 0.5, "seconds_left": 1.0}])
def test_no_process_comes_without_a_free_core_or_for_the_last_seconds(more: dict[str, float]) -> None:
    sizing = AutoSize(ANY, CAPS, 1_000)

    looks(sizing, *(crowded(now, sizing, cpu=0.99, **more) for now in range(9)))

    assert sizing.size.processes == 1


def test_memory_takes_slots_away_and_keeps_them_away() -> None:
    sizing = AutoSize(ANY, CAPS, 1_000)
    looks(sizing, *(crowded(now, sizing) for now in (0, 1, 2, 3)))
    before = sizing.size.slots

    said = looks(sizing, crowded(4, sizing, memory=0.7), *(crowded(now, sizing) for now in range(5, 20)))

    assert said[0] == f"{before} → {before // 2} threads: the largest worker has 70 % of the memory it may have"
    assert sizing.size.slots == before // 2


def test_a_growth_that_gained_nothing_is_taken_back() -> None:
    found = simulate(Load(waits=(0.2,), knee=64), ANY)

    assert found.most > 64
    assert 48 <= found.changes[-1].size.slots <= 128
    assert "so more gain nothing" in found.changes[-1].text


def test_a_pool_grows_though_some_hosts_are_silent() -> None:
    waits = (0.3,) * 19 + (10.0,)

    found = simulate(Load(waits=waits), ANY, seconds=10)

    assert found.most == 512


def test_a_cpu_pool_gives_up_the_cores_that_others_use() -> None:
    cores = Pool(processes=AUTO, threads=1)

    quiet = simulate(Load(waits=(0.0,), computes=0.1, cores=4), cores)
    busy = simulate(Load(waits=(0.0,), computes=0.1, cores=4, others=2), cores)

    assert quiet.changes == ()
    assert busy.changes[-1].size.processes == 3
    assert "cores are free of other work" in busy.changes[-1].text


def test_a_cpu_pool_takes_the_cores_that_become_free() -> None:
    sizing = AutoSize(Pool(processes=AUTO, threads=1), PoolCaps(processes=4, slots=512), 1_000)

    def look(now: float, machine: float, mine: float) -> None:
        sizing.look(PoolFigures(now=now, given=0, busy=4, startable=9, cpu=1.0, workers_cpu=mine, machine=machine))

    for now in range(20):
        look(now, 1.0, 2.0)
    fewer = sizing.size.processes
    for now in range(20, 60):
        look(now, 0.5, float(sizing.size.processes))

    assert (fewer, sizing.size.processes) == (2, 4)


loads = st.builds(
    Load,
    waits=st.lists(st.floats(0.02, 3.0), min_size=1, max_size=7).map(tuple),
    computes=st.sampled_from([0.0, 0.0005, 0.002, 0.01]),
    knee=st.sampled_from([8, 40, 200, 10**6]),
    startable=st.sampled_from([5, 60, 10**6]),
    cores=st.sampled_from([1, 2, 4]),
    others=st.sampled_from([0.0, 1.0, 3.0]),
)


@settings(max_examples=40, deadline=None, phases=PHASES)
@example(load=Load(waits=(1.2, 0.02), computes=0.01, knee=200, startable=60, cores=2, others=3.0), pool=ANY)
@given(load=loads, pool=st.sampled_from([ANY, Pool(processes=1, threads=AUTO), Pool(processes=AUTO, threads=1)]))
def test_under_a_steady_load_the_size_changes_its_direction_once_at_most(load: Load, pool: Pool) -> None:
    found = simulate(load, pool, items=20_000, seconds=40)

    assert found.turns() <= 1
    assert found.most <= 512 * load.cores


@settings(max_examples=15, deadline=None, phases=PHASES)
@given(
    median=st.floats(0.1, 0.6),
    spread=st.sampled_from([0.0, 0.3, 0.8]),
    silent=st.sampled_from([0.0, 0.05, 0.1]),
    seed=st.integers(0, 2**16),
)
def test_a_long_list_takes_little_longer_than_with_the_best_fixed_number(
    median: float, spread: float, silent: float, seed: int
) -> None:
    chance = random.Random(seed)
    waits = [10.0 if chance.random() < silent else median * chance.lognormvariate(0, spread) for _ in range(997)]
    load = Load(waits=tuple(waits), computes=0.002)

    found = simulate(load, Pool(processes=1, threads=AUTO), items=10_000, seconds=10_000)

    assert found.seconds <= 1.1 * best_fixed(load, (32, 64, 128, 256, 512), items=10_000) + RAMP


class AnyFigures(RuleBasedStateMachine):
    """Whatever a pool is told, it keeps within its caps, and says why it changes."""

    @initialize(
        asked=st.builds(Pool, processes=st.sampled_from([AUTO, 1, 3]), threads=st.sampled_from([AUTO, 1, 20])),
        processes=st.integers(1, 8),
        slots=st.integers(1, 600),
        items=st.integers(1, 10_000),
    )
    def begin(self, asked: Pool, processes: int, slots: int, items: int) -> None:
        self.caps = PoolCaps(processes=processes, slots=slots)
        self.sizing = AutoSize(asked, self.caps, items)
        self.now, self.given = 0.0, 0

    @rule(seconds=st.floats(0, 20), since=st.floats(0, 5))
    def an_item_ends(self, seconds: float, since: float) -> None:
        self.given += 1
        self.sizing.ended(max(0.0, self.now - since), seconds)

    @rule(
        passed=st.floats(0.01, 3),
        busy=st.integers(0, 5_000),
        startable=st.integers(0, 5_000),
        cpu=st.floats(0, 8),
        machine=st.floats(0, 1),
        memory=st.floats(0, 1.2),
        left=st.none() | st.floats(0, 1e6),
    )
    def a_look(
        self,
        passed: float,
        busy: int,
        startable: int,
        cpu: float,
        machine: float,
        memory: float,
        left: float | None,
    ) -> None:
        self.now += passed
        self.given += 7
        before = self.sizing.size
        change = self.sizing.look(
            PoolFigures(
                now=self.now,
                given=self.given,
                busy=min(busy, before.slots),
                startable=startable,
                cpu=cpu,
                workers_cpu=cpu,
                machine=machine,
                memory=memory,
                seconds_left=left,
            )
        )
        assert change is None or (change.size != before and change.size == self.sizing.size and ": " in change.text)

    @invariant()
    def it_is_within_its_caps(self) -> None:
        if not hasattr(self, "sizing"):
            return
        asked, size = self.sizing.asked, self.sizing.size
        assert 1 <= size.processes <= (asked.processes or self.caps.processes)
        assert size.processes <= size.slots <= size.processes * (asked.threads or self.caps.slots)
        if asked.threads:
            assert size.slots == size.processes * asked.threads
        assert sum(size.share(index) for index in range(size.processes)) == size.slots


TestAnyFigures = AnyFigures.TestCase


TRACES = json.loads((Path(__file__).parent / "traces.json").read_text())
"""The seconds that items of real runs took, in the order in which they began, and what each computed."""


@pytest.mark.parametrize("name", TRACES)
def test_over_the_items_of_real_runs_a_pool_does_about_as_well_as_the_best_fixed_number(name: str) -> None:
    load = Load(waits=tuple(TRACES[name]["waits"]), computes=TRACES[name]["computes"])

    found = simulate(load, Pool(processes=1, threads=AUTO), items=5_000, seconds=10_000)

    assert found.seconds <= 1.1 * best_fixed(load, (32, 64, 128, 256, 512), items=5_000) + RAMP
    assert found.turns() <= 1
