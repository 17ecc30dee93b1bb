"""The most that a row may hold: of one that is larger the longest cells are cut, and it is said which."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

MAX_ROW_BYTES = 2**20
"""Bytes of a row as JSON in UTF-8: large by-products are Artifacts, which cross no pipe and no page."""

CUT = "… [cut]"
"""How a text ends that was cut."""

_BYTES_OF_A_CHARACTER = 4

Part = Callable[[Any, int], list[Any]]
"""What of a member fits into so many bytes, in a list; nothing, or None in it, where nothing does."""

JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Made once: `json.dumps` with options makes an encoder at each call, which counts in a no-op item (bench noop)."""


def is_too_large(text: str) -> bool:
    """Whether the text of a row is more than may be kept."""
    return len(text) * _BYTES_OF_A_CHARACTER > MAX_ROW_BYTES and len(text.encode()) > MAX_ROW_BYTES


def cut_to_fit(cells: Mapping[str, Any], kinds: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The cells of a row that is too large, the longest made as short as need be, and a sentence that names them.

    Texts end with a mark, lists and objects after the members that fit; what would be wrong when it is cut (a number
    in digits, a date) is left empty.
    """
    sizes = {name: _size(cell) for name, cell in cells.items()}
    room = MAX_ROW_BYTES - _size(dict.fromkeys(cells, 0))
    most = _fair_share(sorted(sizes.values()), room)
    long = [name for name, size in sizes.items() if size > most]
    kept = {name: _shortened(cell, kinds[name], most) if name in long else cell for name, cell in cells.items()}
    return kept, _sentence(long, [name for name in long if kept[name] is None], sum(sizes.values()))


def _sentence(long: list[str], emptied: list[str], size: int) -> str:
    several = len(long) > 1
    empty = f" ({', '.join(emptied)} left empty)" if emptied else ""
    return (
        f"the {'cells' if several else 'cell'} of {', '.join(long)} {'were' if several else 'was'} cut{empty}: the row "
        f"had {size:,} bytes and may have {MAX_ROW_BYTES:,}; return what is large as an Artifact"
    )


def _fair_share(sizes: list[int], room: int) -> int:
    """The most that each of these (smallest first) may have so that all together have no more than the room."""
    for place, size in enumerate(sizes):
        share = room // (len(sizes) - place)
        if size > share:
            return max(0, share)
        room -= size
    return room


def _shortened(cell: Any, kind: str, most: int) -> Any:
    return _first_part(cell, most) if kind in ("str", "json") else None


def _first_part(value: Any, most: int) -> Any:
    """As much of a text, a list or an object as `most` bytes hold; None where nothing does."""
    if isinstance(value, str):
        return _first_letters(value, most)
    if isinstance(value, list):
        return _first_members(value, list, lambda member, room: [_first_part(member, room)], most)
    if isinstance(value, dict):
        return _first_members(list(value.items()), dict, _first_pair, most)
    return None


def _first_letters(text: str, most: int) -> str | None:
    room = most - len(CUT.encode()) - 2
    kept = text[: max(0, room)]
    while kept and (size := _size(kept) - 2) > room:
        kept = kept[: min(len(kept) - 1, len(kept) * room // size)]
    return kept + CUT if kept else None


def _first_members(members: list[Any], of: Callable[[list[Any]], Any], part: Part, most: int) -> Any:
    """As many of these as fit, and of the next what fits; by halves, since most of the time goes into encoding."""
    fits = bisect_right(range(min(len(members), most)), most, key=lambda count: _size(of(members[: count + 1])))
    kept = members[:fits]
    rest = most - _size(of(kept)) - 1
    kept += [shortened for shortened in part(members[fits], rest) if shortened is not None] if rest > 0 else []
    return of(kept) if most > 1 else None


def _first_pair(pair: tuple[str, Any], room: int) -> list[Any]:
    name, value = pair
    part = _first_part(value, room - _size(name) - 1)
    return [] if part is None else [(name, part)]


def _size(value: Any) -> int:
    return len(JSON.encode(value).encode())
