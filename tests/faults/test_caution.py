"""An item that kills the runner each time it is tried: it alone fails, and runners do not start without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.store import epochs
from tests.support.machine import Machine, until

pytestmark = pytest.mark.slow


def drive(machine: Machine, cells: list[str], pool: tuple[int, int]) -> tuple[list[str], int]:
    """How items ended, with runners started as a page does, and how many there were."""
    run = machine.submit(cells, "vandal", pool=pool, deadline=None)

    def ended() -> bool:
        client.ensure_runner()
        return client.run(run.id).state.terminal

    until(ended, 90)
    with client.runner_process.store().read() as db:  # type: ignore[attr-defined]
        epoch = epochs.runner(db).epoch
    return [outcome.code or outcome.state for outcome in machine.outcomes(run)], epoch


@pytest.mark.parametrize("pool", [(1, 4), (2, 1)], ids=["threads", "processes"])
def test_x11_an_item_that_kills_its_runner_fails_and_the_others_do_not(machine: Machine, pool: tuple[int, int]) -> None:
    found, runners = drive(machine, [*["ok"] * 6, "kill_runner", *["ok"] * 30], pool)

    assert found == [*["ok"] * 6, "worker_lost", *["ok"] * 30]
    assert runners <= 9


def test_a_runner_that_leaves_of_its_own_will_is_no_death(machine: Machine) -> None:
    run = machine.submit(["sleep 30"], "vandal", deadline=None)
    until(lambda: any(event.kind == "worker_ready" for event in client.events(run.id)))
    assert client.stop_runner()
    client.ensure_runner()
    until(lambda: sum(event.kind == "claimed" for event in client.events(run.id)) == 2)

    assert [event.kind for event in client.events(run.id, 100)].count("interrupted") == 0
    client.cancel(run.id)
    machine.finish(run)


def test_x11_a_job_that_kills_its_runner_at_its_import_fails_its_run(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "killer.py").write_text(
        '"""A job that kills what loads it for its work."""\nimport os, signal\nfrom jobs import job\n\n'
        "def kill() -> None: os.kill(os.getppid(), signal.SIGKILL)\n\n"
        '@job(bound="io", ready=kill)\ndef killer(text: str) -> str: return text\n'
    )
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))
    run = machine.submit(["a", "b"], "killer")

    def ended() -> bool:
        client.ensure_runner()
        return client.run(run.id).state.terminal

    until(ended, 90)
    assert client.run(run.id).error == "its runner died 6 times in a row, before any item of it was tried"
