"""JSON, JSON Lines and Parquet are tables, and their values come out as they were written."""

from __future__ import annotations

import datetime
import decimal
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.job.definition import Job

ROWS = [{"url": "https://a.org", "n": 1}, {"n": 2, "url": "https://b.org", "more": None}]
CELLS = [("https://a.org", "1", ""), ("https://b.org", "2", "")]


def rows_of(found: inputs.Preflight) -> list[tuple[str, ...]]:
    return [(item.cell, *item.others) for item in found.items_iter()]


def read(content: bytes | str, job: Job, name: str = "list.json", **choice: str) -> inputs.Preflight:
    return inputs.read(content.encode() if isinstance(content, str) else content, name=name, job=job, **choice)


def parquet_of(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=2)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.json", json.dumps(ROWS)),
        ("list.json", json.dumps(ROWS, indent=2)),
        ("list.json", "\n\ufeff".strip("\n") + json.dumps({"count": 2, "rows": ROWS}, indent=1)),
        ("list.jsonl", "\n".join(map(json.dumps, ROWS))),
        ("list.json", "\n\n".join(map(json.dumps, ROWS)) + "\n"),
        ("list.txt", "\r\n".join(map(json.dumps, ROWS))),
        ("list.json", "\n".join(json.dumps(row, indent=2) for row in ROWS)),
        ("list.json", "".join(map(json.dumps, ROWS))),
        ("list.json", "".join(json.dumps([row]) for row in ROWS)),
        ("list.jsonl", ",\n".join(map(json.dumps, ROWS)) + ",\n"),
        ("list.json", "".join(f"\x1e{json.dumps(row)}\n" for row in ROWS)),
        ("list.json", json.dumps({"answer": {"count": 2, "rows": ROWS}})),
        ("list.json", json.dumps({"answer": {"rows": {"rows": ROWS}}})),
    ],
)
def test_objects_are_rows_and_their_names_columns(name: str, content: str, urls: Job) -> None:
    found = read(content, urls, name)

    assert (found.columns, found.column, rows_of(found)) == (("url", "n", "more"), "url", CELLS)


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ({"url": ["https://a.org", "https://b.org"], "n": [1, 2]}, ("url", "n")),
        ({"url": {"0": "https://a.org", "1": "https://b.org"}, "n": {"0": 1, "1": 2}}, ("url", "n")),
        ({"url": {"0": "https://a.org", "1": "https://b.org"}}, ("url",)),
        ({"urls": ["https://a.org", "https://b.org"]}, ("urls",)),
        ({"one": {"url": "https://a.org"}, "two": {"url": "https://b.org"}}, ("key", "url")),
    ],
)
def test_an_object_of_columns_or_of_objects_is_a_table(content: object, columns: tuple[str, ...], urls: Job) -> None:
    found = read(json.dumps(content), urls)

    assert (found.columns, [row[0] for row in rows_of(found)]) == (columns, ["https://a.org", "https://b.org"])


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
def test_json_is_known_in_wide_encodings(codec: str, urls: Job) -> None:
    assert rows_of(read(json.dumps(ROWS, indent=2).encode(codec), urls)) == CELLS


def test_columns_by_numbers_are_joined_by_these_numbers(texts: Job) -> None:
    mixed = read('{"a": {"0": "x", "1": "y"}, "b": {"1": "Y", "0": "X"}}', texts, column="a")
    others = read('{"a": {"0": "x", "1": "y"}, "b": {"1": "Y", "2": "Z"}}', texts, column="key")

    assert rows_of(mixed) == [("x", "X"), ("y", "Y")]
    assert [item.cell for item in others.items_iter()] == ["a", "b"]


def test_packed_lines_are_lines(urls: Job) -> None:
    content = gzip.compress("\n".join(map(json.dumps, ROWS)).encode())

    assert rows_of(read(content, urls, "list.jsonl.gz")) == CELLS


def test_values_stay_as_they_were_written(texts: Job) -> None:
    values = (
        '{"text": "007", "a": 12345678901234567890123, "b": 1.10, "c": true, "d": null, "e": [1, {"ü": 2.5}], "f": ""}'
    )
    found = read(values, texts, "one.jsonl")

    assert rows_of(found) == [("007", "12345678901234567890123", "1.10", "true", "", '[1,{"ü":2.5}]', "")]


def test_numbers_longer_than_python_reads_stay_digits(texts: Job) -> None:
    digits = "9" * 6_000

    assert rows_of(read(f'[{{"text": "a", "n": {digits}}}]', texts)) == [("a", digits)]


def test_an_array_of_values_is_a_list(urls: Job, numbers: Job) -> None:
    assert rows_of(read('["https://a.org", "https://b.org"]', urls)) == [("https://a.org",), ("https://b.org",)]
    assert rows_of(read("[5000, 6000]", numbers)) == [("5000",), ("6000",)]


def test_an_array_over_several_lines_is_one_whatever_its_name(urls: Job, numbers: Job) -> None:
    found = read(json.dumps(["https://a.org", "https://b.org"], indent=2), urls, "list.txt")

    assert [row[0] for row in rows_of(found)] == ["https://a.org", "https://b.org"]
    assert [row[0] for row in rows_of(read("[\n 5,\n 6\n]", numbers))] == ["5", "6"]


def test_an_array_of_arrays_is_a_table(urls: Job) -> None:
    found = read('[["url", "n"], ["https://a.org", 1]]', urls)

    assert (found.columns, rows_of(found)) == (("url", "n"), [("https://a.org", "1")])


def test_a_json_feed_is_its_items(urls: Job) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "https://a.org/1"}]}

    assert read(json.dumps(feed), urls).column == "url"


@pytest.mark.parametrize(
    ("content", "words"),
    [('{"a": 1}\n{"a": \n', "line 2"), ('[{"a": 1},\n{"a"}]', "line 2"), ('[{"a": ' * 5_000, "JSON")],
)
def test_what_is_not_json_is_refused_with_its_line(content: str, words: str, texts: Job) -> None:
    with pytest.raises(BadInput, match=words):
        read(content, texts)


@pytest.mark.parametrize("content", ["[]", "{}"])
def test_empty_json_has_no_item(content: str, texts: Job) -> None:
    with pytest.raises(NoItems):
        read(content, texts)


def test_parquet_is_read_with_its_types(urls: Job) -> None:
    table = pa.table(
        {
            "url": ["https://a.org", "https://b.org", "https://c.org"],
            "n": pa.array([2**62, None, 3]),
            "day": [datetime.date(2024, 2, 29), None, datetime.date(1800, 1, 1)],
            "price": [decimal.Decimal("1.10"), None, decimal.Decimal("0.001")],
            "yes": [True, None, False],
            "list": [["a"], None, []],
        }
    )
    found = read(parquet_of(table), urls, "list.parquet")

    assert found.column == "url"
    assert rows_of(found) == [
        ("https://a.org", str(2**62), "2024-02-29", "1.100", "true", '["a"]'),
        ("https://b.org", "", "", "", "", ""),
        ("https://c.org", "3", "1800-01-01", "0.001", "false", "[]"),
    ]


def test_short_floats_of_parquet_have_the_digits_that_they_hold(urls: Job) -> None:
    values = pa.array([0.1, None, float("inf")], pa.float32())

    found = read(parquet_of(pa.table({"url": ["a.org", "b.org", "c.org"], "x": values})), urls, "list.parquet")

    assert [item.others for item in found.items_iter()] == [("0.1",), ("",), ("inf",)]


def test_an_encrypted_parquet_file_is_named_as_such(urls: Job) -> None:
    with pytest.raises(BadInput, match="an encrypted Parquet file"):
        read(b"PARE" + b"\x00" * 90 + b"PARE", urls, "list.parquet")


def test_a_damaged_parquet_file_is_refused(urls: Job) -> None:
    with pytest.raises(BadInput, match="damaged Parquet"):
        read(parquet_of(pa.table({"url": ["https://a.org"]}))[:60], urls, "list.parquet")


def test_what_stands_beside_the_table_of_an_answer_is_said_to_be_left_out(urls: Job) -> None:
    found = read(
        '{"site": "https://a.org", "pages": [{"url": "https://a.org/1"}, {"url": "https://a.org/2"}]}',
        urls,
        name="a.json",
    )

    assert found.items == 2
    assert "the rows are those of 'pages': what stands beside it is left out (site)" in found.notes


def test_numbers_within_lists_and_objects_keep_their_digits(urls: Job) -> None:
    found = read('[{"url": "a.org", "x": {"y": [1.10, 12345678901234567.25, 1e400, true, null, "é"], "z": 2}}]', urls)

    assert rows_of(found) == [("a.org", '{"y":[1.10,12345678901234567.25,1E+400,true,null,"é"],"z":2}')]


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (pa.array([253402300800, 0, None], pa.timestamp("s", tz="UTC")), ["10000-01-01T00:00:00", "1970-01-01", ""]),
        (pa.array([253402300800000, 0, None], pa.timestamp("ms")), ["10000-01-01T00:00:00.000", "1970-01-01", ""]),
        (pa.array([10**9, 0, None], pa.date32()), ["<value out of range: 1000000000>", "1970-01-01", ""]),
        (pa.array([2**62, 5, None], pa.duration("s")), ["4611686018427387904", "0:00:05", ""]),
        (pa.array([0, 5, None], pa.timestamp("s", tz="Mars/Phobos")), ["1970-01-01", "1970-01-01", ""]),
    ],
)
def test_moments_of_parquet_that_python_has_not_cost_no_row(urls: Job, values: pa.Array, cells: list[str]) -> None:
    table = pa.table({"url": ["a.org", "b.org", "c.org"], "x": values})

    found = [row[1] for row in rows_of(read(parquet_of(table), urls, "list.parquet"))]

    assert all(one.startswith(cell) for one, cell in zip(found, cells, strict=True)), found


@pytest.mark.parametrize("name", ["list.json", "list.jsonl"])
def test_a_name_that_stands_twice_in_an_object_is_told(urls: Job, name: str) -> None:
    rows = ['{"url": "a.org", "n": 1, "n": 2}', '{"url": "b.org", "n": 3}', '{"url": "x.org", "url": "c.org", "n": 4}']
    text = "\n".join(rows) if name.endswith("l") else f"[{','.join(rows)}]"

    found = read(text, urls, name)

    assert rows_of(found) == [("a.org", "2"), ("b.org", "3"), ("c.org", "4")]
    assert found.notes == ("a name stands twice in 2 objects: its last value was taken",)
