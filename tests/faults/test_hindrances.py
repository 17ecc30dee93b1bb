"""What stands in the way from outside is noticed in time and named, with the remedy: a store that is deleted or
replaced, a runner that is stopped, a lock that somebody else holds, a full disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.core.errors import StoreGone
from jobs.runtime.home import reserve, runner_lock, worker_logs
from jobs.runtime.runner import loop
from jobs.runtime.store.connection import FILE
from tests.faults.test_broken_stores import page, said
from tests.faults.test_durability import fanout, small_disk
from tests.support.machine import Machine, lives, until

LEAVES = 2.0
"""Seconds within which a runner leaves a home that is gone; a loaded machine is given twice as many."""

LOCKS = Path("/proc/locks").exists()
names_holders = pytest.mark.skipif(not LOCKS, reason="the system does not say who holds a lock")


def warm(machine: Machine, *, working: bool) -> psutil.Process:
    """A runner that has nothing to do, or plenty."""
    if working:
        machine.submit(["sleep 600"] * 3)
        until(lambda: machine.workers() and client.progress(client.runs()[0].id).doing)
    else:
        machine.perform(["ok"])
    return psutil.Process(machine.runner_pid())


def delete_store(home: Path) -> None:
    for path in home.glob(FILE + "*"):
        path.unlink()


def delete_home(home: Path) -> None:
    shutil.rmtree(home)


def restore_home(home: Path) -> None:
    """As from a backup: the folder moved aside, a copy of it in its place."""
    aside = home.with_name("aside")
    home.rename(aside)
    shutil.copytree(aside, home, ignore=shutil.ignore_patterns("runner.bell"))


def replace_store(home: Path) -> None:
    """As `rsync` does: another file under the same name."""
    copy = home / "copy"
    shutil.copy(home / FILE, copy)
    copy.replace(home / FILE)


def delete_log(home: Path) -> None:
    (home / f"{FILE}-wal").unlink()


def replace_lock(home: Path) -> None:
    (home / runner_lock.LOCK).unlink()
    (home / runner_lock.LOCK).touch()


@pytest.mark.slow
@pytest.mark.parametrize("working", [False, True], ids=["idle", "working"])
@pytest.mark.parametrize("wreck", [delete_store, delete_home, restore_home, replace_store, delete_log, replace_lock])
def test_x10_a_runner_whose_home_is_gone_leaves_and_the_next_one_starts(
    machine: Machine, wreck: object, working: bool
) -> None:
    runner = warm(machine, working=working)
    workers = machine.workers()

    wreck(machine.home)  # type: ignore[operator]
    until(lambda: not lives(runner), 2 * LEAVES)

    until(lambda: not any(map(lives, workers)), 20)
    for run in client.runs() if wreck is not replace_lock else []:
        with contextlib.suppress(Exception):
            client.cancel(run.id)
    assert machine.perform(["ok"])[0].state == "ok"
    assert machine.sql("PRAGMA integrity_check") == [("ok",)]


def test_x10_a_runner_looks_often_enough_to_leave_in_time() -> None:
    assert loop.HOUSEKEEPING_SECONDS <= LEAVES / 4


def test_x10_the_log_of_the_next_store_survives_the_end_of_the_runner_before(machine: Machine) -> None:
    """SQLite removes by its name the log of a store that it closes, and another store may have that name by now."""
    runner = warm(machine, working=False)
    os.kill(runner.pid, signal.SIGSTOP)
    delete_store(machine.home)
    run = machine.submit_only(["ok"] * 3)
    with sqlite3.connect(machine.home / FILE) as kept:
        kept.execute("BEGIN IMMEDIATE")
        kept.execute("UPDATE runs SET name = 'not yet in the store itself'")
        kept.commit()
        os.kill(runner.pid, signal.SIGCONT)
        until(lambda: not lives(runner), 2 * LEAVES)

        assert (machine.home / f"{FILE}-wal").exists()
    kept.close()
    assert client.run(run.id).name == "not yet in the store itself"


def test_x10_who_waits_for_a_run_of_a_store_that_was_deleted_is_told(machine: Machine) -> None:
    run = machine.submit(["sleep 600"])
    watched = subprocess.Popen(
        [sys.executable, "-m", "jobs", "run", "act", "--item", "sleep 600"], stderr=subprocess.PIPE, text=True
    )
    until(lambda: client.count_runs() == 2)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.wait, run.id, 20)
        until(lambda: any(file.path.endswith(FILE) for file in psutil.Process().open_files()))

        delete_store(machine.home)
        _, told = watched.communicate(timeout=20)

        with pytest.raises(StoreGone, match="was deleted or replaced meanwhile"):
            waiting.result(10)
    assert (watched.returncode, "there is no run" in told) == (2, True)


def test_a_doorbell_that_was_replaced_is_hung_up_again(machine: Machine) -> None:
    runner = warm(machine, working=False)
    bell = machine.home / runner_lock.DOORBELL
    bell.unlink()
    bell.write_text("a file")

    until(lambda: bell.is_fifo() and runner_lock.alive(machine.home), 20)

    assert machine.runner_pid() == runner.pid


@contextlib.contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    process.suspend()
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


@pytest.mark.slow
def test_x12_a_runner_that_is_stopped_is_told_with_its_process_and_the_remedy(machine: Machine) -> None:
    run = machine.submit(["sleep 600"])
    until(lambda: client.progress(run.id).doing)
    runner = psutil.Process(machine.runner_pid())
    sentence = f"the runner (process {runner.pid}) is stopped, and nothing goes on: `kill -CONT {runner.pid}`"
    with stopped(runner):
        until(lambda: runner.status() == psutil.STATUS_STOPPED)

        assert sentence in fanout("status").stdout
        assert f"process {runner.pid}" in fanout("status").stdout.splitlines()[0]
        assert ", stopped" in fanout("status").stdout.splitlines()[0]
        assert sentence in fanout("show", run.id).stdout
        assert sentence.replace("the runner", "The runner") in said(page("runs"))
        asked = fanout("pause", run.id)
        assert (asked.returncode, sentence in asked.stderr) == (2, True)
    client.cancel(run.id)

    assert client.wait(run.id, 10).state == "cancelled"
    assert client.trouble() == ""


HOLD_LOCK = """
import fcntl, sys, time
with open(sys.argv[1], "r+b") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(600)
"""
HOLD_STORE = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def stranger(script: str, path: Path) -> Iterator[int]:
    """Another program that holds something."""
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        try:
            assert other.stdout.readline() == "held\n"
            yield other.pid
        finally:
            other.kill()


@names_holders
def test_x02_a_stranger_who_holds_the_lock_is_named_within_five_seconds(machine: Machine) -> None:
    client.count_runs()
    (machine.home / runner_lock.LOCK).touch()
    with stranger(HOLD_LOCK, machine.home / runner_lock.LOCK) as pid:
        watched = subprocess.Popen(
            [sys.executable, "-m", "jobs", "run", "noop", "--item", "a"], stderr=subprocess.PIPE, text=True
        )
        assert watched.stderr is not None
        until(lambda: client.count_runs() == 1)
        sentence = f"process {pid} (python"

        until(lambda: sentence in client.trouble(), 20)
        shown = [fanout("status").stdout, fanout("show", client.runs()[0].id).stdout, said(page("runs"))]
        told = next(line for line in watched.stderr if sentence in line.lower())
    watched.communicate(timeout=30)

    for text in (*shown, told):
        assert sentence in text.lower()
        assert "is no runner that works, so none can start" in text
    assert watched.returncode == 0


@pytest.mark.slow
@names_holders
@pytest.mark.parametrize("working", [False, True], ids=["idle", "working"])
def test_x24_a_program_that_keeps_the_store_for_itself_is_named_after_two_seconds(
    machine: Machine, working: bool
) -> None:
    runner = warm(machine, working=working)
    run = client.runs()[0]
    with stranger(HOLD_STORE, machine.home / FILE) as pid:
        sentence = f"process {pid} (python"
        asked = subprocess.Popen(
            [sys.executable, "-m", "jobs", "rename", run.id, "other"], stderr=subprocess.PIPE, text=True
        )

        until(lambda: sentence in client.trouble(), 20)
        assert sentence in fanout("status").stdout
        assert (sentence in fanout("show", run.id).stdout) is working  # of a run that has ended nothing is to be stored
        until(lambda: sentence in said(page("runs")), 20)
        assert asked.stderr is not None
        told = asked.stderr.readline()
    asked.communicate(timeout=20)

    assert f"process {pid} (python" in told
    assert (asked.returncode, client.run(run.id).name) == (0, "other")
    until(lambda: client.trouble() == "")
    assert machine.runner_pid() == runner.pid


@pytest.mark.slow
@names_holders
def test_x24_a_runner_that_starts_while_the_store_is_held_waits_for_it(machine: Machine) -> None:
    run = machine.submit_only(["ok"])
    with stranger(HOLD_STORE, machine.home / FILE) as pid:
        client.ensure_runner()
        until(lambda: f"process {pid}" in machine.log(), 20)

    assert machine.finish(run, 40).ok == 1


@pytest.mark.slow
def test_x24_a_writer_that_goes_on_is_no_trouble(machine: Machine) -> None:
    client.count_runs()
    writes = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("CREATE TABLE other (x)")
print("held", flush=True)
while True:
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO other VALUES (1)")
    time.sleep(0.2)
    db.execute("COMMIT")
"""
    with stranger(writes, machine.home / FILE):
        told = {client.trouble(0.2) for _ in range(20)}

    assert told == {""}


def fill(disk: Path) -> None:
    """Leave no byte of it."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_run_can_be_deleted_on_a_full_disk(machine: Machine) -> None:
    with small_disk(machine, "100m") as disk:
        run = machine.finish(machine.submit(["return large"] * 300 + ["return file"], pool=(1, 4)))
        until((disk / reserve.FILE).exists, 20)
        stored = (disk / FILE).stat().st_size
        fill(disk)
        assert shutil.disk_usage(disk).free == 0

        ended = fanout("delete", run.id)
        until(lambda: machine.sql("SELECT count(*) FROM runs") == [(0,)], 20)
        until(lambda: (disk / FILE).stat().st_size < stored / 2, 20)

        assert (ended.returncode, ended.stderr) == (0, "")
        assert machine.sql("PRAGMA integrity_check") == [("ok",)]
        assert not (disk / "artifacts" / run.id).exists()


def test_what_is_printed_on_a_full_disk_ends_nobody(machine: Machine) -> None:
    """To touch a mapped block that the disk has no room for would end the process."""
    with small_disk(machine, "2m") as disk:
        worker_logs.clear(disk)
        print_much = (
            "from pathlib import Path; from jobs.runtime.core.secrets import NOTHING;"
            "from jobs.runtime.worker import prints;"
            f"place = prints.Place(Path({str(disk / 'workers' / 'act-1.prints')!r}), 40);"
            "place.begin(1, 1, 1, 'ab', NOTHING);"
            "[place.write(b'x' * 1000) for _ in range(100)]; print(place.printed().size)"
        )
        fill(disk)

        ended = subprocess.run(
            [sys.executable, "-c", print_much], cwd=settings.PROJECT, capture_output=True, text=True, check=False
        )

        assert (ended.returncode, ended.stdout) == (0, "100000\n")


def test_room_is_set_aside_only_where_there_is_plenty(machine: Machine) -> None:
    with small_disk(machine, "32m") as disk:
        machine.perform(["ok"])

        assert not (disk / reserve.FILE).exists()
    machine.move_to(machine.home.with_name("large"))
    machine.perform(["ok"])
    kept = machine.home / reserve.FILE

    assert (kept.stat().st_size, kept.stat().st_mode & 0o777) == (reserve.BYTES, 0o600)
    assert (reserve.release(machine.home), reserve.release(machine.home), kept.exists()) == (True, False, False)


@pytest.mark.parametrize("verb", ["run", "runner"])
def test_relative_folders_are_meant_from_where_the_caller_stands(machine: Machine, tmp_path: Path, verb: str) -> None:
    caller = tmp_path / "caller"
    (caller / "mine").mkdir(parents=True)
    (caller / "mine" / "own.py").write_text(
        '"""Mine."""\nfrom typing import TypedDict\nfrom jobs import job\n\n\n'
        "class Row(TypedDict):\n    said: str\n\n\n"
        '@job(bound="io")\ndef own(text: str) -> Row:\n    return {"said": text}\n'
    )
    Path(os.fsdecode(os.fsencode(caller) + b"/mine/caf\xe9.py")).write_text("it harms nothing")
    environment = {"JOBS_HOME": "kept", "JOBS_PATH": f"mine{os.pathsep}./mine", "JOBS_IDLE": "5"}
    machine.move_to(caller / "kept")
    paths = {**os.environ, **environment, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    started = time.monotonic()
    by_hand = None
    if verb == "runner":
        by_hand = subprocess.Popen([sys.executable, "-m", "jobs", "runner"], cwd=caller, env=paths)

    ended = subprocess.run(
        [sys.executable, "-m", "jobs", "run", "own", "--item", "a"],
        cwd=caller,
        env=paths,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, "1 ok" in ended.stdout) == (0, True), ended.stderr
    assert (caller / "kept" / FILE).exists()
    assert time.monotonic() - started < 50
    if by_hand is not None:
        by_hand.terminate()
        by_hand.wait(10)
    else:
        client.stop_runner()
