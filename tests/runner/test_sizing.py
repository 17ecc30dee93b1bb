"""The pool of a run changes its size while the run goes on: in a living worker, with the reason in its log."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.core.records import AUTO, Pool, Run
from jobs.runtime.home import runner_lock
from tests.support.machine import Machine, until

ANY = (AUTO, AUTO)


def resizes(run: Run) -> list[str]:
    return [event.text for event in client.events_of(run.id, "resized")]


def workers_started(run: Run) -> int:
    return len(client.events_of(run.id, "worker_started"))


def slots_of(machine: Machine, run: Run) -> int:
    """The highest slot that an item of the run was performed in."""
    return max(outcome.slot or 0 for outcome in machine.outcomes(run))


def test_a_pool_of_items_that_wait_grows_in_its_worker(machine: Machine) -> None:
    run = machine.finish(machine.submit(["sleep 0.5"] * 200, pool=ANY))

    assert resizes(run)[0].startswith("16 → 32 threads: all slots wait, CPU ")
    assert run.peak is not None
    assert run.peak.processes == 1
    assert 16 < slots_of(machine, run) <= run.peak.threads
    assert (workers_started(run), run.pool) == (1, Pool(processes=AUTO, threads=AUTO))
    machine.check_books(run)


def test_a_pool_of_quick_items_stays_as_it_begins(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok"] * 100, pool=ANY))

    assert (resizes(run), run.peak) == ([], Pool(processes=1, threads=16))


def test_a_pool_is_no_larger_than_the_items_of_its_run(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok"] * 3, pool=ANY))

    assert run.peak == Pool(processes=1, threads=3)


@pytest.mark.parametrize("pool", [(1, 20), (AUTO, AUTO)])
def test_a_worker_that_a_pool_of_its_own_size_has_left_grows_for_the_next_run(
    machine: Machine, pool: tuple[int, int]
) -> None:
    first = machine.finish(machine.submit(["ok"] * 3, pool=ANY))
    run = machine.finish(machine.submit(["sleep 0.2"] * 60, pool=pool))

    assert (workers_started(first), workers_started(run)) == (1, 0)
    assert slots_of(machine, run) >= 16


def test_a_pool_begins_small_again_in_a_worker_that_has_grown(machine: Machine) -> None:
    machine.finish(machine.submit(["sleep 0.3"] * 100, pool=ANY))
    run = machine.finish(machine.submit(["sleep 0.1"] * 12, pool=ANY))

    assert (workers_started(run), run.peak) == (0, Pool(processes=1, threads=12))


def test_a_run_whose_pool_has_grown_is_cancelled_in_time(machine: Machine) -> None:
    run = machine.submit(["sleep 1"] * 400, pool=ANY)
    until(lambda: resizes(run), 30)
    client.cancel(run.id)
    ended = machine.finish(run)

    assert ended.cancel_seconds is not None
    assert ended.cancel_seconds < 10
    machine.check_books(ended)


@pytest.mark.slow
def test_a_pool_that_grew_loses_nothing_when_its_worker_is_killed(machine: Machine) -> None:
    run = machine.submit(["sleep 0.5"] * 150, pool=ANY)
    until(lambda: resizes(run), 30)
    machine.workers()[0].kill()
    ended = machine.finish(run)

    assert ended.ok == 150
    machine.check_books(ended)


LIMITED = """
import sys, time
from jobs.runtime.runner.pool import local_process, usage
usage.machine_seconds, usage.machine_cores = time.monotonic, lambda: 2
usage.pool_caps = lambda: usage.PoolCaps(processes=2, slots=64)
local_process.LocalProcess.cpu = lambda process: 1.5 * time.monotonic()
from jobs.__main__ import main
sys.exit(main(["runner", "--idle", "20"]))
"""
"""A runner on a machine of two cores, to which each worker looks as if it used more than one."""


@pytest.mark.slow
def test_a_second_process_comes_and_works_where_one_interpreter_is_at_its_limit(machine: Machine) -> None:
    runner = subprocess.Popen([sys.executable, "-c", LIMITED], cwd=settings.PROJECT, stdout=subprocess.DEVNULL)
    until(lambda: runner_lock.alive(machine.home), 30)
    assert machine.runner_pid() == runner.pid  # it has taken over: a client would have another one leave
    run = machine.finish(machine.submit(["sleep 0.2"] * 1_600, pool=ANY), 120)

    assert machine.runner_pid() == runner.pid
    (why,) = [text for text in resizes(run) if text.startswith("1 → 2 processes")]
    assert "one interpreter is at its limit, CPU " in why
    assert (run.ok, workers_started(run)) == (1_600, 2)
    assert run.peak is not None
    assert run.peak.processes == len({outcome.worker for outcome in machine.outcomes(run)}) == 2
    machine.check_books(run)
    machine.end()
    runner.wait(20)
