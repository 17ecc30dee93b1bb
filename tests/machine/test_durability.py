"""An outcome once stored is never lost and never doubled: through kills at named instants and random times, torn
write-ahead logs, full disks, other writers and broken files. The letters are rows of the list of hostile cases."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client, presence, settings
from jobs.runtime.errors import StoreError, UnknownRun
from jobs.runtime.records import Run
from jobs.runtime.store.connection import FILE, Store
from tests.machine.conftest import Machine, until


def die_at(instant: str) -> None:
    """Run the named instant in a process of its own, which must end by SIGKILL."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.machine.killed", instant], cwd=settings.PROJECT, check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL


def check_books(machine: Machine, run: Run) -> None:
    """One outcome for each item, counters that equal the rows, a file that is whole."""
    assert machine.sql("PRAGMA integrity_check") == [("ok",)]
    stored = machine.sql("SELECT count(*), count(DISTINCT position), min(position), max(position) FROM outcomes")
    assert stored == [(run.items, run.items, 1, run.items)]
    counted = machine.sql("SELECT ok, failed, cancelled FROM runs")
    rows = machine.sql("SELECT total(state='ok'), total(state='failed'), total(state='cancelled') FROM outcomes")
    assert [tuple(map(float, row)) for row in counted] == rows  # type: ignore[arg-type]
    assert machine.sql("SELECT total(count) FROM codes") == [(float(run.items),)]


class Recorder:
    """A server that counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}
        lock = threading.Lock()
        recorder = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    recorder.asked[self.path] = recorder.asked.get(self.path, 0) + 1
                time.sleep(0.01)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.mark.slow
def test_d01_fifty_kills_in_a_run_of_2000_items(machine: Machine) -> None:
    chance, recorder = random.Random(1), Recorder()
    port = recorder.server.server_port
    run = machine.submit([f"get {port} /{number}" for number in range(2_000)], pool=(2, 8))
    seen: dict[int, int] = {}
    kills = 0
    while kills < 50:
        time.sleep(chance.uniform(0.02, 0.35))
        for _, _, outcome in client.rows(run.id, 1, 2_000):
            if outcome is not None:
                assert seen.setdefault(outcome.position, outcome.seq) == outcome.seq
        if client.run(run.id).state.terminal:
            break
        if not presence.alive(machine.home):
            client.ensure_runner()
            until(lambda: presence.alive(machine.home))
        elif kills % 4 == 3 and (workers := machine.workers()):
            with contextlib.suppress(psutil.NoSuchProcess):
                chance.choice(workers).kill()
            kills += 1
        else:
            machine.kill_runner()
            kills += 1
    client.ensure_runner()
    ended = machine.finish(run, 240)
    recorder.close()

    assert kills >= 20
    assert ended.ok == 2_000
    assert all(outcome.seq == seen[outcome.position] for outcome in machine.outcomes(ended) if outcome.position in seen)
    assert len(recorder.asked) == 2_000
    check_books(machine, ended)


@pytest.mark.parametrize(
    "instant", ["before a row is written", "between row and counters", "after the counters", "while claiming"]
)
def test_d02_d03_a_runner_killed_at_an_instant_of_storing(machine: Machine, instant: str) -> None:
    run = machine.submit(["sleep 30"])
    client.cancel(run.id)
    machine.finish(run)
    client.stop_runner()
    run = machine.submit_only(["sleep 0.02"] * 40)
    die_at(instant)

    client.ensure_runner()
    ended = machine.finish(run)
    assert ended.ok == 40
    found = machine.outcomes(ended)
    assert len({outcome.seq for outcome in found}) == 40
    counted = machine.sql(f"SELECT ok, failed FROM runs WHERE id = '{run.id}'")
    assert counted == [(40, 0)]


def test_d04_a_submit_that_is_killed_leaves_no_run(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    die_at("while submitting")

    assert client.runs() == []
    assert machine.sql("SELECT state, count(*) FROM runs") == [("submitting", 1)]
    with sqlite3.connect(machine.home / FILE) as db:
        db.execute("UPDATE runs SET touched_at = touched_at - 3600")
    db.close()
    client.ensure_runner()
    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(0,)])
    assert machine.sql("SELECT count(*) FROM items") == [(0,)]


def test_d05_a_migration_that_is_killed_is_done_by_the_next(machine: Machine) -> None:
    die_at("while migrating")

    assert client.runs() == []
    assert machine.perform(["ok"])[0].state == "ok"


def test_d08_a_full_store_pauses_with_a_sentence_and_goes_on_when_there_is_room(machine: Machine) -> None:
    disk = machine.home / "small"
    disk.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    try:
        machine.move_to(disk)
        run = machine.submit(["return large"] * 300, pool=(1, 2))
        until(lambda: client.status().trouble, 30)
        trouble, pid = client.status().trouble, machine.runner_pid()
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        ended = machine.finish(run)

        assert "no room" in trouble
        assert machine.runner_pid() == pid
        assert (ended.ok, client.status().trouble) == (300, "")
        check_books(machine, ended)
    finally:
        machine.end()
        subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.mark.parametrize("content", [b"garbage " * 5_000, None], ids=["garbage", "half a file"])
def test_d09_a_store_that_is_none_is_a_sentence_and_is_kept(machine: Machine, content: bytes | None) -> None:
    machine.perform(["ok"] * 50)
    client.stop_runner()
    path = machine.home / FILE
    whole = path.read_bytes()
    broken = whole[: len(whole) // 2] if content is None else content
    for leftover in machine.home.glob(FILE + "-*"):
        leftover.unlink()
    path.write_bytes(broken)

    ended = subprocess.run(
        [sys.executable, "-m", "jobs", "runs"], cwd=settings.PROJECT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert str(path) in ended.stderr
    assert path.read_bytes() == broken


def test_d10_a_second_writer_delays_and_nobody_sees_a_locked_database(machine: Machine) -> None:
    run = machine.submit(["sleep 0.02"] * 60)
    until(lambda: client.run(run.id).done > 0)
    with sqlite3.connect(machine.home / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(3)
        assert not client.run(run.id).state.terminal
        other.execute("COMMIT")
    other.close()

    assert machine.finish(run).ok == 60
    assert "locked" not in machine.log()


def test_d11_a_long_reader_sees_one_moment_and_the_log_stays_bounded(machine: Machine) -> None:
    run = machine.submit(["x"] * 20_000, "noop", pool=(1, 8))
    with Store(machine.home).read() as reader:
        before = reader.execute("SELECT count(*) FROM outcomes").fetchone()[0]
        ended = machine.finish(run)
        assert reader.execute("SELECT count(*) FROM outcomes").fetchone()[0] == before
    assert ended.ok == 20_000
    assert (machine.home / (FILE + "-wal")).stat().st_size < 100 * 2**20


def test_d19_a_torn_write_ahead_log_costs_its_tail_and_the_run_goes_on(machine: Machine, tmp_path: Path) -> None:
    chance = random.Random(3)
    run = machine.submit(["sleep 0.01"] * 400, pool=(1, 4))
    until(lambda: client.run(run.id).done > 150)
    machine.kill_runner()
    log = machine.home / (FILE + "-wal")
    size = log.stat().st_size
    with log.open("r+b") as file:
        file.truncate(chance.randrange(size // 2, size))
    (machine.home / (FILE + "-shm")).unlink(missing_ok=True)

    client.ensure_runner()
    ended = machine.finish(run)
    assert ended.ok == 400
    check_books(machine, ended)


def test_d21_a_run_deleted_under_a_reader_is_gone_in_plain_words(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok"] * 5))
    client.delete(run.id)

    for read in (client.run, client.progress, client.newest, client.events, client.spans, client.attempts):
        with pytest.raises(UnknownRun):
            read(run.id)


def test_a_store_that_cannot_be_written_is_a_sentence(machine: Machine, tmp_path: Path) -> None:
    machine.perform(["ok"])
    client.stop_runner()
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(machine.home / FILE, copy / FILE)
    with sqlite3.connect(copy / FILE) as db:
        db.execute("PRAGMA user_version = 0")
    db.close()

    with pytest.raises(StoreError):
        Store(copy)
