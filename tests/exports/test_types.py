"""Days, moments, decimal numbers and mixtures: their types where a format has them, plain text where it has none."""

from __future__ import annotations

import csv
import datetime
import decimal
import io
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from jobs.runtime.core.records import Column, ItemResult
from jobs.runtime.exports import result_table
from jobs.runtime.exports.dataframe import frame_of_rows
from tests.exports.conftest import item_of, outcome_of, run_of
from tests.exports.test_export import written


def exported(kind: str, cells: list[Any], format: str) -> bytes:
    found = [
        ItemResult(place, item_of(place), outcome_of(place, row={"x": cell}))
        for place, cell in enumerate(cells, start=1)
    ]
    return written(found, format, run=run_of(len(cells), columns=(Column(name="x", type=kind),)))


def in_csv(kind: str, cells: list[Any]) -> list[str]:
    return [row["x"] for row in csv.DictReader(io.StringIO(exported(kind, cells, "csv").decode()))]


def in_excel(kind: str, cells: list[Any]) -> list[tuple[Any, str]]:
    """Each cell and the format it is shown in."""
    sheet = openpyxl.load_workbook(io.BytesIO(exported(kind, cells, "xlsx"))).active
    assert sheet is not None
    place = next(cell.column for cell in sheet[1] if cell.value == "x")
    return [(sheet.cell(row, place).value, sheet.cell(row, place).number_format) for row in range(2, len(cells) + 2)]


def in_parquet(kind: str, cells: list[Any]) -> tuple[str, list[Any]]:
    table = pq.read_table(io.BytesIO(exported(kind, cells, "parquet")))
    return str(table.schema.field("x").type), table["x"].to_pylist()


@pytest.mark.parametrize(
    ("kind", "cell", "text"),
    [
        ("date", "2024-02-29", "2024-02-29"),
        ("datetime", "2024-02-29T12:30:00+01:00", "2024-02-29T12:30:00+01:00"),
        ("decimal", "-1.50", "-1.50"),
        ("decimal", "1E+2", "1E+2"),
        ("json", "2024-02-29", "2024-02-29"),
        ("json", "a", "a"),
        ("json", 5, "5"),
        ("json", "5", "5"),
        ("json", "=1+1", "'=1+1"),
        ("json", 'say "a"', 'say "a"'),
        ("json", ["a", 1], '["a",1]'),
        ("json", {"a": None}, '{"a":null}'),
        ("json", True, "true"),
        ("number", 1, "1"),
        ("number", 1.5, "1.5"),
        ("json", None, ""),
    ],
)
def test_csv_has_no_quotes_of_its_own(kind: str, cell: Any, text: str) -> None:
    assert in_csv(kind, [cell, cell]) == [text, text]


@pytest.mark.parametrize(
    ("kind", "cell", "value", "shape"),
    [
        ("date", "2024-02-29", datetime.datetime(2024, 2, 29), "yyyy-mm-dd"),
        ("datetime", "2024-02-29T12:30:00", datetime.datetime(2024, 2, 29, 12, 30), "yyyy-mm-dd hh:mm:ss"),
        ("datetime", "2024-02-29T12:30:00+01:00", datetime.datetime(2024, 2, 29, 11, 30), "yyyy-mm-dd hh:mm:ss"),
        (
            *("datetime", "2024-02-29T12:30:00.250000"),
            *(datetime.datetime(2024, 2, 29, 12, 30, 0, 250_000), "yyyy-mm-dd hh:mm:ss.000"),
        ),
        ("date", "1850-01-01", "1850-01-01", "General"),
        ("datetime", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00", "General"),
        ("decimal", "-1.50", -1.5, "General"),
        ("decimal", "0", 0, "General"),
        ("decimal", "0.1000000000000000000001", "0.1000000000000000000001", "General"),
        ("decimal", "1E+400", "1E+400", "General"),
        ("json", 5, 5, "General"),
        ("datetime", "9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999", "General"),
        ("number", 5, 5, "General"),
        ("json", "5", "5", "General"),
        ("json", "a", "a", "General"),
        ("json", [1], "[1]", "General"),
    ],
)
def test_excel_has_days_moments_and_numbers(kind: str, cell: Any, value: Any, shape: str) -> None:
    assert in_excel(kind, [cell, None]) == [(value, shape), (None, "General")]


@pytest.mark.parametrize(
    ("kind", "cells", "expected", "values"),
    [
        ("date", ["2024-02-29", None], "date32[day]", [datetime.date(2024, 2, 29), None]),
        ("datetime", [None, "2024-02-29T12:30:00"], "timestamp[us]", [None, datetime.datetime(2024, 2, 29, 12, 30)]),
        (
            *("datetime", ["2024-02-29T12:30:00+01:00"], "timestamp[us, tz=UTC]"),
            [datetime.datetime(2024, 2, 29, 11, 30, tzinfo=datetime.UTC)],
        ),
        ("datetime", [None], "string", [None]),
        ("datetime", ["2024-02-29T12:30:00.000000005"], "string", ["2024-02-29T12:30:00.000000005"]),
        ("datetime", ["9999-12-31T23:00:00-14:00"], "string", ["9999-12-31T23:00:00-14:00"]),
        ("datetime", ["2024-02-29T12:30:00", "2024-02-29T12:30:00Z"], "string", None),
        ("date", ["2024-02-29", "2024-02-29T12:30:00"], "string", ["2024-02-29", "2024-02-29T12:30:00"]),
        ("decimal", ["1.50", None], "decimal128(38, 18)", [decimal.Decimal("1.5"), None]),
        ("decimal", ["1.50", "0.1000000000000000000001"], "string", ["1.50", "0.1000000000000000000001"]),
        ("decimal", ["1E+30"], "string", ["1E+30"]),
        ("json", ["a", 5, [1]], "string", ["a", "5", "[1]"]),
        ("number", [1, 1.5, None], "double", [1.0, 1.5, None]),
        ("number", [1, 1.5, 2**53 + 1], "string", ["1", "1.5", str(2**53 + 1)]),
    ],
)
def test_parquet_has_the_types_of_days_moments_and_decimals(
    kind: str, cells: list[Any], expected: str, values: list[Any] | None
) -> None:
    found, kept = in_parquet(kind, cells)

    assert (found, kept) == (expected, cells if values is None else values)


def test_the_zone_of_moments_is_known_though_the_first_come_late() -> None:
    cells = [None] * 6_000 + ["2024-02-29T12:30:00Z"]

    assert in_parquet("datetime", cells)[0] == "timestamp[us, tz=UTC]"


@pytest.mark.parametrize("begins", [[1_700_000_000.5, None], [None, 1_700_000_000.5]])
def test_when_an_item_began_is_a_moment_in_excel_and_parquet(begins: list[float | None]) -> None:
    found = [
        ItemResult(place, item_of(place), outcome_of(place, started_at=began)) for place, began in enumerate(begins, 1)
    ]
    at = datetime.datetime(2023, 11, 14, 22, 13, 20, 500_000)

    table = pq.read_table(io.BytesIO(written(found, "parquet")))
    sheet = openpyxl.load_workbook(io.BytesIO(written(found, "xlsx"))).active

    assert sheet is not None
    assert str(table.schema.field("started_at").type) == "timestamp[us, tz=UTC]"
    assert [began and began.replace(tzinfo=None) for began in table["started_at"].to_pylist()] == [
        began and at for began in begins
    ]
    place = next(cell.column for cell in sheet[1] if cell.value == "started_at")
    assert [sheet.cell(row, place).value for row in (2, 3)] == [began and at for began in begins]


@pytest.mark.parametrize(
    ("clustered", "kind", "workers"), [(False, "Int64", [4711]), (True, "string", ["node7/3", "4711"])]
)
def test_workers_of_a_run_that_was_on_a_cluster_are_texts(clustered: bool, kind: str, workers: list[Any]) -> None:
    run = run_of(len(workers), clustered=clustered)
    meant = [int(worker) if str(worker).isdigit() else worker for worker in workers]
    found = [ItemResult(at, item_of(at), outcome_of(at, worker=worker)) for at, worker in enumerate(meant, start=1)]
    table = result_table(run)

    frame = frame_of_rows(table.columns, list(table.rows(found)))
    parquet = pq.read_table(io.BytesIO(written(found, "parquet", run=run)))

    assert (str(frame["worker"].dtype), frame["worker"].tolist()) == (kind, workers)
    assert parquet["worker"].to_pylist() == workers
