"""The things of a page's microdata, in the form of JSON-LD (what `itemref` adds from elsewhere is left out)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from jobs.scrape.fields.own_field import VALUE_CHARS
from jobs.scrape.page.element_budget import ElementBudget
from jobs.scrape.page.json_ld import MOST_STRUCTURES, Structure, bare_name
from jobs.scrape.page.lxml_reader import spaced_text

URLS = ("href", "src", "data")
_MARKED = etree.XPath("//*[@itemscope or @itemprop]")


def things(root: Any, resolved: Callable[[str], str], budget: ElementBudget) -> list[Structure]:
    """The things of the page of this root, outer ones first; each property is a text, a thing, or a list of these."""
    found: dict[Any, Structure] = {}
    marked: Any = _MARKED(root)
    for element in marked[:MOST_STRUCTURES]:
        owner = next((found[above] for above in element.iterancestors() if above in found), None)
        value: Any = None
        if element.get("itemscope") is not None:
            value = found[element] = {"@type": [bare_name(name) for name in (element.get("itemtype") or "").split()]}
        if owner is not None:
            for name in (element.get("itemprop") or "").split()[:10]:
                value = _value(element, resolved, budget) if value is None else value
                _add(owner, bare_name(name), value)
    return list(found.values())


def _add(thing: Structure, name: str, value: object) -> None:
    if name not in thing:
        thing[name] = value
    elif isinstance(known := thing[name], list):
        known.append(value)
    else:
        thing[name] = [known, value]


def _value(element: Any, resolved: Callable[[str], str], budget: ElementBudget) -> str:
    """What a property holds: what its element says for machines, else its text."""
    given = next(filter(None, (element.get(name) for name in ("content", "datetime", "value"))), None)
    if given is not None:
        return str(given)
    address = next(filter(None, map(element.get, URLS)), None)
    return spaced_text(element, VALUE_CHARS, budget) if address is None else resolved(address)
