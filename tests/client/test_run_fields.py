"""How many processes a run may ask for, by where they are."""

from __future__ import annotations

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import BadParams, Refused
from tests.support.machine import Machine


def test_more_processes_than_this_machine_may_have_are_for_a_cluster(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_CLUSTER", "processes://2")

    with pytest.raises(Refused, match=r"processes: 65 is too large for this machine: give 1 to 64, or .*--on cluster"):
        machine.submit_only(["x"], pool=(65, 1))
    with pytest.raises(BadParams, match="processes: 1001 is too large: give 1 to 1,000, or auto"):
        machine.submit_only(["x"], pool=(1_001, 1), on="cluster")
    assert client.count_runs() == 0

    assert machine.submit_only(["x"], pool=(1_000, 1), on="cluster").pool.processes == 1_000
