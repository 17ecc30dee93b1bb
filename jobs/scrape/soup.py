"""Reads a page the classic way, with BeautifulSoup (over lxml): for the user's own fields, and for comparison.

A Python object for every tag and text makes this ten times slower than jobs.scrape.fast, and holds the interpreter's
lock. What bounds it: so many tags, and so many levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from jobs.scrape.counts import MARK
from jobs.scrape.findings import CLOSING, MAIN_CHARS, OPENING, RUBY, SILENT, WANTED, Findings
from jobs.scrape.text import fold

MAX_TAGS = 100_000
"""What follows is not read: so many tags take some 2 s and 100 MB."""

MAX_DEPTH = 1_000
"""Selectors climb from an element to its ancestors; time grows with both."""

_TEXTS = frozenset({NavigableString, CData, Script, Stylesheet, TemplateString, RubyTextString, RubyParenthesisString})
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


def read_soup(soup: BeautifulSoup) -> Findings:
    """The findings of a page, equal to those of `read_fast`."""
    found = _elements(soup)
    images = found["img"]
    main = next(_outside(RUBY, [*found["main"], *found["article"], *found["body"]]), None)
    return Findings(
        marked="".join(_pieces(soup, MARK)).encode("utf-8", "replace"),
        main="" if main is None else spaced_text(main, MAIN_CHARS),
        titles=[spaced_text(title) for title in _outside((*RUBY, "svg"), found["title"][:20])],
        headings=[spaced_text(heading) for heading in _outside((*RUBY, "h1"), found["h1"][:20])],
        h1_count=len(found["h1"]),
        metas=[(name, content) for name, content in map(_meta, found["meta"]) if name],
        canonicals=[attribute(link, "href") for link in found["link"] if "canonical" in _tokens(link, "rel")],
        base=next((attribute(base, "href") for base in found["base"] if base.has_attr("href")), None),
        lang=next((lang for lang in map(_lang, found["html"]) if lang), None),
        hrefs=[attribute(link, "href") for link in (*found["a"], *found["area"]) if link.has_attr("href")],
        images=len(images),
        images_without_alt=sum(not image.has_attr("alt") for image in images),
        structured=[tag.string or "" for tag in found["script"] if "ld+json" in attribute(tag, "type").lower()],
        dates=[date for date in map(_date, _outside((*RUBY, "time"), found["time"][:200])) if date],
    )


def spaced_text(tag: Tag, most: int | None = None) -> str:
    """The text of an element as `tag.text` has it, with a space where a block begins or ends; its beginning, of about
    `most` characters once white space is folded."""
    pieces: list[str] = []
    length = 0
    for piece in _pieces(tag, " "):
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
    """The texts of `tag.text`, with a border where a block begins or ends."""
    open_tags: list[tuple[Tag, Iterator[Any]]] = [(tag, iter(tag.contents))]
    while open_tags:
        parent, children = open_tags[-1]
        child = next(children, None)
        if child is None:
            open_tags.pop()
            if parent is not tag and parent.name in CLOSING:
                yield border
        elif not isinstance(child, Tag):
            if type(child) in _TEXTS:
                yield str(child)
        elif child.name not in SILENT:
            if child.name in OPENING:
                yield border
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


def _meta(meta: Tag) -> tuple[str, str]:
    names = (attribute(meta, name) for name in ("name", "property", "itemprop", "http-equiv"))
    return next((name for name in names if name), "").strip().lower(), attribute(meta, "content")


def _lang(html: Tag) -> str:
    return (attribute(html, "lang") or attribute(html, "xml:lang")).strip()


def _date(time: Tag) -> str:
    if not time.has_attr("pubdate") and "datepublished" not in _tokens(time, "itemprop"):
        return ""
    return attribute(time, "datetime") or spaced_text(time)


def _tokens(tag: Tag, name: str) -> list[str]:
    return attribute(tag, name).lower().split()
