"""What the runner cannot work at, by an error of its own, costs the run that it concerns and no other: rows of one run
are damaged here behind the store's back."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import DamagedRun, IllegalMove
from jobs.runtime.core.records import Run
from jobs.runtime.store.connection import FILE
from tests.faults.test_kills import ask_unheard
from tests.support.machine import Machine, until

pytestmark = pytest.mark.slow


def damage(machine: Machine, run: Run, change: str) -> None:
    """Change rows of a run; `{number}` is its number."""
    with closing(sqlite3.connect(machine.home / FILE)) as db, db:
        number = db.execute("SELECT number FROM runs WHERE id = ?", (run.id,)).fetchone()[0]
        db.execute(change.format(number=number))


def crashes(run: Run) -> int:
    return [event.kind for event in client.events(run.id, 1_000)].count("crashed")


DAMAGES = {
    "while preparing": ("act", "UPDATE items SET cell = x'ff' WHERE run = {number} AND position = 2"),
    "while sending": ("noop", "UPDATE items SET cell = x'ff' WHERE run = {number} AND position = 2"),
    "while reading on": (
        "noop",
        """INSERT INTO attempts (run, position, number, kind, code, error, not_before)
           VALUES ({number}, 2, 1, 'later', '', '', 'soon')""",
    ),
    "while reading the run": ("noop", "UPDATE runs SET params = '{{' WHERE number = {number}"),
    "while claiming": ("noop", "UPDATE runs SET submitted_at = 'soon' WHERE number = {number}"),
    "while storing": (
        "noop",
        """CREATE TRIGGER damaged BEFORE INSERT ON outcomes WHEN NEW.run = {number}
           BEGIN SELECT RAISE(ABORT, 'damaged'); END""",
    ),
}


@pytest.mark.parametrize(
    "when",
    ["while storing", *(pytest.param(when, marks=pytest.mark.slow) for when in DAMAGES if when != "while storing")],
)
def test_a_run_that_cannot_be_worked_at_ends_and_those_beside_it_go_on(machine: Machine, when: str) -> None:
    job, change = DAMAGES[when]
    innocent = machine.submit(["sleep 0.05"] * 120, pool=(1, 2))
    until(lambda: client.run(innocent.id).done > 5)
    client.stop_runner()
    damaged = machine.submit_only(["x"] * 3, job)
    damage(machine, damaged, change)
    client.ensure_runner()

    ended = machine.finish(innocent)
    assert (ended.state, ended.ok, crashes(ended)) == ("finished", 120, 0)
    machine.check_books(ended)
    until(lambda: machine.sql(f"SELECT state FROM runs WHERE id = '{damaged.id}'") == [("failed",)])
    damage(machine, damaged, "UPDATE runs SET params = '{{}}', submitted_at = 1.0 WHERE number = {number}")
    failed = client.run(damaged.id)
    assert (failed.state, crashes(failed)) == ("failed", 3)
    assert "the runner stopped with an error of its own" in failed.error
    assert machine.perform(["ok"])[0].state == "ok"


def spoil_pages(machine: Machine, text: str) -> None:
    """Overwrite some pages of the file that hold this text."""
    with closing(sqlite3.connect(machine.home / FILE)) as db:
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        size = db.execute("PRAGMA page_size").fetchone()[0]
    file = machine.home / FILE
    content = bytearray(file.read_bytes())
    places = [place for place in range(0, len(content), size) if content[place : place + size].count(text.encode()) > 3]
    for place in places[20:25]:
        content[place : place + size] = b"\xff" * size
    file.write_bytes(content)


@pytest.mark.parametrize("where", ["a row", pytest.param("pages of the file", marks=pytest.mark.slow)])
def test_a_damaged_run_that_is_deleted_is_gone_and_those_beside_it_go_on(machine: Machine, where: str) -> None:
    damaged = machine.finish(machine.submit(["ok " + "damaged" * 100] * 1_000))
    client.stop_runner()
    if where == "a row":
        damage(
            machine,
            damaged,
            """CREATE TRIGGER damaged BEFORE DELETE ON outcomes WHEN OLD.run = {number}
               BEGIN SELECT RAISE(ABORT, 'damaged'); END""",
        )
    else:
        spoil_pages(machine, "damaged" * 100)
    innocent = machine.submit(["sleep 0.05"] * 120, pool=(1, 2))
    until(lambda: client.run(innocent.id).done > 5)
    client.delete(damaged.id)

    ended = machine.finish(innocent)
    assert (ended.state, ended.ok, crashes(ended), client.trouble()) == ("finished", 120, 0, "")
    until(lambda: client.ensure_runner() or "not all of it could be removed" in machine.log())
    assert [run.id for run in client.runs()] == [innocent.id]
    assert machine.perform(["ok"])[0].state == "ok"
    assert machine.sql("SELECT epoch FROM runner") == [(5,)]  # one that stopped, three that met an error, and the last


def test_a_run_that_cannot_be_read_is_said_to_be_damaged(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok"]))
    damage(machine, run, "UPDATE runs SET params = '{{' WHERE number = {number}")

    with pytest.raises(DamagedRun, match=f"run {run.id} is damaged in the store: "):
        client.run(run.id)


def test_what_is_asked_of_a_damaged_run_is_refused_and_nothing_stands_still(machine: Machine) -> None:
    run = machine.finish(machine.submit(["fail"] * 3))
    damage(machine, run, "UPDATE runs SET ended_at = 'soon' WHERE number = {number}")

    with pytest.raises(IllegalMove, match=f"run {run.id} is damaged in the store: its ended_at is 'soon'"):
        client.retry(run.id)
    assert crashes(run) == 0
    assert machine.perform(["ok"])[0].state == "ok"


def test_a_cancel_that_cannot_be_carried_out_ends_the_run_all_the_same(machine: Machine) -> None:
    damaged = machine.submit_only(["sleep 600"] * 3)
    damage(
        machine,
        damaged,
        """CREATE TRIGGER damaged BEFORE INSERT ON outcomes WHEN NEW.run = {number}
           BEGIN SELECT RAISE(ABORT, 'damaged'); END""",
    )
    ask_unheard(machine, damaged, "cancel")
    client.ensure_runner()

    assert machine.finish(damaged).state == "failed"
    assert machine.perform(["ok"])[0].state == "ok"
