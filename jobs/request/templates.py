"""Texts with columns in them: `{column}`, put in as the place needs it, `{column|raw}` as it is; `{{x}}` is `{x}`."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from jobs import ItemError

_PLACE = re.compile(r'\{\{([^{}]*)\}\}|\{([^\s"{}][^"{}]*?)(\|raw)?\}')
"""What stands for itself in double braces, or a column; an object of JSON begins otherwise."""

SECRET = "secret:"
"""How the names of secrets begin, which the machine has filled in before."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a template: a text, or a column. `start` is where it stands; `quoted`: within a string of JSON."""

    text: str = ""
    column: str = ""
    raw: bool = False
    start: int = 0
    quoted: bool = False


@functools.lru_cache(maxsize=256)
def read(template: str) -> tuple[Piece, ...]:
    """The parts of a template, in order."""
    pieces: list[Piece] = []
    end, quoted = 0, False
    for found in _PLACE.finditer(template):
        if found[2] and found[2].startswith(SECRET):
            continue
        before = template[end : found.start()]
        quoted = _is_open(before, quoted)
        pieces.append(Piece(text=before, start=end))
        if found[2] is None:
            pieces.append(Piece(text=f"{{{found[1]}}}", start=found.start()))
        else:
            column = found[2].strip()
            pieces.append(Piece(column=column, raw=bool(found[3]), start=found.start(), quoted=quoted))
        end = found.end()
    pieces.append(Piece(text=template[end:], start=end))
    return tuple(piece for piece in pieces if piece.text or piece.column)


def _is_open(text: str, quoted: bool) -> bool:
    """Whether a string of JSON is open behind a text, as it was (or not) before it."""
    for sign in re.findall(r'\\.|"', text):
        quoted = quoted != (sign == '"')
    return quoted


def columns(templates: Iterable[str]) -> list[str]:
    """The columns that templates name, each once, in order."""
    return list(dict.fromkeys(piece.column for template in templates for piece in read(template) if piece.column))


def fill(template: str, row: Mapping[str, str], put: Callable[[str, Piece], str]) -> str:
    """The template with the row's cells; `put` makes of a cell what its place needs."""
    parts = [piece.text if not piece.column else put(row.get(piece.column, ""), piece) for piece in read(template)]
    return "".join(parts)


def plain(template: str, row: Mapping[str, str]) -> str:
    """The template with the cells as they are."""
    return fill(template, row, lambda cell, _piece: cell)


def url(template: str, row: Mapping[str, str]) -> str:
    """The template of a URL, its cells percent-encoded. Raises ItemError for a cell that would lead elsewhere."""

    def put(cell: str, piece: Piece) -> str:
        cell = cell.strip()
        if piece.raw:
            return cell
        if cell in (".", "..") and "?" not in template[: piece.start]:
            raise ItemError("invalid_item", f"{piece.column}: {cell!r} in a path would lead to another one")
        return quote(cell, safe="") if "?" not in template[: piece.start] else quote_plus(cell)

    return fill(template, row, put)


def pairs(lines: Iterable[str], row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Lines `name = template` as names and values."""
    return [(name, plain(template, row)) for name, template in map(split, lines)]


def split(line: str) -> tuple[str, str]:
    """A line `name = template` in its parts. Raises ValueError."""
    name, sign, template = line.partition("=")
    if not sign or not name.strip():
        raise ValueError(f"{line.strip()[:60]!r} is no pair: write it as in name = {{column}}")
    return name.strip(), template.strip()


def json_text(template: str, row: Mapping[str, str]) -> str:
    """A template of JSON with the row's cells: within quotes escaped, elsewhere as a string, and raw ones as JSON of
    their own. Raises ItemError where such a cell makes it none."""
    text = fill(template, row, _as_json)
    try:
        _read_json(text)
    except ValueError as error:
        raise ItemError("invalid_item", f"with this row's cells the body is no JSON: {error}") from None
    return text


def _read_json(text: str) -> None:
    """Raise ValueError for what is no JSON, as NaN is none, or is nested too deep to be told."""
    try:
        json.loads(text, parse_int=str, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _no_number(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def check_json(template: str) -> None:
    """Raise ValueError, with line and column, for a template that is JSON with no cells."""
    shift, parts = [], []
    length = 0
    for piece in read(template):
        part = piece.text or _as_json("0", piece)
        shift.append((length, piece.start, bool(piece.column)))
        parts.append(part)
        length += len(part)
    try:
        _read_json("".join(parts))
    except json.JSONDecodeError as error:
        begin, start, column = next(entry for entry in reversed(shift) if entry[0] <= error.pos)
        place = start if column else start + error.pos - begin
        line = template.count("\n", 0, place) + 1
        at = place - (template.rfind("\n", 0, place) + 1) + 1
        raise ValueError(f"line {line}, column {at}: the template is no JSON ({error.msg})") from None


def _as_json(cell: str, piece: Piece) -> str:
    if piece.raw:
        return cell
    written = json.dumps(cell, ensure_ascii=False)
    return written[1:-1] if piece.quoted else written
