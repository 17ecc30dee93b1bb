"""A run on a cluster while whatever carries it is killed at random: every item has one outcome, and nothing is left."""

from __future__ import annotations

import contextlib
import faulthandler
import random

import psutil
import pytest

from jobs.runtime import client
from tests.runner.cluster.conftest import Cluster
from tests.support.machine import Machine, until

PATIENT = 240.0
KILLED = ("worker", "agent", "engine", "runner")


def kill_one(kind: str, machine: Machine, cluster: Cluster, chance: random.Random) -> bool:
    """Kill one of this kind; False: none is there now."""
    if kind == "runner":
        machine.kill_runner()
        client.ensure_runner()
        return True
    with contextlib.suppress(psutil.Error):
        found = {"worker": cluster.workers, "agent": cluster.agents, "engine": lambda: engines(machine)}[kind]()
        if found:
            chance.choice(found).kill()
            return True
    return False


def engines(machine: Machine) -> list[psutil.Process]:
    children = psutil.Process(machine.runner_pid()).children()
    return [child for child in children if "cluster.engine" in " ".join(child.cmdline())]


@pytest.mark.slow
@pytest.mark.parametrize(("items", "times"), [(600, 2), pytest.param(12_000, 20, marks=pytest.mark.soak)])
def test_every_item_has_one_outcome_whatever_is_killed(
    machine: Machine, cluster: Cluster, items: int, times: int
) -> None:
    faulthandler.cancel_dump_traceback_later()  # it may take minutes
    chance = random.Random(20)
    run = machine.submit(["sleep 0.1"] * items, pool=(2, 4), attempts=3)
    kills = [kind for kind in KILLED for _ in range(times)]
    chance.shuffle(kills)
    for kind in kills:
        done = client.progress(run.id).run.done
        until(lambda done=done: client.progress(run.id).run.done > done, PATIENT)
        assert not client.run(run.id).state.terminal, "it ended before all were killed: give it more items"
        until(lambda kind=kind: kill_one(kind, machine, cluster, chance), PATIENT)

    ended = machine.finish(run, PATIENT + items / 10)
    assert (ended.state, ended.ok, ended.error) == ("finished", items, "")
    machine.check_books(ended)
    client.runner_process.stop_runner()  # type: ignore[attr-defined]
    cluster.check_nothing_is_left()
