"""Tables as people may see them: what is not seen itself, or turns the direction of a text, is shown as an escape."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jobs.runtime.core.text import UNSEEN, visible


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with such characters shown, in cells and names of columns; itself where there are none."""
    texts = {name: _readable(table[name]) for name in table.columns if _has_unseen(table[name])}
    shown = table.assign(**texts) if texts else table
    return shown.rename(columns=visible) if any(map(UNSEEN.search, map(str, table.columns))) else shown


def _has_unseen(column: pd.Series[Any]) -> bool:
    if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
        return False
    return UNSEEN.search("\n".join(cell for cell in column.tolist() if isinstance(cell, str))) is not None


def _readable(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.map(lambda cell: visible(cell) if isinstance(cell, str) else cell, na_action="ignore")
