"""Two runs of a job row by row, joined on the item."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.runtime import compare
from jobs.runtime.compare import row_diff
from jobs.runtime.compare.row_diff import Change
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Limits
from jobs.runtime.store import outcomes
from tests.support.stage import Stage

FIVE, SIX = {"n": 5, "digits": 3}, {"n": 6, "digits": 3}


def told(change: Change) -> tuple[object, ...]:
    return change.item, change.first, change.second, change.what, change.before, change.after


def test_runs_with_the_same_rows_have_no_change(stage: Stage) -> None:
    first, second = (stage.run(["5", "6"], [FIVE, SIX]) for _ in range(2))

    found = compare.compare_runs(first, second)

    assert (found.both, found.changed, found.total, found.changes) == (2, 0, 0, ())


def test_a_changed_cell_a_flip_of_state_and_its_code_are_told(stage: Stage) -> None:
    first = stage.run(["5", "6", "7"], [FIVE, SIX, {"n": 7}])
    second = stage.run(["5", "6", "7"], [{**FIVE, "digits": 4}, "timeout", None])

    found = compare.compare_runs(first, second)

    assert [told(change) for change in found.changes] == [
        ("5", 1, 1, "digits", 3, 4),
        ("6", 2, 2, "state", "ok", "failed"),
        ("6", 2, 2, "code", "", "timeout"),
        ("6", 2, 2, "n", 6, None),
        ("6", 2, 2, "digits", 3, None),
        ("7", 3, 3, "state", "ok", "waiting"),
        ("7", 3, 3, "n", 7, None),
    ]
    assert found.changed == 3
    assert found.counts == {"digits": 2, "state": 2, "n": 2, "code": 1}


def test_items_are_joined_by_what_they_are_not_where_they_stand(stage: Stage) -> None:
    first = stage.run(["5", "6", "7"], [FIVE, SIX, {"n": 7}])
    second = stage.run(["8", "6", "5"], [{"n": 8}, {**SIX, "digits": 9}, FIVE])

    found = compare.compare_runs(first, second)

    assert [told(change) for change in found.changes] == [
        ("6", 2, 2, "digits", 3, 9),
        ("7", 3, None, "only in the first run", "ok", None),
        ("8", None, 1, "only in the second run", None, "ok"),
    ]
    assert found.both == 2


def test_equal_items_are_joined_in_their_order(stage: Stage) -> None:
    first = stage.run(["5", "5", "6"], [{"n": 1}, {"n": 2}, SIX])
    second = stage.run(["6", "5", "5", "5"], [SIX, {"n": 1}, {"n": 3}, {"n": 4}])

    found = compare.compare_runs(first, second)

    assert [told(change) for change in found.changes] == [
        ("5", 2, 3, "n", 2, 3),
        ("5", None, 4, "only in the second run", None, "ok"),
    ]


def test_times_and_files_differ_by_their_nature_and_are_left_out(stage: Stage) -> None:
    first = stage.run(["5"], [{**FIVE, "compute_seconds": 0.1, "digits_file": "artifacts/a/1"}])
    second = stage.run(["5"], [{**FIVE, "compute_seconds": 0.2, "digits_file": "artifacts/b/1"}])

    found = compare.compare_runs(first, second)

    assert found.total == 0
    assert set(found.left_out) == {"digits_file", "compute_seconds", "text_seconds"}


def test_only_so_many_changes_are_kept_and_all_are_counted(stage: Stage) -> None:
    cells = [str(number) for number in range(50)]
    first, second = (stage.run(cells, [{"n": number + add} for number in range(50)]) for add in (0, 1))

    found = compare.compare_runs(first, second, most=7)

    assert len(found.changes) == 7
    assert found.total == found.changed == 50
    assert sum(1 for _ in compare.changes(first, second)) == 50


def test_runs_of_two_jobs_are_refused(stage: Stage) -> None:
    first, second = stage.run(["5"]), stage.run(["http://site-1.sample/"], job="scrape")

    with pytest.raises(Refused, match="not of factorial and scrape"):
        compare.compare_runs(first, second)


def test_settings_that_differ_are_told_and_no_others(stage: Stage) -> None:
    limits = Limits(attempts=2, deadline=1.5, at_once=None, pause=0.0)
    first = stage.run(["5"], pool=(1, 1), params={"engine": "gmp"})
    second = stage.run(["5"], pool=(2, 1), params={"engine": "python"}, limits=limits)

    assert compare.settings_that_differ([first, second]) == [
        ("engine", ["gmp", "python"]),
        ("pool", ["1 process × 1 thread", "2 processes × 1 thread"]),
        ("attempts", ["1", "2"]),
        ("deadline", ["none", "1.5 s"]),
    ]


cells = st.lists(st.sampled_from(["5", "6", "7", "8", "9"]), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells, cells)
def test_every_row_of_both_runs_is_joined_exactly_once(stage: Stage, left: list[str], right: list[str]) -> None:
    first, second = stage.run(left), stage.run(right)

    joined = list(row_diff.pairs(first, second))

    assert sorted(row[0] for row, _ in joined if row) == list(range(1, len(left) + 1))
    assert sorted(row[0] for _, row in joined if row) == list(range(1, len(right) + 1))
    assert all(one[1] == other[1] for one, other in joined if one and other)
    both = sum((Counter(left) & Counter(right)).values())
    assert sum(1 for one, other in joined if one and other) == both


def test_windows_are_joined_across_their_borders(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "WINDOW_ROWS", 3)
    cells = [str(number) for number in range(10)]
    first = stage.run(cells, [{"n": number} for number in range(10)])
    second = stage.run(cells[::-1], [{"n": number} for number in range(9, -1, -1)])

    assert list(compare.changes(first, second)) == []
