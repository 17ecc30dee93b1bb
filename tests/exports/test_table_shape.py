"""A table is written with the signs and the columns that are asked for."""

from __future__ import annotations

import csv
import io

import pytest

from jobs.runtime import exports, inputs
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Column, ItemResult, Table
from jobs.runtime.exports import TableShape
from tests.exports.conftest import Found, item_of, outcome_of, rows_of, run_of
from tests.inputs.conftest import job_of


def written(found: Found, shape: TableShape, format: str = "csv") -> bytes:
    stream = io.BytesIO()
    exports.export(run_of(len(found)), rows_of(found), stream, format=format, shape=shape, raw=format == "csv")
    return stream.getvalue()


@pytest.mark.parametrize(("delimiter", "sign"), [(";", ";"), ("tab", "\t"), ("|", "|")])
def test_cells_are_parted_by_the_sign_that_is_asked_for(delimiter: str, sign: str, mixed: Found) -> None:
    usual = list(csv.reader(io.StringIO(written(mixed, TableShape()).decode(), newline="")))
    other = written(mixed, TableShape(delimiter=delimiter))

    assert list(csv.reader(io.StringIO(other.decode(), newline=""), delimiter=sign)) == usual
    assert inputs.read(other, name="t.csv", job=job_of("url: Url"), column="url").delimiter == sign


def test_decimals_have_the_sign_that_is_asked_for(mixed: Found) -> None:
    points = written(mixed, TableShape(columns=("ratio",))).decode().splitlines()
    commas = written(mixed, TableShape(columns=("ratio",), delimiter=";", decimal=",")).decode().splitlines()

    assert any("." in line for line in points[1:])
    assert commas == [line.replace(".", ",") for line in points]


@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl", "parquet"])
def test_what_was_printed_is_the_last_column_where_it_is_asked_for(format: str) -> None:
    columns = (Column(name="printed", type="str"),)
    found = [ItemResult(1, item_of(1), outcome_of(1, row={"printed": "the job's"}, printed="two\nlines"))]
    stream = io.BytesIO()

    run = run_of(1, columns=columns, table=Table(columns=("url", "printed"), item_column="url"))
    exports.export(run, rows_of(found), stream, format=format, shape=TableShape(printed=True))

    names = exports.result_table(run, printed=True).names
    assert (names[1:3], names[-1]) == (("input.printed", "printed"), "printed_")
    assert b"two" in stream.getvalue() or format in ("xlsx", "parquet")
    assert "printed_" not in exports.result_table(run).names


@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl", "parquet"])
def test_only_the_columns_that_are_asked_for_are_written_in_their_order(format: str, mixed: Found) -> None:
    content = written(mixed, TableShape(columns=("state", "url")), format)

    assert inputs.read(content, name=f"t.{format}", job=job_of("url: Url"), column="url").columns == ("state", "url")


@pytest.mark.parametrize(
    "shape", [{"delimiter": "ab"}, {"delimiter": "."}, {"decimal": "x"}, {"decimal": ","}, {"columns": ("nope",)}]
)
def test_what_cannot_be_written_is_refused(shape: dict[str, object], mixed: Found) -> None:
    with pytest.raises(Refused):
        written(mixed, TableShape(**shape))  # type: ignore[arg-type]


def test_a_workbook_has_no_delimiter(mixed: Found) -> None:
    with pytest.raises(Refused, match="has no delimiter"):
        written(mixed, TableShape(delimiter=";"), "xlsx")
