"""Runs go by themselves as JOBS_KEEP_DAYS and JOBS_KEEP_BYTES say: the oldest first, never a pinned one, with all that
is theirs; and it is said beforehand."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import pytest

from jobs.runtime import client
from jobs.runtime.cli import main
from jobs.runtime.core.errors import UnknownRun
from jobs.runtime.core.records import Run
from jobs.runtime.home import artifacts, retention
from jobs.runtime.runner import expiry
from jobs.runtime.store.connection import FILE
from tests.support.machine import Machine, until

DAY = retention.DAY


def ended(machine: Machine, *, days: float, cells: tuple[str, ...] = ("ok",)) -> Run:
    """A run that ended so many days ago."""
    run = machine.finish(machine.submit(list(cells)))
    with closing(sqlite3.connect(machine.home / FILE, timeout=20)) as db, db:
        db.execute("UPDATE runs SET ended_at = ? WHERE id = ?", (time.time() - days * DAY, run.id))
    return run


def there(run: Run) -> bool:
    try:
        return client.run(run.id).id == run.id
    except UnknownRun:
        return False


def begin_anew(machine: Machine) -> None:
    """Another runner, which looks at what has expired."""
    client.stop_runner()
    client.ensure_runner()


@pytest.mark.slow
def test_runs_go_when_they_are_old_but_for_pinned_ones_and_those_that_go_on(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ended(machine, days=40, cells=("file", "ok", "ok"))
    pinned, young = ended(machine, days=50), ended(machine, days=20)
    client.pin(pinned.id)
    paused = machine.submit(["sleep 600"])
    client.pause(paused.id)
    monkeypatch.setenv("JOBS_KEEP_DAYS", "30")

    begin_anew(machine)
    until(lambda: not there(old))

    assert [there(run) for run in (pinned, young, paused)] == [True] * 3
    until(lambda: not artifacts.folder(machine.home, old.id).exists())
    with closing(sqlite3.connect(machine.home / FILE)) as db:
        until(lambda: not db.execute("SELECT 1 FROM runs WHERE id = ?", (old.id,)).fetchone())
        assert db.execute("SELECT count(*) FROM outcomes").fetchone()[0] == 2
    assert f"run {old.id[:8]}, which ended on" in client.log_path().read_text("utf-8")


def test_the_oldest_go_until_the_rest_fits(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    oldest, older, newest = (ended(machine, days=days) for days in (3, 2, 1))
    just_ended = machine.finish(machine.submit(["ok"]))
    for run in (oldest, older, newest, just_ended):
        folder = artifacts.folder(machine.home, run.id)
        folder.mkdir(parents=True)
        (folder / "1-1-large.bin").write_bytes(bytes(40 * 2**20))
    monkeypatch.setenv("JOBS_KEEP_BYTES", "100m")
    assert [going.run.id for going in client.expiring()] == [oldest.id, older.id]

    begin_anew(machine)

    until(lambda: not (there(oldest) or there(older)))
    assert there(newest)
    assert there(just_ended)


def test_what_ended_within_the_hour_stays_whatever_room_it_takes(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = machine.finish(machine.submit(["ok"]))
    folder = artifacts.folder(machine.home, run.id)
    folder.mkdir(parents=True)
    (folder / "1-1-large.bin").write_bytes(bytes(70 * 2**20))
    monkeypatch.setenv("JOBS_KEEP_BYTES", "64m")
    monkeypatch.setattr(expiry, "LOOK_SECONDS", 0.1)

    begin_anew(machine)
    machine.finish(machine.submit(["ok"]))

    assert there(run)
    assert next((going.run.id, going.setting) for going in client.expiring()) == (run.id, "JOBS_KEEP_BYTES")


def test_nothing_goes_unless_it_is_asked_for(machine: Machine) -> None:
    run = ended(machine, days=3_000)

    begin_anew(machine)
    machine.finish(machine.submit(["ok"]))

    assert client.expiring() == []
    assert there(run)


def test_status_says_what_will_go_and_a_pin_takes_it_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ended(machine, days=29)
    monkeypatch.setenv("JOBS_KEEP_DAYS", "30")

    main.main(["status"])
    assert "1 run will go by JOBS_KEEP_DAYS, the first at " in capsys.readouterr().out
    main.main(["status", "--json"])
    found = json.loads(capsys.readouterr().out)["expiring"]
    assert [(one["setting"], one["runs"]) for one in found] == [("JOBS_KEEP_DAYS", 1)]
    main.main(["pin", run.id])
    assert "stays until it is deleted" in capsys.readouterr().out
    main.main(["status"])
    assert "JOBS_KEEP_DAYS" not in capsys.readouterr().out
    main.main(["show", run.id, "--json"])
    assert json.loads(capsys.readouterr().out)["pinned"] is True
    main.main(["pin", run.id, "--off"])
    assert "may go when its time is over" in capsys.readouterr().out
    assert [going.run.id for going in client.expiring()] == [run.id]
