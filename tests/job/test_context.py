"""What a job may ask and report while it performs an item."""

from collections.abc import Iterator

import pytest

from jobs.runtime.core.errors import TryLater
from jobs.runtime.job import context


@pytest.fixture
def here() -> Iterator[context.Context]:
    now = context.Context()
    context.enter(now)
    yield now
    context.enter(None)


def test_outside_the_machine_nothing_listens_and_nothing_limits() -> None:
    assert (context.time_left(), context.attempt(), context.carried()) == (float("inf"), 1, None)
    context.progress(0.5, "half")
    context.pace(hold=1)


def test_time_left_ends_at_zero(here: context.Context) -> None:
    here.deadline = 0.0

    assert context.time_left() == 0.0


def test_progress_stays_between_none_and_all(here: context.Context) -> None:
    told: list[tuple[float, str]] = []
    here.report = lambda share, phase: told.append((share, phase))

    for share in (None, -3, 0.5, 7):
        context.progress(share, "phase")

    assert told == [(-1.0, "phase"), (0.0, "phase"), (0.5, "phase"), (1.0, "phase")]


def test_what_is_learnt_of_a_group_adds_up(here: context.Context) -> None:
    context.pace(latency=0.2)
    context.pace(hold=12, why="Retry-After")

    assert here.paces == {"latency": 0.2, "hold": 12, "why": "Retry-After"}


def test_try_later_never_looks_back() -> None:
    assert TryLater(-5, "busy", "it is busy").seconds == 0.0
