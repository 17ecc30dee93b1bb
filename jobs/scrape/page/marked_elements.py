"""Elements of a page whose attributes say what they hold: microdata, links to an author, classes of dates and bylines.

Either reader says how it reads an element; what is read is said here, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Generic, TypeVar

import numpy as np

Node = TypeVar("Node")

PROPERTIES = frozenset({"author", "datepublished", "datemodified"})
AUTHOR_CLASSES = frozenset(
    {"author", "byline", "p-author", "author-name", "post-author", "entry-author", "article-author"}
)
DATE_CLASSES = frozenset(
    "published dt-published date-published publish-date entry-date post-date article-date pubdate".split()
)
"""Of `<time>` and `<abbr>`."""

MOST_VALUES = 50
MOST_INNER = 50
MOST_PLACES = 1_000
TAG_BYTES = 2_000
BYLINE_BYTES = 64 * 1024
"""So much of a page is searched for a class or a link that names an author: it stands where the text begins."""
VALUE_CHARS = 300

BESIDE = frozenset(
    "nav aside footer noscript button select menu dialog textarea iframe svg object audio video canvas datalist".split()
)
"""Elements that are beside the main text."""

BESIDE_ROLES = frozenset(
    "navigation banner search complementary contentinfo menu menubar toolbar dialog alertdialog".split()
)
_BESIDE_CLASS = re.compile(
    r"(?<![^\s_-])(?<!has-)(?<!with-)(?<!no-)(?:cookies?|consent|gdpr|breadcrumbs?|skip|sr-only|visually-hidden|"
    r"screen-reader|sharing|share|newsletter|sidebar|navbar|navigation|menu|adverts?|advertisement)(?![^\s_-])",
    re.IGNORECASE,
)
_MICRODATA = re.compile(rb"item(?:prop|type)")
_BYLINES = {name: re.compile(name.encode()) for name in ("author", "byline")}
_SMALL = np.uint8(0x20)
"""The bit that makes letters small, and only letters into letters."""

_ROOTS = frozenset({"html", "body", "main", "article"})


@dataclass(frozen=True, kw_only=True)
class Look(Generic[Node]):
    """How a reader looks at an element: its tag, an attribute (empty without one), whether it has one, the beginning of
    its text, and what is inside it."""

    tag: Callable[[Node], str]
    get: Callable[[Node, str], str]
    has: Callable[[Node, str], bool]
    text: Callable[[Node], str]
    inside: Callable[[Node], Iterable[Node]]


REL = "rel"
"""The mark of links to an author, whom their `rel` names."""


def marks_in(body: bytes) -> tuple[str, ...]:
    """The marks that elements of a page, in UTF-8, may bear: attributes of microdata, parts of classes, and `REL`. That
    is cheaper to know than to look at every element."""
    letters = (np.frombuffer(body, np.uint8) | _SMALL).tobytes()  # a fourth of the time of lower()
    attributes = ["itemprop", "itemtype"] if _MICRODATA.search(letters) else []
    begun = letters[:BYLINE_BYTES]
    named = [name for name, word in _BYLINES.items() if word.search(begun)]
    lower = body[:BYLINE_BYTES].lower() if named else b""
    before = {name: _attributes_before(lower, name.encode()) for name in named}
    classes = [name for name, found in before.items() if b"class" in found]
    return (*attributes, *classes, *([REL] if b"rel" in before.get("author", ()) else []))


def properties(marked: Mapping[str, Iterable[Node]], dates: Iterable[Node], look: Look[Node]) -> list[tuple[str, str]]:
    """What elements hold, by what says so: a property of microdata, `class=published`, `rel=author`, `class=author`.

    `marked` are the elements with each mark, `dates` all of `<time>` and `<abbr>`.
    """
    bylines = chain(marked.get("author", ()), marked.get("byline", ()))
    found = chain(
        ((name, node) for node in marked.get("itemprop", ()) for name in _names(node, look)),
        (("class=published", node) for node in dates if _is_date(node, look)),
        (("rel=author", node) for node in marked.get(REL, ()) if "author" in look.get(node, "rel").lower().split()),
        (("class=author", node) for node in bylines if AUTHOR_CLASSES.intersection(look.get(node, "class").split())),
    )
    values = ((kind, _value(node, look)) for kind, node in islice(found, MOST_VALUES))
    return [(kind, value) for kind, value in values if value.strip()]


def item_types(nodes: Iterable[Node], look: Look[Node]) -> list[str]:
    """The types of microdata, each as it is written."""
    return [name for node in nodes for name in look.get(node, "itemtype").split()]


def is_beside(node: Node, look: Look[Node]) -> bool:
    """Whether an element is beside the main text: a menu, a footer, a banner for cookies, what is hidden."""
    tag = look.tag(node)
    if tag in BESIDE:
        return True
    if tag in _ROOTS:
        return False
    role, classes = look.get(node, "role"), look.get(node, "class")
    return (
        role.lower() in BESIDE_ROLES
        or look.has(node, "hidden")
        or look.get(node, "aria-hidden").lower() == "true"
        or bool(classes and _BESIDE_CLASS.search(classes))
    )


def _attributes_before(lower: bytes, name: bytes) -> set[bytes]:
    """Which attributes may have the name in their value: they stand before it, in what looks like a tag."""
    found: set[bytes] = set()
    place = lower.find(name)
    for _ in range(MOST_PLACES):
        if place < 0 or len(found) == 2:
            return found
        tag = lower.rfind(b"<", max(0, place - TAG_BYTES), place)
        found |= {
            attribute for attribute in (b"class", b"rel") if 0 <= tag <= lower.find(attribute, max(tag, 0), place)
        }
        place = lower.find(name, place + 1)
    return {b"class", b"rel"}


def _names(node: Node, look: Look[Node]) -> list[str]:
    return [name for name in look.get(node, "itemprop").lower().split() if name in PROPERTIES]


def _is_date(node: Node, look: Look[Node]) -> bool:
    if look.tag(node) == "time" and look.has(node, "pubdate"):
        return True
    return bool(DATE_CLASSES.intersection(look.get(node, "class").lower().split()))


def _value(node: Node, look: Look[Node]) -> str:
    """The value of a property, as microdata has it; of a thing, its name."""
    written = next(filter(None, (look.get(node, name) for name in ("content", "datetime"))), "")
    if written:
        return written
    if look.tag(node) == "abbr" and look.get(node, "title"):
        return look.get(node, "title")
    within = (inner for _, inner in zip(range(MOST_INNER), look.inside(node), strict=False))
    named = next((inner for inner in within if "name" in look.get(inner, "itemprop").lower().split()), None)
    return look.text(node) if named is None else look.get(named, "content") or look.text(named)
