"""Values of a page's JSON-LD and microdata, by a type and the way from it: `Product.offers.price`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jobs.scrape.fields.own_field import VALUE_CHARS, OwnField, WrongField
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page.json_ld import Structure, text_of, types
from jobs.scrape.page.text import clean

MOST_STEPS = 50_000
"""Values that are looked at for a field."""

MOST_KEYS = 20
MOST_LISTS = 10
_KEY = re.compile(r"[\w@:/#-]+")
_encode = json.JSONEncoder(ensure_ascii=False).encode


def check(path: str) -> None:
    """Raise WrongField for what is no type and keys, parted by points."""
    keys = path.split(".")
    place = 0
    for key in keys:
        if not _KEY.fullmatch(key):
            raise WrongField(
                f'"{path}" is no type and keys, parted by points (want it as in Product.offers.price)', place
            )
        place += len(key) + 1
    if len(keys) > MOST_KEYS:
        raise WrongField(f"{len(keys)} keys are too many (at most {MOST_KEYS})")


def matches(page: PageViews, field: OwnField) -> Iterable[Any]:
    """The values at the end of the way, from every object of the type, in document order; lists are gone into."""
    kind, *keys = field.selector.split(".")
    objects = page.structures
    starts = (thing for thing in objects if kind in types([thing]))
    walk = _Walk(objects)
    return (value for start in starts for value in walk.along(start, keys))


def cell(_page: PageViews, _field: OwnField, value: Any) -> str | None:
    """A text, a number or a truth as it is written; of a thing its name, else all of it as JSON."""
    if isinstance(value, str):
        return clean(value, VALUE_CHARS)
    return clean(text_of(value) or _as_json(value)[: 2 * VALUE_CHARS], VALUE_CHARS)


def _as_json(value: Any) -> str:
    try:
        return _encode(value)
    except RecursionError:  # things in each other without end
        return ""


class _Walk:
    """Goes along keys. What an object only refers to, by its `@id`, is looked up where it is described."""

    def __init__(self, objects: Sequence[Structure]) -> None:
        self._described = _by_id(objects)
        self._left = MOST_STEPS

    def along(self, value: Any, keys: Sequence[str], lists: int = MOST_LISTS) -> Iterator[Any]:
        """The values at the end of the keys, from one value on; so many lists may lie in each other."""
        self._left -= 1
        if self._left < 0:
            return
        if isinstance(value, list):
            for inner in value if lists else ():
                yield from self.along(inner, keys, lists - 1)
        elif not keys:
            if value is not None:
                yield self._whole(value) if isinstance(value, dict) else value
        elif isinstance(value, dict):
            whole = self._whole(value)
            yield from self.along(whole.get(keys[0], whole.get(f"schema:{keys[0]}")), keys[1:])

    def _whole(self, value: dict[str, Any]) -> Mapping[str, Any]:
        named = value.get("@id")
        return self._described.get(named, value) if len(value) == 1 and isinstance(named, str) else value


def _by_id(objects: Sequence[Structure]) -> dict[str, Structure]:
    described: dict[str, Structure] = {}
    for thing in objects:
        named = thing.get("@id")
        if isinstance(named, str) and len(thing) > 1:
            described.setdefault(named, thing)
    return described
