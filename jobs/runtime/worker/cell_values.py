"""What a job may put into a cell, and the form in which it is kept.

bool, int, float, str   as they are; a whole number beyond 64 bits is its decimal text, NaN is an empty cell
Enum                    the value of its member
date, datetime, time    ISO 8601
timedelta               its seconds, a number
Decimal, Fraction,      their text
complex, Path, UUID,
IP addresses, URLs
bytes                   their text in base64
list, tuple, deque …    a list; a set in the order of its members
Mapping, record         an object; one whose names are told apart by their type alone, a list of pairs
numpy, pandas           a scalar as Python's own, an array as a list, NaT and NA as an empty cell
"""

from __future__ import annotations

import base64
import datetime
import decimal
import fractions
import ipaddress
import json
import math
import numbers
import pathlib
import re
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set, ValuesView
from contextlib import suppress
from typing import Any

from jobs.runtime.core.errors import UnencodableError
from jobs.runtime.core.text import clean
from jobs.runtime.job.decorator import Artifact
from jobs.runtime.job.record_types import record_values
from jobs.runtime.worker.native_values import is_missing, is_moment_of_numpy, native

MAX_DEPTH = 32
MAX_VALUES = 1_000_000
"""What one cell may hold: lists that hold each other, or one another many times, would never end."""

NOT_FITTING = object()
"""What a value is that does not fit the type of its column."""

_INT64 = 2**63


def scalar_reader(kind: str) -> Callable[[Any], Any]:
    """What makes a value fit a column of this type, or gives NOT_FITTING; infinity stays, for the caller to tell."""
    return _SCALARS[kind]


def plain(name: str, value: Any, told: list[str]) -> Any:
    """A value as JSON has it; what was lost on the way is added to `told`. Raises UnencodableError."""
    return _Plain(name, told).of(value, MAX_DEPTH)


def kind_of(value: Any) -> str:
    """What a value is called in a sentence."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}" if value is not None else "None"


def _int(value: Any) -> Any:
    if type(value) is not int:
        if not isinstance(value, numbers.Integral) and _bool(value) is NOT_FITTING:
            return NOT_FITTING
        value = int(value)
    return value if -_INT64 <= value < _INT64 else digits(value)


def digits(number: int) -> str:
    """A whole number as its decimal text, however long it is: `str` alone refuses beyond 4,300 digits."""
    return str(decimal.Decimal(number))


def _float(value: Any) -> Any:
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds()
    if not isinstance(value, numbers.Real | decimal.Decimal) and _bool(value) is NOT_FITTING:
        return NOT_FITTING
    try:
        number = float(value)
    except OverflowError:
        return math.inf
    except ValueError:  # a Decimal that signals
        return None
    return None if math.isnan(number) else number


def _number(value: Any) -> Any:
    return _int(value) if isinstance(value, numbers.Integral) else _float(value)


def _bool(value: Any) -> Any:
    return bool(value) if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_") else NOT_FITTING


def _str(value: Any) -> Any:
    if type(value) is str:
        return clean(value)
    if isinstance(value, str):
        return clean(str.__str__(value))  # a subclass may say something else of itself
    return _worded(value) if _is_worded(value) else NOT_FITTING


def _day(value: Any) -> Any:
    """A day; a moment stays one, unless it is the beginning of its day, in no zone."""
    moment = _moment(value)
    return moment[: len("2024-02-29")] if moment is not NOT_FITTING and _BEGINNING.fullmatch(moment) else moment


_BEGINNING = re.compile(r"\d{4}-\d\d-\d\dT00(:00)*(\.0+)?")


def _moment(value: Any) -> Any:
    if is_moment_of_numpy(value):
        with suppress(ValueError):  # one of months, say, names no day
            datetime.datetime.fromisoformat(str(value)[:_MICROSECONDS])
            return str(value)
    return value.isoformat() if isinstance(value, datetime.date) else NOT_FITTING


def _decimal(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return math.inf if value.is_infinite() else str(value)
    return NOT_FITTING if isinstance(value, bool) or not isinstance(value, numbers.Integral) else digits(int(value))


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "int": _int,
    "float": _float,
    "number": _number,
    "bool": _bool,
    "str": _str,
    "date": _day,
    "datetime": _moment,
    "decimal": _decimal,
}

_WORDED = (
    *(pathlib.PurePath, uuid.UUID, fractions.Fraction, complex, bytes, bytearray, memoryview),
    *(datetime.time, datetime.date, decimal.Decimal),
    *(ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network),
    *(ipaddress.IPv4Interface, ipaddress.IPv6Interface),
)
_MICROSECONDS = len("2024-02-29T12:30:00.000005")


def _is_worded(value: Any) -> bool:
    """Whether a value has one form, a text; pydantic's URLs are known by what they can do."""
    return isinstance(value, _WORDED) or hasattr(type(value), "unicode_string") or is_moment_of_numpy(value)


def _worded(value: Any) -> str:
    """The text of a value that has one form."""
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, fractions.Fraction):
        return f"{digits(value.numerator)}/{digits(value.denominator)}".removesuffix("/1")
    return clean(str(value))


class _Plain:
    """One cell being made plain: how many values it holds so far, and which lists and objects it is within."""

    def __init__(self, name: str, told: list[str]) -> None:
        self._name, self._told, self._count, self._within = name, told, 0, set[int]()

    def of(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return clean(value)
        if kind is int:
            return _int(value)
        if kind is list or kind is dict:
            return self._several(value, depth)
        return value if kind is bool or value is None else self._other(value, depth)

    def _other(self, value: Any, depth: int) -> Any:
        """A value of a type that is none of JSON's own."""
        value = native(value)
        if is_missing(value) or isinstance(value, bool):
            return None if is_missing(value) else value
        if isinstance(value, str):
            return _str(value)
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        if isinstance(value, decimal.Decimal) and value.is_infinite():
            return self._number(value)
        if _is_worded(value):
            return _worded(value)
        if isinstance(value, numbers.Integral):
            return _int(value)
        if isinstance(value, numbers.Real):
            return self._number(value)
        if _bool(value) is not NOT_FITTING:  # numpy's, which is no bool of Python's
            return bool(value)
        if type(value).__module__ == "numpy" and not hasattr(value, "__len__"):
            return clean(str(value))  # a moment of numpy's, which it writes as ISO 8601
        return self._several(value, depth)

    def _number(self, value: Any) -> float | None:
        number: float | None = _float(value)
        if number is not None and math.isinf(number):
            self._told.append(f"a number in {self._name} is infinite, or too large: it is left empty")
            return None
        return number

    def _several(self, value: Any, depth: int) -> Any:
        if depth == 0:
            raise UnencodableError(f"column {self._name} is nested deeper than {MAX_DEPTH} levels")
        if id(value) in self._within:
            raise UnencodableError(f"column {self._name} holds {kind_of(value)} that holds itself")
        self._within.add(id(value))
        try:
            return self._parts(value, depth - 1)
        finally:
            self._within.discard(id(value))

    def _parts(self, value: Any, depth: int) -> Any:
        if type(value) is list:
            return self._list(value, depth)
        record = None if isinstance(value, Mapping) else record_values(value)
        if record is not None or isinstance(value, Mapping):
            return self._object(value if record is None else record, depth)
        if isinstance(value, set | frozenset):
            return sorted(self._list(value, depth), key=_place)
        if isinstance(value, Sequence | Set | ValuesView | deque):
            return self._list(value, depth)
        names = getattr(getattr(value, "dtype", None), "names", None)
        if names:  # records of numpy's
            return self._list(value, depth) if value.ndim else self._object(dict(zip(names, value, strict=True)), depth)
        if hasattr(value, "tolist"):  # an array of numpy's, a series of pandas'
            return self.of(value.tolist(), depth)
        if isinstance(value, Artifact):
            raise UnencodableError(f"column {self._name} holds an Artifact: declare the column as one")
        raise UnencodableError(f"column {self._name} holds {kind_of(value)}, which cannot be stored as text or number")

    def _list(self, values: Iterable[Any], depth: int) -> list[Any]:
        found = []
        for value in values:
            self._count += 1
            if self._count > MAX_VALUES:
                raise UnencodableError(f"column {self._name} holds more than {MAX_VALUES:,} values")
            found.append(self.of(value, depth))
        return found

    def _name_of(self, name: Any, depth: int) -> str:
        """What a member of an object is called: a text; of several values (a tuple) their JSON."""
        if type(name) is str:
            return clean(name)
        name = native(name)
        if isinstance(name, int) and not isinstance(name, bool):
            return digits(name)
        if isinstance(name, tuple | frozenset):
            return json.dumps(self.of(name, depth), ensure_ascii=False)
        text = _str(name)
        return clean(str(name)) if text is NOT_FITTING else text

    def _object(self, mapping: Mapping[Any, Any], depth: int) -> Any:
        names = [self._name_of(name, depth) for name in mapping]
        values = self._list(mapping.values(), depth)
        if len(set(names)) == len(names):
            return dict(zip(names, values, strict=True))
        self._told.append(f"names in {self._name} that differ by their type alone are kept as a list of pairs")
        return [[self.of(name, depth), value] for name, value in zip(mapping, values, strict=True)]


def _place(member: Any) -> tuple[int, Any, str]:
    """Where a member of a set stands: numbers by their size, texts by their letters, others by their JSON."""
    if isinstance(member, bool) or not isinstance(member, int | float | str):
        return 2, 0, json.dumps(member, sort_keys=True)
    return (1, 0, member) if isinstance(member, str) else (0, member, "")
