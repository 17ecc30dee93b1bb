"""Runs on a Dask cluster of several hosts, each a network namespace: other addresses and names, and a wire between."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Run
from tests.runner.cluster.conftest import Cluster
from tests.support import hosts
from tests.support.dask_cluster import PATIENT, DaskCluster, Place
from tests.support.hosts import Hosts
from tests.support.machine import Machine, until

OTHERS = ("north", "south")


@pytest.fixture
def three(
    machine: Machine, cluster: Cluster, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hosts]:
    """The runner on the first of them, a scheduler and a worker of Dask on the second, a worker on the third."""
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(hosts.started())
        except hosts.Missing as error:
            pytest.skip(str(error))
        places = [Place(found.address(name), partial(found.within, name)) for name in OTHERS]
        dask = DaskCluster(tmp_path, certificates, places)
        stack.callback(dask.close)
        monkeypatch.setenv("JOBS_CLUSTER", dask.address)
        runner = subprocess.Popen(found.within("here", [sys.executable, "-m", "jobs", "runner"]))
        stack.callback(runner.wait)
        stack.callback(runner.kill)
        machine.runner_pid()  # it has the lock, and has entered itself: nobody else starts one
        yield found


def finish(machine: Machine, run: Run) -> Run:
    ended = machine.finish(run, PATIENT)
    assert (ended.state, ended.ok, ended.error) == ("finished", run.items, "")
    machine.check_books(ended)
    return ended


def times(tmp_path: Path, items: int) -> Counter[int]:
    """How often each item was begun, by what they have written."""
    return Counter(len((tmp_path / str(item)).read_text().splitlines()) for item in range(items))


def machines_of(machine: Machine, run: Run) -> Counter[str]:
    return Counter(str(outcome.worker).split("/")[0] for outcome in machine.outcomes(run))


def marks(tmp_path: Path, items: int, seconds: float) -> list[str]:
    return [f"mark {tmp_path / str(item)} {seconds}" for item in range(items)]


@pytest.mark.slow
def test_items_are_performed_once_on_hosts_that_are_told_apart(machine: Machine, three: Hosts, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="on this machine alone"):
        machine.submit(["http://shop.sample/"], "noop")
    run = machine.submit(marks(tmp_path, 60, 0.5), pool=(2, 1))
    until(lambda: {one.machine for one in client.status().cluster.machines} == set(OTHERS), PATIENT)

    ended = finish(machine, run)
    assert times(tmp_path, 60) == {1: 60}
    assert set(machines_of(machine, ended)) == set(OTHERS)
    assert {span.worker.split("/")[0] for span in client.spans(run.id)} == set(OTHERS)


@pytest.mark.slow
def test_a_wire_that_is_slow_and_loses_some_costs_time_alone(machine: Machine, three: Hosts, tmp_path: Path) -> None:
    try:
        three.slow_down(50, "1%")
    except hosts.Missing as error:
        pytest.skip(str(error))
    run = machine.submit(marks(tmp_path, 200, 0.05), pool=(2, 4))
    until(lambda: any(one.round_trip >= 0.05 for one in client.status().cluster.machines), PATIENT)

    finish(machine, run)
    assert times(tmp_path, 200) == {1: 200}


@pytest.mark.slow
def test_a_host_that_is_cut_off_for_longer_than_its_lease_is_given_up_and_its_items_are_performed_again(
    machine: Machine, three: Hosts, tmp_path: Path
) -> None:
    run = machine.submit(marks(tmp_path, 60, 0.5), pool=(2, 1))
    until(lambda: {doing.worker.split("/")[0] for doing in client.progress(run.id).doing} == set(OTHERS), PATIENT)
    three.cut("south")
    until(lambda: any("south was not heard of for 8 s" in event.text for event in client.events(run.id, 50)), 40)
    three.mend("south")

    ended = finish(machine, run)
    begun = times(tmp_path, 60)
    assert begun[1] + begun[2] == 60
    assert begun[2]
    assert set(machines_of(machine, ended)) == set(OTHERS)
