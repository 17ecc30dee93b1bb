"""One row among the runs that cannot be read: the others are shown, it is named, and it can be deleted."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import DamagedRun, FanoutError
from jobs.runtime.store.connection import FILE
from tests.faults.test_broken_stores import page, said, shown
from tests.faults.test_durability import fanout
from tests.faults.test_own_errors import damage
from tests.support.machine import Machine, until

pytestmark = pytest.mark.slow

DAMAGES = [
    "params = '{{'",
    "params = '[1]'",
    "params = x'ff'",
    "state = 'elsewhere'",
    "state = NULL",
    "items = 'many'",
    "items = 1.5",
    "ok = x'00'",
    "submitted_at = 'soon'",
    "ended_at = 1e999",
    "deadline = 'never'",
    "columns = '{{}}'",
    "columns = '[{{\"nonsense\": 1}}]'",
    "source_columns = '{{}}'",
    "traits = '[]'",
    "traits = '{{\"nonsense\": 1}}'",
    "live = '[]'",
    "name = 5, name = x'fffe'",
    "job = x'ff'",
    "processes = -1",
    "processes = 'two'",
    "params = '" + "[" * 100_000 + "'",
    "id = x'ff'",
    "id = '../../x'",
    "nonce = x'ff', error = x'ff'",
]


def break_run(machine: Machine, change: str) -> tuple[str, int]:
    """Three runs, of which the second is damaged; its id and number."""
    runs = [machine.finish(machine.submit(["return file"])) for _ in range(3)]
    number = machine.sql(f"SELECT number FROM runs WHERE id = '{runs[1].id}'")[0][0]
    with closing(sqlite3.connect(machine.home / FILE)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("PRAGMA writable_schema = ON")  # the damage may be one that SQLite itself would not let pass
        db.execute("UPDATE sqlite_master SET sql = replace(sql, 'TEXT NOT NULL', 'TEXT') WHERE name = 'runs'")
        db.commit()
    damage(machine, runs[1], f"UPDATE runs SET {change} WHERE number = {{number}}")
    return runs[1].id, int(str(number))


@pytest.mark.parametrize("change", DAMAGES, ids=lambda change: change[:24])
def test_x23_the_others_are_shown_and_the_damaged_one_is_named_and_can_be_deleted(
    machine: Machine, change: str
) -> None:
    run_id, number = break_run(machine, change)
    name = f"#{number}" if change.startswith("id") else run_id

    listed, document = fanout("runs"), fanout("runs", "--json")
    found = client.listing()
    history = page("runs")

    assert (listed.returncode, document.returncode) == (0, 0)
    assert len(listed.stdout.splitlines()) == 3
    assert len(json.loads(document.stdout)) == len(found.runs) == 2
    assert [run.name for run in found.damaged] == [name]
    assert f"run {name} is damaged in the store: " in listed.stderr
    assert f"run {name} is damaged in the store: " in said(history)
    assert [client.progress(run.id).run.ok for run in found.runs] == [1, 1]
    for words in (["show", name], ["retry", name], ["export", name, "--out", "x.csv"], ["compare", name, name]):
        refused = fanout(*words)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), words

    deleted = fanout("delete", name)

    assert (deleted.returncode, deleted.stderr) == (0, "")
    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(2,)])
    assert machine.sql(f"SELECT count(*) FROM items WHERE run = {number}") == [(0,)]
    assert client.listing().damaged == ()
    assert machine.perform(["ok"])[0].state == "ok"


def test_x23_a_damaged_run_is_deleted_on_the_page(machine: Machine) -> None:
    _, number = break_run(machine, "params = '{{'")

    shown(page("runs").button(key=f"delete_{number}").click().run())

    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(2,)])


def test_x23_a_page_of_damaged_runs_hides_none_of_those_behind_it(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok"]))
    for _ in range(60):
        machine.submit_only(["x"], "noop")
    with closing(sqlite3.connect(machine.home / FILE)) as db, db:
        db.execute("UPDATE runs SET traits = '?' WHERE id <> ?", (first.id,))

    document = fanout("runs", "--json")

    assert [run["id"] for run in json.loads(document.stdout)] == [first.id]
    assert document.stderr.count("is damaged in the store") == 60


def test_x23_a_damaged_run_that_waits_or_runs_can_be_deleted_too(machine: Machine) -> None:
    working = machine.submit(["sleep 600"] * 3)
    until(lambda: client.progress(working.id).doing)
    damage(machine, working, "UPDATE runs SET traits = '?' WHERE number = {number}")

    for _ in range(2):
        try:
            client.delete(working.id)
        except FanoutError:
            continue  # the runner has stumbled over it meanwhile, and the next one takes the wish up
    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(0,)])

    until(lambda: not machine.workers())
    assert machine.perform(["ok"])[0].state == "ok"


def test_x23_what_a_damaged_run_still_has_can_be_read(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok", "fail"]))
    damage(machine, run, "UPDATE runs SET params = '?' WHERE number = {number}")

    with pytest.raises(DamagedRun):
        client.run(run.id)
    assert [outcome.state for _, _, outcome in client.rows(run.id, 1, 2) if outcome] == ["ok", "failed"]
    assert client.events(run.id)
    assert client.sizes(run.id) > 0
