"""Where two things meet: cancel and groups, pause and preparation, holds and suspects, changed code and old params."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.core.errors import IllegalMove
from tests.support.machine import Machine, stays, until


def test_a_cancelled_run_lets_its_groups_go(machine: Machine) -> None:
    first = machine.submit(["sleep 60@one"], at_once=1)
    until(lambda: client.progress(first.id).doing)
    client.cancel(first.id)
    machine.finish(first)

    assert machine.perform(["ok@one"], at_once=1)[0].state == "ok"


def test_pause_and_resume_in_the_midst_of_the_preparation(machine: Machine) -> None:
    run = machine.submit([f"slow hook {number}" for number in range(900)], pool=(2, 1))
    until(lambda: any(event.kind == "worker_ready" for event in client.events(run.id)))
    for _ in range(4):
        client.pause(run.id)
        until(lambda: client.run(run.id).state == "paused")
        client.resume(run.id)
        until(lambda: client.run(run.id).state == "running")
    client.cancel(run.id)

    assert machine.finish(run).state == "cancelled"
    assert "Traceback" not in machine.log()


@pytest.mark.slow
def test_a_hook_that_kills_its_worker_costs_its_item_and_nobody_waits_for_ever(machine: Machine) -> None:
    cells = ["ok"] * 22_000
    cells[3] = "deadly hook"
    run = machine.finish(machine.submit(cells, pool=(2, 4)), 200)

    assert (run.state, run.ok, run.failed) == ("finished", 21_999, 1)
    assert [outcome.code for _, _, outcome in client.failures(run.id)] == ["worker_lost"]


def test_a_worker_killed_while_it_prepares_one_item_costs_nothing_but_time(machine: Machine, tmp_path: Path) -> None:
    (found,) = machine.perform([f"first hook {tmp_path / 'killed'}"], pool=(1, 1))

    assert (tmp_path / "killed").exists()
    assert (found.state.value, found.attempts) == ("ok", 1)


def test_params_that_no_longer_fit_end_the_run_with_the_reason(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        '"""Limits that change."""\nfrom typing import Annotated\nfrom pydantic import Field\nfrom jobs import job\n'
        '@job(bound="io")\ndef changing(text: str, *, much: Annotated[int, Field(le=MOST)] = 3) -> str:\n'
        "    return text\n"
    )
    folder = tmp_path / "jobs"
    folder.mkdir()
    monkeypatch.setenv("JOBS_PATH", str(folder))
    (folder / "changing.py").write_text(source.replace("MOST", "1000"))
    run = machine.submit_only(["ok"], "changing", params={"much": 40})
    (folder / "changing.py").write_text(source.replace("MOST", "10"))
    client.ensure_runner()

    failed = machine.finish(run)
    assert failed.state == "failed"
    assert "the params of the run do not fit changing as it is now" in failed.error


STARTS_TWICE = '''"""Two of its workers start, and no other."""
import os
import time
from pathlib import Path
from jobs import job
HERE = Path(__file__).parent

def ready():
    if (HERE / "no more").exists():
        os._exit(7)
    (HERE / f"{os.getpid()}.started").touch()

@job(bound="io", ready=ready)
def twice(text: str) -> str:
    while len(list(HERE.glob("*.started"))) < 2:
        time.sleep(0.02)
    if text == "die" and not (HERE / "no more").exists():
        (HERE / "no more").touch()
        os._exit(1)
    while text == "wait" and not (HERE / "over").exists():
        time.sleep(0.02)
    return text
'''


def test_a_run_goes_on_with_the_workers_it_has_where_no_more_start(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "twice.py").write_text(STARTS_TWICE)
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))
    run = machine.submit(["wait", "die", "ok", "ok"], "twice", pool=(2, 1), attempts=1, deadline=None)
    died = "exited with code 7"
    until(lambda: sum(died in event.text for event in client.events(run.id, 50)) >= 3, 60)
    (tmp_path / "over").touch()

    ended = machine.finish(run)
    assert (ended.state, ended.ok, ended.error) == ("finished", 4, "")


@pytest.mark.slow
def test_a_runner_whose_slots_are_all_busy_does_not_spin(machine: Machine) -> None:
    cells = ["ok@a", "sleep 30@a", "ok@b", "sleep 30@b", *["ok@c"] * 30]
    run = machine.submit(cells, pool=(1, 2), pause=0.5)
    until(lambda: {doing.position for doing in client.progress(run.id).doing} == {2, 4})
    time.sleep(1)
    runner = psutil.Process(machine.runner_pid())
    before = sum(runner.cpu_times()[:2])
    time.sleep(2)

    assert sum(runner.cpu_times()[:2]) - before < 1.0
    client.cancel(run.id)


@pytest.mark.slow
def test_a_suspect_whose_group_is_held_idles_no_worker(machine: Machine) -> None:
    cells = ["hold 40@held", "sleep 0.6@held", "leave@other", *["sleep 0.05@third"] * 30]
    run = machine.submit(cells, pool=(1, 4))
    until(lambda: client.run(run.id).done >= 31, 25)

    with contextlib.suppress(IllegalMove):  # it has ended already where the crash took nothing with it
        client.cancel(run.id)
    assert machine.finish(run).ok >= 30


@pytest.mark.slow
def test_an_item_that_stops_its_own_process_is_blamed_in_the_end(machine: Machine) -> None:
    found = machine.perform(["stop", "ok"], pool=(1, 1), deadline=None)

    assert [(outcome.state.value, outcome.code) for outcome in found] == [("failed", "worker_lost"), ("ok", "")]
    assert "stopped" in found[0].error


def test_wall_time_counts_after_a_pause_a_cancel_and_a_retry(machine: Machine) -> None:
    run = machine.submit(["sleep 0.5"] * 3, pool=(1, 1))
    until(lambda: client.progress(run.id).doing)
    client.pause(run.id)
    stays(lambda: client.run(run.id).state == "paused", 1)
    client.cancel(run.id)
    machine.finish(run)
    client.retry(run.id)

    ended = machine.finish(run)
    assert ended.paused_since is None
    assert 1.0 <= ended.seconds(time.time()) < 30


@pytest.mark.slow
def test_a_submit_while_the_runner_leaves_is_taken_up_by_the_next(machine: Machine) -> None:
    first = machine.submit(["sleep 3"], pool=(1, 1))
    until(lambda: client.progress(first.id).doing)
    leaving = machine.runner_pid()
    os.kill(leaving, signal.SIGTERM)
    stays(lambda: not client.run(first.id).state.terminal, 0.5)

    assert machine.finish(machine.submit(["ok"], pool=(1, 1)), 25).ok == 1
    assert machine.finish(first).ok == 1
    assert machine.runner_pid() != leaving


def test_an_item_waits_from_submit_until_it_starts(machine: Machine) -> None:
    found = machine.perform(["sleep 0.3"] * 4, pool=(1, 1))

    waited = [outcome.waited_seconds or 0.0 for outcome in found]
    assert waited == sorted(waited)
    assert waited[3] >= 0.9


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of descriptors are POSIX")
def test_where_the_system_gives_no_more_workers_the_run_goes_on_with_fewer(machine: Machine) -> None:
    run = machine.submit_only(["sleep 0.1"] * 40, pool=(24, 1))
    command = f"ulimit -n 64; exec {sys.executable} -m jobs runner --idle 5"
    runner = subprocess.Popen(["sh", "-c", command], cwd=settings.PROJECT, stdout=subprocess.DEVNULL)
    until(lambda: client.run(run.id).state.terminal, 90)
    runner.terminate()
    runner.wait(20)

    assert (client.run(run.id).state, client.run(run.id).ok) == ("finished", 40)
    assert any(event.kind == "worker_missing" for event in client.events(run.id))
    assert "crashed" not in {event.kind for event in client.events(run.id)}
