"""Values of every kind on their whole way: from the params to the function, and from what it returns to the tables."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from jobs.runtime import client
from jobs.runtime.cli import main
from tests.support.machine import Machine

CELLS = ["a", "5", "inf", "red", "rouge", "break"]


@pytest.fixture
def table(machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The run of CELLS, exported as all formats under one name."""
    run = machine.finish(machine.submit(CELLS, "kinds", params={"seen": ["first"], "share": "25"}))
    for ending in ("csv", "xlsx", "parquet"):
        assert main.main(["export", run.id, "--out", str(tmp_path / f"table.{ending}")]) == 0
    return tmp_path / "table.csv"


def test_values_arrive_in_every_table_as_what_they_are(table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    first = rows[0]
    assert {name: first[name] for name in ("day", "at", "price", "colour", "either", "ratio", "seen")} == {
        "day": "2024-02-29",
        "at": "2024-02-29T12:30:00+00:00",
        "price": "1.50",
        "colour": "red",
        "either": "a",
        "ratio": "0.25",
        "seen": '["first","a"]',
    }
    assert first["many"] == "1" + "0" * 5_000
    assert [row["either"] for row in rows[:3]] == ["a", "5", "inf"]
    assert (rows[2]["state"], rows[2]["ratio"]) == ("ok", "")
    assert [row["state"] for row in rows] == ["ok", "ok", "ok", "ok", "ok", "failed"]
    assert rows[4]["duplicate_of"] == "4"

    sheet = openpyxl.load_workbook(table.with_suffix(".xlsx")).active
    assert sheet is not None
    cells = dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in sheet[3]], strict=True))
    assert (cells["day"], cells["price"], cells["either"]) == (datetime.datetime(2024, 2, 29), 1.5, 5)
    types = {field.name: str(field.type) for field in pq.read_schema(table.with_suffix(".parquet"))}
    assert (types["day"], types["at"], types["price"]) == ("date32[day]", "timestamp[us, tz=UTC]", "decimal128(38, 18)")


def test_each_item_has_a_copy_of_a_mutable_param(machine: Machine) -> None:
    outcomes = machine.perform(["a", "b", "c"], "kinds", params={"seen": ["first"]}, pool=(1, 1))

    assert [(outcome.row or {})["seen"] for outcome in outcomes] == [["first", "a"], ["first", "b"], ["first", "c"]]


def test_what_a_cell_could_not_hold_is_said_in_the_detail(machine: Machine) -> None:
    (outcome,) = machine.perform(["inf"], "kinds")

    assert (outcome.state, outcome.error) == ("ok", "")
    assert "column ratio is infinite" in outcome.detail


def test_a_hook_that_raises_is_told_as_an_item_is(machine: Machine) -> None:
    (outcome,) = machine.perform(["break"], "kinds", params={"share": 50})

    assert outcome.code == "bug"
    assert outcome.error == (
        "the hook `check` raised ExceptionGroup: hooks (2 sub-exceptions): "
        "LookupError: the hook broke while checking; ValueError: 0.5"
    )


def test_a_repetition_has_the_same_params_and_items(machine: Machine) -> None:
    cells = ["one\ntwo", "tab\there", "a, b", " edge ", '"']
    first = machine.finish(machine.submit(cells, "kinds", params={"share": "12.5"}))

    again = machine.finish(client.again(first.id))

    assert list(client.items(again.id)) == list(client.items(first.id))
    assert again.params == first.params
    assert [outcome.row for outcome in machine.outcomes(again)] == [outcome.row for outcome in machine.outcomes(first)]
