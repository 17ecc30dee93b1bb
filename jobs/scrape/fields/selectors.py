"""CSS selectors, over BeautifulSoup's tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import soupsieve

from jobs.scrape.fields.own_field import VALUE_CHARS, OwnField, WrongField
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page.text import clean

if TYPE_CHECKING:
    from bs4 import Tag

RESOLVED = ("href", "src")
"""Attributes that are URLs, and are resolved."""


def check(selector: str) -> None:
    """Raise WrongField unless soupsieve can read a selector."""
    if (old := selector.find(":contains(")) >= 0:
        raise WrongField("write :-soup-contains( instead of :contains(", old)
    try:
        soupsieve.compile(selector)
    except soupsieve.SelectorSyntaxError as error:
        reason = str(error).partition("\n")[0].rstrip(".").partition(" position ")[0].removesuffix(" at")
        advice = "; for XPath write xpath before it" if selector.startswith("/") else ""
        raise WrongField(f'"{selector}" is not a CSS selector ({reason}{advice})', (error.col or 1) - 1) from None
    except NotImplementedError:
        raise WrongField(
            f'"{selector}" names a pseudo-element, and a page has no such elements '
            "(for a text name its element, for an attribute end with @name)",
            max(selector.find("::"), 0),
        ) from None


def matches(page: PageViews, field: OwnField) -> Iterable[Tag]:
    """The elements, in document order."""
    return soupsieve.compile(field.selector).iselect(page.soup)


def cell(page: PageViews, field: OwnField, tag: Tag) -> str | None:
    """The text of an element, or its attribute."""
    from jobs.scrape.page.soup_reader import attribute as attribute_of
    from jobs.scrape.page.soup_reader import spaced_text

    if not field.attribute:
        return clean(spaced_text(tag, VALUE_CHARS, page.budget), VALUE_CHARS)
    value = attribute_of(tag, field.attribute)
    return clean(page.resolved(value) if field.attribute in RESOLVED else value, VALUE_CHARS)
