"""Nobody waits for what does not concern him: a long item holds up none behind it, a slow group none of the others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from jobs.runtime import client
from jobs.runtime.core.people import Person, acting_as
from jobs.runtime.core.records import Outcome, RunState
from tests.support.machine import Machine, until

POOLS = [(1, 4), *(pytest.param(pool, marks=pytest.mark.slow) for pool in ((2, 1), (2, 4)))]


def end(outcome: Outcome) -> float:
    return (outcome.started_at or 0) + (outcome.seconds or 0)


@pytest.mark.slow
@pytest.mark.parametrize("pool", POOLS)
def test_a_long_item_holds_up_none_of_those_behind_it(machine: Machine, pool: tuple[int, int]) -> None:
    machine.perform(["ok"] * 500, pool=pool)
    cells = ["ok"] * 3_000
    cells[1_500] = "sleep 4"

    found = machine.perform(cells, pool=pool)

    long = found.pop(1_500)
    assert max(map(end, found)) < end(long) - 1


@pytest.mark.slow
@pytest.mark.parametrize("pool", POOLS)
def test_a_slow_group_holds_up_none_of_the_others(machine: Machine, pool: tuple[int, int]) -> None:
    cells = ["sleep 1.5@slow"] * 3 + ["ok@0", "ok@1", "ok@2"] * 500

    found = machine.perform(cells, pool=pool, at_once=1)

    slow, others = found[:3], found[3:]
    assert max(map(end, others)) < end(slow[2]) - 1
    assert all(one.started_at and one.started_at >= end(before) for before, one in pairwise(slow))


def test_the_one_run_of_somebody_waits_for_none_of_anothers(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_ACTIVE_RUNS", "1")
    with acting_as(Person(owner="ann@example.org")):
        many = [machine.submit(["sleep 60"], pool=(1, 1)).id for _ in range(3)]
    until(lambda: client.run(many[0]).state is RunState.RUNNING)

    with acting_as(Person(owner="bob@example.org")):
        one = machine.submit(["ok"], pool=(1, 1))
        ended = client.wait(one.id, 60)

    assert ended.state is RunState.FINISHED
    assert [client.run(run).state for run in many] == [RunState.RUNNING, RunState.QUEUED, RunState.QUEUED]
