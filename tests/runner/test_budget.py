"""A run is paused when its budget is spent: at requests, bytes, or the sum of a column; and goes on when a person says
so."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jobs.runtime import client
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import FanoutError, Refused
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.core.reuse import Reuse
from tests.support.machine import Machine, until


def spending(machine: Machine, cells: list[str], **budget: Any) -> Run:
    """A run of these items, one at a time, that has ended or is paused."""
    run = machine.submit(cells, "spend", pool=(1, 1), budget=Budget(**budget))
    return settled(run)


def settled(run: Run) -> Run:
    until(lambda: client.run(run.id).state in (RunState.PAUSED, RunState.FINISHED))
    return client.run(run.id)


def drained(run: Run) -> Run:
    """The run once nothing of it is out any more."""
    seen = [client.run(run.id).done, time.monotonic()]

    def still() -> bool:
        done = client.run(run.id).done
        seen[:] = seen if done == seen[0] else [done, time.monotonic()]
        return time.monotonic() - seen[1] > 1.0

    until(still)
    return client.run(run.id)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("budget", "sentence"),
    [
        ({"requests": 30}, "requests were sent (at most 30)"),
        ({"bytes": 5_000}, "KiB were read (at most 4.9 KiB)"),
        ({"column": "cost", "total": 2.5}, "the sum of cost is "),
    ],
)
def test_a_run_is_paused_when_its_budget_is_spent_and_goes_on_without(
    machine: Machine, budget: dict[str, Any], sentence: str
) -> None:
    run = drained(spending(machine, ["3 500 0.25 slow"] * 14, **budget))
    assert run.state is RunState.PAUSED
    assert sentence in run.error
    assert 10 <= run.ok < 14
    assert run.spent.requests == 3 * run.ok
    assert (run.spent.bytes, run.spent.total) == (500 * run.ok, 0.25 * run.ok if "total" in budget else 0.0)
    client.resume(run.id)

    ended = machine.finish(run)

    assert (ended.state, ended.ok, ended.spent.requests) == ("finished", 14, 42)
    assert not ended.budget
    machine.check_books(ended)


@pytest.mark.slow
def test_a_raised_budget_pauses_again(machine: Machine) -> None:
    run = drained(spending(machine, ["1 0 0 slow"] * 9, requests=2, bytes=10**9))
    with pytest.raises(FanoutError, match="are spent already: give more than that"):
        client.resume(run.id, Budget(requests=1))
    client.resume(run.id, Budget(requests=6))
    until(lambda: client.run(run.id).ok >= 6)

    again = drained(settled(run))

    assert again.state is RunState.PAUSED
    assert 6 <= again.ok < 9
    assert again.budget == Budget(requests=6, bytes=10**9)
    client.resume(run.id)
    assert machine.finish(run).budget == Budget(bytes=10**9)


def test_what_is_tried_again_and_what_fails_counts_too(machine: Machine) -> None:
    ended = spending(machine, ["2 10 1 later", "3 10 2 fail", "5 10 none"], column="cost", total=100.0)

    assert ended.state is RunState.FINISHED
    assert (ended.spent.requests, ended.spent.bytes, ended.spent.total) == (2 + 2 + 3 + 5, 40, 3.0)


def test_a_negative_number_gives_nothing_back(machine: Machine) -> None:
    run = drained(spending(machine, ["0 0 1", "0 0 -100", "0 0 1", *["0 0 1 slow"] * 4], column="cost", total=2.0))

    assert run.state is RunState.PAUSED
    assert run.spent.total >= 2.0
    assert run.ok < 7


@pytest.mark.slow
def test_a_column_without_a_number_pauses_the_run_that_counts_on_it(machine: Machine) -> None:
    run = drained(spending(machine, ["0 0 none slow"] * 30, column="cost", total=1.0))
    assert run.state is RunState.PAUSED
    assert "has a number in cost, so that its sum says nothing" in run.error
    client.resume(run.id)

    assert machine.finish(run).ok == 30


def test_failures_without_a_number_do_not_say_that_the_sum_says_nothing(machine: Machine) -> None:
    cells = [*["0 0 none later"] * 19, *["0 0 none fail"] * 25, "0 0 1"]

    ended = spending(machine, cells, column="cost", total=100.0)

    assert (ended.state, ended.spent.numbered, ended.spent.unnumbered) == (RunState.FINISHED, 1, 19)


def test_infinite_and_missing_numbers_are_no_numbers(machine: Machine) -> None:
    ended = spending(machine, ["0 0 nan", "0 0 inf", "0 0 1e308", "0 0 1"], column="cost", total=9e299)

    assert ended.spent.total in (1e300, 1.0)
    assert ended.spent.unnumbered >= 1


def test_rows_of_earlier_runs_cost_nothing(machine: Machine) -> None:
    cells = ["1 0 1", "1 0 2", "1 0 3"]
    machine.finish(machine.submit(cells, "spend"))

    run = machine.submit([*cells, "1 0 4"], "spend", reuse=Reuse(), budget=Budget(column="cost", total=6.0))

    ended = machine.finish(run)
    assert (ended.reused, ended.spent.total, ended.spent.requests) == (3, 4.0, 1)


@pytest.mark.slow
def test_a_runner_killed_when_the_budget_is_nearly_spent_spends_no_more_of_it(machine: Machine) -> None:
    run = machine.submit(["1 0 0 slow"] * 12, "spend", pool=(1, 2), budget=Budget(requests=6))
    until(lambda: client.run(run.id).spent.requests >= 2)
    machine.kill_runner()
    client.ensure_runner()

    paused = drained(settled(run))

    assert paused.state is RunState.PAUSED
    assert 6 <= paused.spent.requests == paused.ok <= 7
    machine.kill_runner()
    client.ensure_runner()
    assert client.run(run.id).state is RunState.PAUSED
    client.resume(run.id)
    machine.check_books(machine.finish(run))


def test_a_retry_of_a_run_whose_budget_is_spent_is_paused_before_anything_starts(machine: Machine) -> None:
    run = spending(machine, ["5 0 1 fail"], requests=5)
    assert run.state is RunState.FINISHED
    client.retry(run.id)

    again = drained(settled(run))

    assert (again.state, again.failed, again.spent.requests) == ("paused", 0, 5)
    client.resume(run.id)
    assert machine.finish(run).spent.requests == 10


@pytest.mark.parametrize(
    ("job", "budget", "sentence"),
    [
        ("spend", Budget(column="nonsense", total=1.0), "there is no column 'nonsense' to add up (there are cost, "),
        ("spend", Budget(column="words", total=1.0), "words is no column of numbers"),
        ("spend", Budget(column="anything", total=1.0), "give it a type, as in anything: float = …"),
        ("spend", Budget(requests=0), "a run can be paused at a number above 0, and 0.0 is none"),
        ("spend", Budget(column="cost", total=float("nan")), "and nan is none"),
        ("spend", Budget(column="cost", total=float("inf")), "and inf is none"),
        ("spend", Budget(column="cost", total=-1.0), "and -1.0 is none"),
        ("act", Budget(requests=5), "act sends no requests that could be counted"),
        ("act", Budget(bytes=5), "act sends no requests that could be counted"),
    ],
)
def test_a_budget_that_could_never_be_reached_is_refused(
    machine: Machine, job: str, budget: Budget, sentence: str
) -> None:
    with pytest.raises(Refused) as refusal:
        machine.submit_only(["1 1 1"], job, budget=budget)

    assert sentence in str(refusal.value)
    assert client.runs() == []
