"""Whether a text is a row as a worker makes them: what the runner asks of each answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Annotated, Any

import msgspec

from jobs.runtime.core.job_terms import Column
from jobs.runtime.core.text import clean


@lru_cache(64)
def row_check(columns: tuple[Column, ...]) -> Callable[[str], str]:
    """What says why a text is no row of these columns, as `encode_row` makes them; empty: it is one."""
    names = [(f"column_{number}", column) for number, column in enumerate(columns)]
    row = msgspec.defstruct(
        "Row",
        [(name, _TYPES[column.type] | None | msgspec.UnsetType, msgspec.UNSET) for name, column in names],
        rename={name: column.name for name, column in names},
        forbid_unknown_fields=True,
        gc=False,
    )
    return partial(_unfit, msgspec.json.Decoder(row).decode)


def _unfit(decode: Callable[[str], object], text: str) -> str:
    try:
        decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        return clean(str(error))
    return ""


_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_TYPES: Mapping[str, Any] = {
    "int": _INT64 | str,
    "float": float,
    "number": _INT64 | float | str,
    "bool": bool,
    "str": str,
    "file": str,
    "json": Any,
    "date": str,
    "datetime": str,
    "decimal": str,
}
"""What a cell may be in the text of a row, by the type of its column."""
