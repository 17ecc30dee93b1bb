"""What an Excel number format shows of a number, where it is part of the value: `00000`, `000-00-0000`, `[h]:mm`."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import functools
import operator
import re

_TOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', re.DOTALL)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9.]+)\]")
_COLOUR = re.compile(r"\[(?!\$)[A-Za-z]+ ?[0-9]*\]|\[(?:<=|>=|<>|<|>|=)-?[0-9.]+\]")
_LITERAL = frozenset("-+():!^&'~{}<>= ")
_COMPARE = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}

_DAY = 86_400_000
"""Milliseconds."""


def shown(code: str, value: object) -> str | None:
    """A number (or a time that has passed) as this format shows it: the zeros and hyphens of a code (`00501`), or
    hours, minutes and seconds (`36:30`). None: the format only dresses the number (`0.00`, `#,##0`, `0%`), which stays
    itself."""
    number = _number(value)
    return _shown(code, number) if number is not None else None


def _number(value: object) -> decimal.Decimal | None:
    if isinstance(value, datetime.timedelta):
        return decimal.Decimal(value // datetime.timedelta(microseconds=1)) / (_DAY * 1000)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    with contextlib.suppress(decimal.InvalidOperation):
        number = decimal.Decimal(repr(value) if isinstance(value, float) else value)
        return number if number.is_finite() else None
    return None


def _shown(code: str, value: decimal.Decimal) -> str | None:
    section, signed = _section(code, value)
    if _ELAPSED.search(section):
        return elapsed(section, value * _DAY)
    if value != value.to_integral_value() or value.adjusted() > 400:
        return None
    text = _padded(section, format(abs(value).to_integral_value(), "f"))
    return None if text is None else ("-" if signed else "") + text


def tells(code: str) -> bool:
    """Whether there may be a number that this format shows otherwise: cheap, and asked once for each format."""
    return bool(_ELAPSED.search(code)) or any(_is_code(section) for section in _sections(code))


@functools.lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[str, ...]:
    sections = [""]
    for token in _TOKEN.findall(code):
        if token == ";":
            sections.append("")
        else:
            sections[-1] += token
    return tuple(sections)


def _section(code: str, value: decimal.Decimal) -> tuple[str, bool]:
    """The part of a format that a number falls under, and whether a minus sign stands before what it shows."""
    sections = _sections(code)
    if len(sections) == 1:
        return code, value < 0
    for section in sections:
        condition = _CONDITION.search(section)
        if condition and _COMPARE[condition[1]](value, decimal.Decimal(condition[2])):
            return section, value < 0
    plain = [section for section in sections if not _CONDITION.search(section)]
    if not plain or len(plain) < len(sections):
        return (plain or list(sections))[0], value < 0
    place = 1 if value < 0 and len(plain) > 1 else 2 if value == 0 and len(plain) > 2 else 0
    return plain[place], value < 0 and place == 0


@functools.lru_cache(maxsize=4096)
def _is_code(section: str) -> bool:
    """Whether a format is one of codes: two zeros or more, or a hyphen between digits; no point, comma or percent."""
    tokens = _TOKEN.findall(_COLOUR.sub("", section))
    bare = "".join(token for token in tokens if len(token) == 1)
    if any(token[0] == "[" for token in tokens) or set(bare) - _LITERAL - {"0", "#"}:
        return False
    unquoted = "".join(token[1:].rstrip('"') if token[0] in '\\"' else token for token in tokens)
    return bare.count("0") > 1 or bool(re.search("[#0]-[#0]", unquoted))


def _padded(section: str, digits: str) -> str | None:
    if not _is_code(section):
        return None
    if not section.strip("0"):
        return digits.zfill(len(section))
    tokens = _TOKEN.findall(_COLOUR.sub("", section))
    first = next(place for place, token in enumerate(tokens) if token in "0#")
    left = digits.lstrip("0")
    parts: list[str] = []
    for place in range(len(tokens) - 1, -1, -1):
        token = tokens[place]
        if token in "0#":
            digit, left = (left, "") if place == first else (left[-1:], left[:-1])
            parts.append(digit or ("0" if token == "0" else ""))
        else:
            parts.append(_literal(token))
    return "".join(reversed(parts)).strip()


def _literal(token: str) -> str:
    if token[0] == '"':
        return token[1:-1] if token != '"' else token
    return {"\\": token[1:], "_": " ", "*": ""}.get(token[0], token) if len(token) > 1 else token


def elapsed(section: str, milliseconds: decimal.Decimal) -> str:
    """Hours, minutes and seconds that have passed; the smallest unit shown is not rounded up."""
    total = int(abs(milliseconds).to_integral_value())
    seconds = total // 1000
    whole = {"h": seconds // 3600, "m": seconds // 60, "s": seconds}
    within = {"h": seconds // 3600 % 24, "m": seconds // 60 % 60, "s": seconds % 60}
    parts = []
    for token in _TIME.findall(section):
        unit = token.strip("[]").lower()
        if unit and unit[0] in "hms" and set(unit) == {unit[0]}:
            parts.append(str((whole if token[0] == "[" else within)[unit[0]]).zfill(len(unit)))
        elif re.fullmatch(r"\.0+", token):
            parts.append("." + f"{total % 1000:03}".ljust(len(token) - 1, "0")[: len(token) - 1])
        elif token[0] != "[":
            parts.append(_literal(token))
    return "-" * (milliseconds < 0) + "".join(parts).strip()


_TIME = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|h+|m+|s+|\.0+|.', re.IGNORECASE | re.DOTALL)
