"""A job of JOBS_PATH may start processes of its own, in every way that a job in the package may."""

from __future__ import annotations

import pytest

from tests.support.machine import Machine

WAYS = [*(f"{how} {way}" for how in ("process", "executor") for way in ("spawn", "fork", "forkserver")), "joblib"]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("way", WAYS)
def test_what_processes_of_the_jobs_own_compute_arrives(machine: Machine, way: str, threads: int) -> None:
    (outcome,) = machine.perform([way], "processes", pool=(1, threads))

    assert (outcome.error, outcome.row) == ("", {"result": "[0, 1, 4, 9]"})
