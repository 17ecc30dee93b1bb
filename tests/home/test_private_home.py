"""JOBS_HOME is its owner's alone: what it is made of, how an older one is tightened, and which ones are refused."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core import home_folder, notices, settings
from jobs.runtime.core.errors import StoreError
from jobs.runtime.home import artifacts, runner_lock, worker_logs
from jobs.runtime.job.decorator import Artifact
from jobs.runtime.store.connection import FILE, Store
from tests.support.machine import Machine, until
from tests.support.processes import run_python

NOBODY = 65_534
OPEN_ALL = """
import os, sys
for path in sys.argv[1:]:
    try:
        os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        print(path)
    except OSError:
        pass
"""
root_only = pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can be another user")


def modes(home: Path) -> dict[str, str]:
    """What is open to others, of a home and everything in it."""
    there = [home, *home.rglob("*")]
    loose = {}
    for path in there:
        with contextlib.suppress(FileNotFoundError):
            mode = path.lstat().st_mode
            if mode & 0o077:
                loose[str(path.relative_to(home))] = oct(stat.S_IMODE(mode))
    return loose


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def watched(home: Path) -> Iterator[set[tuple[str, str]]]:
    """What was ever open to others meanwhile, by looks in quick succession."""
    seen: set[tuple[str, str]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.update(modes(home).items() if home.exists() else ())
            time.sleep(0.0005)

    looker = threading.Thread(target=look)
    looker.start()
    yield seen
    over.set()
    looker.join()


@pytest.mark.slow
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277], ids=oct)
def test_x01_all_that_a_run_leaves_is_its_owners_alone_from_the_first_byte_on(machine: Machine, mask: int) -> None:
    with umask(mask), watched(machine.home) as seen:
        machine.perform(["ok", "return file", "leave"] * 5)
        client.stop_runner()

    names = {path.name for path in machine.home.rglob("*")}
    assert (seen, modes(machine.home)) == (set(), {})
    assert {FILE, "runner.lock", "runner.bell", "runner.trouble", "runner.log", "workers", "artifacts"} <= names


def test_x01_the_sample_site_writes_its_port_for_its_owner_alone(machine: Machine) -> None:
    with umask(0), watched(machine.home) as seen:
        machine.perform(["http://site-1.sample/"], "scrape")
        assert (machine.home / "sample.port").exists()

    assert (seen, modes(machine.home)) == (set(), {})


def test_x01_folders_above_a_home_are_nobody_elses_to_write(tmp_path: Path) -> None:
    with umask(0):
        Store(tmp_path / "above" / "home")

    assert (tmp_path / "above").stat().st_mode & 0o022 == 0


def loosen(home: Path) -> None:
    """A home as earlier versions left it under umask 022."""
    for path in [home, *home.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def old_home(machine: Machine) -> Path:
    machine.perform(["ok", "return file"])
    client.stop_runner()
    loosen(machine.home)
    client.runner_process._stores.clear()  # type: ignore[attr-defined]
    return machine.home


def test_x01_an_older_home_is_tightened_and_said_once(old_home: Path) -> None:
    sentence = f"{old_home} was open to other users of this machine: it is yours alone now"

    first, second = (run_python("-m", "jobs", "runs") for _ in range(2))

    assert (first.returncode, first.stderr, second.stderr) == (0, f"{sentence}\n", "")
    assert modes(old_home) == {}
    assert client.log_path().read_text().count(sentence) == 1


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5, 6, 8])
def test_x01_a_tightening_that_was_cut_short_is_seen_to_again(
    old_home: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    real, left = os.chmod, [after]

    def chmod(*arguments: object, **options: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "chmod", chmod)
    with contextlib.suppress(KeyboardInterrupt):
        home_folder.prepare(old_home)
    monkeypatch.undo()
    loose_before = modes(old_home)
    home_folder.prepare(old_home)

    assert (bool(loose_before), modes(old_home)) == (True, {})


def test_x01_a_folder_of_other_things_is_not_closed_to_others(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "theirs.txt").touch()

    with pytest.raises(StoreError, match=r"holds other things \(theirs.txt\) and is open to other users"):
        Store(shared)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


@root_only
def test_x01_another_user_reads_rings_and_locks_nothing(machine: Machine) -> None:
    machine.perform(["ok", "return file"])
    places = [machine.home, *machine.home.rglob("*")]
    for above in machine.home.parents:
        if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o001)

    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable, "-c", OPEN_ALL]
    reached = subprocess.run([*command, *map(str, places)], check=True, capture_output=True, text=True).stdout

    assert len(places) > 8
    assert reached == ""


def foreign(path: Path) -> Path:
    os.chown(path, NOBODY, NOBODY)
    return path


@root_only
def test_x21_a_home_of_another_user_is_refused_with_the_reason(machine: Machine) -> None:
    machine.home.mkdir()
    (machine.home / "runner.log").symlink_to(machine.home.parent / "precious")
    foreign(machine.home)

    ended = run_python("-m", "jobs", "runs")

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert f"{machine.home} belongs to user" in ended.stderr
    assert "set JOBS_HOME to a folder of your own" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", [*home_folder.FILES, *home_folder.FOLDERS])
def test_x21_a_link_where_a_file_is_expected_is_refused_and_what_it_leads_to_stays(
    machine: Machine, tmp_path: Path, name: str
) -> None:
    precious = tmp_path / "precious"
    if name in home_folder.FOLDERS:
        precious.mkdir()
        (precious / "act-1.log").write_text("precious")
    else:
        precious.write_text("precious " * 1_000_000)
    before = precious.stat()
    Store(machine.home)
    (machine.home / name).unlink(missing_ok=True)
    (machine.home / name).symlink_to(precious)

    for words in (["runs"], ["status"], ["run", "noop", "--item", "a"], ["runner", "--idle", "0"]):
        ended = run_python("-m", "jobs", *words)
        assert (ended.returncode, ended.stdout) == (2, ""), words
        assert f"{machine.home / name} is a symbolic link" in ended.stderr, words

    after = precious.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_mode) == (before.st_size, before.st_mtime_ns, before.st_mode)
    assert not precious.is_dir() or [path.name for path in precious.iterdir()] == ["act-1.log"]


@root_only
def test_x21_a_file_of_another_user_in_a_home_is_refused(machine: Machine) -> None:
    Store(machine.home)
    foreign(machine.home / FILE)

    ended = run_python("-m", "jobs", "runs")

    assert (ended.returncode, f"{machine.home / FILE} belongs to user" in ended.stderr) == (2, True)


@pytest.mark.parametrize("place", ["artifacts", "artifacts/run"])
def test_x21_nothing_is_written_swept_or_removed_behind_a_link(tmp_path: Path, place: str) -> None:
    home, precious = tmp_path / "home", tmp_path / "precious"
    Store(home)
    (precious / "run").mkdir(parents=True)
    for path in (precious / "1-1-kept.txt", precious / "run" / "1-1-kept.txt"):
        path.write_text("kept")
    (home / place).parent.mkdir(exist_ok=True)
    (home / place).symlink_to(precious)

    artifacts.sweep(home, "run", [])
    artifacts.remove(home, "run")
    (home / place).unlink(missing_ok=True)
    (home / place).symlink_to(precious)
    with pytest.raises(Exception, match="is a symbolic link"):
        artifacts.write(home, "run", "1-1", Artifact("new.txt", ["new"]))

    assert sorted(str(path.relative_to(precious)) for path in precious.rglob("*.txt")) == [
        "1-1-kept.txt",
        "run/1-1-kept.txt",
    ]


def test_x21_a_log_of_a_worker_that_is_a_link_is_neither_cut_nor_read(tmp_path: Path) -> None:
    home, precious = tmp_path / "home", tmp_path / "precious"
    Store(home)
    worker_logs.clear(home)
    precious.write_bytes(b"precious " * 1_000_000)
    log = worker_logs.path(home, "act", 1)
    log.symlink_to(precious)

    worker_logs.bound(log)
    worker_logs.discard(log)
    said = worker_logs.tail(log)
    with pytest.raises(StoreError, match="is a symbolic link"):
        worker_logs.redirect(home, "act", 1)
    worker_logs.clear(home)

    assert (said, log.is_symlink(), precious.stat().st_size) == ("", False, 9_000_000)


def test_x21_a_hard_link_that_others_could_put_there_is_refused(tmp_path: Path) -> None:
    home, precious = tmp_path / "home", tmp_path / "precious"
    Store(home)
    precious.write_text("precious")
    os.link(precious, home / "runner.log")
    home.chmod(0o777)

    with pytest.raises(StoreError, match="has a second name somewhere"):
        Store(home)
    assert precious.read_text() == "precious"


def test_x21_a_link_that_is_swapped_in_while_a_home_is_in_use_leads_nowhere(machine: Machine, tmp_path: Path) -> None:
    """Not by way of check and use: each folder is held, each file opened without following."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "keep.log").write_text("kept")
    run = machine.finish(machine.submit(["return file"]))
    for name in ("artifacts", "workers"):
        (machine.home / name).rename(tmp_path / name)
        (machine.home / name).symlink_to(precious)

    client.delete(run.id)
    until(lambda: client.count_runs() == 0)
    client.stop_runner()

    assert [path.name for path in precious.iterdir()] == ["keep.log"]


@pytest.mark.parametrize("name", ["runner.lock", "runner.log", "runner.trouble", FILE])
def test_x21_a_fifo_in_place_of_a_file_makes_nobody_wait(machine: Machine, name: str) -> None:
    Store(machine.home)
    (machine.home / name).unlink(missing_ok=True)
    os.mkfifo(machine.home / name)

    ended = run_python("-m", "jobs", "run", "noop", "--item", "a", timeout=30)

    assert (ended.returncode, f"{machine.home / name} is no ordinary file" in ended.stderr) == (2, True)


def test_a_plain_file_in_place_of_the_doorbell_is_replaced(machine: Machine) -> None:
    Store(machine.home)
    (machine.home / runner_lock.DOORBELL).write_text("a copy of a home has this")

    machine.perform(["ok"])

    assert (machine.home / runner_lock.DOORBELL).is_fifo()


@pytest.mark.parametrize("name", home_folder.FOLDERS)
def test_a_file_in_place_of_a_folder_is_named(machine: Machine, name: str) -> None:
    Store(machine.home)
    (machine.home / name).touch()

    ended = run_python("-m", "jobs", "runs")

    assert (ended.returncode, ended.stderr.partition(":")[0]) == (2, str(machine.home / name))


def test_notices_reach_whoever_listens_last() -> None:
    heard: list[str] = []
    notices.listen(lambda _: heard.append("not this one"))
    notices.listen(heard.append)

    notices.say("a sentence")
    notices.listen(lambda _: None)

    assert heard == ["a sentence"]


def test_a_home_on_a_file_system_of_its_own_is_closed_too(machine: Machine) -> None:
    from tests.faults.test_durability import small_disk

    with small_disk(machine, "64m") as disk:
        assert disk.stat().st_mode & 0o777 == 0o777
        machine.perform(["ok", "return file"])

        assert modes(disk) == {}
    assert settings.home() == disk
