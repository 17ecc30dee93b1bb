"""Machines on which nothing comes to an end are set aside for a while, and the work goes elsewhere."""

from __future__ import annotations

import selectors
import socket
import time
from pathlib import Path

import pytest

from jobs.runtime.core.units import duration
from jobs.runtime.runner.cluster.machines import ASIDE_SECONDS, IN_A_ROW, Machines
from jobs.runtime.worker.protocol import framed
from tests.runner.cluster.test_entrance import Door
from tests.support.machine import until


def failing(times: int, others: list[str]) -> tuple[Machines, list[str]]:
    said: list[str] = []
    machines = Machines(said.append)
    for _ in range(times):
        machines.failed("bad", "was killed by SIGKILL", others, 0.0)
    return machines, said


def test_a_machine_that_fails_several_times_in_a_row_is_set_aside_for_a_while() -> None:
    machines, said = failing(IN_A_ROW, ["good"])

    assert said == [
        f"bad is set aside for {duration(ASIDE_SECONDS)}: 3 workers in a row were lost there or did not start, the "
        "last was killed by SIGKILL"
    ]
    assert machines.aside(100.0) == {"bad": (ASIDE_SECONDS - 100.0, "was killed by SIGKILL")}
    assert not machines.is_aside("bad", ASIDE_SECONDS)
    assert machines.failed("bad", "again", ["good"], ASIDE_SECONDS)


@pytest.mark.parametrize(("times", "others"), [(IN_A_ROW - 1, ["good"]), (9, [])])
def test_it_is_not_for_few_failures_nor_where_there_is_no_other(times: int, others: list[str]) -> None:
    machines, said = failing(times, others)

    assert (machines.aside(1.0), said) == ({}, [])


def test_the_last_machine_that_is_left_is_not_set_aside() -> None:
    machines, said = failing(IN_A_ROW, ["good"])

    assert not any(machines.failed("good", "x", ["bad"], 1.0) for _ in range(9))
    assert len(said) == 1


def test_an_answer_from_there_ends_the_row() -> None:
    machines, said = failing(IN_A_ROW - 1, ["good"])
    machines.fine("bad")

    assert not machines.failed("bad", "x", ["good"], 0.0)
    assert said == []


def test_an_agent_from_a_machine_that_is_set_aside_waits_and_another_is_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    door = Door(home)
    door.selector.register(door.process.pipe, selectors.EVENT_READ)
    for _ in range(IN_A_ROW):
        door.launcher._machines.failed("bad", "x", ["good"], time.monotonic())
    with socket.create_connection(door.address) as bad, socket.create_connection(door.address) as good:
        bad.sendall(framed(b'{"token": "%s", "machine": "bad"}' % door.token.encode()))
        until(lambda: door.turn() or door.token not in door.entrance.expected)
        (another,) = door.entrance.expected
        assert door.process.begun_at is None
        good.sendall(framed(b'{"token": "%s", "machine": "good"}' % another.encode()))
        until(lambda: door.turn() or door.process.machine == "good")

    assert door.launcher._engine is not None
    assert len(door.launcher._engine._wanted) == 2
    door.process.close()
    assert len(door.launcher._engine._wanted) == 1
    door.launcher.close()
