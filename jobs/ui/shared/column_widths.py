"""How wide the columns of a table are: the browser measures the first rows once, and longer values come below or later.

A number that is cut reads as another number, so that each column of numbers has room for its longest; one of texts has
room for all short ones, and for nineteen in twenty of the longer.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

LEAST, MOST = 50, 500
"""Pixels between which Streamlit itself keeps a column."""

CHARACTER, WIDE, AROUND = 7.4, 14.5, 20
"""Pixels of a digit or a letter of an average text at 14 px, of an East Asian one, and of what stands around a text
(tests/browser/test_tables.py measures them with the page's own font)."""

AMPLE = 260
"""Pixels that a column of texts has at least, where one of them needs so much."""

MOST_TEXTS = 0.95
"""Share of the longer texts that their column has room for: one of them does not push all else off the screen."""


def fitted(table: pd.DataFrame, config: Mapping[str, Any]) -> dict[str, Any]:
    """How the columns of a table are shown, each with a width; those that are told one keep it."""
    return {str(name): _with_width(table[name], config.get(str(name))) for name in table.columns}


def _with_width(values: pd.Series[Any], config: Mapping[str, Any] | None) -> dict[str, Any]:
    told = dict(config or {})
    format = (told.get("type_config") or {}).get("format")
    return told if told.get("width") else {**told, "width": _width(values, format)}


def _width(values: pd.Series[Any], format: str | None) -> int:
    found = known(values)
    longest = _longest_number(found, format) if _is_number(values) else _longest_text(found)
    return math.ceil(max(LEAST, min(MOST, max(pixels(str(values.name)), longest))))


def known(values: pd.Series[Any]) -> list[Any]:
    """The cells of a column that are not empty, as Python has them: for the few rows of a table in the browser that
    takes a fraction of what pandas does."""
    return [cell for cell in values.tolist() if cell is not None and cell is not pd.NA and cell == cell]  # noqa: PLR0124  (NaN)


def _is_number(values: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _longest_number(values: Sequence[Any], format: str | None) -> float:
    return max(pixels(_as_shown(value, format)) for value in (min(values), max(values))) if values else 0.0


def _as_shown(value: Any, format: str | None) -> str:
    """A number as the table writes it: without a format, four decimals at most."""
    if format and "%" in format:
        return str(format % value)
    return f"{value:,.4f}" if isinstance(value, float) else f"{value:,}"


def _longest_text(values: Sequence[Any]) -> float:
    """What all texts need that are there, up to what is ample; beyond it, nineteen in twenty of them."""
    texts = sorted(filter(None, map(str, values)), key=len)
    if not texts:
        return 0.0
    most = texts[min(len(texts) - 1, int(len(texts) * MOST_TEXTS))]
    return max(pixels(most), min(AMPLE, pixels(texts[-1])))


def pixels(text: str) -> float:
    """Room for one line of text, with what stands around it in a cell."""
    shown = text[:MOST]
    wide = 0 if shown.isascii() else sum(unicodedata.east_asian_width(character) in "WF" for character in shown)
    return wide * WIDE + (len(shown) - wide) * CHARACTER + AROUND
