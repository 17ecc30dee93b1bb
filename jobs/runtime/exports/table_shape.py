"""What a person says of how a table is written: the signs of CSV, and which columns."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.runtime.core.errors import Refused

_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}


@dataclass(frozen=True, kw_only=True)
class TableShape:
    """`delimiter` parts the cells of CSV and `decimal` the digits of its numbers; `columns` are those to be written, in
    this order; none: all. `printed`: what the items printed is a column too; `related`: what the rows are to each
    other (`relations`). Raises Refused for signs that cannot be read back."""

    delimiter: str = ","
    decimal: str = "."
    columns: tuple[str, ...] = ()
    printed: bool = False
    related: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "delimiter", _WORDS.get(self.delimiter.lower(), self.delimiter))
        if self.delimiter not in _WORDS.values():
            raise Refused(f"{self.delimiter!r} is no delimiter: choose a comma, a semicolon, a bar or tab")
        if self.decimal not in (".", ","):
            raise Refused(f"{self.decimal!r} parts no decimals: choose . or ,")
        if self.decimal == self.delimiter:
            raise Refused('a comma cannot part cells and decimals both: give --out-delimiter ";" with it')

    def places(self, names: list[str]) -> list[int]:
        """Where the columns to be written stand among these. Raises Refused for one that is not there."""
        for name in self.columns:
            if name not in names:
                raise Refused(f"there is no column {name!r} (there are: {', '.join(names)})")
        return [names.index(name) for name in self.columns] or list(range(len(names)))


USUAL = TableShape()
"""All columns; commas and points."""
