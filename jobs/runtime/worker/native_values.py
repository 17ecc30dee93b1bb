"""Values of other libraries (numpy, pandas, tensors) as Python's own, and those that stand for nothing."""

from __future__ import annotations

import datetime
import decimal
import enum
import numbers
from collections import UserString
from typing import Any

_OWN = frozenset({str, int, float, bool, type(None), list, dict})
_NAMELESS = frozenset({"NAType", "NaTType", "MaskedConstant", "UnsetType"})
"""The types of missing values: pandas' and numpy's, which are equal to nothing, and msgspec's."""


def native(value: Any) -> Any:
    """Python's own value in the place of one that stands for it: that of an enum's member, the text of a UserString, a
    span of numpy's, the one value of an array without dimensions; None for what is no moment, span or number (numpy's
    NaT, Decimal's NaN)."""
    if type(value) in _OWN:
        return value
    if isinstance(value, enum.Enum):
        return native(value.value)
    if isinstance(value, UserString):
        return str(value)
    if _is_of_numpy(value, "datetime64", "timedelta64"):
        return None if str(value) == "NaT" else _span(value)
    if isinstance(value, decimal.Decimal):
        return None if value.is_nan() else value
    if getattr(value, "shape", None) == () and getattr(value, "ndim", None) == 0 and not is_missing(value):
        return _of_no_dimension(value)
    return value


def _of_no_dimension(value: Any) -> Any:
    """The one value of an array or a tensor without dimensions; numpy's scalars and records are such themselves."""
    if not type(value).__module__.startswith("numpy"):
        return native(value.tolist())
    is_array = hasattr(value, "__array_finalize__") and not value.dtype.names
    return native(value[()]) if is_array else value


def _span(value: Any) -> Any:
    """A span of numpy's as Python's; of nanoseconds, which Python has none of, the nearest microseconds. Moments, and
    spans of months, stay as they are."""
    if type(value).__name__ == "timedelta64" and value.dtype.str.endswith("[ns]"):
        return datetime.timedelta(microseconds=int(value.astype("int64")) / 1_000)
    span = value.item()
    return span if isinstance(span, datetime.timedelta) else value


def is_missing(value: Any) -> bool:
    """Whether this is an empty cell: None, a missing value of pandas, or what msgspec leaves unset."""
    return value is None or type(value).__name__ in _NAMELESS


def is_nan(value: Any) -> bool:
    """Whether this is the number that is none: in a column of another type an empty cell, as pandas has it."""
    return isinstance(value, numbers.Real) and bool(value != value)  # noqa: PLR0124 (that is how it is known)


def is_moment_of_numpy(value: Any) -> bool:
    """Whether this is a datetime64."""
    return _is_of_numpy(value, "datetime64")


def _is_of_numpy(value: Any, *names: str) -> bool:
    return type(value).__module__ == "numpy" and type(value).__name__ in names
