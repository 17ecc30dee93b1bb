"""Reads a page the classic way, with BeautifulSoup (over lxml): for the user's own fields, and for comparison.

A Python object for every tag and text makes this ten times slower than lxml_reader, and holds the interpreter's
lock. What bounds it: so many tags, and so many levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import (
    CData,
    NavigableString,
    RubyParenthesisString,
    RubyTextString,
    Script,
    Stylesheet,
    TemplateString,
)

from jobs import ItemError
from jobs.scrape.page.article_facts import BORDER, MOST_PIECES, Piece, beginning, excerpt, place_in
from jobs.scrape.page.element_budget import ElementBudget
from jobs.scrape.page.marked_elements import (
    MOST_INNER,
    REL,
    VALUE_CHARS,
    Look,
    is_beside,
    item_types,
    marks_in,
    properties,
)
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
from jobs.scrape.page.text import fold
from jobs.scrape.page.text_stats import MARK

MAX_TAGS = 100_000
"""What follows is not read: so many tags take some 2 s and 100 MB."""

MAX_DEPTH = 1_000
"""Selectors climb from an element to its ancestors; time grows with both."""

TEXTS = frozenset({NavigableString, CData, Script, Stylesheet, TemplateString, RubyTextString, RubyParenthesisString})
"""Texts that are no comments. Those of silent elements are met only where one of these, or what is inside one, is read
for itself."""


def parse_soup(text: str) -> BeautifulSoup:
    """The tree of a page's first `MAX_TAGS` tags. Raises ItemError (parse_error) when it is too deep."""
    # The line break keeps BeautifulSoup from warning of texts that look like XML, a file name or a URL.
    soup = BeautifulSoup("\n" + within_tags(text), "lxml")
    if _deeper_than(soup, MAX_DEPTH):
        raise ItemError(
            "parse_error", f"the page nests its elements more than {MAX_DEPTH:,} levels deep: it is not read"
        )
    return soup


def within_tags(text: str) -> str:
    """The beginning of a page that holds at most `MAX_TAGS` tags."""
    if text.count("<") <= MAX_TAGS:
        return text
    return "<".join(text.split("<", MAX_TAGS)[:MAX_TAGS])


def read_soup(soup: BeautifulSoup, body: bytes = b"", parts: frozenset[str] = PARTS) -> RawFacts:
    """The findings of a page, of the parts wanted, equal to those of `read_fast`; `body` is its text in UTF-8."""
    found = _elements(soup)
    images, links = found["img"], [*found["a"], *found["area"]] if LINKS in parts else []
    marked = _marked_elements(soup, body) if STRUCTURE in parts else {}
    dates = _outside(RUBY, [*found["time"], *found["abbr"]])
    scripts = [tag.string or "" for tag in found["script"] if "ld+json" in attribute(tag, "type").lower()]
    return RawFacts(
        marked="".join(_pieces(soup, MARK)).encode("utf-8", "replace") if TEXT in parts else b"",
        main=_beginning(found) if MAIN in parts else "",
        titles=_titles(found),
        headings=[spaced_text(heading) for heading in _outside((*RUBY, "h1"), found["h1"][:20])],
        h1_count=len(found["h1"]),
        metas=[meta for tag in found["meta"] for meta in _meta(tag)],
        refreshes=[attribute(meta, "content") for meta in _outside(("noscript",), filter(_refreshes, found["meta"]))],
        canonicals=[attribute(link, "href") for link in found["link"] if "canonical" in _tokens(link, "rel")],
        base=next((attribute(base, "href") for base in found["base"] if base.has_attr("href")), None),
        lang=next((lang for lang in map(_lang, found["html"]) if lang), None),
        hrefs=[attribute(link, "href") for link in links if link.has_attr("href")],
        images=len(images),
        images_without_alt=sum(not image.has_attr("alt") for image in images),
        structured=scripts if STRUCTURE in parts else [],
        properties=properties(marked, dates, _LOOK) if STRUCTURE in parts else [],
        item_types=item_types(marked.get("itemtype", ()), _LOOK),
    )


def spaced_text(tag: Tag, most: int | None = None, budget: ElementBudget | None = None) -> str:
    """The text of an element as `tag.text` has it, with a space where a block begins or ends; its beginning, of about
    `most` characters once white space is folded."""
    pieces: list[str] = []
    length = 0
    for piece in budget.counted(_pieces(tag, " ")) if budget else _pieces(tag, " "):
        pieces.append(piece)
        length += len(fold(piece))
        if most is not None and length > most:
            break
    return "".join(pieces)


def attribute(tag: Tag, name: str) -> str:
    """An attribute's text, empty when it is not there; several classes are one text again."""
    value = tag.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else " ".join(value)


def _pieces(tag: Tag, border: str) -> Iterator[str]:
    """The texts of `tag.text`, with a border where a block begins or ends; nothing for all else that is met."""
    open_tags: list[tuple[Tag, Iterator[Any]]] = [(tag, iter(tag.contents))]
    while open_tags:
        parent, children = open_tags[-1]
        child = next(children, None)
        if child is None:
            open_tags.pop()
            if parent is not tag and parent.name in CLOSING:
                yield border
        elif not isinstance(child, Tag):
            yield str(child) if type(child) in TEXTS else ""
        elif child.name in SILENT:
            yield ""
        else:
            yield border if child.name in OPENING else ""
            open_tags.append((child, iter(child.contents)))


def _elements(soup: BeautifulSoup) -> dict[str, list[Tag]]:
    unseen = {id(inside) for template in soup.find_all("template") for inside in template.descendants}
    found: dict[str, list[Tag]] = {name: [] for name in WANTED}
    for tag in soup.find_all(WANTED):
        if not unseen or id(tag) not in unseen:
            found[tag.name].append(tag)
    return found


def _outside(names: Iterable[str], tags: Iterable[Tag]) -> Iterator[Tag]:
    """Those that are not inside a tag of these names."""
    return (tag for tag in tags if tag.find_parent(names) is None)


def _deeper_than(soup: BeautifulSoup, most: int) -> bool:
    open_tags: list[Iterator[Any]] = [iter(soup.contents)]
    while open_tags:
        child = next(open_tags[-1], None)
        if child is None:
            open_tags.pop()
        elif isinstance(child, Tag):
            open_tags.append(iter(child.contents))
            if len(open_tags) > most:
                return True
    return False


def _titles(found: dict[str, list[Tag]]) -> list[str]:
    """Those of the page, then those for browsers without scripts."""
    titles = list(_outside(OTHER_TITLES, found["title"][:20]))
    titles.sort(key=lambda title: title.find_parent("noscript") is not None)
    return [spaced_text(title) for title in titles]


def _marked_elements(soup: BeautifulSoup, body: bytes) -> dict[str, list[Tag]]:
    marks = marks_in(body)
    tags = [tag for tag in soup.find_all(True) if tag.attrs] if marks else []
    silent = {id(inside) for tag in soup.find_all(("template", *RUBY)) for inside in (tag, *tag.find_all(True))}
    seen = [tag for tag in tags if id(tag) not in silent]
    return {mark: [tag for tag in seen if _bears(tag, mark)] for mark in marks}


def _bears(tag: Tag, mark: str) -> bool:
    if mark == REL:
        return tag.name == "a" and "author" in attribute(tag, "rel")
    return tag.has_attr(mark) if mark.startswith("item") else mark in attribute(tag, "class")


def _beginning(found: dict[str, list[Tag]]) -> str:
    """How the main text begins; where all of it seems to be beside it, all but what is for browsers without scripts."""
    main = next(_outside(RUBY, [*found["main"], *found["article"], *found["body"]]), None)
    if main is None:
        return ""
    beside = partial(is_beside, look=_LOOK)
    return excerpt(_main_pieces(main, beside)) or excerpt(_main_pieces(main, lambda tag: tag.name == "noscript"))


def _main_pieces(top: Tag, beside: Callable[[Tag], bool]) -> Iterator[Piece]:
    """The texts of what is not beside the main text, in document order."""
    open_tags: list[tuple[Tag, Iterator[Any], str]] = [(top, iter(top.contents), "")]
    while open_tags:
        parent, children, place = open_tags[-1]
        child = next(children, None)
        if child is None:
            open_tags.pop()
            if parent.name in CLOSING:
                yield "", BORDER
        elif not isinstance(child, Tag):
            if type(child) in TEXTS:
                yield str(child), place
        elif child.name not in SILENT and beside(child):
            yield "", BORDER
        elif child.name not in SILENT:
            if child.name in OPENING:
                yield "", BORDER
            inner = place_in(child.name, place)
            open_tags.append((child, iter(child.contents), inner))


def _short(tag: Tag) -> str:
    """The beginning of a tag's text, with a space where a block begins or ends."""
    return beginning(islice(_main_pieces(tag, lambda _: False), MOST_PIECES), VALUE_CHARS)


_LOOK = Look(
    tag=lambda tag: tag.name,
    get=attribute,
    has=lambda tag, name: tag.has_attr(name),
    text=_short,
    inside=lambda tag: tag.find_all(True, limit=MOST_INNER),
)


def _meta(meta: Tag) -> Iterator[tuple[str, str]]:
    for naming in META_NAMES:
        for name in names_in(naming, attribute(meta, naming)):
            yield name, attribute(meta, "content")


def _refreshes(meta: Tag) -> bool:
    return attribute(meta, "http-equiv").strip().lower() == "refresh"


def _lang(html: Tag) -> str:
    return (attribute(html, "lang") or attribute(html, "xml:lang")).strip()


def _tokens(tag: Tag, name: str) -> list[str]:
    return attribute(tag, name).lower().split()
