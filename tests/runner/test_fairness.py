"""Nobody waits for what does not concern him: a long item holds up none behind it, a slow group none of the others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from jobs.runtime.core.records import Outcome
from tests.support.machine import Machine

POOLS = [(1, 4), *(pytest.param(pool, marks=pytest.mark.slow) for pool in ((2, 1), (2, 4)))]


def end(outcome: Outcome) -> float:
    return (outcome.started_at or 0) + (outcome.seconds or 0)


@pytest.mark.parametrize("pool", POOLS)
def test_a_long_item_holds_up_none_of_those_behind_it(machine: Machine, pool: tuple[int, int]) -> None:
    machine.perform(["ok"] * 500, pool=pool)
    cells = ["ok"] * 3_000
    cells[1_500] = "sleep 4"

    found = machine.perform(cells, pool=pool)

    long = found.pop(1_500)
    assert max(map(end, found)) < end(long) - 1


@pytest.mark.parametrize("pool", POOLS)
def test_a_slow_group_holds_up_none_of_the_others(machine: Machine, pool: tuple[int, int]) -> None:
    cells = ["sleep 1.5@slow"] * 3 + ["ok@0", "ok@1", "ok@2"] * 500

    found = machine.perform(cells, pool=pool, at_once=1)

    slow, others = found[:3], found[3:]
    assert max(map(end, others)) < end(slow[2]) - 1
    assert all(one.started_at and one.started_at >= end(before) for before, one in pairwise(slow))
