"""Waited, ran and paused are told apart, and add up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.runtime.core.records import Limits, Pool, Run, RunState, Table
from jobs.runtime.overview.wall_time import wall_time


def run(
    *, submitted: float = 0.0, started: float | None = None, ended: float | None = None, paused: float = 0.0
) -> Run:
    return Run(
        id="a1",
        job="factorial",
        name="",
        state=RunState.FINISHED if ended is not None else RunState.RUNNING,
        items=1,
        pool=Pool(processes=1, threads=1),
        limits=Limits(attempts=1, deadline=None, at_once=None, pause=0.0),
        table=Table(),
        submitted_at=submitted,
        started_at=started,
        ended_at=ended,
        paused_seconds=paused,
    )


def test_the_queue_is_told_from_the_running() -> None:
    found = wall_time(run(started=9.0, ended=11.0), [], 0.0)

    assert (found.waited, found.ran, found.paused) == (9.0, 2.0, 0.0)
    assert str(found) == "waited 9.0 s, ran 2.0 s"
    assert not found.even


def test_a_pause_is_beside_both() -> None:
    found = wall_time(run(started=1.0, ended=20.0, paused=12.0), [(3.0, 15.0)], 0.0)

    assert (found.waited, found.ran, found.paused) == (1.0, 7.0, 12.0)
    assert str(found) == "waited 1.0 s, ran 7.0 s; paused for 12 s besides"


def test_a_pause_in_the_queue_is_no_waiting() -> None:
    found = wall_time(run(started=10.0, ended=12.0, paused=6.0), [(2.0, 8.0)], 0.0)

    assert (found.waited, found.ran, found.paused) == (4.0, 2.0, 6.0)


def test_what_has_not_begun_has_only_waited() -> None:
    found = wall_time(run(), [], 5.0)

    assert (found.waited, found.ran) == (5.0, 0.0)


def test_a_start_at_once_is_not_worth_telling() -> None:
    found = wall_time(run(started=0.02, ended=3.0), [], 0.0)

    assert found.even
    assert str(found) == "ran 3.0 s"


@settings(deadline=None)
@given(st.floats(0, 100), st.floats(0, 100), st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), max_size=3))
def test_waited_and_ran_are_the_wall_time(wait: float, work: float, pauses: list[tuple[float, float]]) -> None:
    still = [(min(pair), max(pair)) for pair in pauses]
    ended = run(started=wait, ended=wait + work, paused=sum(until - since for since, until in still))

    found = wall_time(ended, still, 0.0)

    assert found.waited + found.ran == pytest.approx(ended.seconds(0.0))
    assert min(found.waited, found.ran, found.paused) >= 0.0
