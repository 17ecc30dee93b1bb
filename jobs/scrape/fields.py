"""The user's own columns: one line each, a name and a CSS selector.

    price = .price                   the text of the first match
    image = img.main @src            an attribute of the first match
    tags = all .tag                  the texts of all matches, as a list
    links = all nav a @href          an attribute of all matches, as a list
    reviews = count .review          how many match

`first` may stand where `all` and `count` do. Blank lines are skipped, and so are lines that begin with `#` (a selector
may begin with it: it stands behind the `=`). The column is called `field_` and the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import soupsieve
from pydantic import Field as Description

from jobs.scrape.text import clean

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

VALUE_CHARS = 10_000
"""A longer value is cut, with a mark at its end."""

MOST_VALUES = 1_000
"""`all` keeps so many; `count` counts on."""

MOST_FIELDS = 50
MOST_SELECTOR_CHARS = 500

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ATTRIBUTE = re.compile(r"[A-Za-z_:][A-Za-z0-9_:.-]{0,99}")
_TAKES = ("first", "all", "count")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of the user's: `take` is first, all or count; `attribute` is empty where the text is wanted."""

    name: str
    take: str
    selector: str
    attribute: str = ""

    @property
    def column(self) -> str:
        """The name of its column."""
        return f"field_{self.name}"

    @property
    def annotation(self) -> Any:
        """The type of its column with a description, as the job's columns want it."""
        kind: Any = {"first": str, "all": list[str], "count": int}[self.take]
        return Annotated[kind | None, Description(description=self.description)]

    @property
    def description(self) -> str:
        """What the column holds, in words."""
        of = f"attribute {self.attribute}" if self.attribute else "text"
        what = {"first": f"{of} of the first", "all": f"{of} of every", "count": "number of"}[self.take]
        return f"{what} {self.selector}"


def read_fields(text: str) -> tuple[Field, ...]:
    """The fields that lines of text define, in their order.

    Raises ValueError with a sentence that names the line, and the position in it where that helps: no `=`, a name that
    cannot be one or is there twice, a selector that is none, too many fields.
    """
    fields: list[Field] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        field = _read_line(number, line)
        if field.name.lower() in {other.name.lower() for other in fields}:
            raise ValueError(f"line {number}: there is already a field {field.name}, give this one another name")
        fields.append(field)
    if len(fields) > MOST_FIELDS:
        raise ValueError(f"{len(fields)} fields are too many (at most {MOST_FIELDS})")
    return tuple(fields)


def field_values(soup: BeautifulSoup, fields: Sequence[Field]) -> dict[str, str | int | list[str] | None]:
    """What the fields find in a page, by column. Nothing found is None, an empty list, or 0."""
    return {field.column: _value(soup, field) for field in fields}


def _read_line(number: int, line: str) -> Field:
    name, equals, rest = line.partition("=")
    if not equals:
        raise ValueError(
            f'line {number}: "{line.strip()[:60]}" has no "=" (want a name and a selector, as in price = .price)'
        )
    if not _NAME.fullmatch(name.strip()):
        raise ValueError(
            f'line {number}: "{name.strip()[:60]}" is not a name (want a letter, then letters, digits and _)'
        )
    take, what = _split_take(rest.strip())
    selector, attribute = _split_attribute(what)
    _compile(selector, number, len(line.rstrip()) - len(what))
    if take == "count" and attribute:
        raise ValueError(
            f"line {number}: count takes no attribute, drop @{attribute} "
            f"(for those that have it: {selector}[{attribute}])"
        )
    return Field(name=name.strip(), take=take, selector=selector, attribute=attribute)


def _split_take(text: str) -> tuple[str, str]:
    word, _, rest = text.partition(" ")
    return (word, rest.strip()) if word in _TAKES else ("first", text)


def _split_attribute(text: str) -> tuple[str, str]:
    selector, at, attribute = text.rpartition("@")
    if at and _ATTRIBUTE.fullmatch(attribute):
        return selector.rstrip(), attribute.lower()
    return text, ""


def _compile(selector: str, number: int, place: int) -> None:
    """Raise ValueError unless soupsieve can read a selector; `place` is where in the line it begins (from 0)."""
    if not selector:
        raise ValueError(f"line {number}: there is no selector behind the name (want one as in price = .price)")
    if len(selector) > MOST_SELECTOR_CHARS:
        raise ValueError(
            f"line {number}: a selector of {len(selector)} characters is too long (at most {MOST_SELECTOR_CHARS})"
        )
    if (old := selector.find(":contains(")) >= 0:
        raise ValueError(f"line {number}, position {place + old + 1}: write :-soup-contains( instead of :contains(")
    try:
        soupsieve.compile(selector)
    except soupsieve.SelectorSyntaxError as error:
        reason = str(error).partition("\n")[0].rstrip(".").partition(" position ")[0].removesuffix(" at")
        position = place + (error.col or 1)
        raise ValueError(f'line {number}, position {position}: "{selector}" is not a CSS selector ({reason})') from None
    except NotImplementedError:
        position = place + max(selector.find("::"), 0) + 1
        raise ValueError(
            f'line {number}, position {position}: "{selector}" names a pseudo-element, and a page has no such elements '
            "(for a text name its element, for an attribute end with @name)"
        ) from None


def _value(soup: BeautifulSoup, field: Field) -> str | int | list[str] | None:
    selector = soupsieve.compile(field.selector)
    if field.take == "count":
        return sum(1 for _ in selector.iselect(soup))
    matches = selector.select(soup, limit=1 if field.take == "first" else MOST_VALUES)
    values = [value for value in (_cell(tag, field.attribute) for tag in matches) if value is not None]
    if field.take == "all":
        return values
    return values[0] if values else None


def _cell(tag: Tag, attribute: str) -> str | None:
    from jobs.scrape.soup import attribute as attribute_of
    from jobs.scrape.soup import spaced_text

    if not attribute:
        return clean(spaced_text(tag, VALUE_CHARS), VALUE_CHARS)
    return clean(attribute_of(tag, attribute), VALUE_CHARS)
