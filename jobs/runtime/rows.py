"""What a job returns, made into a row that can be stored: checked against its columns, cleaned, encoded as JSON."""

from __future__ import annotations

import datetime
import decimal
import json
import math
import numbers
import re
from collections.abc import Callable, Mapping
from typing import Any

from jobs.runtime.mark import Artifact
from jobs.runtime.records import Column

MAX_ROW_BYTES = 8 * 2**20
"""A larger row is refused: large by-products are Artifacts, which never cross a pipe."""

MAX_DEPTH = 32
_INT64 = 2**63
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Made once: `json.dumps` with options makes an encoder at each call, which counts in a no-op item (bench noop)."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

Keep = Callable[[str, Artifact], str]


class UnencodableError(Exception):
    """What the job returned is not a row; the sentence says which column and why."""


def encode_row(columns: tuple[Column, ...], returned: Any, *, scalar: bool, keep: Keep) -> tuple[str, str]:
    """The outcome's code (the row's own `code`, or empty) and the row as JSON text.

    A job whose annotation is one type returns that value: its column is `result`. Artifacts are handed to `keep`,
    which writes the file and gives the reference. Raises UnencodableError.
    """
    row = {"result": returned} if scalar else returned
    if not isinstance(row, Mapping):
        raise UnencodableError(f"the job returned {_name(row)}, not a dict of its columns")
    types = {column.name: column.type for column in columns}
    unknown = [name for name in row if name not in types and name != "code"]
    if unknown:
        raise UnencodableError(f"the job returned a column it does not declare: {str(unknown[0])[:80]!r}")
    encoded = {name: _cell(name, types[name], value, keep) for name, value in row.items() if name != "code"}
    text = _JSON.encode(encoded)
    if len(text) > MAX_ROW_BYTES:
        raise UnencodableError(
            f"the row has {len(text):,} characters (at most {MAX_ROW_BYTES:,}): return what is large as an Artifact"
        )
    return clean(str(row.get("code") or ""))[:64], text


def clean(text: str) -> str:
    """Text as it may be stored: no control characters but tab and line feed, lone surrogates replaced by U+FFFD."""
    if _CONTROL.search(text) is None:
        return text
    return _CONTROL.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else "", text)


def _cell(name: str, kind: str, value: Any, keep: Keep) -> Any:
    if value is None:
        return None
    if kind == "file":
        return _file(name, value, keep)
    if kind == "json":
        return _plain(name, value, MAX_DEPTH)
    accepted = _SCALARS[kind](value)
    if accepted is _NO:
        raise UnencodableError(f"column {name} is declared {kind}, but the job returned {_name(value)}")
    if isinstance(accepted, float) and math.isinf(accepted):
        raise UnencodableError(f"column {name} is infinite, or too large for a float")
    return accepted


_NO = object()


def _int(value: Any) -> Any:
    if not isinstance(value, numbers.Integral):
        return _NO
    number = int(value)
    return number if -_INT64 <= number < _INT64 else _digits(number)


def _digits(number: int) -> str:
    """A whole number beyond 64 bits as text; hexadecimal where CPython refuses the decimal conversion."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


def _float(value: Any) -> Any:
    if not isinstance(value, numbers.Real | decimal.Decimal):
        return _NO
    try:
        number = float(value)
    except OverflowError:
        return math.inf
    return None if math.isnan(number) else number


def _bool(value: Any) -> Any:
    return bool(value) if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_") else _NO


def _str(value: Any) -> Any:
    return clean(str(value)) if isinstance(value, str) else _NO


_SCALARS: Mapping[str, Callable[[Any], Any]] = {"int": _int, "float": _float, "bool": _bool, "str": _str}


def _file(name: str, value: Any, keep: Keep) -> str:
    if not isinstance(value, Artifact):
        raise UnencodableError(f"column {name} is declared Artifact, but the job returned {_name(value)}")
    return keep(name, value)


def _plain(name: str, value: Any, depth: int) -> Any:
    if depth == 0:
        raise UnencodableError(f"column {name} is nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean(str(value))
    if isinstance(value, numbers.Integral):
        return _int(value)
    if isinstance(value, numbers.Real):
        return _cell(name, "float", value, _no_files)
    if isinstance(value, Mapping):
        return {clean(str(key)): _plain(name, inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(name, inner, depth - 1) for inner in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if _bool(value) is not _NO:  # numpy's, which is no bool of Python's
        return bool(value)
    raise UnencodableError(f"column {name} holds {_name(value)}, which cannot be stored as text or number")


def _no_files(name: str, _artifact: Artifact) -> str:
    raise UnencodableError(f"column {name} holds an Artifact: declare the column as one")


def _name(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}" if value is not None else "None"
