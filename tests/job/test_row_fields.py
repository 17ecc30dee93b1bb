"""An item that is a row: fields of a TypedDict, dataclass or model, read cell by cell."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from jobs.runtime.core import row_cells
from jobs.runtime.core.errors import DefinitionError, FieldError, ItemError
from jobs.runtime.job.definition import Job
from jobs.runtime.job.items import read_item
from tests.support.probe import define

FIELDS = "    place: str\n    year: Annotated[int, Field(ge=1900)]\n    page: Optional[Url]\n"
MORE = """from dataclasses import dataclass, field
from datetime import date
from pydantic import BaseModel, model_validator
from typing_extensions import NotRequired
"""
KINDS = {
    "TypedDict": f"class Item(TypedDict):\n{FIELDS}    note: NotRequired[str]\n",
    "dataclass": f'@dataclass\nclass Item:\n{FIELDS}    note: str = "none"\n',
    "model": f'class Item(BaseModel):\n{FIELDS}    note: str = "none"\n',
}


def job_of(item: str) -> Job:
    return define(f'{MORE}{item}\n@job(bound="io")\ndef probe(item: Item) -> int: ...')


def read(job: Job, **cells: str) -> Any:
    return read_item(job, row_cells.encode(cells))


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_is_read_from_its_own_cell(kind: str) -> None:
    job = job_of(KINDS[kind])

    found = read(job, place=" Bonn ", year="1990", page="example.org/x", note="new")

    values = found if isinstance(found, dict) else vars(found)
    assert job.takes_rows
    assert [(told.name, told.kind.name, told.required) for told in job.fields] == [
        ("place", "text", True),
        ("year", "whole number", True),
        ("page", "URL", True),
        ("note", "text", False),
    ]
    assert values == {"place": "Bonn", "year": 1990, "page": "https://example.org/x", "note": "new"}


PLACE = "class Place(BaseModel):\n    name: str\n    zip: int = 0\n"


@pytest.mark.parametrize(
    ("annotation", "cell", "value"),
    [
        ("list[str]", '["a", "b"]', ["a", "b"]),
        ("list[int]", " [1, 2] ", [1, 2]),
        ("tuple[int, str]", '[1, "a"]', (1, "a")),
        ("set[int]", "[1, 1]", {1}),
        ("dict[str, int]", '{"a": 1}', {"a": 1}),
        ("list[date]", '["2024-02-29"]', [datetime.date(2024, 2, 29)]),
        ("Literal['[x]', 'y']", "[x]", "[x]"),
    ],
)
def test_lists_and_objects_are_read_from_json(annotation: str, cell: str, value: object) -> None:
    job = job_of(f"class Item(TypedDict):\n    value: {annotation}\n")

    assert read(job, value=cell) == {"value": value}


def test_a_model_within_a_row_is_read_from_json() -> None:
    job = job_of(f"{PLACE}class Item(TypedDict):\n    place: Place\n")

    assert read(job, place='{"name": "Bonn", "zip": "53111"}')["place"].zip == 53111
    with pytest.raises(FieldError, match="field required"):
        read(job, place='{"zip": 1}')
    with pytest.raises(FieldError, match="place: "):
        read(job, place="Bonn")


@pytest.mark.parametrize(("kind", "note"), [("TypedDict", None), ("dataclass", "none"), ("model", "none")])
def test_an_empty_cell_is_the_default_or_none_where_that_may_be(kind: str, note: str | None) -> None:
    found = read(job_of(KINDS[kind]), place="Bonn", year="1990", page="", note=" ")

    values = found if isinstance(found, dict) else vars(found)
    assert (values.get("note"), values["page"]) == (note, None)


@pytest.mark.parametrize(
    ("cells", "field", "sentence"),
    [
        ({"place": "", "year": "1990"}, "place", "place: the cell is empty"),
        ({"place": "Bonn", "year": "x"}, "year", 'year: "x" is not a whole number'),
        ({"place": "Bonn", "year": "12"}, "year", "year: 12 is too small: give at least 1,900"),
        ({"place": "Bonn", "year": "1990", "page": "htp:/x"}, "page", "page: "),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_that_does_not_fit_is_named_with_its_field(kind: str, cells: dict, field: str, sentence: str) -> None:
    with pytest.raises(FieldError) as refused:
        read(job_of(KINDS[kind]), **cells)

    assert (refused.value.code, refused.value.field) == ("invalid_item", field)
    assert refused.value.message.startswith(sentence)


def test_a_field_may_have_any_type_that_pydantic_reads_from_a_text() -> None:
    job = job_of('class Item(TypedDict):\n    day: date\n    size: Literal["s", "m"]\n    open: bool\n')

    assert read(job, day="2026-01-31", size="m", open="yes")["day"].year == 2026
    with pytest.raises(FieldError, match="size: 'x' is none of the choices"):
        read(job, day="2026-01-31", size="x", open="yes")


def test_what_a_class_says_of_values_together_is_the_reason() -> None:
    body = (
        "    def __post_init__(self):\n"
        "        if self.low > self.high:\n            raise ValueError('low is above high')\n"
    )
    job = job_of(f"@dataclass\nclass Item:\n    low: int\n    high: int\n{body}")

    assert read(job, low="1", high="2").high == 2
    with pytest.raises(ItemError, match="low is above high"):
        read(job, low="3", high="2")


def test_a_field_of_a_type_that_no_cell_can_be_is_refused() -> None:
    with pytest.raises(DefinitionError, match="field what of the item item"):
        job_of("class Item(TypedDict):\n    what: object.__class__.__subclasses__\n")


def test_the_fields_of_a_row_may_depend_on_params() -> None:
    job = define(
        '@job(bound="io", fields=lambda params: {name: str for name in params["names"].split()})\n'
        'def probe(item: dict[str, str], *, names: str = "") -> int: ...'
    )

    found = job.with_params({"names": "a b"})

    assert ([told.name for told in job.fields], job.takes_rows) == ([], True)
    assert read(found, a="1", b="2") == {"a": "1", "b": "2"}
