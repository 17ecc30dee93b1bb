"""Workers are kept between runs, also those that a short run did not wait for."""

from __future__ import annotations

from jobs.runtime import client
from tests.support.machine import Machine


def workers_of(run_id: str) -> set[int]:
    """The workers that were given to a run, warm or not."""
    kinds = ("worker_started", "worker_ready")
    return {event.facts["worker"] for event in client.events(run_id) if event.kind in kinds}


def test_a_worker_that_still_starts_when_its_run_ends_serves_the_next(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok"] * 2, pool=(2, 1)))
    second = machine.finish(machine.submit(["ok"] * 2, pool=(2, 1)))

    assert len(workers_of(first.id)) == 2
    assert workers_of(second.id) == workers_of(first.id)
