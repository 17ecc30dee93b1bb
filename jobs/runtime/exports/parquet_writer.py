"""Parquet: one schema, known before the first row, from the job's annotations; row groups as they fill."""

from __future__ import annotations

import datetime
import decimal
import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.core.errors import TooLargeError
from jobs.runtime.core.text import storable
from jobs.runtime.exports.result_table import ResultColumn
from jobs.runtime.exports.writer import cell_text

GROUP_ROWS, GROUP_BYTES = 50_000, 16 * 2**20
"""A row group is written once it holds so much: it takes several times that meanwhile."""

_TYPES = {
    "int": pa.int64(),
    "float": pa.float64(),
    "number": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "local": pa.timestamp("us"),
    "moment": pa.timestamp("us", "UTC"),
    "decimal": pa.decimal128(38, 18),
}
"""A column of moments is of those that know their zone (kept as UTC) or of those that do not, as its first says."""

_NANOSECONDS = re.compile(r"\.\d{6}\d*[1-9]")


def _moment(text: str) -> datetime.datetime:
    """A moment as it can be read back. Raises ValueError for one with nanoseconds, OverflowError for one that is beyond
    the years 1 to 9999 in UTC."""
    if _NANOSECONDS.search(text):
        raise ValueError(text)
    moment = datetime.datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(datetime.UTC)


_READ: Mapping[str, Callable[[str], Any]] = {
    "date": datetime.date.fromisoformat,
    "datetime": _moment,
    "local": _moment,
    "moment": _moment,
    "decimal": decimal.Decimal,
}


class ParquetWriter:
    """Parquet being written. `wide` names columns that hold what their type cannot (a whole number of more than 64
    bits, a moment without a zone among others): they are text."""

    note = ""

    def __init__(self, stream: IO[bytes], columns: tuple[ResultColumn, ...], *, wide: frozenset[str]) -> None:
        self._columns = columns
        self._types = ["str" if column.name in wide else column.type for column in columns]
        self._sink = _Sink(stream)
        self._writer: pq.ParquetWriter | None = None
        self._arrays: list[list[pa.Array]] = []
        self._rows = self._bytes = 0

    def write(self, rows: list[list[Any]]) -> None:
        """Add rows. Raises TooLargeError for a whole number beyond 64 bits in a column that is not wide."""
        if not rows:
            return
        arrays = [self._array(index, cells) for index, cells in enumerate(zip(*rows, strict=True))]
        self._arrays.append(arrays)
        self._rows += len(rows)
        self._bytes += sum(array.nbytes for array in arrays)
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is left and the footer."""
        self._flush()
        self._begun().close()

    def abandon(self) -> None:
        """Close pyarrow's writer, which would otherwise write its footer whenever it is collected."""
        self._sink.deaf = True
        self._begun().close()

    def _array(self, index: int, cells: tuple[Any, ...]) -> pa.Array:
        kind = self._kind(index, cells)
        if kind in _TYPES:
            try:
                return pa.array(_read(kind, cells), _TYPES[kind])
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, ValueError, ArithmeticError):
                raise TooLargeError(self._columns[index].name) from None
        if kind != "json":
            try:
                return pa.array(cells, pa.string())
            except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError):
                pass  # a lone surrogate, or a number among texts: one by one
        return pa.array([None if cell is None else storable(cell_text(cell)) for cell in cells], pa.string())

    def _kind(self, index: int, cells: tuple[Any, ...]) -> str:
        """What a column is; of moments, once the first is there."""
        if self._types[index] == "datetime" and (first := next(filter(None, cells), None)) is not None:
            self._types[index] = "local" if _zone_of(first) is None else "moment"
        return self._types[index]

    def _begun(self) -> pq.ParquetWriter:
        """pyarrow's writer, which must know all types."""
        if self._writer is None:
            pairs = zip(self._columns, self._types, strict=True)
            self._schema = pa.schema([pa.field(column.name, _TYPES.get(kind, pa.string())) for column, kind in pairs])
            self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        return self._writer

    def _flush(self) -> None:
        if not self._rows:
            return
        writer, types = self._begun(), self._schema.types
        batches = [
            pa.RecordBatch.from_arrays(
                [array.cast(kind) for array, kind in zip(arrays, types, strict=True)], schema=self._schema
            )
            for arrays in self._arrays
        ]
        writer.write_table(pa.Table.from_batches(batches, schema=self._schema), row_group_size=GROUP_ROWS)
        self._arrays, self._rows, self._bytes = [], 0, 0


def _read(kind: str, cells: tuple[Any, ...]) -> Iterable[Any]:
    """The cells as their type has them. Raises ValueError, ArithmeticError, and OverflowError for a mixture of moments
    with and without a zone."""
    read = _READ.get(kind)
    if read is None:
        return cells
    values = [None if cell is None else read(cell) for cell in cells]
    if kind in ("local", "moment") and any(v is not None and (v.tzinfo is None) != (kind == "local") for v in values):
        raise OverflowError
    return values


def _zone_of(moment: str) -> datetime.tzinfo | None:
    try:
        return datetime.datetime.fromisoformat(moment).tzinfo
    except ValueError:
        return None


class _Sink(io.RawIOBase):
    """The stream as pyarrow sees it: positions count from here, closing it closes nothing, and it may turn deaf."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._place, self.deaf = stream, 0, False

    def writable(self) -> bool:
        """It is only written."""
        return True

    def write(self, content: Any) -> int:
        """Pass content on."""
        size = len(content)
        if not self.deaf:
            self._stream.write(content)
        self._place += size
        return size

    def tell(self) -> int:
        """Bytes written."""
        return self._place
