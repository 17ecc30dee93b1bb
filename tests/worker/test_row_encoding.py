"""What a job may return in a column of any type."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import pathlib
import types
import uuid
from typing import Any, NamedTuple

import msgspec
import numpy
import pandas
import pytest
from pydantic import AnyUrl, BaseModel, Field, computed_field

from jobs.runtime.core.errors import UnencodableError
from jobs.runtime.core.records import Column
from jobs.runtime.worker.row_check import row_check
from jobs.runtime.worker.row_encoding import encode_row


class Colour(str, enum.Enum):  # noqa: UP042 (many write it so)
    RED = "r"

    def __str__(self) -> str:
        return "a colour"


class Level(enum.Enum):
    LOW = 1
    PAIR = (1, 2)


class Rights(enum.IntFlag):
    R = 4
    W = 2


class Loud(str):
    def __str__(self) -> str:
        return "LOUD"


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None


class Place(NamedTuple):
    name: str
    at: Point | None = None


class Shop(BaseModel):
    name: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return len(self.name)


class Open(BaseModel, extra="allow"):
    """A model that takes more than it names, and keeps one thing for itself."""

    name: str
    own: str = Field("kept", exclude=True)


class Told(msgspec.Struct):
    x: int
    y: int | msgspec.UnsetType = msgspec.UNSET


@dataclasses.dataclass(slots=True)
class Begun:
    x: int
    later: int = dataclasses.field(init=False)


class Day(enum.Enum):
    FIRST = datetime.date(2024, 1, 1)


class Tensor:
    """A tensor of no dimension, as several libraries have them."""

    shape, ndim = (), 0

    def tolist(self) -> int:
        return 7


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("not to be said")

    __str__ = __repr__


def encoded(value: Any, kind: str = "json", told: list[str] | None = None) -> Any:
    columns = (Column(name="any", type=kind),)
    row = encode_row(columns, {"any": value}, scalar=False, keep=lambda *_: "", told=told).text
    assert row_check(columns)(row) == ""
    return json.loads(row)["any"]


LONG = 7**6000
MOMENT = datetime.datetime(2024, 2, 29, 12, 30, 0, 5, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("returned", "stored"),
    [
        (numpy.bool_(True), True),
        ([numpy.bool_(False), numpy.int64(3), numpy.float32(1.5)], [False, 3, 1.5]),
        (numpy.float64("nan"), None),
        ({1: (2, {"deep": 2**63})}, {"1": [2, {"deep": "9223372036854775808"}]}),
        (numpy.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (numpy.array(5), 5),
        (numpy.array([1.5, float("inf")]), [1.5, None]),
        (numpy.str_("a"), "a"),
        (numpy.datetime64("2024-02-29T12:30"), "2024-02-29T12:30"),
        (pandas.Timestamp("2024-02-29 12:30"), "2024-02-29T12:30:00"),
        ([pandas.NaT, pandas.NA], [None, None]),
        (pandas.Series([1, 2]), [1, 2]),
        (Colour.RED, "r"),
        ({Colour.RED: [Colour.RED]}, {"r": ["r"]}),
        ([Level.LOW, Level.PAIR, Rights.R | Rights.W], [1, [1, 2], 6]),
        (Loud("quiet"), "quiet"),
        ({3, 1, 2, 10}, [1, 2, 3, 10]),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        (frozenset({1, "a", (2, 3), None, 2.5}), [1, 2.5, "a", [2, 3], None]),
        ({frozenset({2, 1}), frozenset({3})}, [[1, 2], [3]]),
        (collections.deque([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (float("inf"), None),
        ([1.0, float("-inf")], [1.0, None]),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (MOMENT, "2024-02-29T12:30:00.000005+00:00"),
        (datetime.time(1, 2), "01:02:00"),
        (datetime.timedelta(minutes=1.5), 90.0),
        (decimal.Decimal("1.50"), "1.50"),
        (fractions.Fraction(1, 3), "1/3"),
        (fractions.Fraction(4), "4"),
        (1 + 2j, "(1+2j)"),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (b"\x00\xff", "AP8="),
        (bytearray(b"a"), "YQ=="),
        (Point(x=1, y=[Point(x=2)]), {"x": 1, "y": [{"x": 2, "y": None}]}),
        (Place("a"), {"name": "a", "at": None}),
        (Shop(name="abc"), {"name": "abc", "size": 3}),
        (True, True),
        ([True, 1, 1.0], [True, 1, 1.0]),
        (numpy.timedelta64(90, "s"), 90.0),
        (numpy.timedelta64(1_500_000_000, "ns"), 1.5),
        ([numpy.timedelta64("NaT"), numpy.datetime64("NaT")], [None, None]),
        (numpy.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]), [{"a": 1, "b": 2.5}]),
        (collections.UserString("text"), "text"),
        (ipaddress.ip_address("::1"), "::1"),
        (ipaddress.ip_network("10.0.0.0/8"), "10.0.0.0/8"),
        (AnyUrl("https://example.org/a"), "https://example.org/a"),
        ({ipaddress.ip_address("1.2.3.4"): Day.FIRST}, {"1.2.3.4": "2024-01-01"}),
        (Begun(x=1), {"x": 1}),
        (Open(name="abc", more=[1]), {"name": "abc", "more": [1]}),
        (Told(x=1), {"x": 1, "y": None}),
        ({(1, Colour.RED): "a"}, {'[1, "r"]': "a"}),
        ({frozenset({"b", "a", "c"}): 1}, {'["a", "b", "c"]': 1}),
        ([decimal.Decimal("NaN"), decimal.Decimal("sNaN"), decimal.Decimal("-Infinity")], [None, None, None]),
        ([numpy.array(1.5), numpy.array(numpy.datetime64("2024-02-29")), Tensor()], [1.5, "2024-02-29", 7]),
        ([numpy.ma.masked, numpy.ma.array([1, 2], mask=[True, False])], [None, [None, 2]]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_has_one_plain_form(returned: Any, stored: Any) -> None:
    found = encoded(returned)

    assert (type(found), found) == (type(stored), stored)


@pytest.mark.parametrize(
    ("kind", "returned", "stored"),
    [
        ("str", Colour.RED, "r"),
        ("str", Loud("quiet"), "quiet"),
        ("str", pathlib.PurePosixPath("a"), "a"),
        ("str", b"a", "YQ=="),
        ("int", Rights.R, 4),
        ("int", Level.LOW, 1),
        ("int", numpy.int8(3), 3),
        ("int", LONG, str(decimal.Decimal(LONG))),
        ("int", -(10**5_000), "-1" + "0" * 5_000),
        ("float", datetime.timedelta(seconds=1.5), 1.5),
        ("float", decimal.Decimal("0.1"), 0.1),
        ("float", fractions.Fraction(1, 4), 0.25),
        ("float", 10**400, None),
        ("float", float("-inf"), None),
        ("float", decimal.Decimal("sNaN"), None),
        ("date", datetime.date(2024, 2, 29), "2024-02-29"),
        ("date", pandas.NaT, None),
        ("datetime", MOMENT, "2024-02-29T12:30:00.000005+00:00"),
        ("decimal", decimal.Decimal("1.50"), "1.50"),
        ("decimal", decimal.Decimal("1E+2"), "1E+2"),
        ("decimal", decimal.Decimal("Infinity"), None),
        ("decimal", decimal.Decimal("NaN"), None),
        ("decimal", 5, "5"),
        ("bool", numpy.bool_(False), False),
        ("int", numpy.bool_(True), 1),
        ("int", float("nan"), None),
        ("str", numpy.float32("nan"), None),
        ("str", ipaddress.ip_address("1.2.3.4"), "1.2.3.4"),
        ("str", AnyUrl("https://example.org/"), "https://example.org/"),
        ("str", collections.UserString("text"), "text"),
        ("float", numpy.timedelta64(90, "s"), 90.0),
        ("date", numpy.datetime64("2024-02-29"), "2024-02-29"),
        ("date", Day.FIRST, "2024-01-01"),
        ("datetime", numpy.datetime64("2024-02-29T12:30:00.000000005"), "2024-02-29T12:30:00.000000005"),
        ("datetime", numpy.datetime64("NaT"), None),
        ("date", pandas.Timestamp("2024-02-29"), "2024-02-29"),
        ("date", datetime.datetime(2024, 2, 29), "2024-02-29"),
        ("date", numpy.datetime64("2024-02-29T00:00"), "2024-02-29"),
        ("date", MOMENT, "2024-02-29T12:30:00.000005+00:00"),
        ("date", datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC), "2024-02-29T00:00:00+00:00"),
        ("decimal", numpy.int64(5), "5"),
        ("str", decimal.Decimal("NaN"), None),
        ("str", numpy.datetime64("2024-02-29"), "2024-02-29"),
        ("float", numpy.bool_(True), 1.0),
        ("float", numpy.array(1.5), 1.5),
        ("int", numpy.array(5), 5),
        ("int", Tensor(), 7),
        ("number", 1, 1),
        ("number", 2**70, str(2**70)),
        ("number", numpy.float32(1.5), 1.5),
        ("number", float("nan"), None),
        ("number", float("inf"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_fits_its_column(kind: str, returned: Any, stored: Any) -> None:
    found = encoded(returned, kind)

    assert (type(found), found) == (type(stored), stored)


@pytest.mark.parametrize(
    ("kind", "returned"),
    [("int", 1.0), ("int", "1"), ("bool", 1), ("str", 1), ("float", "1"), ("date", "2024-02-29"), ("decimal", 0.1)]
    + [("date", numpy.datetime64("2024-02"))],
)
def test_what_does_not_fit_its_column_is_refused(kind: str, returned: Any) -> None:
    with pytest.raises(UnencodableError, match=f"column any is declared {kind}, but the job returned"):
        encoded(returned, kind)


@pytest.mark.parametrize(("kind", "value"), [("float", float("inf")), ("json", [float("inf")])])
def test_infinity_costs_its_cell_and_is_said(kind: str, value: Any) -> None:
    told: list[str] = []

    encoded(value, kind, told)

    assert len(told) == 1
    assert "infinite" in told[0]


def test_names_that_differ_by_their_type_alone_lose_nothing() -> None:
    told: list[str] = []

    found = encoded({1: "a", "1": "b", "c": {True: 1, "True": 2}}, told=told)

    assert found == [[1, "a"], ["1", "b"], ["c", [[True, 1], ["True", 2]]]]
    assert told
    assert all("differ by their type alone" in sentence for sentence in told)


def cyclic() -> list[Any]:
    one: list[Any] = []
    one.extend([one, one])
    return one


def laughs() -> Any:
    value: Any = ["ha"]
    for _ in range(30):
        value = [value] * 10
    return value


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (cyclic(), "holds a list that holds itself"),
        (laughs(), "holds more than 1,000,000 values"),
        (deep(33), "nested deeper than 32 levels"),
        (deep(100_000), "nested deeper than 32 levels"),
        ((x for x in "ab"), "holds a generator, which cannot be stored"),
        (object(), "holds an object, which cannot be stored"),
        (Unspeakable(), "holds an Unspeakable, which cannot be stored"),
        (lambda: 1, "holds a function, which cannot be stored"),
        (pandas.DataFrame({"a": [1]}), "holds a DataFrame, which cannot be stored"),
    ],
    ids=["cyclic", "laughs", "deep", "abyss", "generator", "object", "unspeakable", "function", "frame"],
)
def test_what_has_no_form_is_refused_with_a_sentence(value: Any, sentence: str) -> None:
    with pytest.raises(UnencodableError, match=sentence):
        encoded(value)


def test_a_list_that_is_there_twice_is_stored_twice() -> None:
    one = [1]

    assert encoded([one, one]) == [[1], [1]]


@pytest.mark.parametrize("returned", [Point(x=1, y=2), {"x": 1, "y": 2}, collections.namedtuple("P", "x y")(1, 2)])
def test_a_row_may_be_a_record(returned: Any) -> None:
    columns = (Column(name="x", type="int"), Column(name="y", type="int"))

    assert encode_row(columns, returned, scalar=False, keep=lambda *_: "").text == '{"x":1,"y":2}'


def test_a_code_may_be_a_member_of_an_enum() -> None:
    columns = (Column(name="x", type="int"),)

    assert encode_row(columns, {"x": 1, "code": Colour.RED}, scalar=False, keep=lambda *_: "").code == "r"


def test_a_code_is_one_line() -> None:
    columns = (Column(name="x", type="int"),)

    assert (
        encode_row(columns, {"x": 1, "code": " two\n lines\u2028"}, scalar=False, keep=lambda *_: "").code
        == "two lines"
    )


def test_two_equal_sets_are_one_text() -> None:
    names = [f"name {number}" for number in range(50)]

    assert encoded(set(names)) == encoded(frozenset(sorted(names, key=hash))) == sorted(names)
