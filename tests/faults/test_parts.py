"""Files that were being written when their item, its worker or its runner ended: nothing of them stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.home import artifacts
from tests.support.machine import Machine, until


def parts(machine: Machine) -> list[Path]:
    return list((machine.home / artifacts.FOLDER).glob("*/*.part"))


@pytest.mark.parametrize("cells", [["hang"], ["ok", "hang", "ok"], ["hang", "hang"]], ids=len)
def test_x09_a_file_of_an_item_past_its_deadline_does_not_stay(machine: Machine, cells: list[str]) -> None:
    run = machine.finish(machine.submit(cells, "writer", pool=(1, 2), deadline=0.5))

    assert (run.ok, run.failed) == (cells.count("ok"), cells.count("hang"))
    until(lambda: not parts(machine))
    assert len(list((machine.home / artifacts.FOLDER / run.id).iterdir())) == run.ok


def test_x09_a_file_whose_chunks_raise_does_not_stay(machine: Machine) -> None:
    run = machine.submit(["raise", "hang"], "writer", pool=(1, 2), deadline=None)
    until(lambda: client.run(run.id).failed == 1 and parts(machine))

    assert len(parts(machine)) == 1
    client.cancel(run.id)
    machine.finish(run)
    until(lambda: not parts(machine))


def test_x09_a_file_whose_runner_ended_does_not_stay(machine: Machine) -> None:
    run = machine.submit(["hang"], "writer", pool=(1, 1), deadline=None)
    until(lambda: parts(machine))
    (machine.home / artifacts.FOLDER / run.id / "1-1-text.txt.part").write_text("as an older Fanout named it")
    old = parts(machine)
    machine.kill_runner()
    client.ensure_runner()

    until(lambda: not any(path.exists() for path in old))
    client.cancel(run.id)
    machine.finish(run)
