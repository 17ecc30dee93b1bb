"""Runs whose items are rows: results, duplicates, retry, run again, search, order and compare hold as for cells."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from jobs.runtime import client, compare, exports, inputs
from jobs.runtime.cli import main
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ResultFilter, ResultOrder
from tests.support.machine import Machine

TABLE = b"no,age,name,x\n1,30,Ann,q\n2,29,fails,r\n3,9,nobody,s\n4,old,Cy,t\n5,7,ANN,u\n"


def run_of(machine: Machine, content: bytes = TABLE, **params: object) -> Run:
    found = inputs.read(content, name="t.csv", job=client.job_for("person", params))
    run = client.submit("person", found.items_iter(), params=params, table=found.table)
    return machine.finish(run)


def written(run: Run, only: str = "") -> io.BytesIO:
    out = io.BytesIO()
    with client.snapshot(run.id) as (now, rows):
        exports.export(now, rows, out, format="csv", only=only)
    return out


def test_a_long_cell_of_a_row_is_cut_for_a_table_and_the_row_stays_one(machine: Machine) -> None:
    run = run_of(machine, b"age,name\n3," + b"n" * 9_000 + b"\n")

    (found,) = client.short_rows(run.id, 1, 1)
    cells = exports.result_table(run).users_cells(found.item)
    assert (cells[0], len(cells[1])) == ("3", exports.LONGEST)


def test_rows_come_back_with_all_their_columns_and_one_outcome_each(machine: Machine) -> None:
    run = run_of(machine, prefix="p ")
    out = written(run)

    lines = out.getvalue().decode().splitlines()
    assert lines[0].startswith("no,age,name,x,result,position,state,code,error")
    assert [",".join(line.split(",")[:8]) for line in lines[1:]] == [
        "1,30,Ann,q,p no title Ann 31,1,ok,",
        "2,29,fails,r,,2,failed,failed",
        "3,9,nobody,s,,3,failed,over_budget",
        "4,old,Cy,t,,4,failed,invalid_item",
        "5,7,ANN,u,p no title Ann 31,5,ok,duplicate",
    ]
    assert {name for name, _ in client.groups(run.id)} == {"p A", "p f"}


def test_failed_rows_are_retried_and_exported_to_be_fixed(machine: Machine) -> None:
    run = run_of(machine)
    client.retry(run.id)
    machine.finish(client.run(run.id))
    out = written(run, only="input-of-failed")

    assert [attempt.position for attempt in client.attempts(run.id)] == [2, 3, 4]
    assert out.getvalue().decode().splitlines() == ["no,age,name,x", "2,29,fails,r", "3,9,nobody,s", "4,old,Cy,t"]


def test_run_again_takes_the_same_rows_and_compares_them_by_their_fields(machine: Machine) -> None:
    first = run_of(machine)
    again = machine.finish(client.again(first.id))
    shuffled = run_of(machine, b"age,name\n29,fails\n30,Ann\n8,Dot\n")

    assert compare.same_items(first, again)
    assert compare.compare_runs(first, again).changed == 0
    found = compare.compare_runs(first, shuffled)
    assert found.both == 2
    assert "name: Dot, age: 8" in {change.item for change in found.changes}


def test_rows_are_found_and_put_in_order_by_any_column(machine: Machine) -> None:
    run = run_of(machine)

    def found(text: str = "", by: str = "") -> list[int]:
        order = ResultOrder(column=by) if by else ResultOrder()
        return list(client.search(run.id, ResultFilter(text=text), order))[-1][0].tolist()

    assert found("fails") == [2]
    assert found("name") == []
    assert found(by="age") == [5, 3, 2, 1, 4]
    assert found(by="x") == [1, 2, 3, 4, 5]


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "t.csv"
    path.write_bytes(b"who,years\nAnn,3\nBob,4\n")
    return str(path)


def test_the_command_line_binds_fields_and_says_how(
    machine: Machine, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["check", "person", table]) == 2
    assert "no column was found for name: choose with --column name=NAME" in capsys.readouterr().err
    assert main.main(["check", "person", table, "--column", "who"]) == 2
    assert "say of which field, as in --column name=who" in capsys.readouterr().err
    assert main.main(["run", "person", table, "--column", "name=who", "--column", "age=years"]) == 0
    assert main.main(["check", "person", table, "--column", "name=who"]) == 0
    assert "age: years (2 of 2 cells looked at read like a whole number)" in capsys.readouterr().out
    assert main.main(["run", "noop", table, "--column", "who", "--column", "years"]) == 2


def test_rows_after_a_position_come_page_by_page(machine: Machine) -> None:
    run = machine.finish(machine.submit(["one", "two", "one", "two", "one"], "noop"))

    pages, after = [], 0
    while after is not None:
        _, rows, after = client.rows_after(run.id, after=after, limit=2)
        pages.append([row.position for row in rows])

    assert pages == [[1, 2], [3, 4], [5]]
    found = client.rows_after(run.id, ResultFilter(text="two"), after=2, limit=9)
    assert ([row.position for row in found[1]], found[2]) == ([4], None)
    assert client.rows_after(run.id, after=99, limit=9)[1:] == ([], None)


def test_a_page_of_rows_looks_no_further_than_it_may(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    run = machine.finish(machine.submit([str(number) for number in range(1, 8)], "noop"))
    monkeypatch.setattr("jobs.runtime.client.result_search.MOST_LOOKED", 3)

    _, rows, after = client.rows_after(run.id, ResultFilter(text="7"), limit=9)

    assert (rows, after) == ([], 3)
    assert [row.position for row in client.rows_after(run.id, ResultFilter(text="7"), after=6, limit=9)[1]] == [7]
