"""What goes to the machines of a cluster besides items: secrets, and the question whether something may begin."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.private_files import make_folder
from jobs.runtime.runner.cluster import code_archive
from jobs.runtime.runner.cluster.received_file import ReceivedFile
from tests.runner.cluster.conftest import Cluster
from tests.support.machine import Machine, until

PATIENT = 120.0
ONCE = '''"""Begin what must not be done twice, and never end it."""
import time
from jobs import begin_once, job
@job(bound="io")
def once(text: str, *, told: str = "") -> str:
    begins = begin_once()
    with open(told, "a") as file:
        file.write(f"{begins} ")
    if begins:
        time.sleep(600)
    return str(begins)
'''


def test_secrets_arrive_and_are_nowhere_afterwards(
    machine: Machine, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets"
    file.touch(0o600)
    file.write_text("TOKEN=named-s3cret\n")
    monkeypatch.setenv("JOBS_SECRETS", str(file))
    named = machine.submit(["length", "row"], "confide", params={"token": "{secret:TOKEN}"})
    given = machine.submit(["length"], "confide", params={"token": "given-s3cret-as-it-is"})

    lengths = [machine.outcomes(machine.finish(run, PATIENT))[0].row for run in (named, given)]
    assert [(row or {})["anything"][1] for row in lengths] == [len("named-s3cret"), len("given-s3cret-as-it-is")]
    assert "named-s3cret" not in repr(client.rows(named.id, 1, 2))
    client.runner_process.stop_runner()  # type: ignore[attr-defined]
    cluster.check_nothing_is_left()


@pytest.mark.slow
def test_what_must_not_be_done_twice_is_not_begun_again_after_its_worker_was_lost(
    machine: Machine, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = tmp_path / "jobs", tmp_path / "told"
    folder.mkdir()
    (folder / "once.py").write_text(ONCE)
    monkeypatch.setenv("JOBS_PATH", str(folder))
    run = machine.submit(["x"], "once", params={"told": str(told)}, pool=(1, 1), deadline=None)
    until(lambda: told.exists() and told.read_text(), PATIENT)
    cluster.workers()[0].kill()

    (outcome,) = machine.outcomes(machine.finish(run, PATIENT))
    assert (outcome.row, told.read_text()) == ({"result": "False"}, "True False ")


def test_all_folders_of_jobs_path_travel_whatever_they_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ui"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))

    names = code_archive.build().times

    assert "path/0/ui/__init__.py" in names
    assert not [name for name in names if name.startswith("jobs/ui/")]


def test_what_only_the_runner_loads_does_not_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runtime" / "runner").mkdir(parents=True)
    (tmp_path / "runtime" / "runner" / "loop.py").touch()
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))

    names = [name for name in code_archive.build().times if "__pycache__" not in name]

    assert [name for name in names if name.count("/") == 3 and name.startswith("jobs/runtime/runner/")] == [
        "jobs/runtime/runner/__init__.py"
    ]
    assert not [name for name in names if name.startswith("jobs/runtime/runner/schedule/")]
    assert "path/0/runtime/runner/loop.py" in names


def test_a_file_of_which_the_disk_takes_a_part_at_a_time_arrives_whole(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write(file, bytes(content[:3])))
    make_folder(home)
    file = ReceivedFile(home, "run", "1-1-a.txt", 7)

    file.write(b"abcdefgh")
    file.finish()

    assert (home / "artifacts" / "run" / "1-1-a.txt").read_bytes() == b"abcdefgh"


def test_a_file_whose_run_is_gone_is_closed_once(home: Path) -> None:
    make_folder(home)
    file = ReceivedFile(home, "run", "1-1-a.txt", 7)
    shutil.rmtree(home / "artifacts" / "run")
    with pytest.raises(OSError, match="No such file"):
        file.finish()

    with (home / "another").open("w") as another:  # it is likely to have the number that is free again
        file.close()
        another.write("still open")


def test_what_is_hidden_in_jobs_path_stays_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".env", ".git/config", "own.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("KEY = 1\n")
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))

    names = [name for name in code_archive.build().times if name.startswith("path/")]

    assert names == ["path/0/own.py"]
