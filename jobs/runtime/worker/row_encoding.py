"""What a job returns, made into a row that can be stored: checked against its columns, cleaned, encoded as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jobs.runtime.core.errors import UnencodableError
from jobs.runtime.core.job_terms import Column
from jobs.runtime.core.text import as_text, clean
from jobs.runtime.job.decorator import Artifact
from jobs.runtime.job.record_types import record_values
from jobs.runtime.worker.cell_values import NOT_FITTING, kind_of, plain, scalar_reader
from jobs.runtime.worker.native_values import is_missing, is_nan, native
from jobs.runtime.worker.row_limit import JSON, MAX_ROW_BYTES, cut_to_fit, is_too_large

Keep = Callable[[str, Artifact], str]


class EncodedRow(NamedTuple):
    """A row as it is stored: the outcome's code (the row's own `code`, `row_cut`, or empty), its JSON text, and what
    was cut of it, in a sentence (empty: nothing)."""

    code: str
    text: str
    cut: str = ""


def encode_row(
    columns: tuple[Column, ...], returned: Any, *, scalar: bool, keep: Keep, told: list[str] | None = None
) -> EncodedRow:
    """What a job returned as a row of these columns, of at most MAX_ROW_BYTES.

    A job whose annotation is one type returns that value: its column is `result`. Artifacts are handed to `keep`,
    which writes the file and gives the reference; sentences on cells that could not be kept as they are go to `told`.
    Raises UnencodableError.
    """
    told = [] if told is None else told
    row = {"result": returned} if scalar else returned
    if type(row) is not dict and not isinstance(row, Mapping):
        row = record_values(returned)
        if row is None:
            raise UnencodableError(f"the job returned {kind_of(returned)}, not a dict of its columns")
    types = {column.name: column.type for column in columns}
    unknown = [name for name in row if name not in types and name != "code"]
    if unknown:
        raise UnencodableError(f"the job returned a column it does not declare: {str(unknown[0])[:80]!r}")
    encoded = {name: _cell(name, types[name], value, keep, told) for name, value in row.items() if name != "code"}
    said = row.get("code")
    code = " ".join(clean(as_text(said)).split())[:64] if said else ""
    text = JSON.encode(encoded)
    return _cut(code, encoded, types) if is_too_large(text) else EncodedRow(code, text)


def _cut(code: str, cells: Mapping[str, Any], types: Mapping[str, str]) -> EncodedRow:
    kept, told = cut_to_fit(cells, types)
    text = JSON.encode(kept)
    if is_too_large(text):
        raise UnencodableError(f"the names of its columns alone have more than {MAX_ROW_BYTES:,} bytes")
    return EncodedRow(code or "row_cut", text, told)


def _cell(column: str, kind: str, value: Any, keep: Keep, told: list[str]) -> Any:
    if value is None:
        return None
    if kind == "str" and type(value) is str:  # most cells, without all the questions
        return clean(value)
    value = native(value)
    if is_missing(value):
        return None
    if kind == "file":
        return _file(column, value, keep)
    if kind == "json":
        return plain(column, value, told)
    accepted = scalar_reader(kind)(value)
    if accepted is NOT_FITTING:
        if is_nan(value):
            return None
        raise UnencodableError(f"column {column} is declared {kind}, but the job returned {kind_of(value)}")
    if isinstance(accepted, float) and math.isinf(accepted):
        told.append(f"column {column} is infinite, or too large for a float: its cell is empty")
        return None
    return accepted


def _file(name: str, value: Any, keep: Keep) -> str:
    if not isinstance(value, Artifact):
        raise UnencodableError(f"column {name} is declared Artifact, but the job returned {kind_of(value)}")
    return keep(name, value)
