"""Reads a page with lxml alone: the work stays in C, most of it without the interpreter's lock.

What bounds it: libxml2 stops at 256 levels and reads no network and no entities; a tag with thousands of attributes is
refused, because libxml2 needs quadratic time for it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice, repeat
from typing import Any, cast

from lxml import etree

from jobs.scrape.page.article_facts import BORDER, MOST_PIECES, Piece, beginning, excerpt, place_in
from jobs.scrape.page.attribute_limit import MAX_DEPTH, refuse_endless_tags
from jobs.scrape.page.element_budget import ElementBudget
from jobs.scrape.page.marked_elements import REL, VALUE_CHARS, Look, is_beside, item_types, marks_in, properties
from jobs.scrape.page.page_columns import LINKS, MAIN, PARTS, STRUCTURE, TEXT
from jobs.scrape.page.raw_facts import (
    CLOSING,
    META_NAMES,
    OPENING,
    OTHER_TITLES,
    RUBY,
    SILENT,
    WANTED,
    RawFacts,
    names_in,
)
from jobs.scrape.page.text_stats import MARK

MAX_ROOTS = 1_000
"""What follows `</html>` becomes a root element of its own; so many are read."""

_AFTER_END = re.compile(r"</html\s*+>((?:[\t\n\f\r ]|<!--[^<>]{0,1000}+>|</[a-z0-9]++\s*+>)*+)", re.IGNORECASE)
_SPACE = re.compile(r"(?:^|>)[\t\n\f\r ]")

_LOOKED_AT = (*WANTED, *(name for name in SILENT if name not in WANTED))

_SPACES = f"""
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="text"/>
  <xsl:template match="{"|".join(sorted(OPENING & CLOSING))}">
    <xsl:text>{MARK}</xsl:text><xsl:apply-templates/><xsl:text>{MARK}</xsl:text>
  </xsl:template>
  <xsl:template match="{"|".join(sorted(OPENING - CLOSING))}">
    <xsl:text>{MARK}</xsl:text><xsl:apply-templates/>
  </xsl:template>
  <xsl:template match="{"|".join(sorted(CLOSING - OPENING))}">
    <xsl:apply-templates/><xsl:text>{MARK}</xsl:text>
  </xsl:template>
</xsl:stylesheet>"""


_MARKED = {
    **{name: etree.XPath(f"descendant-or-self::*[@{name}]") for name in ("itemprop", "itemtype")},
    **{name: etree.XPath(f"descendant-or-self::*[contains(@class, '{name}')]") for name in ("author", "byline")},
    REL: etree.XPath(".//a[contains(@rel, 'author')]"),
}
"""Elements that may say what they hold: looked for in C, and looked at by marked_elements. To go from attributes back
to their elements (`/..`) would take time that grows with the square of their number."""


class _Own(threading.local):
    """What each thread has of its own: lxml copies a stylesheet at every call from another thread than its first."""

    def __init__(self) -> None:
        self.spaces = etree.XSLT(etree.XML(_SPACES))


_own = _Own()


def read_fast(text: str, body: bytes | None = None, parts: frozenset[str] = PARTS) -> RawFacts:
    """The findings of a page, of the parts that are wanted; `body` is its text in UTF-8, if that is at hand.

    Raises ItemError (parse_error) for a page that would take too long.
    """
    body = text.encode("utf-8", "replace") if body is None else body
    every_root = parse(body)
    roots = every_root[:MAX_ROOTS]
    found = _elements(roots)
    if found["template"]:
        _strip(roots, ["template"])
        found = _elements(roots)
    scripts = [script.text or "" for script in found["script"] if "ld+json" in (script.get("type") or "").lower()]
    refreshes = [meta.get("content") or "" for meta in _outside(("noscript",), filter(_refreshes, found["meta"]))]
    _silence(roots, found)
    images, links = found["img"], chain(found["a"], found["area"]) if LINKS in parts else ()
    marked = _marked_elements(roots, body) if STRUCTURE in parts else {}
    dates = [*_outside(RUBY, chain(found["time"], found["abbr"]))] if STRUCTURE in parts else []
    return RawFacts(
        main=_beginning(found) if MAIN in parts else "",
        titles=_titles(found),
        headings=[_spaced(heading) for heading in _outside((*RUBY, "h1"), found["h1"][:20])],
        h1_count=len(found["h1"]),
        metas=[meta for element in found["meta"] for meta in _meta(element)],
        refreshes=refreshes,
        canonicals=[link.get("href") or "" for link in found["link"] if "canonical" in _tokens(link.get("rel"))],
        base=next((base.get("href") for base in found["base"] if base.get("href") is not None), None),
        lang=next((lang for lang in map(_lang, found["html"]) if lang), None),
        hrefs=[href for href in (link.get("href") for link in links) if href is not None],
        images=len(images),
        images_without_alt=sum(image.get("alt") is None for image in images),
        structured=scripts if STRUCTURE in parts else [],
        properties=properties(marked, dates, _LOOK) if marked or dates else [],
        item_types=item_types(marked.get("itemtype", ()), _LOOK),
        cut=_why_cut(every_root),
        marked=_all_text(every_root, text) if TEXT in parts else b"",  # last: it may part the roots
    )


def parse(body: bytes, *, element_classes: bool = False) -> list[Any]:
    """The root elements of a page, in UTF-8: usually one `<html>`, and another for what follows `</html>`; of the
    classes of lxml.html, where that is wanted.

    Raises ItemError (parse_error) for a page that would take too long.
    """
    refuse_endless_tags(body)
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False, collect_ids=False
    )
    if element_classes:
        from lxml.html import HtmlElement

        # one for all, chosen in C: nobody here asks forms and their inputs for what their own classes can do
        parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return []
    return [] if root is None else [*reversed(list(root.itersiblings(preceding=True))), root, *root.itersiblings()]


def spaced_text(element: Any, most: int, budget: ElementBudget) -> str:
    """The beginning of an element's text, of about `most` characters, with a space where a block begins or ends;
    scripts and the like inside it are left out."""
    return beginning(budget.counted(_main_pieces(element, lambda inner: inner.tag in SILENT)), most)


def _elements(roots: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in _LOOKED_AT}
    for root in roots:
        for element in root.iter(*_LOOKED_AT):
            found[element.tag].append(element)
    return found


def _silence(roots: list[Any], found: dict[str, list[Any]]) -> None:
    """Take away what counts as no text. Scripts and styles hold nothing else, and most pages have no ruby."""
    for element in (*found["script"], *found["style"]):
        element.text = None
    if found["rt"] or found["rp"]:
        _strip(roots, RUBY)


def _strip(roots: list[Any], names: Iterable[str]) -> None:
    for root in roots:
        etree.strip_elements(root, *names, with_tail=False)


def _outside(names: Iterable[str], elements: Iterable[Any]) -> Iterator[Any]:
    """Those that are not inside an element of these names."""
    return (element for element in elements if next(element.iterancestors(*names), None) is None)


def _spaced(element: Any) -> str:
    """The text of an element with a space where a block begins or ends."""
    return _marked(element).decode().replace(MARK, " ") if len(element) else element.text or ""


def _marked(element: Any) -> bytes:
    """The text of an element with a mark where a block begins or ends; of the first of several roots: that of all."""
    return bytes(cast(Any, _own.spaces(element)))


def _join(every_root: list[Any], text: str) -> bytes:
    """The marked text of several roots; they are parted for it."""
    joints = len(every_root) - 1
    etree.Element("others").extend(every_root[1:])
    parts = map(_marked, every_root[:MAX_ROOTS])
    # libxml2 drops the white space between </html> and what follows it. The last ends are the joints: one before the
    # page begins, or in a script of it, is none.
    ends = [b" " if _SPACE.search(end[1]) else b"" for end in _AFTER_END.finditer(text) if end.end() < len(text)]
    return b"".join(chain.from_iterable(zip(parts, chain(ends[-joints:], repeat(b"")), strict=False)))


def _marked_elements(roots: list[Any], body: bytes) -> dict[str, list[Any]]:
    marks = marks_in(body)
    return {mark: [node for root in roots for node in cast(list[Any], _MARKED[mark](root))] for mark in marks}


def _all_text(every_root: list[Any], text: str) -> bytes:
    roots = every_root[:MAX_ROOTS]
    return _marked(roots[0]) if len(roots) == 1 else _join(every_root, text)


def _titles(found: dict[str, list[Any]]) -> list[str]:
    """Those of the page, then those for browsers without scripts."""
    titles = list(_outside(OTHER_TITLES, found["title"][:20]))
    if len(titles) > 1:
        titles.sort(key=lambda title: next(title.iterancestors("noscript"), None) is not None)
    return ["".join(title.itertext()) for title in titles]


def _beginning(found: dict[str, list[Any]]) -> str:
    """How the main text begins; where all of it seems to be beside it, all but what is for browsers without scripts."""
    main = next(_outside(RUBY, chain(found["main"], found["article"], found["body"])), None)
    if main is None:
        return ""
    beside = partial(is_beside, look=_LOOK)
    return excerpt(_main_pieces(main, beside)) or excerpt(_main_pieces(main, lambda node: node.tag == "noscript"))


def _main_pieces(top: Any, beside: Callable[[Any], bool]) -> Iterator[Piece]:
    """The texts of what is not beside the main text, in document order."""
    open_elements: list[tuple[Any, Iterator[Any], str]] = [(top, iter(top), "")]
    yield top.text or "", ""
    while open_elements:
        parent, children, place = open_elements[-1]
        child = next(children, None)
        if child is None:
            open_elements.pop()
            if parent.tag in CLOSING:
                yield "", BORDER
            if open_elements:
                yield parent.tail or "", open_elements[-1][2]
        elif beside(child):
            yield "", BORDER
            yield child.tail or "", place
        else:
            if child.tag in OPENING:
                yield "", BORDER
            inner = place_in(child.tag, place)
            yield child.text or "", inner
            open_elements.append((child, iter(child), inner))


def _short(element: Any) -> str:
    return beginning(islice(_main_pieces(element, lambda _: False), MOST_PIECES), VALUE_CHARS)


_LOOK = Look(
    tag=lambda element: element.tag,
    get=lambda element, name: element.get(name) or "",
    has=lambda element, name: element.get(name) is not None,
    text=_short,
    inside=lambda element: element.iterdescendants(),
)


def _meta(meta: Any) -> Iterator[tuple[str, str]]:
    content = meta.get("content") or ""
    for attribute in META_NAMES:
        for name in names_in(attribute, meta.get(attribute) or ""):
            yield name, content


def _refreshes(meta: Any) -> bool:
    return (meta.get("http-equiv") or "").strip().lower() == "refresh"


def _lang(html: Any) -> str:
    return (html.get("lang") or html.get("xml:lang") or "").strip()


def _tokens(value: str | None) -> list[str]:
    return value.lower().split() if value else []


def _why_cut(roots: list[Any]) -> str:
    if len(roots) > MAX_ROOTS:
        return f"what follows the {MAX_ROOTS:,}th end of the page was not read"
    if any(_depth_at_end(root) >= MAX_DEPTH - 2 for root in roots):
        return f"the elements nest too deep; the page was read up to level {MAX_DEPTH}"
    return ""


def _depth_at_end(root: Any) -> int:
    """The depth of the last element: that is where libxml2 ended, if it met too many levels."""
    depth, element = 1, root
    while len(element):
        element, depth = element[-1], depth + 1
    return depth
