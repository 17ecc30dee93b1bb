"""`--most-requests`, `--most-bytes` and `--most-sum`: what they pause, what is told, and what is refused."""

from __future__ import annotations

import pytest

from jobs.runtime import client
from jobs.runtime.core.budget import Budget
from tests.support.machine import until

PAGES = [f"http://site-1.sample/delay/300/page-{number}" for number in range(8)]


@pytest.mark.slow
def test_a_run_is_paused_at_its_budget_and_resumed_with_a_higher_one(fanout) -> None:
    items = [word for page in PAGES for word in ("--item", page)]
    told = fanout(
        "run", "scrape", *items, "--no-robots", "--threads", "1", "--pause", "0", "--most-requests", "2", "--detach"
    )
    run = told.out.strip()
    until(lambda: client.run(run).state == "paused")

    low = fanout("resume", run, "--most-requests", "1")
    high = fanout("resume", run, "--most-requests", "1000", "--most-sum", "bytes=1e12")
    client.wait(run, 60)

    assert "requests were sent (at most 2)" in "".join(event.text for event in client.events(run))
    assert (low.code, high.code) == (2, 0)
    assert "are spent already: give more than that" in low.err
    shown = fanout("show", run, "--json").json
    assert (shown["ok"], shown["spent"]["requests"]) == (8, 8)
    assert shown["budget"] == {"requests": 1000, "bytes": None, "column": "bytes", "sum": 1e12}
    assert shown["spent"]["bytes"] > 0
    page = fanout("show", run).out
    assert "budget:       1,000 HTTP requests" in page
    assert "spent:        8 HTTP requests, " in page


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--most-bytes", "much"), "--most-bytes: 'much' is no size: write it as in 500MB or 2GB"),
        (("--most-bytes", "inf"), "is no size"),
        (("--most-bytes", "-5MB"), "a run can be paused at a number above 0"),
        (("--most-requests", "0"), "a run can be paused at a number above 0"),
        (("--most-sum", "bytes"), "--most-sum: 'bytes' names no column and number: write it as in cost=5"),
        (("--most-sum", "bytes=nan"), "names no column and number"),
        (("--most-sum", "bytes=inf"), "names no column and number"),
        (("--most-sum", "=5"), "names no column and number"),
        (("--most-sum", "title=5"), "title is no column of numbers"),
        (("--most-sum", "none=5"), "there is no column 'none' to add up"),
    ],
)
def test_a_budget_that_says_nothing_is_refused_before_anything_runs(
    fanout, words: tuple[str, ...], sentence: str
) -> None:
    done = fanout("run", "scrape", "--item", PAGES[0], *words)

    assert done.code == 2
    assert sentence in done.err


def test_what_counts_no_requests_has_no_budget_of_them(fanout) -> None:
    done = fanout("run", "echo", "--item", "a", "--most-requests", "5")

    assert done.code == 2
    assert "echo sends no requests that could be counted" in done.err


def test_a_size_is_read_as_people_write_it() -> None:
    from jobs.runtime.cli.budget_options import BudgetOptions

    assert BudgetOptions(most_bytes="2 MB", most_requests=3).asked() == Budget(requests=3, bytes=2 * 2**20)
