"""The runner killed at every instant that has a name, in a loop, stopped, terminated, and followed by another: what was
asked is done once, what was stored stays."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import FanoutError, UnknownRun
from jobs.runtime.core.records import Run
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.home import artifacts, runner_lock
from jobs.runtime.store import commands, epochs
from jobs.runtime.store import runs as run_table
from jobs.runtime.store.connection import Store
from tests.faults.killed import die_at
from tests.support.machine import Machine, lives, until
from tests.support.recorder import Recorder

pytestmark = pytest.mark.slow


def ask_unheard(machine: Machine, run: Run, verb: str) -> None:
    """Leave a command where no runner lives to hear it."""
    store = Store(machine.home)
    with store.write() as db:
        commands.ask(db, run_table.find(db, run.id).number, verb, {"codes": []}, time.time())


@contextmanager
def killing(machine: Machine, *, seed: int, seconds: tuple[float, float] = (0.0, 0.6)) -> Iterator[None]:
    """Kill whatever runner lives, again and again at random moments."""
    chance, over = random.Random(seed), threading.Event()

    def kill() -> None:
        while not over.wait(chance.uniform(*seconds)):
            with Store(machine.home).read() as db:
                pid = epochs.runner(db).pid
            if pid and runner_lock.alive(machine.home):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


@pytest.mark.parametrize(
    ("instant", "job"),
    [
        ("before entering", "act"),
        ("after entering", "act"),
        ("while preparing", "act"),
        ("while preparing", "keyed"),
        ("at the end of preparing", "keyed"),
        ("while finishing", "act"),
    ],
)
def test_a_runner_killed_at_an_instant_of_a_run_loses_nothing(machine: Machine, instant: str, job: str) -> None:
    cells = ["ok@one", *["ok"] * 1_200] if job == "act" else [f"key {number % 700}" for number in range(1_201)]
    run = machine.submit_only(cells, job, pool=(1, 4))
    die_at(instant)

    ended = machine.finish(run)
    assert (ended.state, ended.ok) == ("finished", 1_201)
    machine.check_books(ended)


@pytest.mark.parametrize("instant", ["while earlier items are made findable", "while taking earlier rows"])
def test_a_runner_killed_while_it_takes_earlier_rows_takes_each_once(machine: Machine, instant: str) -> None:
    machine.finish(machine.submit([f"ok@{number}" for number in range(1_200)]))
    client.stop_runner()
    run = machine.submit_only([f"ok@{number}" for number in range(600, 1_800)], reuse=Reuse())
    die_at(instant)

    ended = machine.finish(run)
    assert (ended.state, ended.ok, ended.reused) == ("finished", 1_200, 600)
    machine.check_books(ended)


def test_what_a_killed_runner_had_taken_is_found_by_later_runs(machine: Machine) -> None:
    cells = [f"key {number}" for number in range(1_200)]
    first = machine.finish(machine.submit(cells, "keyed"))
    client.stop_runner()
    second = machine.submit_only([*cells, "key new"], "keyed", reuse=Reuse())
    die_at("while taking earlier rows")
    machine.finish(second)
    client.delete(first.id)
    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(1,)])

    third = machine.finish(machine.submit(cells, "keyed", reuse=Reuse()))

    assert third.reused == 1_200
    machine.check_books(third)


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_runner_killed_between_files_and_their_rows_leaves_each_file_once(machine: Machine, is_gone: bool) -> None:
    cells = [f"return file@{number}" for number in range(700)]
    first = machine.finish(machine.submit(cells))
    client.stop_runner()
    second = machine.submit_only(cells, reuse=Reuse())
    die_at("between their files and their rows")
    linked = len(list(artifacts.folder(machine.home, second.id).iterdir()))
    if is_gone:
        shutil.rmtree(artifacts.folder(machine.home, first.id))

    ended = machine.finish(second)
    files = {str((outcome.row or {})["file"]) for outcome in machine.outcomes(ended)}
    assert (linked, ended.ok, ended.reused) == (700, 700, 500 if is_gone else 700)
    until(lambda: {file.name for file in artifacts.folder(machine.home, second.id).iterdir()} == set(map(name, files)))
    assert {client.artifact(second.id, file).read_bytes() for file in files} == {b"abcabcabc"}
    machine.check_books(ended)


def name(reference: str) -> str:
    return reference.rpartition("/")[2]


@pytest.mark.parametrize(
    "instant", ["with a command not yet answered", "with a cancel just answered", "while cancelling"]
)
def test_a_runner_killed_at_an_instant_of_a_cancel_is_cancelled_by_the_next(machine: Machine, instant: str) -> None:
    run = machine.submit_only(["sleep 60"] * 20)
    ask_unheard(machine, run, "cancel")
    die_at(instant)

    ended = machine.finish(run)
    assert (ended.state, ended.cancelled) == ("cancelled", 20)
    machine.check_books(ended)


@pytest.mark.parametrize(
    ("instant", "state", "failed"),
    [
        ("with a command not yet answered", "finished", 5),
        ("while reopening", "finished", 5),
        ("between two steps of reopening", "queued", 3),
        ("in a later step of reopening", "queued", 3),
        ("at the end of reopening", "queued", 1),
    ],
)
def test_a_runner_killed_at_an_instant_of_a_retry_reopens_each_item_once(
    machine: Machine, instant: str, state: str, failed: int
) -> None:
    run = machine.finish(machine.submit(["fail"] * 5))
    client.stop_runner()
    ask_unheard(machine, run, "retry")
    die_at(instant)
    half = client.run(run.id)
    assert (half.state, half.failed, half.waiting) == (state, failed, 5 - failed)
    client.ensure_runner()
    until(lambda: len(client.attempts(run.id)) == 5)

    machine.check_books(machine.finish(run))
    assert [attempt.kind for attempt in client.attempts(run.id)] == ["retried"] * 5


def test_equal_items_whose_retry_was_cancelled_half_way_are_all_done_by_the_next_retry(machine: Machine) -> None:
    """The first of them, which the others are copies of, was reopened by then, and most of the copies were not."""
    run = machine.finish(machine.submit(["fail"] * 5, "keyed", pool=(1, 1)))
    assert [outcome.duplicate_of for outcome in machine.outcomes(run)] == [None, 1, 1, 1, 1]
    client.stop_runner()
    ask_unheard(machine, run, "retry")
    die_at("between two steps of reopening")
    ask_unheard(machine, run, "cancel")
    client.ensure_runner()
    half = machine.finish(run)
    assert (half.state, half.failed, half.cancelled) == ("cancelled", 3, 2)
    client.retry(run.id, ["bug"])

    ended = machine.finish(run)
    assert (ended.state, ended.failed, ended.cancelled) == ("finished", 3, 2)
    assert [outcome.duplicate_of for outcome in machine.outcomes(ended)] == [None, None, None, 3, 3]
    machine.check_books(ended)


@pytest.mark.parametrize(
    "instant",
    [
        "with a command not yet answered",
        "with a deletion just answered",
        "while deleting",
        "before the files are deleted",
        "before the run is deleted",
    ],
)
def test_a_runner_killed_at_an_instant_of_a_deletion_leaves_nothing_behind(machine: Machine, instant: str) -> None:
    run = machine.finish(machine.submit(["return file"] * 5))
    client.stop_runner()
    ask_unheard(machine, run, "delete")
    die_at(instant)
    client.ensure_runner()

    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(0,)])
    for table in ("items", "plans", "outcomes", "attempts", "events", "codes"):
        assert machine.sql(f"SELECT count(*) FROM {table}") == [(0,)]
    assert not (machine.home / "artifacts" / run.id).exists()


def ask_client(verb: str, run: Run) -> None:
    getattr(client, verb)(run.id)


def asked_while_the_runner_is_killed(
    machine: Machine, verb: str, seed: int, ask: Callable[[str, Run], None] = ask_client
) -> None:
    before = {"resume": "pause", "retry": "cancel", "delete": "cancel"}.get(verb)
    run = machine.submit(["sleep 0.05"] * 400, pool=(1, 2))
    if before:
        ask_client(before, run)
    if before == "cancel":
        machine.finish(run)
    with killing(machine, seed=seed):
        time.sleep(random.Random(seed).uniform(0, 0.3))
        ask(verb, run)
    EXPECTED[verb](machine, run)


def _is_gone(_machine: Machine, run: Run) -> None:
    with pytest.raises(UnknownRun):
        client.run(run.id)


def _is_cancelled(machine: Machine, run: Run) -> None:
    ended = machine.finish(run)
    assert ended.state == "cancelled"
    machine.check_books(ended)


def _is_paused(_machine: Machine, run: Run) -> None:
    assert client.run(run.id).state == "paused"


def _goes_on(machine: Machine, run: Run) -> None:
    assert client.run(run.id).state in ("queued", "running")
    ended = machine.finish(run, 120)
    assert (ended.state, ended.ok) == ("finished", 400)
    machine.check_books(ended)


EXPECTED: dict[str, Callable[[Machine, Run], None]] = {
    "cancel": _is_cancelled,
    "pause": _is_paused,
    "resume": _goes_on,
    "retry": _goes_on,
    "delete": _is_gone,
}


@pytest.mark.parametrize("verb", ["cancel", "pause"])
def test_what_is_asked_while_the_runner_is_killed_is_done_all_the_same(machine: Machine, verb: str) -> None:
    asked_while_the_runner_is_killed(machine, verb, seed=11)


@pytest.mark.soak
@pytest.mark.parametrize("verb", EXPECTED)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_asked_while_the_runner_is_killed_at_other_moments(machine: Machine, verb: str, seed: int) -> None:
    asked_while_the_runner_is_killed(machine, verb, seed=seed)


@pytest.mark.parametrize("seconds", [4, pytest.param(10, marks=pytest.mark.soak)])
def test_a_runner_killed_every_tenth_of_a_second_for_so_many_seconds(machine: Machine, seconds: float) -> None:
    run = machine.submit(["sleep 0.02"] * 300, pool=(2, 2))
    with killing(machine, seed=5, seconds=(0.1, 0.1)):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            client.ensure_runner()
            time.sleep(0.02)

    ended = machine.finish(run, 120)
    assert ended.ok == 300
    machine.check_books(ended)


@pytest.mark.slow
def test_d20_what_was_acknowledged_to_any_client_is_in_the_store(machine: Machine) -> None:
    """Clients submit and read while runners are killed; each keeps what it was told. A set model: nothing told is
    missing, nothing is there twice."""
    recorder, told, over = Recorder(), {}, threading.Event()
    port = recorder.server.server_port

    def submit(client_number: int) -> None:
        for number in range(6):
            nonce = f"{client_number}-{number}"
            cells = [f"get {port} /{nonce}/{item}" for item in range(15)]
            first = machine.submit(cells, pool=(1, 4), nonce=nonce)
            assert machine.submit(cells, pool=(1, 4), nonce=nonce).id == first.id
            told[nonce] = (first.id, {})

    def read() -> None:
        while not over.wait(0.02):
            for run_id, seen in list(told.values()):
                for position, _, outcome in client.rows(run_id, 1, 15):
                    if outcome is not None:
                        assert seen.setdefault(position, outcome.seq) == outcome.seq

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(3)]
    reader = threading.Thread(target=read)
    reader.start()
    with killing(machine, seed=2, seconds=(0.2, 1.2)):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(3)
    ended = [machine.finish(client.run(run_id), 120) for run_id, _ in told.values()]
    over.set()
    reader.join()
    recorder.close()

    assert client.count_runs() == len(told) == 18
    for run in ended:
        assert (run.state, run.ok) == ("finished", 15)
        machine.check_books(run)
    for run_id, seen in told.values():
        stored = {outcome.position: outcome.seq for _, _, outcome in client.rows(run_id, 1, 15) if outcome}
        assert seen.items() <= stored.items()
    assert len(recorder.asked) == 18 * 15


@pytest.mark.parametrize("verb", ["stubborn", pytest.param("gil", marks=pytest.mark.slow)])
def test_d06_a_terminated_runner_leaves_within_ten_seconds_whatever_its_items_do(machine: Machine, verb: str) -> None:
    run = machine.submit([f"{verb} 60"] * 4, pool=(1, 2))
    until(lambda: client.progress(run.id).doing)
    runner = psutil.Process(machine.runner_pid())
    family = [runner, *runner.children(recursive=True)]
    runner.terminate()
    asked = time.monotonic()
    until(lambda: not any(map(lives, family)), 14)

    assert time.monotonic() - asked < 10
    assert client.run(run.id).state == "running"
    assert machine.sql("SELECT (SELECT count(*) FROM attempts), (SELECT count(*) FROM outcomes)") == [(0, 0)]


def test_d12_a_runner_that_has_been_followed_stores_nothing_more(machine: Machine) -> None:
    run = machine.submit(["sleep 0.1"] * 100, pool=(1, 2))
    until(lambda: client.run(run.id).done > 3)
    stale = psutil.Process(machine.runner_pid())
    with Store(machine.home).write() as db:
        epochs.take_over(db, pid=1, started_at=1.0, clock_offset=0.0, code_hash="", settings="")
        stored = db.execute("SELECT count(*) FROM outcomes").fetchone()[0]
    until(lambda: not lives(stale))

    assert machine.sql("SELECT count(*) FROM outcomes") == [(stored,)]
    assert "a newer runner has taken over" in machine.log()
    client.ensure_runner()
    assert machine.finish(run).ok == 100


def test_a_stopped_runner_is_said_and_does_what_was_asked_when_it_goes_on(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = machine.submit(["sleep 0.1"] * 300, pool=(1, 2))
    until(lambda: client.run(run.id).done > 3)
    runner = machine.runner_pid()
    os.kill(runner, signal.SIGSTOP)
    monkeypatch.setattr("jobs.runtime.client.commands.ASK_SECONDS", 1.0)
    try:
        with pytest.raises(FanoutError, match="has not answered"):
            client.cancel(run.id)
        assert not client.run(run.id).state.terminal
        assert client.audit_entries()[0].action == "cancelled"  # it will be
    finally:
        os.kill(runner, signal.SIGCONT)

    assert machine.finish(run).state == "cancelled"
    assert machine.runner_pid() == runner


def test_changed_code_brings_a_new_runner_and_each_run_keeps_the_hash_of_its_own(
    machine: Machine, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    monkeypatch.setenv("JOBS_PATH", str(folder))
    source = '"""Says one."""\nfrom jobs import job\n@job(bound="io")\ndef says(text: str) -> str: return "one"\n'
    (folder / "says.py").write_text(source)
    first = machine.finish(machine.submit(["x"], "says"))
    runner = machine.runner_pid()
    (folder / "says.py").write_text(source.replace('"one"', '"two"'))
    second = machine.finish(machine.submit(["x"], "says"))

    assert machine.runner_pid() != runner
    assert [machine.outcomes(run)[0].row for run in (first, second)] == [{"result": "one"}, {"result": "two"}]
    assert first.code_hash
    assert client.run(first.id).code_hash == first.code_hash != second.code_hash


def test_d07_readers_that_come_and_go_have_nothing_done_twice(machine: Machine) -> None:
    recorder, over = Recorder(), threading.Event()
    port = recorder.server.server_port
    run = machine.submit([f"get {port} /{number}" for number in range(200)], pool=(2, 4))

    def look() -> None:
        while not over.wait(0.01):
            client.ensure_runner()
            client.progress(run.id)

    tabs = [threading.Thread(target=look) for _ in range(3)]
    for tab in tabs:
        tab.start()
    ended = machine.finish(run)
    over.set()
    for tab in tabs:
        tab.join()
    recorder.close()

    assert ended.ok == 200
    assert set(recorder.asked.values()) == {1}
