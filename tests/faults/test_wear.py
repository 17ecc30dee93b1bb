"""Workers whose process an item has changed: no later item suffers from it, and a process that is as it was is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.worker import wear
from jobs.runtime.worker.wear import Wear
from tests.support.machine import Machine

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps that for each thread")
ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may do that")


@pytest.mark.parametrize(
    "verb",
    [
        *("lower_files", "lower_sizes", "use_up_files", "go_away /", "mask", "forget", "set_alarm"),
        *("lower_digits", "lower_depth", "hurry", "take_open"),
        *(pytest.param(verb, marks=ROOT) for verb in ("become_another", "move_root /tmp")),
    ],
)
def test_x20_a_worker_that_an_item_has_changed_serves_no_other_run(machine: Machine, tmp_path: Path, verb: str) -> None:
    machine.perform(["ok", verb], "vandal", pool=(1, 2))
    (before,) = machine.workers()
    run = machine.finish(machine.submit([f"write {tmp_path}/{number}" for number in range(4)], "vandal", pool=(1, 2)))

    assert run.ok == 4
    assert before.pid not in {outcome.worker for outcome in machine.outcomes(run)}
    assert any("is replaced" in event.text for event in client.events(run.id))


def test_x20_a_worker_whose_signal_handlers_an_item_has_set_serves_no_other_run(machine: Machine) -> None:
    (before,) = machine.perform(["signals"], "vandal", pool=(1, 1))  # one slot is the main thread: it may set them

    (after,) = machine.perform(["ok"], "vandal", pool=(1, 1))

    assert (before.state, after.state) == ("ok", "ok")
    assert after.worker != before.worker


def test_x20_threads_and_connections_of_some_tens_and_a_freer_python_are_no_reason(machine: Machine) -> None:
    machine.perform(["threads", "start", "raise_digits", "ok"], "vandal", pool=(1, 2))
    (before,) = machine.workers()
    (after,) = machine.perform(["ok"], "vandal", pool=(1, 2))

    assert after.worker == before.pid


@pytest.mark.parametrize("verb", ["lower_files", "lower_sizes", "use_up_files"])
def test_x20_items_of_the_same_run_are_tried_again_elsewhere(machine: Machine, tmp_path: Path, verb: str) -> None:
    writes = [f"write {tmp_path}/{number}" for number in range(20)]
    found = machine.perform(["ok", verb, *writes], "vandal", pool=(1, 2))

    assert [outcome.code or outcome.state for outcome in found] == ["ok"] * 22


@pytest.mark.parametrize("verb", ["lower_digits", "take_open", "stop_every_clock"])
def test_what_all_threads_of_python_share_is_changed_for_nobody_else(machine: Machine, verb: str) -> None:
    found = machine.perform(["ok", verb, *["count 1000"] * 10], "vandal", pool=(1, 2))

    assert [outcome.code or outcome.state for outcome in found] == ["ok"] * 12


@pytest.mark.parametrize("verb", ["round_off", "round_off_apart"])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_belongs_to_a_thread_is_as_at_its_start_for_each_item(machine: Machine, threads: int, verb: str) -> None:
    found = machine.perform([verb, *["third"] * 10], "vandal", pool=(1, threads))

    assert {outcome.worker for outcome in found} == {found[0].worker}
    assert {outcome.row["result"] for outcome in found[1:]} == {f"0.{'3' * 28} of nobody None None"}


@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_job_sets_before_its_items_holds_for_each_of_them(machine: Machine, threads: int) -> None:
    found = machine.perform(["round_off"] * 4, "settled", pool=(1, threads))

    assert [outcome.row and outcome.row["result"] for outcome in found] == ["0.333333 ready"] * 4


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="asyncio makes no loop unasked")
def test_an_event_loop_that_an_item_has_closed_is_not_handed_on(machine: Machine) -> None:
    found = machine.perform(["loop_once"] * 4, "vandal", pool=(1, 1))

    assert [outcome.row and outcome.row["result"] for outcome in found] == ["looped"] * 4


def test_a_process_is_as_it_was_until_something_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wear, "OPEN_SHARE", 1.0)  # of this process, which other tests use too
    monkeypatch.setattr(wear, "MAX_THREADS", 100_000)
    seen = Wear(slots=2)
    before = seen.found()
    monkeypatch.chdir(tmp_path)

    assert (before, seen.found()) == ("", "its working folder is not as at its start")


@pytest.mark.parametrize(
    "verb",
    [
        "stop_the_clock",
        "go_elsewhere",
        "warn_no_more",
        "forget_modules",
        "keep_garbage",
        "silence_logs",
        "hold_on",
        "trace",
        "speak_otherwise",
        "hurry_garbage",
        "watch_garbage",
        "tell_nobody",
        "start_nothing",
        "move_clock",
        "pass_over",
        "put_files_nowhere",
        pytest.param("make_no_loops", marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="deprecated there")),
        *(pytest.param(verb, marks=LINUX) for verb in ("fall_first", "give_way", "be_nice", "hear_nothing")),
        pytest.param("leave_network", marks=[LINUX, ROOT]),
    ],
)
def test_x20_what_an_item_changes_for_all_of_its_process_is_found(verb: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", f"{SEEN}; vandal.{verb}(); print(seen.found())"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.splitlines()

    assert found[0] == ""
    assert found[1].endswith("not as at its start")


@pytest.mark.parametrize("verb", ["find_nothing", "forget_folders", "shorten_fields"])
def test_x20_what_an_item_takes_from_all_of_its_process_is_found(verb: str) -> None:
    code = f"{SEEN}; vandal.{verb}(); print(bool(seen.found()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)

    assert found.stdout.splitlines() == ["", "True"]


@LINUX
def test_x20_a_thread_that_an_item_has_set_back_serves_no_other_run(machine: Machine) -> None:
    machine.perform(["ok", "give_way"], "vandal", pool=(1, 2))
    (before,) = machine.workers()
    (after,) = machine.perform(["ok"], "vandal", pool=(1, 2))

    assert after.worker != before.pid


def test_a_module_that_an_item_is_the_first_to_load_is_no_wear_and_what_it_puts_in_its_place_is() -> None:
    code = (
        "import sys; from jobs.runtime.worker.wear import Wear; seen = Wear(slots=2); print('ssl' in sys.modules); "
        "import ssl, subprocess; print(seen.found()); ssl.SSLContext = object; print(seen.found())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)

    assert found.stdout.splitlines() == ["False", "", "its clocks, sockets and JSON are not as at its start"]


SEEN = (
    "from jobs.runtime.worker.wear import Wear; from tests.support.jobs import vandal; seen = Wear(slots=2); "
    "print(seen.found())"
)


def test_a_process_of_too_many_threads_has_lost_its_headroom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wear, "MAX_THREADS", -10)

    assert "threads" in Wear(slots=1).found()
