"""Rows as a table on a page shows them: long cells are cut, so that all of them together are some MiB whatever they
hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from jobs.runtime.core.records import Item, ItemResult
from jobs.runtime.core.row_cells import each_shortened
from jobs.runtime.exports.writer import cell_text

LONGEST = 2_000
"""Characters of a cell: a column on a page is as wide as 70 of them."""

MOST_CHARACTERS = 4 * 2**20
"""Of all rows together: beyond it all cells are cut at a half of what they could have, and so on."""

LEAST = 20
CUT = "… [cut]"
"""How a cell ends that was cut."""


def short_rows(found: Iterable[ItemResult]) -> list[ItemResult]:
    """These rows with every cell at most so long; each is cut as it is taken, and none is kept whole."""
    longest, weight, kept = LONGEST, 0, []
    for whole in found:
        kept.append(_cut(whole, longest))
        weight += _weight(kept[-1])
        while weight > MOST_CHARACTERS and longest > LEAST:
            longest //= 2
            kept = [_cut(row, longest) for row in kept]
            weight = sum(map(_weight, kept))
    return kept


def short_cell(cell: Any, longest: int) -> Any:
    """A cell with at most so many characters: lists and objects as JSON text."""
    if isinstance(cell, list | dict):
        cell = cell_text(cell)
    return _text(cell, longest) if isinstance(cell, str) else cell


def _cut(found: ItemResult, longest: int) -> ItemResult:
    if not any(_is_long(cell, longest) for cell in _cells(found)):
        return found
    position, item, outcome = found
    cell = each_shortened(item.cell, lambda text: _text(text, longest))
    item = Item(cell=cell, others=tuple(_text(cell, longest) for cell in item.others))
    if outcome is None:
        return ItemResult(position, item, None)
    row = outcome.row and {name: short_cell(cell, longest) for name, cell in outcome.row.items()}
    error, detail = _text(outcome.error, longest), _text(outcome.detail, longest)
    return ItemResult(position, item, dataclasses.replace(outcome, row=row, error=error, detail=detail))


def _cells(found: ItemResult) -> list[Any]:
    item, outcome = found.item, found.outcome
    if outcome is None:
        return [item.cell, *item.others]
    return [item.cell, *item.others, outcome.error, outcome.detail, *(outcome.row or {}).values()]


def _is_long(cell: Any, longest: int) -> bool:
    return isinstance(cell, list | dict) or (isinstance(cell, str) and len(cell) > longest)


def _text(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text.removesuffix(CUT)[: longest - len(CUT)] + CUT


def _weight(found: ItemResult) -> int:
    """The characters of all texts of a row."""
    return sum(len(cell) for cell in _cells(found) if isinstance(cell, str))
