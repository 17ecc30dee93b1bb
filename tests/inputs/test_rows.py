"""Items that are rows: which column each field is read from, and what the report says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import inputs
from jobs.runtime.core import row_cells
from jobs.runtime.core.errors import BadInput
from jobs.runtime.core.records import Item
from jobs.runtime.core.row_cells import line_of
from jobs.runtime.job.definition import Job
from tests.support.probe import define

TABLE = b"id,Name,years,site,note\n7,Ann,30,http://a.org,x\n7,Bob,41,http://b.org,\n\n9,,12,http://b.org,z\n"


@pytest.fixture(scope="module")
def job() -> Job:
    return define(
        "class Person(TypedDict):\n    name: str\n    page: Url\n"
        "    note: NotRequired[str]\n    size: NotRequired[int]\n"
        '@job(bound="io", key=lambda person: person["name"])\ndef probe(person: Person) -> int: ...'
    )


def read(content: bytes, job: Job, **binding: str) -> inputs.Preflight:
    return inputs.read(content, name="t.csv", job=job, binding=binding)


def columns_of(found: inputs.Preflight) -> dict[str, str]:
    return {told.field: told.column for told in found.fields or ()}


def test_a_field_is_bound_by_name_then_by_content_and_one_with_a_default_by_name_alone(job: Job) -> None:
    found = read(TABLE, job)

    assert columns_of(found) == {"name": "Name", "page": "site", "note": "note", "size": ""}
    assert [told.reason for told in found.fields or ()] == [
        "its name says so",
        "3 of 3 cells looked at read like a URL",
        "its name says so",
        "not in the table: its default holds",
    ]
    assert found.table.fields == {"name": "Name", "page": "site", "note": "note"}
    assert (found.rows, found.items, found.header) == (3, 3, True)


def test_a_chosen_column_goes_before_all_and_a_wrong_choice_is_refused(job: Job) -> None:
    assert columns_of(read(TABLE, job, size="years", note=""))["size"] == "years"
    assert columns_of(read(TABLE, job, note=""))["note"] == ""
    with pytest.raises(BadInput, match=r"t\.csv has no column 'nowhere' for field size"):
        read(TABLE, job, size="nowhere")
    with pytest.raises(BadInput, match="there is no field 'wide'"):
        read(TABLE, job, wide="years")


def test_a_bad_cell_is_told_with_its_line_its_field_and_the_reason(job: Job) -> None:
    found = read(TABLE, job, size="note")

    assert [(bad.line, bad.field, bad.cell, bad.reason) for bad in found.invalid] == [
        (2, "size", "x", 'size: "x" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        (5, "name", "", "name: the cell is empty"),
    ]
    assert found.json()["invalid"][1]["field"] == "name"
    assert found.json()["fields"][0] == {
        "field": "name",
        "column": "Name",
        "reason": "its name says so",
        "missing": False,
    }


def test_each_line_comes_back_as_it_was_given(job: Job) -> None:
    found = read(TABLE, job)

    lines = [line_of(item, found.table, len(found.columns), 0) for item in found.items_iter()]

    assert lines == [["7", "Ann", "30", "http://a.org", "x"], ["7", "Bob", "41", "http://b.org", ""]] + [
        ["9", "", "12", "http://b.org", "z"]
    ]


def test_a_field_without_a_column_is_named_with_the_remedy_and_nothing_is_lost(job: Job) -> None:
    found = read(b"who,what,site\nAnn,x,http://a.org\n", job)

    assert found.why_unbound == (
        "no column was found for name: choose with --column name=NAME, or on the page (there are who, what, site)"
    )
    assert found.items == 1
    assert read(b"who,what,site\nAnn,x,http://a.org\n", job, name="who").why_unbound == ""


def test_rows_pasted_are_read_as_a_table_and_rows_given_one_by_one_as_objects(job: Job) -> None:
    pasted = inputs.read_text("name\tpage\nAnn\thttp://a.org\n", job=job)
    given = inputs.read_items(['{"name": "Ann", "page": "http://a.org", "size": 3}'], job=job)

    assert [row_cells.decode(item.cell)["name"] for item in pasted.items_iter()] == ["Ann"]
    assert [row_cells.decode(item.cell) for item in given.items_iter()] == [
        {"name": "Ann", "page": "http://a.org", "size": "3"}
    ]
    with pytest.raises(BadInput, match="give it as a JSON object"):
        inputs.read_items(["Ann"], job=job)


def test_of_a_job_with_one_field_without_a_default_a_cell_may_be_given_alone() -> None:
    job = define('class One(TypedDict):\n    place: str\n@job(bound="io")\ndef probe(one: One) -> int: ...')

    assert [row_cells.decode(item.cell) for item in inputs.read_items(["Bonn"], job=job).items_iter()] == [
        {"place": "Bonn"}
    ]


def test_the_items_of_an_earlier_run_keep_their_binding_and_may_get_another(job: Job) -> None:
    first = read(TABLE, job, name="note")
    items: list[Item] = list(first.items_iter())

    again = inputs.read_kept(lambda: iter(items), table=first.table, job=job)
    other = inputs.read_kept(lambda: iter(items), table=first.table, job=job, binding={"name": "Name"})

    assert list(again.items_iter()) == items
    assert (again.table.fields, again.duplicates) == (first.table.fields, first.duplicates)
    assert [row_cells.decode(item.cell)["name"] for item in other.items_iter()] == ["Ann", "Bob", ""]


def test_signs_that_no_text_holds_are_replaced_and_all_else_stays(job: Job, tmp_path: Path) -> None:
    cells: Any = ['a"b\\c\n', "ü€", "1\u2028", " x "]
    rows = [[cell, "http://a.org"] for cell in [*cells, "\ud800\0"]]

    found = inputs.read_rows(("name", "page"), lambda: iter(rows), job=job, name="rows")

    kept = [row_cells.decode(item.cell)["name"] for item in found.items_iter()]
    assert kept == [*cells, "\ufffd\ufffd"]
