"""Rows as classes: dataclasses, pydantic models, NamedTuples and what columns they have."""

from __future__ import annotations

import pytest

from jobs.runtime.core.records import Column
from jobs.runtime.job.record_types import record_values
from tests.support.probe import define

CLASSES = {
    "dataclass": "import dataclasses\n@dataclasses.dataclass(frozen=True, slots=True)\nclass Row:\n    {}",
    "model": "from pydantic import BaseModel\nclass Row(BaseModel):\n    {}",
    "NamedTuple": "class Row(typing.NamedTuple):\n    {}",
    "attrs": "import attrs\n@attrs.define\nclass Row:\n    {}",
    "msgspec": "import msgspec\nclass Row(msgspec.Struct):\n    {}",
    "TypedDict": "class Row(TypedDict):\n    {}",
}
FIELDS = "when: Annotated[datetime.date, Field(description='which day')]\n    price: decimal.Decimal | None"


@pytest.mark.parametrize("kind", CLASSES)
def test_the_fields_of_a_class_are_the_columns(kind: str) -> None:
    source = f"import datetime, decimal\n{CLASSES[kind].format(FIELDS)}\n"

    found = define(source + '@job(bound="cpu")\ndef probe(n: int) -> Row: ...')

    assert found.fixed_columns == (
        Column(name="when", type="date", help="which day"),
        Column(name="price", type="decimal"),
    )
    assert not found.scalar


def test_a_model_tells_its_help_aliases_and_computed_fields() -> None:
    row = """
from pydantic import BaseModel, computed_field
class Base(BaseModel):
    kept: typing.ClassVar[int] = 1
    name: str = Field("", alias="Name", description="what it is called")
class Row(Base):
    @computed_field(description="its letters")
    @property
    def size(self) -> int:
        return len(self.name)
"""
    found = define(row + '@job(bound="cpu")\ndef probe(n: int) -> Row: return Row(Name="abc")')

    assert found.fixed_columns == (
        Column(name="name", type="str", help="what it is called"),
        Column(name="size", type="int", help="its letters"),
    )
    assert record_values(found.function(1)) == {"name": "abc", "size": 3}


@pytest.mark.parametrize(
    ("annotation", "type_name"),
    [
        ("datetime.date", "date"),
        ("datetime.datetime | None", "datetime"),
        ("datetime.time", "str"),
        ("datetime.timedelta", "float"),
        ("decimal.Decimal", "decimal"),
        ("fractions.Fraction", "str"),
        ("pathlib.Path", "str"),
        ("uuid.UUID", "str"),
        ("bytes", "str"),
        ("complex", "str"),
        ("numpy.int64", "int"),
        ("numpy.float32", "float"),
        ("numpy.str_", "str"),
        ("numpy.ndarray", "json"),
        ("Colour", "str"),
        ("Level", "int"),
        ("Mixed", "json"),
        ("ReadOnly[int]", "int"),
        ("NotRequired[ReadOnly[Annotated[int, Field(description='x')]]]", "int"),
        ("Annotated[Annotated[int | None, 1], 2]", "int"),
        ("dict[str, int] | None", "json"),
    ],
)
def test_a_column_has_the_type_of_its_values(annotation: str, type_name: str) -> None:
    source = f"""
import datetime, decimal, fractions, pathlib, uuid, numpy
from typing_extensions import ReadOnly
class Colour(str, enum.Enum):
    RED = "r"
class Level(enum.Enum):
    LOW = 1
class Mixed(enum.Enum):
    A = 1
    B = "b"
class Row(TypedDict, total=False):
    x: {annotation}
"""
    found = define(source + '@job(bound="cpu")\ndef probe(n: int) -> Row: ...')

    assert [column.type for column in found.fixed_columns] == [type_name]
