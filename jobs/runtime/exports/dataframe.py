"""The result table as a pandas frame, with types that know empty cells."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jobs.runtime.exports.result_table import ResultColumn
from jobs.runtime.exports.writer import cell_text

_DTYPES = {"int": "Int64", "float": "Float64", "number": "Float64", "bool": "boolean"}


def frame_of_rows(columns: tuple[ResultColumn, ...], rows: list[list[Any]]) -> pd.DataFrame:
    """A frame with a column for each of `columns`: Int64, Float64, boolean or string; text where a whole number has
    more than 64 bits, JSON text for lists."""
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pd.DataFrame({column.name: _series(column, cells[place]) for place, column in enumerate(columns)})


def _series(column: ResultColumn, cells: tuple[Any, ...]) -> pd.Series[Any]:
    dtype = _DTYPES.get(column.type)
    if dtype and not any(isinstance(cell, str) or (dtype == "Float64" and _is_inexact(cell)) for cell in cells):
        return pd.Series(list(cells), dtype=dtype)
    texts = [None if cell is None else cell_text(cell) if column.type == "json" else str(cell) for cell in cells]
    return pd.Series(texts, dtype="string")


def _is_inexact(cell: Any) -> bool:
    """Whether this is a whole number that a float does not hold to its last digit."""
    return type(cell) is int and int(float(cell)) != cell
