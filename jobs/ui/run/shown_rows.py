"""Rows of a run as the browser gets them for a table, and what is told of each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.runtime import exports
from jobs.runtime.core.records import ItemResult, Run
from jobs.ui.run import result_columns
from jobs.ui.shared import formatting, tables


@dataclass(frozen=True, slots=True)
class Shown:
    """Rows as the browser gets them, how each column is shown, which stay in sight at the left, the order people read
    them in, and whether cells are cut. Shared between reruns: nobody may change it."""

    table: pa.Table
    config: dict[str, Any]
    pinned: list[str]
    order: list[str]
    cut: bool


def as_shown(run: Run, rows: Sequence[ItemResult]) -> Shown:
    """These rows as people see them."""
    table = for_people(run, exports.frame(run, rows))
    sent, pinned = pa.Table.from_pandas(table), result_columns.pinned(run, table)
    return Shown(
        table=sent,
        config=result_columns.config(run, table, pinned),
        pinned=pinned,
        order=result_columns.in_reading_order(run, table, pinned),
        cut=any(map(_has_cut, sent.columns)),
    )


def _has_cut(cells: pa.ChunkedArray) -> bool:
    texts = pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)
    return texts and pc.any(pc.ends_with(cells, exports.CUT)).as_py() is True


def for_people(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """A result table with glyphs beside the states, and file names in place of references."""
    return tables.readable(table.assign(state=table["state"].map(formatting.item_state), **_file_names(run, table)))


def _file_names(run: Run, table: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """The columns that hold references to files, with the bare names; the files are in each row's detail."""
    columns = [column.name for column in run.columns if column.type == "file" and column.name in table]
    return {name: table[name].map(lambda text: str(text).rpartition("/")[2], na_action="ignore") for name in columns}
