"""What each stretch of a run saw: nothing is counted twice or lost, and busy seconds add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.runtime.overview.throughput import Attempts, throughput

spans = st.lists(
    st.tuples(st.integers(1, 3), st.floats(0, 100), st.floats(0.01, 50), st.booleans()), min_size=1, max_size=50
)


def attempts(items: list[tuple[int, float, float, bool]]) -> Attempts:
    workers, begins, seconds, ok = (np.array(column) for column in zip(*items, strict=True))
    return Attempts(workers=workers, begins=begins, ends=begins + seconds, ok=ok)


def seen(items: list[tuple[int, float, float, bool]], every: int = 1):
    return throughput(attempts(items), every=every, holds=[], pauses=[], waited=0.0)


@settings(deadline=None)
@given(spans)
def test_every_item_ends_once(items: list[tuple[int, float, float, bool]]) -> None:
    went = seen(items)

    assert sum(went.ok) == sum(ok for *_, ok in items)
    assert sum(went.failed) == sum(not ok for *_, ok in items)
    assert len(went.ok) == len(went.failed) == len(went.busy) == len(went.workers)


@settings(deadline=None)
@given(spans)
def test_busy_seconds_add_up(items: list[tuple[int, float, float, bool]]) -> None:
    went = seen(items)

    assert sum(went.busy) * went.width == pytest.approx(sum(seconds for _, _, seconds, _ in items), rel=1e-6)


def test_a_thread_that_is_busy_throughout_counts_as_one() -> None:
    went = seen([(1, 0.0, 60.0, True), (2, 0.0, 60.0, True)])

    assert went.busy == pytest.approx([2.0] * len(went.busy))
    assert set(went.workers) == {2}


def test_a_worker_counts_from_its_first_item_to_its_last() -> None:
    went = seen([(1, 0.0, 1.0, True), (1, 9.0, 1.0, True), (2, 8.0, 2.0, True)])

    assert went.workers[: len(went.workers) // 2] == (1,) * (len(went.workers) // 2)
    assert went.workers[-1] == 2


def test_one_in_several_counts_for_all() -> None:
    went = seen([(1, 0.0, 1.0, True), (1, 1.0, 1.0, False)], every=5)

    assert (sum(went.ok), sum(went.failed)) == (5, 5)


def test_nothing_that_ran_is_nothing_to_see() -> None:
    none = Attempts(workers=np.array([]), begins=np.array([]), ends=np.array([]), ok=np.array([], dtype=bool))

    assert throughput(none, every=1, holds=[], pauses=[], waited=0.0) is None
