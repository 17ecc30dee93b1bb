"""Histograms of seconds: every item is in one bar, and the quantiles are those of the items."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.runtime.overview.durations import durations, even_step, quantiles


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e5), st.booleans()), min_size=1, max_size=200))
def test_every_item_is_in_one_bar_of_its_state(items: list[tuple[float, bool]]) -> None:
    found = durations([seconds for seconds, _ in items], [ok for _, ok in items])

    assert found is not None
    assert sum(found.ok) == sum(ok for _, ok in items)
    assert sum(found.failed) == sum(not ok for _, ok in items)
    assert len(found.edges) == len(found.ok) + 1 == len(found.failed) + 1
    assert sorted(found.edges) == list(found.edges)


def test_no_items_have_no_histogram() -> None:
    assert durations([], []) is None


def test_steps_grow_where_the_longest_takes_many_times_the_shortest() -> None:
    even, growing = durations([1.0, 1.5, 2.0], [True] * 3), durations([0.01, 0.1, 10.0], [True] * 3)

    assert even is not None
    assert growing is not None
    assert (even.growing, growing.growing) == (False, True)


def test_items_that_all_took_the_same_are_one_bar() -> None:
    found = durations([0.25] * 5, [True] * 5)

    assert found is not None
    assert max(found.ok) == 5
    assert (found.median, found.p95, found.longest) == (0.25, 0.25, 0.25)


def test_quantiles_are_of_all_seconds() -> None:
    half, slow, longest = quantiles([float(second) for second in range(1, 101)])

    assert (half, longest) == (50.5, 100.0)
    assert slow == pytest.approx(95.05)


@settings(deadline=None)
@given(st.floats(1e-6, 1e7), st.integers(1, 200))
def test_so_many_even_steps_cover_the_span(span: float, most: int) -> None:
    step = even_step(span, most)

    assert step * most >= span * (1 - 1e-9)
    assert step * most <= span * 10
