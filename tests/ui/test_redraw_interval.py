"""How often the moving part of a page is drawn, by how many look."""

from __future__ import annotations

import pytest

from jobs.ui.run.redraw_interval import MOST_A_SECOND, REMEMBERED, Viewers, fitting


@pytest.mark.parametrize("viewers", [1, 2, 5, 10])
@pytest.mark.parametrize("least", [1.0, 2.0])
def test_where_few_look_it_is_the_usual_one(viewers: int, least: float) -> None:
    assert fitting(least, viewers) == least


@pytest.mark.parametrize("viewers", [20, 50, 200, 1_000])
def test_many_are_served_no_more_often_than_the_server_can(viewers: int) -> None:
    assert viewers / fitting(1.0, viewers) == pytest.approx(MOST_A_SECOND)


def test_it_changes_seldom_while_ever_more_come() -> None:
    told = [fitting(1.0, viewers) for viewers in range(1, 201)]

    assert told == sorted(told)
    assert set(told) == set(range(1, 21))


def test_who_looks_is_counted_once_until_overdue() -> None:
    viewers = Viewers()

    assert viewers.note("a", 1.0, 0.0) == 1
    assert viewers.note("b", 5.0, 0.0) == 2
    assert viewers.note("a", 1.0, 1.0) == 2
    assert viewers.note("a", 1.0, 15.0 + REMEMBERED - 0.1) == 2
    assert viewers.note("a", 1.0, 15.0 + REMEMBERED) == 1
