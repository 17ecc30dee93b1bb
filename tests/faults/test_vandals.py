"""Items that attack their own worker: its pipe, its descriptors, its signals, its output. Each is its own failure."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core.records import Outcome
from jobs.runtime.runner.pool import orphans
from jobs.runtime.worker.messages import AttemptOutcome
from jobs.runtime.worker.said_queue import SaidQueue
from tests.support.frames import FORGED, answer
from tests.support.machine import Machine, lives, until


def ends(found: list[Outcome]) -> list[str]:
    return [outcome.code or outcome.state.value for outcome in found]


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["close_all", "close_pipe", "shut_pipe", "babble"])
@pytest.mark.parametrize("pool", [(1, 4), (2, 1)], ids=["threads", "processes"])
def test_who_breaks_the_pipe_is_blamed_and_nobody_else(machine: Machine, pool: tuple[int, int], verb: str) -> None:
    found = machine.perform([*["sleep 0.05"] * 5, verb, *["sleep 0.05"] * 15], "vandal", pool=pool)

    assert ends(found) == [*["ok"] * 5, "worker_lost", *["ok"] * 15]


@pytest.mark.parametrize(
    "frame",
    [
        '["answers",5]',
        '["answers",[[1]]]',
        '["answers",[[-1, 1]]]',
        '["given_back","x"]',
        '["given_back",[-1]]',
        '["nothing"]',
        "{}",
        '["prepared",{}]',
        '["broken",[]]',
        '["begin","run","{}",[],null]',
        "[[],[]]",
    ],
)
def test_a_frame_that_is_none_costs_its_worker_and_not_the_runner(machine: Machine, frame: str) -> None:
    found = machine.perform([*["sleep 0.05"] * 5, f"say {frame}", *["sleep 0.05"] * 5], "vandal", pool=(1, 2))

    assert ends(found)[:5] + ends(found)[6:] == ["ok"] * 10
    assert ends(found)[5] in ("ok", "worker_lost")
    assert "Traceback" not in machine.log()


@pytest.mark.parametrize("pool", [(1, 4), pytest.param((2, 1), marks=pytest.mark.slow)], ids=["threads", "processes"])
def test_x13_an_answer_that_was_forged_is_the_failure_of_the_item_that_it_names(
    machine: Machine, pool: tuple[int, int]
) -> None:
    forged = [f"forge {number}" for number in range(len(FORGED))]
    run = machine.finish(machine.submit([cell for forgery in forged for cell in (forgery, "ok")], "vandal", pool=pool))
    found = machine.outcomes(run)

    assert ends(found) == ["unencodable", "ok"] * len(forged)
    assert len([event for event in client.events(run.id) if event.kind == "worker_died"]) == 0
    assert "Traceback" not in machine.log()


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["answer_for_others", "give_back", "scribble", 'say ["ready"]', "say 5"])
def test_x13_what_an_item_says_of_others_does_not_count(machine: Machine, verb: str) -> None:
    found = machine.perform([*["sleep 0.01"] * 20, verb, *["ok"] * 200], "vandal", pool=(1, 2))

    assert ends(found)[:20] + ends(found)[21:] == ["ok"] * 220
    assert ends(found)[20] in ("ok", "worker_lost")


def test_x13_no_item_ends_its_run(machine: Machine) -> None:
    found = machine.perform(["ok", *['say ["broken","it cannot begin"]'] * 2, "ok"], "vandal", pool=(1, 1))

    assert ends(found)[::3] == ["ok", "ok"]


def test_x13_an_endless_hold_is_the_failure_of_the_item_that_asks_for_it(machine: Machine) -> None:
    found = machine.perform(["hold inf", "hold nan", "hold -inf", "hold 1e300", "hold -5", "ok"], "vandal")

    assert ends(found) == ["bug", "bug", "bug", "ok", "ok", "ok"]
    assert found[0].error == "ValueError: pace(hold=inf): inf is no number of seconds"


@pytest.mark.slow
def test_a_frame_that_never_ends_stalls_nobody(machine: Machine) -> None:
    found = machine.perform([*["sleep 0.05"] * 5, "promise", *["sleep 0.05"] * 5], "vandal", pool=(1, 2), deadline=None)

    assert ends(found)[:5] + ends(found)[6:] == ["ok"] * 10


@pytest.mark.parametrize(
    ("verb", "end"),
    [
        ("shout", "ok"),
        ("fork", "ok"),
        ("fork_and_go_on", "ok"),
        ("start", "ok"),
        ("threads", "ok"),
        ("raise_in_thread", "ok"),
        ("signals", "bug"),
        ("leave", "bug"),
        ("rude", "bug"),
        ("interrupt", "bug"),
        ("wordless", "bug"),
        ("speechless", "bug"),
        ("soon", "bug"),
        ("never", "busy"),
        ("recurse", "bug"),
        ("alone", "ok"),
    ],
)
def test_whatever_an_item_does_to_its_process_is_its_own_outcome(machine: Machine, verb: str, end: str) -> None:
    found = machine.perform([*["sleep 0.05"] * 4, verb, *["sleep 0.05"] * 4], "vandal", pool=(1, 3))

    assert ends(found) == [*["ok"] * 4, end, *["ok"] * 4]
    assert "Traceback" not in machine.log()


def test_the_settings_hold_after_an_item_has_emptied_the_environment(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_MAX_DIGITS", "12345")

    found = machine.perform(["digits", "forget", "digits"], "vandal", pool=(1, 1))

    assert [outcome.row for outcome in found] == [{"result": "12345"}, {"result": None}, {"result": "12345"}]


@pytest.mark.parametrize("verb", ["fork", "fork_and_go_on"])
def test_the_death_of_a_worker_is_heard_of_while_a_fork_of_it_lives(machine: Machine, verb: str) -> None:
    found = machine.perform([verb, "ok", "die", "ok"], "vandal", pool=(1, 1), deadline=None)

    assert ends(found) == ["ok", "ok", "worker_lost", "ok"]
    assert "SIGKILL" in found[2].error


@pytest.mark.parametrize("verb", ["fork_and_go_on", "fork_apart"])
def test_a_fork_that_goes_on_performs_nothing_and_ends(machine: Machine, tmp_path: Path, verb: str) -> None:
    asked = tmp_path / "asked"
    notes = [f"note {asked}"] * 300  # so fast that some wait in the worker already while another is performed
    found = machine.perform([*notes, verb, *notes], "vandal", pool=(1, 1))

    assert ends(found) == ["ok"] * 601
    assert asked.read_text().count("asked") == 600
    (process,) = machine.workers()
    until(lambda: not any(map(lives, process.children())))


def test_a_fork_that_goes_on_writes_no_file(machine: Machine) -> None:
    found = machine.perform(["return fork"] * 8, pool=(1, 4))

    assert ends(found) == ["ok"] * 8


def test_large_answers_of_many_slots_do_not_share_a_frame() -> None:
    ours, theirs = socket.socketpair()
    said = SaidQueue(ours)
    for size in (10, 10, 800_000, 800_000, 800_000):
        said.put(answer(outcome=AttemptOutcome(kind="ok", row="x" * size)))
    said.put(7)

    assert [len(said.next_together()) for _ in range(2)] == [4, 2]
    ours.close()
    theirs.close()


def test_a_cancel_also_ends_what_an_item_has_started(machine: Machine) -> None:
    run = machine.submit(["fork", "start", "sleep 60"], "vandal", pool=(1, 1))  # a fork beside a start can keep it up
    until(lambda: client.run(run.id).done == 2)
    (process,) = machine.workers()
    family = process.children(recursive=True)
    client.cancel(run.id)
    machine.finish(run)

    assert len(family) == 2
    until(lambda: not any(map(lives, family)), 20)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this Python cannot end a process that others started")
def test_what_an_item_has_started_is_ended_by_the_next_runner_when_one_is_killed(
    machine: Machine, tmp_path: Path
) -> None:
    note = tmp_path / "daemon"
    run = machine.submit(["fork", "start", "detach", f"daemon {note}", "sleep 600"], "vandal", pool=(1, 1))
    until(lambda: client.run(run.id).done == 4 and note.exists() and note.read_text())
    (process,) = machine.workers()
    family = process.children(recursive=True)
    (detached,) = [child for child in family if os.getpgid(child.pid) == child.pid]
    command, of_another_home = ["sh", "-c", "sleep 60 >&2 & echo $!"], {orphans.MARK: f"1 {tmp_path}"}
    started = subprocess.run(
        command, env=os.environ | of_another_home, stdout=subprocess.PIPE, process_group=0, check=True
    )
    spared = [detached, *(psutil.Process(int(pid)) for pid in (started.stdout, note.read_text()))]
    machine.kill_runner()
    client.ensure_runner()

    doomed = [child for child in family if child != detached]
    until(lambda: not any(map(lives, doomed)))
    assert "had left behind" in machine.log()
    assert [lives(process) for process in spared] == [True, True, True]
    for process in spared:
        process.kill()
    client.cancel(run.id)


def test_what_items_print_fills_no_disk(machine: Machine) -> None:
    assert ends(machine.perform(["shout", "sleep 1"], "vandal", pool=(1, 1))) == ["ok", "ok"]

    assert sum(log.stat().st_size for log in (machine.home / "workers").iterdir()) < 6 * 2**20
    assert client.log_path().stat().st_size < 10_000
