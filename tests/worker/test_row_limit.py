"""A row that is larger than it may be."""

from __future__ import annotations

import decimal
import json
from typing import Any

import pytest

from jobs.runtime.core.records import Column
from jobs.runtime.worker.row_check import row_check
from jobs.runtime.worker.row_encoding import EncodedRow, encode_row
from jobs.runtime.worker.row_limit import CUT, MAX_ROW_BYTES

MANY = 3 * MAX_ROW_BYTES


def encoded(returned: dict[str, Any], **kinds: str) -> EncodedRow:
    columns = tuple(Column(name=name, type=kinds.get(name, "str")) for name in returned if name != "code")
    row = encode_row(columns, returned, scalar=False, keep=lambda *_: "")
    assert row_check(columns)(row.text) == ""
    return row


@pytest.mark.parametrize("letter", ["a", "é", "漢", "🙂", '"', "\\", "\n", "\U0010ffff"])
def test_a_text_beyond_the_limit_is_cut_and_marked_and_the_row_says_so(letter: str) -> None:
    row = encoded({"title": "short", "text": letter * MANY})

    kept = json.loads(row.text)
    assert MAX_ROW_BYTES * 0.99 < len(row.text.encode()) <= MAX_ROW_BYTES
    assert kept["title"] == "short"
    assert kept["text"] == letter * (len(kept["text"]) - len(CUT)) + CUT
    assert row.code == "row_cut"
    assert "cell of text was cut" in row.cut


def test_a_row_at_the_limit_is_whole() -> None:
    fits = "a" * (MAX_ROW_BYTES - len('{"text":""}'))

    assert json.loads(encoded({"text": fits}).text)["text"] == fits
    assert encoded({"text": fits}).code == ""
    assert encoded({"text": fits + "a"}).code == "row_cut"


def test_only_the_longest_of_several_cells_are_cut() -> None:
    row = encoded({"a": "a" * MANY, "b": "b" * 1_000, "c": "c" * MANY})

    kept = json.loads(row.text)
    assert kept["b"] == "b" * 1_000
    assert abs(len(kept["a"]) - len(kept["c"])) < 10
    assert "cells of a, c were cut" in row.cut


@pytest.mark.parametrize(
    "value",
    [
        [7] * (MAX_ROW_BYTES * 2 // 3),
        [[]] * (MAX_ROW_BYTES // 2),
        {str(number): number for number in range(MAX_ROW_BYTES // 8)},
        {"text": "a" * MANY},
        [["a" * MANY]],
        {"many": [{"x": "y"}] * 120_000},
        {"k" * MANY: 1},
    ],
)
def test_a_list_or_object_ends_with_the_members_that_fit(value: Any) -> None:
    row = encoded({"links": value}, links="json")

    assert len(row.text.encode()) <= MAX_ROW_BYTES
    assert type(json.loads(row.text)["links"]) is type(value)
    assert row.code == "row_cut"


def test_a_number_in_digits_is_left_empty_rather_than_cut() -> None:
    row = encoded({"n": decimal.Decimal("1" * MANY)}, n="decimal")

    assert json.loads(row.text)["n"] is None
    assert "n left empty" in row.cut


def test_the_code_of_the_job_stays() -> None:
    row = encoded({"text": "a" * MANY, "code": "redirected"})

    assert row.code == "redirected"
    assert row.cut
