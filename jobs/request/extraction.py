"""What is taken out of an answer: rules `name = $.path`, one a column, by JSONPath (RFC 9535)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathQuery

TYPES: Mapping[str, Any] = {"text": str, "int": int, "float": float, "bool": bool, "any": Any}
MOST_RULES = 200
_NAME = re.compile(r"([A-Za-z_]\w*)(?:\s*:\s*(\w+))?")
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
"""Numbers in a text: Python's own would read 1_0 as ten."""

_LONG = 4_000
"""Digits from which on a whole number is kept as text: Python's limit is 4,300."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A column and where its value stands; `one`: the path leads to one value at most, else to a list of them."""

    column: str
    kind: str
    path: JSONPathQuery
    one: bool

    def value(self, answer: Any) -> Any:
        """What stands there, as the column's type; None: nothing, or what cannot be of that type. Raises ValueError
        for an answer that is nested too deep for the path."""
        from jsonpath_rfc9535 import JSONPathRecursionError

        try:
            found = self.path.find(answer).values()
        except (JSONPathRecursionError, RecursionError):
            raise ValueError(f"it is nested too deep for the rule of {self.column}") from None
        if not self.one:
            return list(found)
        return _typed(self.kind, found[0]) if found else None


def _typed(kind: str, value: Any) -> Any:
    if kind == "any" or value is None:
        return value
    if kind == "text":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool | list | dict):
        return None
    if isinstance(value, str) and not (_WHOLE if kind == "int" else _NUMBER).fullmatch(value):
        return None
    if kind == "int" and isinstance(value, float) and not value.is_integer():
        return None
    try:
        return TYPES[kind](value)
    except (ValueError, OverflowError):
        return None


def document(text: str) -> Any:
    """What a text of JSON holds, whole numbers of any length. Raises ValueError for what is none."""
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_int=_whole)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < _LONG else digits


@functools.lru_cache(maxsize=64)
def read(lines: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules. Raises ValueError with the number of the line and what is wrong in it."""
    found: list[Rule] = []
    for number, line in enumerate(lines, start=1):
        rule = _read_line(number, line)
        if any(rule.column == other.column for other in found):
            raise ValueError(f"rule {number}: column {rule.column} is there twice")
        found.append(rule)
    if len(found) > MOST_RULES:
        raise ValueError(f"{len(found)} rules are too many (at most {MOST_RULES})")
    return tuple(found)


def _read_line(number: int, line: str) -> Rule:
    name, sign, path = line.partition("=")
    named = _NAME.fullmatch(name.strip())
    if not sign or named is None:
        raise ValueError(f"rule {number}: write it as in price = $.usage.cost, or price: float = $.usage.cost")
    kind = named[2] or "any"
    if kind not in TYPES:
        raise ValueError(f"rule {number}: there is no type {kind} (there are {', '.join(TYPES)})")
    query = _compiled(number, path.strip())
    return Rule(column=named[1], kind=kind, path=query, one=query.singular_query())


def _compiled(number: int, path: str) -> JSONPathQuery:
    import jsonpath_rfc9535  # 120 ms: only where something is extracted

    try:
        return jsonpath_rfc9535.compile(path)
    except jsonpath_rfc9535.JSONPathError as error:
        raise ValueError(f"rule {number}: {path!r} is no path, as in $.results[0].name ({error})") from None


def hints(rules: Iterable[Rule]) -> dict[str, Any]:
    """The columns of rules with their types; a path to several values fills a list."""
    return {rule.column: TYPES[rule.kind] | None if rule.one and rule.kind != "any" else Any for rule in rules}
