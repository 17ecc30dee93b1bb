"""The runner that is started: it works in the home that was meant."""

from __future__ import annotations

from pathlib import Path

from tests.support.processes import PROJECT, Python, end_processes_of


def test_a_relative_home_is_the_same_for_the_runner(tmp_path: Path, python: Python) -> None:
    words = ("-m", "jobs", "run", "factorial", "--item", "5")

    try:
        done = python(*words, cwd=tmp_path, JOBS_HOME="runs", JOBS_IDLE="5", PYTHONPATH=str(PROJECT))
    finally:
        end_processes_of(tmp_path / "runs")

    assert (done.returncode, "1 item: 1 ok" in done.stdout) == (0, True), done.stderr
    assert not (PROJECT / "runs").exists()
