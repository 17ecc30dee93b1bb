"""An outcome once stored is never lost and never doubled: through kills at named instants and random times, torn
write-ahead logs, full disks, other writers and broken files. The letters are rows of the list of hostile cases."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from jobs.runtime import client, exports
from jobs.runtime.core import settings
from jobs.runtime.core.errors import StoreError, UnknownRun
from jobs.runtime.core.records import ItemResult
from jobs.runtime.home import runner_lock
from jobs.runtime.store.connection import FILE, Store
from jobs.runtime.store.schema import MIGRATIONS
from tests.faults.killed import die_at
from tests.support.machine import Machine, stays, until
from tests.support.recorder import Recorder


@pytest.mark.slow
@pytest.mark.parametrize("pool", [(1, 16), (2, 8)], ids=["threads", "both"])
@pytest.mark.parametrize(("items", "kills"), [(600, 8), pytest.param(1_000, 25, marks=pytest.mark.soak)])
def test_d01_kills_in_two_runs(machine: Machine, pool: tuple[int, int], items: int, kills: int) -> None:
    chance, recorder = random.Random(pool[0]), Recorder(seconds=0.05)
    port = recorder.server.server_port
    run = machine.submit([f"get {port} /{number}" for number in range(items)], pool=pool)
    seen: dict[Any, object] = {}
    asked: dict[Any, int] = {}
    for kill in range(kills):
        client.ensure_runner()
        before = client.run(run.id).done
        if chance.random() < 0.8:  # the others are killed while they start
            until(lambda before=before: client.run(run.id).done > before)
            time.sleep(chance.uniform(0, 0.2))
        for position, seq in machine.sql("SELECT position, seq FROM outcomes"):
            assert seen.setdefault(position, seq) == seq
            asked.setdefault(position, recorder.asked[f"/{position - 1}"])
        workers = machine.workers() if kill % 4 == 3 else []
        if workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                chance.choice(workers).kill()
        else:
            machine.kill_runner()
    assert not client.run(run.id).state.terminal
    ended = machine.finish(run, 120)
    recorder.close()

    assert ended.ok == items
    stored = {outcome.position: outcome.seq for outcome in machine.outcomes(ended)}
    assert seen.items() <= stored.items()
    assert all(recorder.asked[f"/{position - 1}"] == times for position, times in asked.items())
    assert len(recorder.asked) == items
    assert sum(recorder.asked.values()) <= items + kills * 16
    machine.check_books(ended)


@pytest.mark.slow
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
    client.ensure_runner()
    machine.kill_runner()  # one looks for such runs as it begins, and then once a minute
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


def fanout(*words: str) -> subprocess.CompletedProcess[str]:
    """A command line, and what it said."""
    command = [sys.executable, "-m", "jobs", *words]
    return subprocess.run(command, cwd=settings.PROJECT, capture_output=True, text=True, check=False, timeout=60)


@contextlib.contextmanager
def small_disk(machine: Machine, size: str) -> Iterator[Path]:
    """A file system of its own for the home, where the system lets us mount one."""
    disk = machine.home / "small"
    disk.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    try:
        machine.move_to(disk)
        yield disk
    finally:
        machine.end()
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_d08_a_full_store_pauses_with_a_sentence_and_goes_on_when_there_is_room(machine: Machine) -> None:
    with small_disk(machine, "1500k") as disk:
        run = machine.submit(["return large"] * 300, pool=(1, 2))
        until(lambda: client.status().trouble, 30)
        trouble, pid = client.status().trouble, machine.runner_pid()
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        ended = machine.finish(run)

        assert "no room" in trouble
        assert machine.runner_pid() == pid
        assert (ended.ok, client.status().trouble) == (300, "")
        machine.check_books(ended)


@pytest.mark.slow
def test_d08_a_store_that_may_not_grow_pauses_and_goes_on_when_it_may(machine: Machine) -> None:
    run = machine.submit_only(["return large"] * 300, pool=(1, 2))
    command = [sys.executable, "-m", "tests.faults.killed", "with a full store"]
    runner = subprocess.Popen(command, cwd=settings.PROJECT, stdout=subprocess.DEVNULL)
    until(lambda: runner_lock.trouble(machine.home), 30)
    stored = machine.sql("SELECT count(*) FROM outcomes")
    asked = fanout("status")
    stays(lambda: (runner.poll(), machine.sql("SELECT count(*) FROM outcomes")) == (None, stored), 1)
    (machine.home / "room").touch()
    until(lambda: client.run(run.id).state.terminal, 60)
    ended = client.run(run.id)

    assert runner.wait(20) == 0
    assert "no room" in asked.stdout + asked.stderr
    assert 0 < stored[0][0] < 300
    assert ended.ok == 300
    machine.check_books(ended)


def test_d10_a_second_writer_delays_and_nobody_sees_a_locked_database(machine: Machine) -> None:
    run = machine.submit(["sleep 0.02"] * 60)
    until(lambda: client.run(run.id).done > 0)
    with sqlite3.connect(machine.home / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        typed = [sys.executable, "-m", "jobs", "run", "noop", "--item", "a"]
        asked = subprocess.Popen(
            typed, cwd=settings.PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        stays(lambda: not client.run(run.id).state.terminal, 3)
        other.execute("COMMIT")
    other.close()

    said, _ = asked.communicate(timeout=60)
    assert (asked.returncode, "locked" in said) == (0, False)
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


def test_d19_a_torn_write_ahead_log_costs_its_tail_and_the_run_goes_on(machine: Machine) -> None:
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
    machine.check_books(ended)


WAL_HEADER, WAL_FRAME = 32, 24 + 4096
"""Bytes of the log's header and of a frame with its page (https://www.sqlite.org/fileformat2.html#walformat)."""


def test_d19_after_a_power_loss_the_store_is_some_earlier_moment_of_itself(machine: Machine, tmp_path: Path) -> None:
    chance = random.Random(4)
    run = machine.submit(["sleep 0.005"] * 300, pool=(1, 2))  # some items a commit, many commits
    until(lambda: client.run(run.id).done > 100)
    machine.kill_runner()
    whole = {path.name: path.read_bytes() for path in machine.home.glob(FILE + "*") if not path.name.endswith("-shm")}
    log = whole[FILE + "-wal"]
    frames = (len(log) - WAL_HEADER) // WAL_FRAME
    assert frames > 20
    reached = []
    for trial in range(60):
        torn = tmp_path / f"torn {trial}"
        torn.mkdir()
        (torn / FILE).write_bytes(whole[FILE])
        (torn / (FILE + "-wal")).write_bytes(tear(log, WAL_HEADER + chance.randrange(frames) * WAL_FRAME, chance))
        reached.append(check_moment(torn))

    assert len(set(reached)) > 5


def tear(log: bytes, at: int, chance: random.Random) -> bytes:
    """What a power loss may leave of a log from some byte on: nothing, half a frame, zeros, garbage, a hole."""
    tail = log[at:]
    return log[:at] + chance.choice(
        [
            b"",
            tail[: chance.randrange(1, WAL_FRAME)],
            b"\0" * len(tail),
            chance.randbytes(len(tail)),
            b"\0" * WAL_FRAME + tail[WAL_FRAME:],
        ]
    )


def check_moment(home: Path) -> int:
    """A store that is whole, its counters equal to its rows; returns how many outcomes it has."""
    with Store(home).read() as db:
        assert [tuple(row) for row in db.execute("PRAGMA integrity_check")] == [("ok",)]
        assert [tuple(row) for row in db.execute("PRAGMA foreign_key_check")] == []
        counted = db.execute("SELECT total(ok + failed + cancelled) FROM runs").fetchone()[0]
        stored = db.execute("SELECT count(*) FROM outcomes").fetchone()[0]
        of_codes = db.execute("SELECT total(count) FROM codes").fetchone()[0]
    assert counted == stored == of_codes
    return int(stored)


def test_d21_a_run_deleted_under_a_reader_is_gone_in_plain_words(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok"] * 5))
    client.delete(run.id)

    for read in (client.run, client.progress, client.newest, client.events, client.spans, client.attempts):
        with pytest.raises(UnknownRun):
            read(run.id)


def test_a_file_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("CREATE TABLE runner (anything TEXT)")
    db.close()
    before = (tmp_path / FILE).read_bytes()

    with pytest.raises(StoreError):
        Store(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as db:
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_master")] == ["runner"]
    db.close()
    assert len((tmp_path / FILE).read_bytes()) == len(before)


@pytest.mark.parametrize(
    "format", ["csv", *(pytest.param(name, marks=pytest.mark.slow) for name in ("xlsx", "parquet"))]
)
def test_d21_a_run_deleted_in_the_midst_of_an_export_leaves_no_half_file(
    machine: Machine, tmp_path: Path, format: str
) -> None:
    run = machine.finish(machine.submit(["ok"] * 500, pool=(1, 8)))
    out = tmp_path / f"table.{format}"
    out.write_text("what was there before")

    def rows(first: int, last: int) -> Iterator[list[ItemResult]]:
        yield client.rows(run.id, first, 100)
        client.delete(run.id)
        yield client.rows(run.id, 101, last)

    with pytest.raises(UnknownRun):
        exports.export(run, rows, out, format=format)
    assert [path.name for path in tmp_path.glob("*table*")] == [out.name]
    assert out.read_text() == "what was there before"


def test_d22_the_store_of_an_earlier_version_opens_and_its_runs_go_on(machine: Machine) -> None:
    """The file as the first migration alone made it, with a run half-way and one that has ended."""
    machine.home.mkdir()
    with sqlite3.connect(machine.home / FILE) as db:
        db.execute("PRAGMA journal_mode = WAL")
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
        db.execute("UPDATE runner SET epoch = 7")
        for run_id, state, done in (("aa01", "running", 10), ("bb02", "finished", 30)):
            add_old_run(db, run_id, state, done)
    db.close()

    assert client.run("bb02").ok == 30
    client.ensure_runner()
    ended = machine.finish(client.run("aa01"))
    assert (ended.state, ended.ok) == ("finished", 30)
    assert machine.sql("PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert machine.sql("SELECT epoch FROM runner") == [(8,)]
    for run in client.runs():
        machine.check_books(run)


def add_old_run(db: sqlite3.Connection, run_id: str, state: str, done: int) -> None:
    columns = json.dumps([{"name": "result", "type": "str", "help": ""}])
    cursor = db.execute(
        """INSERT INTO runs (id, job, name, state, items, ok, params, processes, threads, attempts, pause, source,
             source_columns, columns, traits, submitted_at, touched_at, started_at)
           VALUES (?, 'noop', 'an old run', ?, 30, ?, '{}', 1, 2, 1, 0, '',
             '{"columns":[],"item_column":"text","notes":[]}', ?, '{}', 1.0, 1.0, 1.0)""",
        (run_id, state, done, columns),
    )
    number = cursor.lastrowid
    cells = [(number, position, f"cell {position}", "") for position in range(1, 31)]
    db.executemany("INSERT INTO items (run, position, cell, others) VALUES (?,?,?,?)", cells)
    rows = [(number, position) for position in range(1, done + 1)]
    db.executemany(
        """INSERT INTO outcomes (run, position, state, code, error, detail, row, attempts)
           VALUES (?, ?, 'ok', '', '', '', '{"result":"x"}', 1)""",
        rows,
    )
    db.execute("INSERT INTO codes (run, state, code, count) VALUES (?, 'ok', '', ?)", (number, done))
