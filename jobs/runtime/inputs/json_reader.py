"""JSON and JSON Lines to cells: an array of objects, of arrays or of values, or one such value a line."""

from __future__ import annotations

import decimal
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.core.units import count
from jobs.runtime.inputs.charset import MAX_LINE_BYTES, Charset, charset_of, lines_of
from jobs.runtime.inputs.column_query import listed
from jobs.runtime.inputs.grid import MAX_COLUMNS, Grid, Line
from jobs.runtime.inputs.sources import InputSource

MAX_DOCUMENT = 256 * 2**20
"""Bytes of one JSON document, which is held in memory; JSON Lines are not."""

_LONG = 4_000
"""Digits from which on a whole number is kept as text: Python's limit is 4,300."""

_BETWEEN = re.compile(r"[\s,\x1e]*")
"""What stands between values of one text: a line feed mostly, a comma in a piece of an array, a mark of RFC 7464."""

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


def json_grid(source: InputSource) -> Grid:
    """The objects of a JSON document or of JSON Lines as rows, a column for each of their names.

    Raises BadInput with the line for what is not JSON, and for a document of one value; NoItems for an empty one.
    """
    charset, notes = charset_of(source), list[str]()
    if charset.long_line and charset.lines > 1:
        raise BadInput(f"{source.name}, line {charset.long_line:,}: more than {MAX_LINE_BYTES:,} bytes in one line")
    if source.name.lower().endswith(_LINES) or _is_lines(source, charset):
        names = _names((value for _, value in _values(source, charset)), notes)
        return _grid(source, charset, names=names, document=None, notes=notes)
    document = _document(source, charset, notes)
    return _grid(source, charset, names=_names(document, notes), document=document, notes=notes)


def text_of(value: Any) -> str:
    """A value as a cell: text as it is, null empty, numbers as they were written, lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, decimal.Decimal):
        return str(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except TypeError:  # decimals, which Python's own writer would make floats of
        return _with_decimals(value)


def _with_decimals(value: Any) -> str:
    """JSON in which the digits of each number are those that were read."""
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, dict):
        members = (f"{json.dumps(name, ensure_ascii=False)}:{_with_decimals(one)}" for name, one in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_with_decimals, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _grid(
    source: InputSource,
    charset: Charset,
    *,
    names: list[str],
    document: list[Any] | None,
    notes: Iterable[str] = (),
) -> Grid:
    if len(names) > MAX_COLUMNS:
        raise BadInput(f"{source.name}: more than {MAX_COLUMNS:,} names in its objects, each of which is a column")

    def lines() -> Iterator[Line]:
        if names:
            yield 0, list(names)
        values = enumerate(document, start=1) if document is not None else _values(source, charset)
        for number, value in values:
            yield number, _cells(value, names)

    return Grid(
        name=source.name,
        lines=lines,
        most_lines=1 + (len(document) if document is not None else charset.lines),
        encoding=charset.name,
        header=True if names else None,
        notes=(*charset.notes, *notes),
    )


def _cells(value: Any, names: list[str]) -> list[str]:
    if isinstance(value, dict):
        return [text_of(value.get(name)) for name in names]
    if isinstance(value, list):
        return [text_of(cell) for cell in value]
    return [text_of(value)]


class _Repeated(dict[str, Any]):
    """An object in which a name stands twice: its last value counts, as everywhere."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeated(found)


def _names(values: Iterable[Any], notes: list[str]) -> list[str]:
    """The names of all objects, in the order in which they come; none where there is no object. Of names that stand
    twice a note."""
    names: dict[str, None] = {}
    repeated = 0
    for value in values:
        if isinstance(value, dict):
            names.update(dict.fromkeys(value))
            repeated += isinstance(value, _Repeated)
    if repeated:
        notes.append(f"a name stands twice in {count(repeated, 'object')}: its last value was taken")
    return list(names)


def _is_lines(source: InputSource, charset: Charset) -> bool:
    """Whether the first filled line is whole, and another follows it."""
    filled = (line for line in lines_of(source, charset) if line.strip())
    first, second = next(filled, ""), next(filled, "")
    if not second:
        return False
    try:
        _read(_alone(first))
    except (ValueError, RecursionError):
        return False
    return True


def _values(source: InputSource, charset: Charset) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines_of(source, charset), start=1):
        if line.strip():
            yield number, _read_or_refuse(_alone(line), source.name, number)


def _alone(line: str) -> str:
    """A line without what stands between values."""
    return line.strip("\r\n\x1e").rstrip().removesuffix(",")


def _document(source: InputSource, charset: Charset, notes: list[str]) -> list[Any]:
    """The rows of a document: its array, what its object holds as rows, or values that stand one after the other; of
    what is left out a note."""
    if source.size > MAX_DOCUMENT:
        raise BadInput(f"{source.name} has {source.size:,} bytes of JSON (at most {MAX_DOCUMENT:,}): give JSON Lines")
    value = _read_or_refuse("".join(lines_of(source, charset)), source.name, 1, several=True)
    if isinstance(value, dict):
        value = _rows_of(value, notes)
    if not isinstance(value, list):
        raise BadInput(f"{source.name} is JSON of one value: give an array, or an object a line")
    if not value:
        raise NoItems(f"{source.name} is empty JSON: it has no item")
    return value


def _rows_of(value: dict[str, Any], notes: list[str]) -> list[Any]:
    """The rows of an object: the one array of objects that it has, or that is within it alone; its columns, where each
    member is one, as an array or by numbers from 0 (pandas); its members, where each is an object; or it is one row."""
    members = list(value.values())
    arrays = [
        name for name, one in value.items() if isinstance(one, list) and any(isinstance(row, dict) for row in one)
    ]
    if len(arrays) == 1:
        beside = [name for name in value if name not in arrays]
        if beside:
            notes.append(f"the rows are those of {arrays[0]!r}: what stands beside it is left out ({listed(beside)})")
        return list(value[arrays[0]])
    if len(members) == 1 and isinstance(members[0], dict):
        return _rows_of(members[0], notes) if not _is_numbered(members[0]) else _of_columns(value)
    if members and all(isinstance(one, list) for one in members) and len(set(map(len, members))) == 1:
        return _of_columns(value)
    if members and all(isinstance(one, dict) and one for one in members):
        by_number = all(map(_is_numbered, members)) and len(set(map(frozenset, members))) == 1
        return _of_columns(value) if by_number else [{"key": name, **one} for name, one in value.items()]
    return [value] if value else []


def _is_numbered(value: dict[str, Any]) -> bool:
    return bool(value) and all(map(str.isdecimal, value))


def _of_columns(value: dict[str, Any]) -> list[Any]:
    first = next(iter(value.values()))
    columns = [[one[number] for number in first] if isinstance(one, dict) else one for one in value.values()]
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]


def _read_or_refuse(text: str, name: str, line: int, *, several: bool = False) -> Any:
    try:
        return _read_several(text) if several else _read(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{name}, line {line + error.lineno - 1:,}: this is not JSON: {error.msg}") from None
    except RecursionError:
        raise BadInput(f"{name}, line {line:,}: JSON that is nested too deep") from None


def _read(text: str) -> Any:
    return _DECODER.decode(text)


def _read_several(text: str) -> Any:
    """The one value of a text; of several, one after the other (as jq writes them, perhaps with commas), a list; those
    of arrays of objects, joined."""
    try:
        return _read(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
    values, place = [], _BETWEEN.match(text).end()  # type: ignore[union-attr]
    while place < len(text):
        value, place = _DECODER.raw_decode(text, place)
        values.append(value)
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
    tables = all(isinstance(value, list) and all(isinstance(row, dict) for row in value) for value in values)
    return [row for value in values for row in value] if tables else values


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < _LONG else digits


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=decimal.Decimal, object_pairs_hook=_object)
