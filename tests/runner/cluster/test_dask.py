"""Runs on a real Dask cluster of this machine: a scheduler and two workers with their nannies, over mutual TLS; or one
that begins without workers."""

from __future__ import annotations

import faulthandler
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from jobs.runtime import client
from jobs.runtime.core.records import AUTO, Pool, RunState
from tests.runner.cluster.conftest import Cluster
from tests.support.adaptive_cluster import AdaptiveCluster
from tests.support.dask_cluster import PATIENT, DaskCluster
from tests.support.machine import Machine, until

Used = TypeVar("Used", DaskCluster, AdaptiveCluster)


def used(here: Used, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Used]:
    """A cluster to which the runs of a test go; it is closed after its runner."""
    monkeypatch.setenv("JOBS_CLUSTER", here.address)
    yield here
    machine.end()
    here.close()


@pytest.fixture
def dask(
    machine: Machine, cluster: Cluster, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DaskCluster]:
    yield from used(DaskCluster(tmp_path, certificates), machine, monkeypatch)


@pytest.fixture
def adaptive(
    machine: Machine, cluster: Cluster, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AdaptiveCluster]:
    yield from used(AdaptiveCluster(tmp_path, certificates), machine, monkeypatch)


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_costs_only_what_was_out(
    machine: Machine, cluster: Cluster, dask: DaskCluster
) -> None:
    assert dask.address.startswith("tls://127.0.0.1:")
    dask.add_worker()
    run = machine.submit(["sleep 0.5"] * 40, pool=(AUTO, 1))
    until(lambda: (client.run(run.id).peak or Pool(processes=1, threads=1)).processes == 3, PATIENT)
    until(lambda: client.status().cluster.dashboard.startswith("http://127.0.0.1:"), PATIENT)
    dask.workers()[0].kill()

    ended = machine.finish(run, PATIENT)
    assert (ended.state, ended.ok) == ("finished", 40)
    machine.check_books(ended)
    client.runner_process.stop_runner()  # type: ignore[attr-defined]
    cluster.check_nothing_is_left()


@pytest.mark.slow
def test_a_run_waits_while_the_scheduler_is_gone_and_ends_whole_when_it_is_back(
    machine: Machine, cluster: Cluster, dask: DaskCluster
) -> None:
    run = machine.submit(["sleep 0.5"] * 24, pool=(2, 1))
    until(lambda: client.progress(run.id).run.ok >= 2, PATIENT)
    port = dask.kill_scheduler()
    until(lambda: any("cannot be reached" in event.text for event in client.events(run.id, 50)), PATIENT)
    assert client.run(run.id).state is RunState.RUNNING
    dask.start_again(port)

    ended = machine.finish(run, PATIENT)
    assert (ended.state, ended.ok, ended.error) == ("finished", 24, "")
    assert any(event.text == "the cluster is reached again" for event in client.events(run.id, 100))
    machine.check_books(ended)


@pytest.mark.slow
def test_workers_of_dask_that_come_and_go_neither_lose_nor_double_an_item(
    machine: Machine, cluster: Cluster, dask: DaskCluster
) -> None:
    run = machine.submit(["sleep 0.3"] * 60, pool=(2, 1))
    until(lambda: client.progress(run.id).run.ok >= 2, PATIENT)
    for leaving in dask.processes[1:3]:
        dask.add_worker()
        leaving.terminate()
        done = client.run(run.id).ok
        until(lambda done=done: client.progress(run.id).run.ok >= done + 4, PATIENT)

    ended = machine.finish(run, PATIENT)
    assert (ended.state, ended.ok) == ("finished", 60)
    machine.check_books(ended)


@pytest.mark.slow
def test_a_cluster_without_workers_has_one_for_a_run_and_is_without_again_afterwards(
    machine: Machine, cluster: Cluster, adaptive: AdaptiveCluster
) -> None:
    assert not adaptive.workers()
    run = machine.submit(["sleep 0.1"] * 20, pool=(1, 1))

    ended = machine.finish(run, PATIENT)
    assert (ended.state, ended.ok) == ("finished", 20)
    assert adaptive.workers()
    machine.check_books(ended)
    client.runner_process.stop_runner()  # type: ignore[attr-defined]
    until(lambda: not adaptive.workers(), PATIENT)
    cluster.check_nothing_is_left()


@pytest.mark.slow
@pytest.mark.parametrize(("items", "times"), [(2_000, 2), pytest.param(60_000, 20, marks=pytest.mark.soak)])
def test_every_item_has_one_outcome_whatever_nanny_or_scheduler_is_killed(
    machine: Machine, cluster: Cluster, dask: DaskCluster, items: int, times: int
) -> None:
    faulthandler.cancel_dump_traceback_later()  # it may take minutes
    chance = random.Random(20)
    run = machine.submit(["sleep 0.03"] * items, pool=(2, 4))
    kills = ["nanny", "scheduler"] * times
    chance.shuffle(kills)
    for kind in kills:
        done = client.progress(run.id).run.done
        until(lambda done=done: client.progress(run.id).run.done > done, PATIENT)
        assert not client.run(run.id).state.terminal, "it ended before all were killed: give it more items"
        if kind == "nanny":
            dask.replace(chance.choice(dask.processes[1:]))
        else:
            dask.start_again(dask.kill_scheduler())

    ended = machine.finish(run, PATIENT + items / 50)
    assert (ended.state, ended.ok, ended.error) == ("finished", items, "")
    machine.check_books(ended)
    client.runner_process.stop_runner()  # type: ignore[attr-defined]
    cluster.check_nothing_is_left()
