"""The runner: started on demand, noticing work, gone when idle; killed at any moment, and nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.home import runner_lock
from tests.support.machine import Machine, until


def test_nothing_runs_before_there_is_work_and_the_runner_leaves_when_idle(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_IDLE", "0.5")
    assert not runner_lock.alive(machine.home)

    machine.perform(["ok"])
    workers = machine.workers()
    assert workers

    until(lambda: not runner_lock.alive(machine.home), 10)
    until(lambda: not any(worker.is_running() for worker in workers), 10)


def test_a_plain_file_in_the_place_of_the_doorbell_is_no_runner(machine: Machine) -> None:
    machine.home.mkdir()
    (machine.home / runner_lock.DOORBELL).touch()

    assert not runner_lock.alive(machine.home)
    assert not runner_lock.ring(machine.home)
    assert machine.perform(["ok"])[0].state == "ok"
    assert runner_lock.alive(machine.home)


def test_workers_are_reused_warm(machine: Machine) -> None:
    (first,) = machine.perform(["ok"], pool=(1, 2))
    (second,) = machine.perform(["ok"], pool=(1, 2))

    assert first.worker == second.worker


def test_a_second_runner_leaves_while_one_works(machine: Machine) -> None:
    machine.perform(["ok"])
    command = [sys.executable, "-m", "jobs", "runner", "--patience", "0.1"]
    second = subprocess.run(command, cwd=settings.PROJECT, capture_output=True, text=True, timeout=20, check=False)

    assert second.returncode == 0
    assert "another runner" in second.stdout


def test_a_standby_takes_over_after_a_kill(machine: Machine) -> None:
    run = machine.submit(["sleep 0.1"] * 40, pool=(1, 4))
    until(lambda: client.run(run.id).done > 4)
    command = [sys.executable, "-m", "jobs", "runner", "--patience", "30", "--idle", "20"]
    standby = subprocess.Popen(command, cwd=settings.PROJECT, stdout=subprocess.DEVNULL)
    first = machine.runner_pid()
    os.kill(first, signal.SIGKILL)
    until(lambda: client.run(run.id).state.terminal, 60)  # and nobody asks for another runner meanwhile

    assert client.run(run.id).ok == 40
    assert machine.runner_pid() == standby.pid
    standby.kill()
    standby.wait()


def test_an_interrupted_run_goes_on_by_itself_when_a_runner_starts(machine: Machine) -> None:
    run = machine.submit(["sleep 0.1"] * 20, pool=(1, 2))
    until(lambda: client.run(run.id).done >= 4)
    machine.kill_runner()
    assert client.progress(run.id).interrupted
    before = {outcome.seq for _, _, outcome in client.rows(run.id, 1, 20) if outcome}

    client.ensure_runner()
    ended = machine.finish(run)
    assert ended.ok == 20
    assert before <= {outcome.seq for outcome in machine.outcomes(ended)}


@pytest.mark.parametrize("verb", ["sleep 60", "gil 60"])
def test_no_worker_outlives_a_killed_runner(machine: Machine, verb: str) -> None:
    run = machine.submit([verb] * 4, pool=(2, 2))
    until(lambda: len({doing.worker for doing in client.progress(run.id).doing}) == 2)
    family = psutil.Process(machine.runner_pid()).children(recursive=True)
    machine.kill_runner()

    assert len(family) >= 2
    until(lambda: not any(process.is_running() for process in family), 20)


def test_a_terminated_runner_finishes_what_has_started_and_leaves(machine: Machine) -> None:
    run = machine.submit(["sleep 0.5"] * 40, pool=(1, 2))
    until(lambda: len(client.progress(run.id).doing) == 2)
    asked = time.monotonic()
    assert client.stop_runner(12)

    assert time.monotonic() - asked < 10
    done = client.run(run.id).done
    assert 2 <= done < 40
    assert machine.sql("SELECT count(*) FROM attempts") == [(0,)]
    client.ensure_runner()
    client.cancel(run.id)


@pytest.mark.slow
@pytest.mark.parametrize("pool", [(1, 8), (2, 4)], ids=["threads", "both"])
def test_ten_kills_at_random_moments_lose_and_double_nothing(machine: Machine, pool: tuple[int, int]) -> None:
    chance = random.Random(7)
    items = 600
    run = machine.submit(["sleep 0.02"] * items, pool=pool)
    seen: dict[int, int] = {}
    for kill in range(10):
        time.sleep(chance.uniform(0.05, 1.2))
        for _, _, outcome in client.rows(run.id, 1, items):
            if outcome is not None:
                assert seen.setdefault(outcome.position, outcome.seq) == outcome.seq
        workers = machine.workers() if runner_lock.alive(machine.home) else []
        if kill % 3 == 2 and workers:
            chance.choice(workers).kill()
        elif runner_lock.alive(machine.home):
            machine.kill_runner()
        client.ensure_runner()

    ended = machine.finish(run, 120)
    final = {outcome.position: outcome.seq for outcome in machine.outcomes(ended)}
    assert ended.ok == items
    assert sorted(final) == list(range(1, items + 1))
    assert all(final[position] == seq for position, seq in seen.items())
    assert machine.sql("PRAGMA integrity_check") == [("ok",)]
    assert machine.sql("SELECT count(*), count(DISTINCT position) FROM outcomes") == [(items, items)]


def test_a_cancel_outlives_a_kill(machine: Machine) -> None:
    run = machine.submit(["sleep 0.2"] * 300, pool=(1, 2))
    until(lambda: client.run(run.id).done > 0)
    client.cancel(run.id)
    machine.kill_runner()
    client.ensure_runner()

    ended = machine.finish(run)
    assert ended.state == "cancelled"
    assert ended.ok + ended.cancelled == 300


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("JOBS_ALLOW_NETS", "127.0.0.0/8"),
        ("JOBS_WORKER_MEMORY", "1 GiB"),
        ("JOBS_MAX_DIGITS", "1000"),
        ("JOBS_ACTIVE_RUNS", "2"),
        ("JOBS_IDLE", "30"),
    ],
)
def test_an_idle_runner_with_other_settings_is_followed_by_a_new_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    machine.perform(["ok"])
    first = machine.runner_pid()
    monkeypatch.setenv(name, text)
    machine.perform(["ok"])

    assert machine.runner_pid() != first


def test_an_idle_runner_stays_while_its_settings_mean_the_same(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "jobs", "runner", "--idle", "25"]
    with subprocess.Popen(command, cwd=settings.PROJECT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
        until(lambda: runner_lock.alive(machine.home))
        until(lambda: machine.runner_pid() == child.pid)
        monkeypatch.setenv("JOBS_WORKER_MEMORY", "2048 MiB")
        monkeypatch.setenv("JOBS_MAX_ITEMS", "7")
        machine.perform(["ok"])

        assert machine.runner_pid() == child.pid
        machine.end()


def test_an_idle_runner_costs_next_to_nothing(machine: Machine) -> None:
    machine.perform(["ok"])
    runner = psutil.Process(machine.runner_pid())
    before = sum(runner.cpu_times()[:2])
    time.sleep(2)

    assert sum(runner.cpu_times()[:2]) - before < 0.8


@pytest.mark.slow
def test_an_error_of_the_runners_own_is_told_and_the_third_ends_the_run(machine: Machine) -> None:
    run = machine.submit_only(["ok"] * 3)
    for _ in range(3):
        command = [sys.executable, "-m", "tests.faults.killed", "with an error of its own"]
        ended = subprocess.run(command, cwd=settings.PROJECT, check=False, timeout=60, capture_output=True)
        assert ended.returncode == 0, ended.stderr

    failed = client.run(run.id)
    assert failed.state == "failed"
    assert "RuntimeError: a defect" in failed.error
    assert [event.kind for event in client.events(run.id)].count("crashed") == 3
    client.retry(run.id)
    assert machine.finish(run).ok == 3


@pytest.mark.parametrize("jump", ["3600", "-3600"])
def test_the_clock_may_jump_an_hour_either_way(machine: Machine, jump: str) -> None:
    run = machine.submit_only(["later 0.5 1", *["sleep 0.1"] * 40])
    command = [sys.executable, "-m", "tests.faults.killed", f"with a clock that jumps by {jump} s"]
    ended = subprocess.run(command, cwd=settings.PROJECT, check=False, timeout=60, capture_output=True)

    assert ended.returncode == 0, ended.stderr
    found = client.run(run.id)
    assert (found.state, found.ok) == ("finished", 41)
    assert 0 < found.seconds(0) < 60
    assert all(0 <= (outcome.seconds or -1) < 20 for outcome in machine.outcomes(found))


def test_a_worker_inherits_no_connection_to_the_store(machine: Machine) -> None:
    machine.perform(["ok"])
    (worker,) = machine.workers()

    assert not [file.path for file in worker.open_files() if "store.sqlite3" in file.path]


def test_runs_in_a_row_start_no_more_workers_than_they_need(machine: Machine) -> None:
    pids = {machine.perform(["ok"], pool=(1, 2))[0].worker for _ in range(20)}

    assert len(pids) == 1
