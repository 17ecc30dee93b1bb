"""Runs on a cluster of plain processes: the same promises, whoever of it is killed when."""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import AUTO, Pool, RunState
from jobs.runtime.home import artifacts
from jobs.runtime.runner.pool import pool
from tests.runner.cluster.conftest import Cluster
from tests.support import other_home
from tests.support.machine import Machine, until
from tests.support.processes import run_python

PATIENT = 120.0


def begin(machine: Machine, cells: list[str], **options: object):
    run = machine.submit(cells, **options)  # type: ignore[arg-type]
    until(lambda: client.progress(run.id).doing or client.run(run.id).state.terminal, PATIENT)
    assert not client.run(run.id).state.terminal, (client.events(run.id, 20), machine.log())
    return run


def finish(machine: Machine, run):
    ended = machine.finish(run, PATIENT)
    machine.check_books(ended)
    return ended


def kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def test_items_are_performed_there_and_what_they_print_comes_back(machine: Machine, cluster: Cluster) -> None:
    run = finish(machine, machine.submit(["ok", "bug", "fail gone"], pool=(1, 2)))

    ok, bug, failed = machine.outcomes(run)
    assert (run.on, ok.state, bug.code, failed.code) == ("cluster", "ok", "bug", "gone")
    assert all(outcome.worker == f"{platform.node()}/1" for outcome in (ok, bug, failed))
    assert [span.worker for span in client.spans(run.id)] == [f"{platform.node()}/1"] * 3
    assert not machine.workers()
    ready = next(event for event in client.events(run.id, 50) if event.kind == "worker_ready")
    assert ready.facts["machine"] == platform.node()
    until(lambda: client.status().cluster.machines)
    assert [(one.machine, one.workers) for one in client.status().cluster.machines] == [(platform.node(), 1)]
    told = run_python("-m", "jobs", "status").stdout
    assert re.search(rf"machine: {re.escape(platform.node())}, 1 worker, .* away", told), told


def test_what_a_running_item_has_printed_is_seen_here_and_outlives_the_runner(
    machine: Machine, cluster: Cluster
) -> None:
    run = machine.submit(["hang begun"], "talk", pool=(1, 1), deadline=None)
    until(lambda: client.printed(run.id, 1), PATIENT)
    assert [(one.attempt, one.lost) for one in client.printed(run.id, 1)] == [(1, False)]
    machine.kill_runner()
    client.ensure_runner()
    client.cancel(run.id)

    finish(machine, run)
    assert client.printed(run.id, 1)[0].lost
    assert not list((machine.home / "workers").glob("*.prints"))


@pytest.mark.slow
@pytest.mark.parametrize("home", ["shared", "of another machine"])
def test_files_come_back_whole_and_what_was_not_finished_does_not(
    machine: Machine, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    if home != "shared":
        monkeypatch.setenv("PYTHONPATH", other_home.python_path(tmp_path / "site"))
    run = finish(machine, machine.submit(["write", "raise", "write too"], "writer", pool=(2, 1), attempts=1))

    folder = artifacts.folder(machine.home, run.id)
    assert (run.ok, run.failed) == (2, 1)
    assert sorted(path.name for path in folder.iterdir()) == ["1-1-text.txt", "3-1-text.txt"]
    assert {path.read_bytes() for path in folder.iterdir()} == {b"begun" * 1_000_000}
    assert bool(list((machine.home / "shared").glob("agent-*"))) == (home == "shared")
    client.runner_process.stop_runner()  # type: ignore[attr-defined]
    assert not (machine.home / "shared").exists()


def test_a_cancel_ends_what_runs_there(machine: Machine, cluster: Cluster) -> None:
    run = begin(machine, ["sleep 600", "spin", "sleep 600"], pool=(1, 3))
    client.cancel(run.id)

    assert finish(machine, run).state is RunState.CANCELLED
    until(lambda: not cluster.workers())


@pytest.mark.slow
def test_the_item_that_crashes_its_worker_there_is_blamed_alone(machine: Machine, cluster: Cluster) -> None:
    run = finish(machine, machine.submit(["segv", *["sleep 0.01"] * 5], pool=(1, 2)))

    crashed, *others = machine.outcomes(run)
    assert (crashed.code, {outcome.state for outcome in others}) == ("worker_lost", {"ok"})
    assert "SIGSEGV" in crashed.error


@pytest.mark.slow
def test_workers_and_agents_killed_cost_only_what_was_out(machine: Machine, cluster: Cluster) -> None:
    run = begin(machine, ["sleep 0.3"] * 24, pool=(2, 2))
    kill(cluster.workers()[0])
    until(lambda: client.progress(run.id).run.ok > 6, PATIENT)
    kill(cluster.agents()[0])

    assert finish(machine, run).ok == 24


@pytest.mark.slow
def test_an_engine_that_is_killed_is_started_again(machine: Machine, cluster: Cluster) -> None:
    run = begin(machine, ["sleep 0.2"] * 20, pool=(2, 1))
    children = psutil.Process(machine.runner_pid()).children()
    kill(next(child for child in children if "cluster.engine" in " ".join(child.cmdline())))

    assert finish(machine, run).ok == 20


@pytest.mark.slow
def test_a_runner_that_is_killed_takes_its_agents_along_and_the_next_goes_on(
    machine: Machine, cluster: Cluster
) -> None:
    run = begin(machine, ["sleep 0.5"] * 30, pool=(2, 1))
    before = cluster.processes()
    machine.kill_runner()
    until(lambda: not any(process.is_running() for process in before), 30)
    client.ensure_runner()

    assert finish(machine, run).ok == 30


@pytest.mark.slow
def test_an_agent_that_is_silent_for_longer_than_its_lease_is_given_up(machine: Machine, cluster: Cluster) -> None:
    run = begin(machine, ["sleep 0.5"] * 30, pool=(2, 1))
    silent = cluster.agents()[0]
    silent.send_signal(signal.SIGSTOP)
    try:
        until(lambda: any("was not heard of" in event.text for event in client.events(run.id, 50)), 40)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            silent.send_signal(signal.SIGCONT)

    assert finish(machine, run).ok == 30
    until(lambda: silent not in cluster.processes(), 30)


@pytest.mark.slow
def test_a_run_goes_on_here_when_the_cluster_does_not_come(
    machine: Machine, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_CLUSTER", "tcp://127.0.0.1:1")
    run = machine.submit(["ok"], pool=(100, 1))
    until(lambda: any("cannot be reached" in event.text for event in client.events(run.id, 50)), PATIENT)
    client.pause(run.id)
    until(lambda: not machine.sql("SELECT 1 FROM runs WHERE state = 'running'"))
    client.resume(run.id, on="local")

    ended = finish(machine, run)
    assert (ended.state, ended.on, ended.pool.processes) == ("finished", "local", 64)
    assert any("here with at most 64 processes" in event.text for event in client.events(run.id, 50))


@pytest.mark.slow
def test_a_job_that_does_not_load_there_is_named_with_its_machine(
    machine: Machine, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "lacks.py").write_text(
        '"""Lacks a package there."""\nimport multiprocessing\nfrom jobs import job\n'
        "if multiprocessing.parent_process(): import a_package_of_elsewhere\n"
        '@job(bound="io")\ndef lacks(text: str) -> str: return text\n'
    )
    monkeypatch.setenv("JOBS_PATH", str(folder))

    ended = machine.finish(machine.submit(["x"], "lacks"), PATIENT)

    assert ended.state == "failed"
    assert "No module named 'a_package_of_elsewhere'" in ended.error
    assert ended.error.startswith(platform.node())


def test_a_python_there_that_is_too_old_is_named_with_its_machine_before_an_item_is_tried(
    machine: Machine, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(  # loaded by each Python; only agents find themselves to be old
        "import platform, sys\n"
        "if any('The first words of an agent' in word for word in sys.orig_argv):\n"
        "    sys.version_info = (3, 10, 13, 'final', 0)\n"
        "    platform.python_version = lambda: '3.10.13'\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))

    ended = machine.finish(machine.submit(["x"]), PATIENT)

    assert ended.state == "failed"
    assert f"{platform.node()}: it has Python 3.10.13 ({sys.executable}), and 3.11 or newer is needed" in ended.error
    assert "start its Dask worker with such a Python" in ended.error
    assert not client.progress(ended.id).run.done


def test_a_pool_that_finds_its_own_size_goes_by_the_places_of_the_cluster(
    machine: Machine, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = (os.cpu_count() or 1) + 1
    monkeypatch.setenv("JOBS_CLUSTER", f"processes://{places}")

    run = machine.submit(["sleep 1"] * 40, pool=(AUTO, 1))
    until(lambda: len({doing.worker for doing in client.progress(run.id).doing}) == places, PATIENT)
    client.cancel(run.id)
    ended = finish(machine, run)

    assert (ended.peak, ended.pool) == (Pool(processes=places, threads=1), Pool(processes=AUTO, threads=1))


def test_a_run_may_ask_for_more_processes_than_there_are_places(machine: Machine, cluster: Cluster) -> None:
    ended = finish(machine, machine.submit(["ok"] * 1_000, pool=(1_000, 1)))

    assert (ended.state, ended.ok, ended.error) == ("finished", 1_000, "")
    assert {outcome.worker for outcome in machine.outcomes(ended)} <= {
        f"{platform.node()}/{number}" for number in (1, 2)
    }


def test_nothing_is_left_when_the_runner_leaves(machine: Machine, cluster: Cluster) -> None:
    finish(machine, machine.submit(["ok"], pool=(2, 1)))
    client.runner_process.stop_runner()  # type: ignore[attr-defined]

    cluster.check_nothing_is_left()


@pytest.mark.slow
def test_a_run_that_has_all_places_makes_way_for_another(machine: Machine, cluster: Cluster) -> None:
    long = begin(machine, ["sleep 0.3"] * 100, pool=(2, 1))
    short = machine.submit(["ok"], pool=(2, 1))

    assert finish(machine, short).ok == 1
    assert client.progress(long.id).run.state is RunState.RUNNING
    client.cancel(long.id)
    finish(machine, long)


def test_workers_that_are_kept_warm_make_way_for_another_job(machine: Machine, cluster: Cluster) -> None:
    finish(machine, machine.submit(["sleep 0.5"] * 4, pool=(2, 1)))
    assert len(cluster.workers()) == 2
    ended = machine.finish(machine.submit(["x"], "noop", pool=(1, 1)), pool.KEEP_WARM / 2)

    assert (ended.state, ended.ok) == ("finished", 1)


def test_a_host_is_asked_gently_by_all_machines_together(machine: Machine, cluster: Cluster, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    run = finish(machine, machine.submit([f"mark {marks} 0.2@host"] * 8, pool=(2, 2), at_once=1))

    assert {outcome.worker for outcome in machine.outcomes(run)} <= {f"{platform.node()}/{n}" for n in (1, 2)}
    begun = sorted(float(line.split()[1]) for line in marks.read_text().splitlines())
    assert len(begun) == 8
    assert min(later - sooner for sooner, later in itertools.pairwise(begun)) >= 0.2


def test_pages_of_the_sample_site_are_read_there(machine: Machine, cluster: Cluster) -> None:
    run = finish(machine, machine.submit(["http://site-1.sample/", "http://site-2.sample/"], "scrape", pool=(2, 1)))

    outcomes = machine.outcomes(run)
    assert [(one.state, one.row["status"]) for one in outcomes] == [("ok", 200)] * 2


def test_pages_of_the_sample_site_are_refused_where_other_machines_are(
    machine: Machine, cluster: Cluster, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = machine.submit(["http://site-1.sample/"], "scrape")
    client.pause(here.id)
    monkeypatch.setenv("JOBS_CLUSTER", "tls://cluster.example:8786")

    with pytest.raises(Refused, match="on this machine alone"):
        machine.submit(["http://shop.sample/"], "noop")
    with pytest.raises(Refused, match="on this machine alone"):
        client.resume(here.id, on="cluster")

    assert client.count_runs() == 1
