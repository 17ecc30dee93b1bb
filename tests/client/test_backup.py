"""A backup holds what a home held at one moment, and opens on another; cut short, neither leaves anything half done."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.client.backup_file import FORMAT, MANIFEST
from jobs.runtime.core.errors import FanoutError, Refused
from jobs.runtime.core.records import RunState
from jobs.runtime.store import snapshot
from jobs.runtime.store.connection import FILE
from tests.support.machine import Machine, until


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def test_runs_and_their_files_open_on_another_home(machine: Machine, tmp_path: Path, elsewhere: Path) -> None:
    run = machine.finish(machine.submit(["20000", "25"], "factorial", pool=(1, 1)))
    row = machine.outcomes(run)[0].row or {}
    whole = client.artifact(run.id, str(row["digits_file"])).read_bytes()
    out = tmp_path / "runs.zip"

    kept = client.backup(out)
    machine.end()
    machine.move_to(elsewhere)
    restored = client.restore(out)

    assert kept == restored
    assert (restored.runs, restored.files) == (1, len(list((elsewhere / "artifacts" / run.id).iterdir())))
    assert client.run(run.id).state is RunState.FINISHED
    assert machine.outcomes(run)[0].row == row
    assert client.artifact(run.id, str(row["digits_file"])).read_bytes() == whole
    client.rename(run.id, "it goes on here")
    assert client.run(run.id).name == "it goes on here"


def test_a_backup_is_its_owners_alone(machine: Machine, tmp_path: Path, elsewhere: Path) -> None:
    machine.finish(machine.submit(["20000"], "factorial", pool=(1, 1)))
    out = tmp_path / "runs.zip"
    client.backup(out)
    machine.move_to(elsewhere)
    client.restore(out)

    made = [out, *(path for path in elsewhere.rglob("*") if path.is_file())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
def test_what_runs_goes_on_and_is_paused_where_it_is_restored(
    machine: Machine, tmp_path: Path, elsewhere: Path
) -> None:
    run = machine.submit(["sleep 0.05"] * 60, pool=(1, 2))
    until(lambda: client.run(run.id).done > 3)

    client.backup(tmp_path / "runs.zip")
    assert machine.finish(run).ok == 60
    machine.end()
    machine.move_to(elsewhere)
    client.restore(tmp_path / "runs.zip")

    there = client.run(run.id)
    assert there.state is RunState.PAUSED
    assert there.error == snapshot.RESTORED
    assert 3 < there.done < 60
    client.resume(run.id)
    assert machine.finish(run).ok == 60
    assert len(machine.outcomes(run)) == 60


def test_a_value_given_as_a_secret_is_not_in_it(machine: Machine, tmp_path: Path) -> None:
    run = machine.submit(["a"], "confide", params={"token": "hunter2-hunter2"})
    machine.finish(run)

    client.backup(tmp_path / "runs.zip")

    with zipfile.ZipFile(tmp_path / "runs.zip") as archive:
        assert all(b"hunter2" not in archive.read(name) for name in archive.namelist())


def test_a_home_with_runs_is_left_as_it_is(machine: Machine, tmp_path: Path) -> None:
    run = machine.finish(machine.submit(["ok"]))
    client.backup(tmp_path / "runs.zip")

    with pytest.raises(Refused, match="has runs already: set JOBS_HOME to a new folder"):
        client.restore(tmp_path / "runs.zip")

    assert client.run(run.id).ok == 1


def spoiled(made: Path, change: str) -> bytes:
    content = made.read_bytes()
    if change == "cut":
        return content[: len(content) // 2]
    if change == "flipped":
        middle = content.index(b"SQLite") if b"SQLite" in content else len(content) // 2
        return content[:middle] + bytes(byte ^ 0xFF for byte in content[middle : middle + 64]) + content[middle + 64 :]
    return {"empty": b"", "text": b"url\nhttps://example.com\n"}[change]


@pytest.mark.parametrize("change", ["cut", "flipped", "empty", "text"])
def test_what_is_no_whole_backup_is_refused_and_leaves_no_run(
    machine: Machine, tmp_path: Path, elsewhere: Path, change: str
) -> None:
    machine.finish(machine.submit([f"text {number}" for number in range(200)]))
    client.backup(tmp_path / "runs.zip")
    (tmp_path / "bad.zip").write_bytes(spoiled(tmp_path / "runs.zip", change))
    machine.move_to(elsewhere)

    with pytest.raises(FanoutError, match="damaged"):
        client.restore(tmp_path / "bad.zip")

    assert client.count_runs() == 0
    assert client.restore(tmp_path / "runs.zip").runs == 1


def archive_of(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_names_that_lead_elsewhere_are_never_written(machine: Machine, tmp_path: Path, elsewhere: Path) -> None:
    machine.finish(machine.submit(["a"]))
    client.backup(tmp_path / "runs.zip")
    names = (
        "../out",
        "artifacts/../../out",
        "/tmp/out-of-backup",
        "artifacts/aa/.hidden",
        "runner.lock",
        "artifacts/a/b/c",
    )
    with zipfile.ZipFile(tmp_path / "runs.zip", "a") as archive:
        for name in names:
            archive.writestr(name, b"planted")
    machine.move_to(elsewhere)

    client.restore(tmp_path / "runs.zip")

    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == b"planted"] == []
    assert not Path("/tmp/out-of-backup").exists()


def test_a_store_or_a_backup_of_a_newer_version_is_refused(machine: Machine, tmp_path: Path, elsewhere: Path) -> None:
    machine.finish(machine.submit(["a"]))
    client.backup(tmp_path / "runs.zip")
    with zipfile.ZipFile(tmp_path / "runs.zip") as archive:
        (tmp_path / "newer").write_bytes(archive.read(FILE))
    with closing(sqlite3.connect(tmp_path / "newer")) as db:
        db.execute("PRAGMA user_version = 999")
    machine.move_to(elsewhere)
    about = {"format": FORMAT, "runs": 1}

    for file in (
        archive_of(tmp_path / "1.zip", **{MANIFEST: json.dumps(about | {"format": 99}).encode(), FILE: b""}),
        archive_of(
            tmp_path / "2.zip", **{MANIFEST: json.dumps(about).encode(), FILE: (tmp_path / "newer").read_bytes()}
        ),
    ):
        with pytest.raises(FanoutError, match="newer Fanout"):
            client.restore(file)

    assert client.count_runs() == 0


def start(verb: str, file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "jobs", verb, str(file)], stdout=subprocess.DEVNULL)


def planted_files(machine: Machine, run: str, number: int) -> None:
    """Files beside those of a run, which take some time to be packed and unpacked."""
    folder = machine.home / "artifacts" / run
    for count in range(number):
        (folder / f"{count}-1-planted.bin").write_bytes(os.urandom(2**20))


@pytest.mark.slow
def test_kills_in_the_middle_leave_the_old_backup_and_a_home_that_can_be_restored_to(
    machine: Machine, tmp_path: Path, elsewhere: Path
) -> None:
    run = machine.finish(machine.submit(["20000"], "factorial", pool=(1, 1)))
    out = tmp_path / "runs.zip"
    client.backup(out)
    before = out.read_bytes()
    planted_files(machine, run.id, 100)

    killed = start("backup", out)
    until(lambda: any(path.stat().st_size > 5 * 2**20 for path in tmp_path.glob(".runs.zip.*.part")))
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(20) == -signal.SIGKILL
    assert out.read_bytes() == before
    assert client.run(run.id).ok == 1

    kept = client.backup(out)
    machine.move_to(elsewhere)
    killed = start("restore", out)
    until(lambda: len(list((elsewhere / "artifacts").glob("*/*"))) > 5)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(20) == -signal.SIGKILL
    assert client.count_runs() == 0

    assert client.restore(out) == kept
    assert client.run(run.id).ok == 1
