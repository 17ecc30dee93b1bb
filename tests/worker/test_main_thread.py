"""A worker with one slot performs its items in its main thread: what belongs there works, and nothing else changes."""

from __future__ import annotations

from jobs.runtime import client
from tests.support.machine import Machine, lives, stays, until


def test_signals_and_event_loops_work_where_a_worker_has_one_slot(machine: Machine) -> None:
    for cell in ("signal", "loop"):
        (outcome,) = machine.perform([cell], "talk", pool=(1, 1))
        assert (outcome.state, outcome.error) == ("ok", "")


def test_an_alarm_that_an_item_leaves_behind_reaches_no_other(machine: Machine) -> None:
    cells = [*["alarm"] * 3, "pause 0.6", "pause 0.6"]

    outcomes = machine.perform(cells, "talk", pool=(1, 1), attempts=1)

    assert [outcome.state for outcome in outcomes] == ["ok"] * len(cells)
    assert [outcome.attempts for outcome in outcomes] == [1] * len(cells)
    assert len({outcome.worker for outcome in outcomes}) == 1


def test_with_one_slot_a_pause_takes_back_what_has_not_started(machine: Machine) -> None:
    run = machine.submit([*["quiet"] * 200, "pause 1.5", *["quiet"] * 200], "talk", pool=(1, 1))
    until(lambda: client.run(run.id).ok == 200)

    client.pause(run.id)
    until(lambda: client.run(run.id).state == "paused" and client.run(run.id).done == 201)
    stays(lambda: client.run(run.id).done == 201, 0.2)

    client.resume(run.id)
    assert machine.finish(run).ok == 401


def test_with_one_slot_a_cancel_holds_within_two_seconds(machine: Machine) -> None:
    run = machine.submit(["hang x", "quiet"], "talk", pool=(2, 1))
    until(lambda: client.progress(run.id).doing)
    workers = machine.workers()

    client.cancel(run.id)
    ended = machine.finish(run)

    assert ended.cancel_seconds is not None
    assert ended.cancel_seconds < 8
    until(lambda: not any(map(lives, workers)), 20)
