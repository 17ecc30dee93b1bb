"""Runs on a real Dask cluster of this machine: a scheduler and two workers with their nannies, over mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime import client
from tests.runner.cluster.conftest import Cluster
from tests.support.dask_cluster import PATIENT, DaskCluster
from tests.support.machine import Machine, until


@pytest.fixture
def dask(machine: Machine, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaskCluster]:
    certificates = tmp_path / "certificates"
    client.make_certificates(certificates)
    folder = tmp_path / "dask"
    folder.mkdir()
    here = DaskCluster(folder, certificates)
    monkeypatch.setenv("JOBS_CLUSTER", here.address)
    monkeypatch.setenv("JOBS_CLUSTER_CERTIFICATES", str(certificates))
    yield here
    machine.end()
    here.close()


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_costs_only_what_was_out(
    machine: Machine, cluster: Cluster, dask: DaskCluster
) -> None:
    assert dask.address.startswith("tls://127.0.0.1:")
    run = machine.submit(["sleep 0.5"] * 16, pool=(2, 1))
    until(lambda: client.progress(run.id).run.ok >= 2, PATIENT)
    dask.workers()[0].kill()

    ended = machine.finish(run, PATIENT)
    assert (ended.state, ended.ok) == ("finished", 16)
    machine.check_books(ended)
    client.runner_process.stop_runner()  # type: ignore[attr-defined]
    cluster.check_nothing_is_left()
