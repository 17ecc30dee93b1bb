"""The plan of a measurement: its ways, their order, and its words, which tell the plan again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime import catalog
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Item, Pool
from jobs.runtime.measure.foreign_hosts import strangers
from jobs.runtime.measure.plan import MeasurePlan, id_of_name, named, plan_of_note, ways_of, workers_of

FOUR = ways_of(
    ("sequential", "threads", "processes", "both"),
    processes=2,
    threads=32,
    both=Pool(processes=2, threads=16),
    cluster=Pool(processes=2, threads=16),
)
pools = st.tuples(
    st.builds(Pool, processes=st.integers(1, 64), threads=st.integers(1, 1_000)), st.sampled_from(["local", "cluster"])
)
plans = st.builds(
    MeasurePlan,
    id=st.from_regex(r"[0-9a-f]{6}", fullmatch=True),
    ways=st.lists(pools, min_size=1, max_size=8).map(named),
    repeats=st.integers(1, 20),
    warm_up=st.booleans(),
)


def names(plan: MeasurePlan) -> list[str]:
    return [plan.name(step).partition(" · ")[2] for step in plan.steps()]


def test_ways_run_in_turn_after_one_warm_up_of_each_shape_of_worker() -> None:
    plan = MeasurePlan(id="1a2b3c", ways=FOUR, repeats=2, warm_up=True)

    assert names(plan) == [
        *("processes · warm-up", "threads · warm-up", "both · warm-up"),
        *("sequential · 1/2", "threads · 1/2", "processes · 1/2", "both · 1/2"),
        *("sequential · 2/2", "threads · 2/2", "processes · 2/2", "both · 2/2"),
    ]


def test_without_a_warm_up_there_are_only_repeats() -> None:
    plan = MeasurePlan(id="1a2b3c", ways=FOUR[:2], repeats=1, warm_up=False)

    assert names(plan) == ["sequential · 1/1", "threads · 1/1"]


@given(plans)
def test_the_plan_can_be_read_again_from_the_notes_of_any_of_its_runs(plan: MeasurePlan) -> None:
    assert plan_of_note(("read as UTF-8", plan.note)) == plan


@given(plans)
def test_the_names_of_its_runs_are_distinct_and_name_the_measurement(plan: MeasurePlan) -> None:
    called = [plan.name(step) for step in plan.steps()]

    assert len(set(called)) == len(called)
    assert {id_of_name(name) for name in called} == {plan.id}


def test_notes_of_other_runs_tell_no_plan() -> None:
    assert plan_of_note(()) is None
    assert plan_of_note(("measurement of the earth: 1×1; 3 repeats",)) is None
    assert id_of_name("measure twice, cut once") == ""


def test_workers_are_threads_for_waiting_work_and_processes_for_computing_work() -> None:
    assert [way.name for way in workers_of((1, 2, 4), "io")] == ["one at a time", "2 threads", "4 threads"]
    assert [str(way.pool) for way in workers_of((1, 4), "cpu")] == ["1 process × 1 thread", "4 processes × 1 thread"]


def test_a_pool_named_twice_is_one_way() -> None:
    assert len(workers_of((2, 2, 1), "cpu")) == 2


@pytest.mark.parametrize("numbers", [(), (0,), (1, 65), (-1,)])
def test_numbers_of_workers_out_of_range_are_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(Refused, match="from 1 to 64"):
        workers_of(numbers, "io")


def test_an_unknown_way_is_refused_with_those_there_are() -> None:
    two = {"processes": 2, "threads": 2}
    with pytest.raises(
        Refused, match="'fibers' is no way to run: choose of sequential, threads, processes, both, cluster"
    ):
        ways_of(("threads", "fibers"), **two, both=Pool(**two), cluster=Pool(**two))


def test_a_way_on_the_cluster_is_one_of_its_own_and_tried_first_so_that_a_refusal_comes_before_anything_runs() -> None:
    pool = Pool(processes=2, threads=1)
    ways = ways_of(("sequential", "processes", "cluster"), processes=2, threads=4, both=pool, cluster=pool)
    plan = MeasurePlan(id="1a2b3c", ways=ways, repeats=1, warm_up=True)

    assert [(way.name, way.on) for way in ways][1:] == [("processes", "local"), ("cluster", "cluster")]
    assert ways[1].pool == ways[2].pool
    assert names(plan) == [
        *("cluster · warm-up", "processes · warm-up"),
        *("sequential · 1/1", "processes · 1/1", "cluster · 1/1"),
    ]
    assert plan.note == "measurement 1a2b3c: 1×1, 2×1, 2×1 on the cluster; 1 repeat after a warm-up"


def test_where_all_ways_are_on_the_cluster_they_are_called_as_elsewhere() -> None:
    assert [(way.name, way.on) for way in workers_of((1, 2), "io", "cluster")] == [
        ("sequential", "cluster"),
        ("threads", "cluster"),
    ]


@pytest.mark.parametrize(
    ("cell", "strangers_asked"),
    [
        ("http://site-3.sample/lock", 0),
        ("site-3.sample", 0),
        ("http://127.0.0.1:8000/a", 0),
        ("http://[::1]/", 0),
        ("localhost:8080/x", 0),
        ("not yet published", 0),
        ("", 0),
        ("http://[", 0),
        ("https://example.org/", 1),
        ("example.org", 1),
        ("http:\\\\example.org\\x", 1),
        ("http://10.0.0.1/", 1),
        ("http://127.0.0.1.example.org/", 1),
        ("http://site-1.sample@example.org/", 0),
        ("http://site-1.sample.example.org/", 1),
        ("http://example.org/?to=site-1.sample", 1),
    ],
)
def test_other_peoples_servers_are_told_from_our_own(cell: str, strangers_asked: int) -> None:
    assert strangers(catalog.load("scrape"), [Item(cell=cell)]) == strangers_asked


def test_a_job_that_asks_nobody_has_no_strangers() -> None:
    assert strangers(catalog.load("factorial"), [Item(cell="5"), Item(cell="example.org")]) == 0
