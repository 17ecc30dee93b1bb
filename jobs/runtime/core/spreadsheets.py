"""Text that a spreadsheet would take for a formula."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠﹣−]|[\t\r\n]")


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def escape_formula(text: str) -> str:
    """Text as a spreadsheet may open it: an apostrophe before what begins a formula; plain numbers stay."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
