"""The results of a run as the items of another: filtered, unrolled, with their columns, and the chain told."""

from __future__ import annotations

import json

import pytest

from jobs.runtime import client, inputs, reader
from jobs.runtime.cli import main
from jobs.runtime.core.errors import NoItems, Refused
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ResultFilter
from jobs.runtime.reader import ResultSource, read_results
from jobs.runtime.store.connection import Store
from tests.support.machine import Machine

TABLE = b"no,age,name\n1,30,Ann\n2,29,fails\n3,40,Bob\n"


@pytest.fixture
def first(machine: Machine) -> Run:
    found = inputs.read(TABLE, name="t.csv", job=client.job_for("person", {}))
    return machine.finish(client.submit("person", found.items_iter(), table=found.table))


def rows_of(found: inputs.Preflight) -> list[list[str]]:
    return found.preview(100)


def test_the_columns_of_a_result_travel_along_and_rows_are_chosen(machine: Machine, first: Run) -> None:
    noop = client.job_for("noop", {})

    def read(**source: object) -> inputs.Preflight:
        return read_results(ResultSource(run=first.id[:10], **source), job=noop, column="result")  # type: ignore[arg-type]

    assert read().columns == ("no", "age", "name", "result")
    assert [row[2] for row in rows_of(read())] == ["Ann", "fails", "Bob"]
    assert [row[3] for row in rows_of(read(wanted=ResultFilter(state="ok")))] == ["no title Ann 31", "no title Bob 41"]
    assert [row[0] for row in rows_of(read(where=(("code", "failed"),)))] == ["2"]
    assert [row[0] for row in rows_of(read(where=(("state", "ok"), ("age", "40"))))] == ["3"]
    with pytest.raises(Refused, match="the run has no column 'nowhere'"):
        read(where=(("nowhere", "x"),))
    with pytest.raises(NoItems, match="has no item"):
        read(where=(("age", "99"),))


def test_results_are_rows_for_a_job_that_takes_rows(machine: Machine, first: Run) -> None:
    found = read_results(ResultSource(run=first.id), job=client.job_for("person", {}))

    assert {told.field: told.column for told in found.fields or ()} == {"name": "name", "age": "age", "title": ""}
    assert found.table.from_run == first.id


def test_a_list_becomes_a_row_for_each_entry(machine: Machine) -> None:
    run = machine.finish(machine.submit(["list", "str"], "kinds"))
    column = next(column.name for column in run.columns if column.type == "json")
    values = [(outcome.row or {}).get(column) for outcome in machine.outcomes(run)]

    found = read_results(ResultSource(run=run.id, explode=column), job=client.job_for("noop", {}))

    expected = [entry for value in values for entry in (value if isinstance(value, list) else [value] * bool(value))]
    place = found.columns.index(column)
    shown = [row[place] for row in rows_of(found)]
    assert shown == [entry if isinstance(entry, str) else json.dumps(entry) for entry in expected]
    assert found.column == column


def test_entries_of_a_list_that_are_empty_become_no_items_and_are_counted(machine: Machine) -> None:
    run = machine.finish(machine.submit(["list"], "kinds"))
    column = next(column.name for column in run.columns if column.type == "json")
    with Store(machine.home).write() as db:
        row = json.dumps({column: ["a", None, "", " ", 0, False, "b"]})
        db.execute("UPDATE outcomes SET row = ?", (row,))

    found = read_results(ResultSource(run=run.id, explode=column), job=client.job_for("noop", {}))

    place = found.columns.index(column)
    assert [row[place] for row in rows_of(found)] == ["a", "0", "false", "b"]
    assert (found.items, found.invalid_count) == (4, 0)
    assert found.notes == found.table.notes == ("3 empty entries of lists left out",)
    assert [item.cell for item in found.items_iter()] == ["a", "0", "false", "b"]


def test_of_a_list_the_entries_are_chosen(machine: Machine) -> None:
    run = machine.finish(machine.submit(["list", "str"], "kinds"))
    column = next(column.name for column in run.columns if column.type == "json")
    job = client.job_for("noop", {})
    unrolled = read_results(ResultSource(run=run.id, explode=column), job=job)
    entry = rows_of(unrolled)[0][unrolled.columns.index(column)]

    found = read_results(ResultSource(run=run.id, explode=column, where=((column, entry), ("state", "ok"))), job=job)

    assert {row[found.columns.index(column)] for row in rows_of(found)} == {entry}
    with pytest.raises(NoItems, match=f"of its 2 rows there is none of which {column} is nowhere and {column} lists"):
        read_results(ResultSource(run=run.id, explode=column, where=((column, "nowhere"),)), job=job)


def test_runs_made_of_runs_are_called_by_the_one_before_and_the_first(machine: Machine, first: Run) -> None:
    noop, run = client.job_for("noop", {}), first
    for _ in range(3):
        found = read_results(ResultSource(run=run.id), job=noop, column="name")
        run, before = machine.finish(client.submit("noop", found.items_iter(), table=found.table)), run

    assert run.name == f"run {before.id[:8]} · {first.name}"


def test_the_command_line_builds_runs_on_runs_and_tells_the_chain(
    machine: Machine, first: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "noop", "--from", first.id[:8], "--only", "ok", "--where", "age=30", "--column", "result", "--json"]

    assert main.main(words) == 0
    second = json.loads(capsys.readouterr().out)
    assert main.main(["run", "noop", "--from", second["id"][:8], "--column", "text", "--json"]) in (0, 2)
    capsys.readouterr()
    assert main.main(["run", "noop", "--from", second["id"], "--column", "name", "--json"]) == 0
    third = json.loads(capsys.readouterr().out)

    assert (second["items"], second["from_run"], third["from_run"]) == (1, first.id, second["id"])
    assert [source for source, _ in client.chain(third["id"])] == [second["id"], first.id]
    assert main.main(["show", third["id"]]) == 0
    assert f"made of:      {second['id'][:8]}" in capsys.readouterr().out
    client.delete(first.id)
    assert client.chain(third["id"])[1] == (first.id, "")


def test_what_cannot_be_taken_is_refused(machine: Machine, first: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["run", "noop", "--from", first.id, "--item", "x"]) == 2
    assert main.main(["run", "noop", "--item", "x", "--only", "ok"]) == 2
    assert "name the run" in capsys.readouterr().err
    assert main.main(["run", "noop", "--from", first.id, "--where", "code"]) == 2
    assert "as in --where code=redirected" in capsys.readouterr().err
    going = machine.submit(["sleep 30"])
    with pytest.raises(Refused, match="can be used when it is through"):
        reader.read_results(ResultSource(run=going.id), job=client.job_for("noop", {}))
    client.cancel(going.id)
