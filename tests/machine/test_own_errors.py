"""What the runner cannot work at, by an error of its own, costs the run that it concerns and no other: rows of one run
are damaged here behind the store's back."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from jobs.runtime import client
from jobs.runtime.errors import IllegalMove
from jobs.runtime.records import Run
from jobs.runtime.store.connection import FILE
from tests.machine.conftest import Machine, until
from tests.machine.test_kills import ask_unheard


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
    failed = client.wait(damaged.id, 20)
    assert (failed.state, crashes(failed)) == ("failed", 3)
    assert "the runner stopped with an error of its own" in failed.error
    assert machine.perform(["ok"])[0].state == "ok"


def test_what_is_asked_of_a_damaged_run_is_refused_in_the_end_and_nothing_stands_still(machine: Machine) -> None:
    run = machine.finish(machine.submit(["fail"] * 3))
    damage(machine, run, "UPDATE runs SET ended_at = 'soon' WHERE number = {number}")

    with pytest.raises(IllegalMove, match="the runner stopped with an error of its own"):
        client.retry(run.id)
    assert crashes(run) == 3
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
