"""Parquet: one schema, known before the first row, from the job's annotations; row groups as they fill."""

from __future__ import annotations

import io
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.results.table import ResultColumn
from jobs.runtime.results.writers import TooLargeError, json_text, storable

GROUP_ROWS = 50_000
GROUP_CHARACTERS = 64 * 2**20

_TYPES = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


class ParquetWriter:
    """Parquet being written. `wide` names whole-number columns that hold more than 64 bits: they are text."""

    note = ""

    def __init__(self, stream: IO[bytes], columns: tuple[ResultColumn, ...], *, wide: frozenset[str]) -> None:
        self._columns = columns
        self._types = ["str" if column.name in wide else column.type for column in columns]
        self._schema = pa.schema(
            [
                pa.field(column.name, _TYPES.get(kind, pa.string()))
                for column, kind in zip(columns, self._types, strict=True)
            ]
        )
        self._sink = _Sink(stream)
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
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
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_CHARACTERS:
            self._flush()

    def close(self) -> None:
        """Write what is left and the footer."""
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Close pyarrow's writer, which would otherwise write its footer whenever it is collected."""
        self._sink.deaf = True
        self._writer.close()

    def _array(self, index: int, cells: tuple[Any, ...]) -> pa.Array:
        kind = self._types[index]
        if kind in _TYPES:
            try:
                return pa.array(cells, _TYPES[kind])
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
                raise TooLargeError(self._columns[index].name) from None
        if kind != "json":
            try:
                return pa.array(cells, pa.string())
            except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError):
                pass  # a lone surrogate, or a number among texts: one by one
        texts = [None if cell is None else _text(cell, kind) for cell in cells]
        return pa.array(texts, pa.string())

    def _flush(self) -> None:
        if not self._rows:
            return
        batches = [pa.RecordBatch.from_arrays(arrays, schema=self._schema) for arrays in self._arrays]
        self._writer.write_table(pa.Table.from_batches(batches, schema=self._schema), row_group_size=GROUP_ROWS)
        self._arrays, self._rows, self._bytes = [], 0, 0


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


def _text(cell: Any, kind: str) -> str:
    if kind == "json":
        return json_text(cell)
    return storable(cell if isinstance(cell, str) else str(cell))
