"""The sentence follows from the figures: on figures made up for each case."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime.core.records import Limits, Pool
from jobs.runtime.measure.busy_machine import busy_sentence
from jobs.runtime.measure.figures import Comparison, Figures, PaceLimit, least_seconds
from jobs.runtime.measure.plan import Way
from jobs.runtime.measure.verdict import dominance, faster, verdict

POOLS = {
    "sequential": Pool(processes=1, threads=1),
    "threads": Pool(processes=1, threads=4),
    "processes": Pool(processes=2, threads=1),
    "both": Pool(processes=2, threads=4),
}


def way(
    name: str,
    *walls: float,
    work: float = 10.0,
    cpu: float = 0.95,
    longest: float = 1.0,
    in_line: float = 0.0,
    others: float = 0.0,
) -> Figures:
    """A way with these walls, whose items took `work` seconds in all, of which the share `cpu` was computing and the
    share `in_line` standing in line for a core, of which other programs took the share `others`."""
    return Figures(
        way=Way(name=name, pool=POOLS[name]),
        walls=walls,
        item_seconds=(work,) * len(walls),
        cpu_seconds=(work * cpu,) * len(walls),
        longest=longest,
        queue_seconds=(work * in_line,) * len(walls),
        others=(others,) * len(walls),
        ok=20,
    )


def found(
    *ways: Figures, bound: str = "cpu", items: int = 20, pace: PaceLimit | None = None, **more: object
) -> Comparison:
    facts = {"planned": len(ways), "repeats": len(ways[0].walls), **more}
    return Comparison(job="some", bound=bound, items=items, ways=ways, pace=pace, **facts)  # type: ignore[arg-type]


def test_processes_win_where_the_gil_is_the_cap() -> None:
    said = verdict(
        found(
            way("sequential", 10.0, 10.1, 10.2),
            way("threads", 10.3, 10.0, 10.6),
            way("processes", 5.5, 5.6, 5.8),
        )
    )

    assert said == (
        "2 processes suit this work best: 5.6 s, 1.80 times as fast as one at a time (1.7 to 1.9); threads of one "
        "process gained nothing (0.98 times), because these items compute and the GIL lets one thread "
        "compute at a time."
    )


def test_a_machine_that_is_busy_with_something_else_decides_nothing() -> None:
    said = verdict(
        found(
            way("sequential", 10.0, 10.1, cpu=0.24, in_line=0.74, others=0.6),
            way("threads", 3.0, 3.1, cpu=0.24, in_line=0.7, others=0.55),
        )
    )

    assert said == (
        "The machine is busy with something else: not decided (sequential: items stood in line for a core for 74 % of "
        "their time, and other programs took 60 % of the machine); measure again when nothing else runs."
    )


@pytest.mark.parametrize(("in_line", "others"), [(0.1, 0.9), (0.9, 0.05)])
def test_items_that_seldom_stood_in_line_or_behind_their_own_are_compared(in_line: float, others: float) -> None:
    said = verdict(found(way("sequential", 10.0, 10.1, in_line=in_line, others=others), way("processes", 5.0, 5.1)))

    assert "2 processes suit this work best" in said


def test_threads_that_stand_in_line_behind_one_another_are_not_slowed_by_others() -> None:
    assert busy_sentence(found(way("both", 5.0, in_line=0.9, others=0.5)), cores=2) == ""
    assert "processes: items" in busy_sentence(found(way("processes", 5.0, in_line=0.4, others=0.5)), cores=2)


def test_time_in_line_for_a_core_is_no_waiting() -> None:
    said = verdict(
        found(
            way("sequential", 8.0, 8.1, cpu=0.4, in_line=0.15, others=0.1),
            way("threads", 2.0, 2.1, cpu=0.4),
        )
    )

    assert "wait" not in said


def test_threads_win_where_items_wait_and_the_cheaper_of_equal_ways_is_named() -> None:
    said = verdict(
        found(
            way("sequential", 8.0, 8.1, 8.2, cpu=0.04),
            way("threads", 0.6, 0.62, 0.7, cpu=0.04),
            way("processes", 4.0, 4.1, 4.3, cpu=0.04),
            way("both", 0.55, 0.61, 0.8, cpu=0.04),
            bound="io",
        )
    )

    assert said == (
        "4 threads suit this work best: 620 ms, 13 times as fast as one at a time (11.4 to 13.7), and 2 processes of "
        "4 threads are not faster beyond doubt; the items wait 96 % of their time, and threads wait together at little "
        "cost."
    )


def test_a_gain_beyond_what_one_item_allows_is_said_to_be_noise() -> None:
    nearly_all = verdict(found(way("sequential", 6.0, 6.1, longest=9.0), way("processes", 4.9, 5.0, longest=9.0)))
    half = verdict(found(way("sequential", 9.0, 9.1, longest=6.0), way("processes", 4.9, 5.0, longest=6.0)))

    assert nearly_all == (
        "One item is 90 % of the work, so no way can be more than 1.11 times as fast as one at a time (the best here "
        "was 1.22 times, and what is beyond 1.11 times is noise)."
    )
    assert half.endswith("no way can be more than 1.67 times as fast (what is beyond that here is noise).")


def test_one_item_that_is_nearly_all_the_work_is_said_to_be_that() -> None:
    said = verdict(found(way("sequential", 5.0, 5.1, longest=9.5), way("processes", 4.9, 5.0, longest=9.5), items=4))

    assert said == (
        "One item is 95 % of the work, so no way can be more than 1.05 times as fast as one at a time (the best here "
        "was 1.02 times)."
    )


def test_a_long_item_among_others_is_named_as_the_cap_of_a_gain() -> None:
    said = verdict(found(way("sequential", 10.0, 10.1, longest=6.0), way("processes", 6.3, 6.4, longest=6.0)))

    assert said.endswith("; one item is 60 % of the work, so no way can be more than 1.67 times as fast.")


def test_a_gain_beyond_what_the_longest_item_allows_is_not_explained_by_it() -> None:
    fast = found(way("sequential", 10.0, 10.1, longest=6.0), way("threads", 3.0, 3.1, longest=6.0))

    assert dominance(fast) is None
    assert "of the work" not in verdict(fast)


def test_politeness_is_named_where_it_explains_the_time() -> None:
    pace = PaceLimit(group="example.org", items=20, seconds=4.75)
    said = verdict(
        found(way("sequential", 5.6, 5.7, cpu=0.02), way("threads", 5.5, 5.65, cpu=0.02), bound="io", pace=pace)
    )

    assert said == "Politeness is the cap: 20 items of example.org take at least 4.8 s whatever the way."


def test_politeness_is_named_beside_a_gain_too() -> None:
    pace = PaceLimit(group="example.org", items=20, seconds=4.75)
    said = verdict(
        found(way("sequential", 9.6, 9.7, cpu=0.02), way("threads", 5.0, 5.1, cpu=0.02), bound="io", pace=pace)
    )

    assert said.endswith("; politeness is the cap: 20 items of example.org take at least 4.8 s whatever the way.")


def test_threads_alone_under_the_gil_are_told_to_try_processes() -> None:
    said = verdict(found(way("sequential", 10.0, 10.4), way("threads", 10.1, 10.3)))

    assert said.startswith("Threads of one process gained nothing (1.00 times), because these items compute")
    assert said.endswith(": try processes.")


def test_noise_decides_nothing() -> None:
    said = verdict(
        found(
            way("sequential", 10.0, 12.0, 9.0, cpu=0.4),
            way("threads", 8.5, 9.5, 11.0, cpu=0.4),
            way("processes", 9.2, 10.0, 8.0, cpu=0.4),
        )
    )

    assert said == (
        "The figures do not decide: the repeats of one way alone range from 9.00 s to 12.0 s, so none is faster than "
        "one at a time beyond doubt; repeat more often, with more work, or on a quieter machine."
    )


def test_single_runs_within_a_fifth_decide_nothing() -> None:
    said = verdict(found(way("sequential", 10.0, cpu=0.4), way("threads", 8.8, cpu=0.4)))

    assert said.startswith(
        "The figures do not decide: each way was run once, and they are within a fifth of each other"
    )


def test_a_single_run_that_decides_is_said_to_be_single() -> None:
    said = verdict(found(way("sequential", 10.0), way("processes", 5.0)))

    assert "2.0 times as fast as one at a time in a single run each" in said


def test_a_cheaper_way_that_is_not_faster_than_one_at_a_time_is_not_praised() -> None:
    said = verdict(
        found(
            way("sequential", 3.3, 3.4, cpu=0.4),
            way("threads", 2.6, 3.5, cpu=0.4),
            way("processes", 2.8, 2.9, cpu=0.4),
        )
    )

    assert said.startswith("2 processes suit this work best: 2.8 s, 1.18 times")
    assert "threads" not in said


def test_a_small_gain_is_called_small() -> None:
    said = verdict(found(way("sequential", 10.0, 10.1, cpu=0.4), way("processes", 9.5, 9.6, cpu=0.4)))

    assert said == "2 processes gain a little: 9.6 s, 1.05 times as fast as one at a time (1.0 to 1.1)."


def test_items_too_short_to_be_handed_round_are_said_to_be_that() -> None:
    said = verdict(
        found(
            way("sequential", 0.1, 0.11, work=0.02, longest=0.001, cpu=0.4),
            way("processes", 0.3, 0.31, work=0.02, longest=0.001, cpu=0.4),
        )
    )

    assert said == (
        "One at a time was fastest (105 ms): these items are too short (1.0 ms each) for handing them round to pay."
    )


def test_long_items_that_gain_nothing_are_not_called_short() -> None:
    said = verdict(found(way("sequential", 10.0, 10.1, cpu=0.4), way("processes", 12.0, 12.1, cpu=0.4)))

    assert said == (
        "One at a time was fastest (10.1 s): more workers only got in each other's way, though an item takes 500 ms: "
        "no core was free for them here, or the items share what limits them."
    )


def test_a_way_that_is_hardly_faster_is_not_worth_more_workers() -> None:
    said = verdict(
        found(
            way("sequential", 14.0, 14.1, cpu=0.01),
            way("threads", 0.850, 0.852, cpu=0.01),
            way("both", 0.843, 0.845, cpu=0.01),
        )
    )

    assert said.startswith("4 threads suit this work best: 851 ms, 17 times as fast as one at a time (16.4 to 16.6)")
    assert ", and 2 processes of 4 threads are at most 5 % faster; the items wait 99 % of their time" in said


def test_without_one_at_a_time_the_time_stated_is_that_of_the_way_named() -> None:
    said = verdict(found(way("threads", 4.1, 5.2), way("processes", 9.0, 9.1), way("both", 4.0, 5.0)))

    assert said.startswith(
        "4 threads suit this work best of these: 4.7 s, and 2 processes of 4 threads are not faster beyond doubt; one "
    )


def test_without_one_at_a_time_no_speed_up_is_stated() -> None:
    said = verdict(found(way("threads", 10.0, 10.1), way("processes", 5.0, 5.1)))

    assert said == (
        "2 processes suit this work best of these: 5.0 s; one at a time was not run, so that there is no speed-up "
        "to state."
    )
    assert found(way("threads", 1.0)).speed_up(way("threads", 1.0)) is None


def test_undecided_without_one_at_a_time() -> None:
    said = verdict(found(way("threads", 5.0, 5.3), way("processes", 5.1, 5.2)))

    assert said.startswith("The figures do not decide between these ways")


def test_one_way_is_nothing_to_compare() -> None:
    assert verdict(found(way("sequential", 1.0))) == "Only one way was run, so there is nothing to compare it with."


@pytest.mark.parametrize(("stopped", "begins"), [(True, "The measurement was stopped"), (False, "The measurement is")])
def test_an_unfinished_measurement_says_nothing_of_the_ways(stopped: bool, begins: str) -> None:
    half = found(way("sequential", 1.0, 1.0), way("threads", 0.5), repeats=2, stopped=stopped)

    assert verdict(half).startswith(begins)


def test_the_fewest_workers_that_do_as_well_are_named() -> None:
    several = [
        Figures(
            way=Way(name=f"{number} processes", pool=Pool(processes=number, threads=1)),
            walls=walls,
            item_seconds=(10.0, 10.0),
            cpu_seconds=(9.9, 9.9),
            longest=1.0,
        )
        for number, walls in ((1, (10.0, 10.1)), (2, (5.2, 5.4)), (4, (5.1, 5.3)), (8, (5.3, 5.5)))
    ]

    said = verdict(found(*several))

    assert said.startswith("2 processes suit this work best: 5.3 s, 1.90 times as fast")
    assert "4 processes and 8 processes are not faster beyond doubt" in said


walls = st.lists(st.floats(0.001, 1_000), min_size=1, max_size=4)


@given(st.lists(st.tuples(st.sampled_from(sorted(POOLS)), walls), min_size=1, max_size=4, unique_by=lambda way: way[0]))
def test_any_figures_give_one_sentence(given_: Sequence[tuple[str, list[float]]]) -> None:
    repeats = min(len(walls) for _, walls in given_)
    ways = [way(name, *walls[:repeats]) for name, walls in given_]

    said = verdict(found(*ways))

    assert re.fullmatch(r"[A-Z0-9][^\n]*\.", said)
    assert not re.search(r"\.\s", said)
    assert "nan" not in said


@given(walls, walls)
def test_of_two_ways_at_most_one_is_faster(one: list[float], other: list[float]) -> None:
    left, right = way("threads", *one), way("processes", *other)

    assert not (faster(left, right) and faster(right, left))
    assert not faster(left, left)


@pytest.mark.parametrize(
    ("items", "at_once", "pause", "seconds"),
    [(20, 8, 0.25, 4.75), (20, 2, 0.0, 5.0), (1, 1, 1.0, 0.5), (20, None, 0, 0)],
)
def test_what_politeness_allows_at_least(items: int, at_once: int | None, pause: float, seconds: float) -> None:
    limits = Limits(attempts=1, deadline=None, at_once=at_once, pause=pause)

    assert least_seconds(items, limits, each=0.5) == seconds
