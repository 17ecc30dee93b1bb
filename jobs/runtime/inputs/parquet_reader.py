"""Parquet to cells, a batch of rows at a time."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import math
from collections.abc import Iterator
from typing import IO, Any

from jobs.runtime.core.errors import BadInput
from jobs.runtime.inputs.grid import MAX_COLUMNS, Grid, Line
from jobs.runtime.inputs.sources import MAX_BYTES, InputSource

BATCH_ROWS = 4_096


def parquet_grid(source: InputSource) -> Grid:
    """The rows of a Parquet file. Raises BadInput for a damaged one, for more columns than there may be, and for one
    that would unpack to more than a file may have."""
    with source.open() as stream:
        file = _opened(stream, source.name)
        names, rows = list(file.schema_arrow.names), file.metadata.num_rows
        unpacked = sum(file.metadata.row_group(place).total_byte_size for place in range(file.num_row_groups))
    if len(names) > MAX_COLUMNS:
        raise BadInput(f"{source.name} has {len(names):,} columns (at most {MAX_COLUMNS:,})")
    if unpacked > MAX_BYTES:
        raise BadInput(f"{source.name} unpacks to {unpacked:,} bytes (at most {MAX_BYTES:,}): split it")

    def lines() -> Iterator[Line]:
        yield 0, list(names)
        yield from enumerate(_rows(source), start=1)

    return Grid(name=source.name, lines=lines, most_lines=rows + 1, encoding="Parquet", header=True)


def text_of(value: Any) -> str:
    """A value as a cell: text as it is, null empty, days and moments as ISO 8601, lists and structs as JSON."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=text_of)
    return str(value)


def _rows(source: InputSource) -> Iterator[list[str]]:
    with source.open() as stream:
        file = _opened(stream, source.name)
        try:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                columns = [list(map(text_of, _values(column))) for column in batch.columns]
                yield from map(list, zip(*columns, strict=True))
        except (OSError, ValueError, ArithmeticError, LookupError, NotImplementedError) as error:
            raise _damaged(source.name, error) from None


def _values(column: Any) -> list[Any]:
    """Python's values; numbers of 16 and 32 bits with the digits that they hold, as 0.1 and not 0.10000000149011612."""
    import pyarrow as pa

    if pa.types.is_float32(column.type) or pa.types.is_float16(column.type):
        return [float(str(value)) for value in column.to_numpy(zero_copy_only=False)]
    try:
        return list(column.to_pylist())
    except (ValueError, ArithmeticError, LookupError):
        return [_beyond_python(value) for value in column]


def _beyond_python(value: Any) -> Any:
    """One value of a column where Python has not all of them: a moment beyond the year 9999 as Arrow writes it, one in
    a zone that nobody knows in UTC."""
    import pyarrow as pa

    try:
        return value.as_py()
    except LookupError:
        return _beyond_python(value.cast(pa.timestamp(value.type.unit, tz="UTC")))
    except (ValueError, ArithmeticError):
        text = str(value.cast(pa.string()).as_py())
        return text.replace(" ", "T", 1) if text[:1].isdigit() else text


def _opened(stream: IO[bytes], name: str) -> Any:
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(stream if stream.seekable() else io.BytesIO(stream.read()))
    except (OSError, ValueError) as error:
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> BadInput:
    return BadInput(f"{name} is a damaged Parquet file: {' '.join(str(error).split())[:200]}")
