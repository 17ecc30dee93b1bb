"""What a reader hands on: frames of MessagePack in a file, first the report (or a refusal), then the items in pages."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import IO, Any

import msgspec

from jobs.runtime.core.errors import BadInput, NoItems, Refused
from jobs.runtime.core.records import Item, Table
from jobs.runtime.core.text import storable
from jobs.runtime.inputs import BoundField, Preflight
from jobs.runtime.inputs.validation import Invalid

PAGE_ROWS = 2_000
PAGE_CHARACTERS = 2**20
"""A page ends with the row that reaches one of these: however long the rows, little of them is in memory at once."""

HEAD_CHARACTERS = 2**22
"""Of the first rows, for the preview, so much is handed on."""

REFUSALS = {kind.__name__: kind for kind in (Refused, BadInput, NoItems)}

_LENGTH = struct.Struct(">Q")
_OWN = ("table", "invalid", "fields", "head", "read_items")
_PLAIN = tuple(field.name for field in fields(Preflight) if field.name not in _OWN)


class Spool(io.FileIO):
    """A temporary file without a name, open as long as anybody holds it: a report, or an iterator over its items."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile(buffering=0) as file:
            super().__init__(os.dup(file.fileno()), "r+b")

    def __del__(self) -> None:
        self.close()


def write_report(stream: IO[bytes], found: Preflight) -> None:
    """The report, all but its items."""
    body = {name: getattr(found, name) for name in _PLAIN}
    _put(
        stream,
        body
        | {"table": found.table, "invalid": found.invalid, "fields": found.fields, "head": list(_head(found.head))},
    )


def write_items(stream: IO[bytes], items: Iterable[Item]) -> None:
    """The items, a page at a time, and an empty page as their end."""
    page: list[tuple[str, ...]] = []
    characters = 0
    for item in items:
        page.append((item.cell, *item.others))
        characters += len(item.cell) + sum(map(len, item.others))
        if len(page) >= PAGE_ROWS or characters >= PAGE_CHARACTERS:
            _put(stream, page)
            page, characters = [], 0
    if page:
        _put(stream, page)
    _put(stream, [])


def write_refusal(stream: IO[bytes], error: Refused) -> None:
    """Why there is no report: the sentence, under the most precise name that the other side knows."""
    kind = next(name for name in (type(error).__name__, "Refused") if name in REFUSALS)
    _put(stream, {"refusal": kind, "sentence": str(error)})


def read_report(stream: Spool) -> Preflight:
    """The report of a spool; its items are read from there as often as they are asked for.

    Raises the refusal that stands there instead, EOFError where there is neither.
    """
    stream.seek(0)
    body = dict(_take(stream))
    if "refusal" in body:
        raise REFUSALS[body["refusal"]](body["sentence"])
    after = stream.tell()
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}
    known["table"] = msgspec.convert(body["table"], Table)
    known["invalid"] = msgspec.convert(body["invalid"], tuple[Invalid, ...])
    known["fields"] = msgspec.convert(body["fields"], tuple[BoundField, ...] | None)
    known["head"] = tuple(map(tuple, body["head"]))
    return Preflight(**known, read_items=lambda: _read_items(stream, after))


def _read_items(stream: Spool, place: int) -> Iterator[Item]:
    """The items from this place on; each page is found anew, since others may read in between."""
    while True:
        stream.seek(place)
        page = _take(stream)
        place = stream.tell()
        if not page:
            return
        for cell, *others in page:
            yield Item(cell=cell, others=tuple(others))


def _head(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    left = HEAD_CHARACTERS
    for row in rows:
        left -= sum(map(len, row))
        if left < 0:
            return
        yield row


def _put(stream: IO[bytes], body: Any) -> None:
    try:
        text = msgspec.msgpack.encode(body)
    except UnicodeEncodeError:  # a lone surrogate in a cell
        text = msgspec.msgpack.encode(_whole(msgspec.to_builtins(body)))
    stream.write(_LENGTH.pack(len(text)))
    stream.write(text)


def _whole(plain: Any) -> Any:
    """Plain data, of which every text can be UTF-8."""
    if isinstance(plain, str):
        return storable(plain)
    if isinstance(plain, dict):
        return {name: _whole(value) for name, value in plain.items()}
    return [_whole(value) for value in plain] if isinstance(plain, list | tuple) else plain


def _take(stream: Spool) -> Any:
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        raise EOFError
    text = stream.read(_LENGTH.unpack(length)[0])
    if len(text) < _LENGTH.unpack(length)[0]:
        raise EOFError
    return msgspec.msgpack.decode(text)
