"""One item never harms another: crashes, hangs and memory are the outcome of the item at fault, and of it alone."""

from __future__ import annotations

import os
import signal

import pytest

from jobs.runtime import client
from jobs.runtime.core.records import Outcome
from tests.support.machine import Machine, until

POOLS = [(1, 8), (2, 1), pytest.param((2, 4), marks=pytest.mark.slow)]
IDS = ["threads", "processes", "both"]


def codes(found: list[Outcome]) -> dict[int, str]:
    return {outcome.position: outcome.code for outcome in found if outcome.state.value != "ok"}


@pytest.mark.slow
@pytest.mark.parametrize("pool", [(1, 16), (2, 1), (2, 16)], ids=["1x16", "2x1", "2x16"])
def test_of_200_items_seven_fail_each_for_its_own_reason(
    machine: Machine, pool: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_WORKER_MEMORY", "256 MiB")
    cells = ["sleep 0.01"] * 200
    culprits = {
        20: ("segv", "worker_lost"),
        45: ("leave 3", "worker_lost"),
        70: ("memory", "out_of_memory"),
        95: ("gmp", "out_of_memory"),
        120: ("return object", "unencodable"),
        145: ("hang_in_c", "timeout"),
        170: ("stubborn", "timeout"),
    }
    for position, (cell, _) in culprits.items():
        cells[position - 1] = cell

    found = machine.perform(cells, pool=pool, deadline=5.0)

    assert codes(found) == {position: code for position, (_, code) in culprits.items()}
    assert "SIGSEGV" in found[19].error
    assert "exited with code 3" in found[44].error


@pytest.mark.parametrize("pool", POOLS, ids=IDS)
def test_a_crash_is_blamed_on_its_item_alone_after_three_tries(machine: Machine, pool: tuple[int, int]) -> None:
    found = machine.perform(["sleep 0.05", "segv", *["sleep 0.05"] * 20], pool=pool)

    assert codes(found) == {2: "worker_lost"}
    assert found[1].attempts == 3
    assert "SIGSEGV" in found[1].error


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["hang_in_c", "stubborn", "spin"])
@pytest.mark.parametrize("pool", POOLS, ids=IDS)
def test_what_is_stuck_past_its_deadline_costs_its_process_and_nobody_else(
    machine: Machine, pool: tuple[int, int], verb: str
) -> None:
    run = machine.finish(machine.submit(["ok", verb, *["sleep 0.1"] * 12], pool=pool, deadline=1.0))

    found = machine.outcomes(run)
    assert codes(found) == {2: "timeout"}
    assert found[1].seconds is not None
    assert 1.0 <= found[1].seconds < 8
    assert any(event.kind == "worker_died" for event in client.events(run.id))


@pytest.mark.slow
def test_what_crashes_or_hangs_in_a_thread_that_computes_is_blamed_on_its_item(machine: Machine) -> None:
    cells = [*["apart sleep 0.05"] * 5, "apart segv", *["apart sleep 0.05"] * 5, "apart hang_in_c"]

    found = machine.perform([*cells, *["sleep 0.05"] * 5], pool=(1, 8), deadline=2.0)

    assert codes(found) == {6: "worker_lost", 12: "timeout"}
    assert (found[5].attempts, found[11].attempts) == (3, 1)


@pytest.mark.slow
def test_healthy_items_that_hold_the_gil_are_never_killed(machine: Machine) -> None:
    """Many calls for some seconds, and one call of some; beside and behind them, others that are quick."""
    found = machine.perform(["gil 4", "fac 12000000", *["sleep 0.05"] * 10], pool=(1, 4), deadline=None)

    assert codes(found) == {}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("pool", "deadline"),
    [((1, 4), None), ((2, 2), None), ((1, 4), 90.0), ((2, 2), 90.0)],
    ids=["1x4", "2x2", "1x4, a deadline", "2x2, a deadline"],
)
def test_healthy_items_that_hold_the_gil_for_twenty_seconds_are_never_killed(
    machine: Machine, pool: tuple[int, int], deadline: float | None
) -> None:
    """Many calls for 20 s, and one call of about 20 s; beside them and behind them, others that are quick."""
    cells = ["ok", "gil 20", "sleep 0.5", "fac 65000000", *["sleep 0.05"] * 60]
    run = machine.finish(machine.submit(cells, pool=pool, deadline=deadline), 150)

    found = machine.outcomes(run)
    assert codes(found) == {}
    assert {outcome.attempts for outcome in found} == {1}
    assert (found[1].seconds or 0.0) >= 20.0
    assert not any(event.kind == "worker_died" for event in client.events(run.id, 1_000))


@pytest.mark.slow
def test_an_item_that_holds_the_gil_past_the_deadline_of_another_is_not_killed(machine: Machine) -> None:
    """The first should be done at 10.7 s; by then the third holds the GIL in one call, since it began at 10.2 s."""
    run = machine.finish(machine.submit(["sleep 10.7", "sleep 10.2", "fac 10000000"], pool=(1, 2), deadline=10.0))

    assert codes(machine.outcomes(run)) == {}
    assert not any(event.kind == "worker_died" for event in client.events(run.id))


def test_memory_is_blamed_on_its_item_alone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_WORKER_MEMORY", "256 MiB")

    found = machine.perform(["sleep 0.3", "memory", "gmp", *["sleep 0.2"] * 6], pool=(1, 4))

    assert codes(found) == {2: "out_of_memory", 3: "out_of_memory"}


def test_memory_is_blamed_beside_the_long_stacks_of_many_threads(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_WORKER_MEMORY", "256 MiB")

    found = machine.perform(["gmp", "sleep 0.1"], pool=(1, 99))

    assert codes(found) == {1: "out_of_memory"}


def test_a_worker_killed_from_outside_costs_nothing_but_time(machine: Machine) -> None:
    run = machine.submit(["sleep 0.3"] * 8, pool=(2, 1))
    until(lambda: client.progress(run.id).doing)
    worker = client.progress(run.id).doing[0].worker
    assert 0 < worker < 2**22  # a process of this machine, never -1: that is every process
    os.kill(worker, signal.SIGKILL)

    assert codes(machine.outcomes(machine.finish(run))) == {}


def test_every_worker_killed_at_once_is_replaced(machine: Machine) -> None:
    run = machine.submit(["sleep 0.3"] * 12, pool=(2, 2))
    until(lambda: len({doing.worker for doing in client.progress(run.id).doing}) == 2)
    for worker in machine.workers():
        worker.kill()

    assert codes(machine.outcomes(machine.finish(run))) == {}


@pytest.mark.slow
def test_a_stopped_worker_is_replaced_and_its_items_done_elsewhere(machine: Machine) -> None:
    run = machine.submit(["sleep 1"] * 6, pool=(1, 2), deadline=None)
    until(lambda: client.progress(run.id).doing)
    worker = client.progress(run.id).doing[0].worker
    assert 0 < worker < 2**22  # a process of this machine, never -1: that is every process
    os.kill(worker, signal.SIGSTOP)

    assert codes(machine.outcomes(machine.finish(run))) == {}


def test_three_failed_starts_end_the_run_with_the_reason(machine: Machine, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "dies.py").write_text(
        '"""Dies."""\nimport multiprocessing, os\nfrom jobs import job\n'
        "if multiprocessing.parent_process(): os._exit(9)\n"
        '@job(bound="io")\ndef dies(text: str) -> str: return text\n'
    )
    monkeypatch.setenv("JOBS_PATH", str(folder))

    run = machine.finish(machine.submit(["x"], "dies"))

    assert run.state == "failed"
    assert "exited with code 9" in run.error
