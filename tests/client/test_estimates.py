"""How long a run is expected to take, by earlier runs of its job."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from jobs.runtime import client
from jobs.runtime.core.records import AUTO, Event, Item, Pool
from jobs.runtime.store import events, runs
from tests.support.stage import Stage

ANY = Pool(processes=AUTO, threads=AUTO)


def ended(stage: Stage, items: int, wall: float, each: float, *sizes: tuple[float, int, int]) -> None:
    """A finished run whose pool found its own size: seconds since submit, slots before and after."""
    run = client.submit("factorial", [Item(cell=str(number)) for number in range(items)], pool=ANY)
    with stage.store.write() as db:
        number = runs.find(db, run.id).number
        runs.change(db, number, peak_processes=1, peak_threads=max(16, *(most for _, _, most in sizes), 0))
        for at, before, slots in sizes:
            facts = {"slots": slots, "before": before}
            events.log(db, number, Event(at=run.submitted_at + at, kind="resized", text="grew", facts=facts))
    stage.end(client.run(run.id), [{}] * items, wall=wall, seconds=[each] * items)


def expected(numbers: Sequence[int]) -> list[float | None]:
    return [client.estimate("factorial", number, ANY) for number in numbers]


def test_nothing_is_expected_where_nothing_has_run(stage: Stage) -> None:
    assert expected([10]) == [None]


def test_a_pool_that_grows_is_expected_to_grow_again(stage: Stage) -> None:
    ended(stage, 176, 10.0, 1.0, (5.0, 16, 32))

    # 80 slot-seconds before it grew and 160 after for 176 items; one item takes a second, what is more goes at 32
    assert expected([1, 88, 176, 352]) == pytest.approx([1.0, 5 + 40 / 32, 10.0, 10.0 + 240 / 32])


def test_a_pool_that_its_groups_kept_from_growing_is_expected_to_stay_as_slow(stage: Stage) -> None:
    ended(stage, 100, 100.0, 1.0)

    assert expected([50, 1_000]) == pytest.approx([50.0, 1_000.0])


def test_of_several_runs_the_one_most_like_it_says_how_long(stage: Stage) -> None:
    ended(stage, 16, 1.0, 1.0)
    ended(stage, 400, 5.0, 1.0, (1.0, 16, 32), (2.0, 32, 128))

    assert expected([16, 400]) == pytest.approx([1.0, 5.0])
