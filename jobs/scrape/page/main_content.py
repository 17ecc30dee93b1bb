"""The main content of a page, found by trafilatura: its text, Markdown and images.

Some of what trafilatura does grows with the number of elements times how deep they nest, or faster, and it holds the
interpreter's lock: so many elements are looked at, and of a page that nests too deep for their number none.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

from jobs.scrape.page import paragraph_classes
from jobs.scrape.page.lxml_reader import parse
from jobs.scrape.page.text import clean_lines, shorten

if TYPE_CHECKING:
    from jobs.scrape.fields.page_views import PageViews

CELL_CHARS = 100_000
"""Of the text, and of the Markdown, in a row; the file of a page has all of it."""

MOST_TAGS, MOST_ELEMENTS = 40_000, 20_000
"""What follows is not looked at: so many take a second, and two or three where they are meant to. An element has two
tags, or one where its end is left out: 40,000 cells without ends take as long as 80,000 tags."""

MOST_WORK = 500_000
"""Sum over all elements of their levels: 25 for each is more than pages have."""

MOST_IMAGES = 20

MISSING = (
    "the main content of pages needs packages that are not here: "
    "pip install 'fanout-jobs[content]', in a checkout pip install -e '.[content]'"
)
NEEDED = ("trafilatura", "py3langid", "lxml_html_clean")

ODD = "the main content could not be found"
TOO_DEEP = "the main content was not looked for: the elements nest too deep for their number"
ONLY_BEGINNING = f"the main content was looked for in the first {MOST_ELEMENTS:,} elements ({MOST_TAGS:,} tags) alone"

_TAG = re.compile("<(/?)")
_DATES: dict[str, Any] = {"original_date": True, "extensive_search": False}

AUTHORS = (
    *("author", "byl", "bbl", "creator", "username", "screenname", "writer", "journalist-name", "channel-name"),
    *("submitted-by", "posted-by", "zuozhe", "bianji", "xiaobian"),
)
"""One of these is in every page where trafilatura finds an author; it looks for long in those that have none."""

_TURN = threading.Lock()
"""trafilatura holds the interpreter's lock nearly all the time: threads that take it from each other page by page, and
not within pages, take less of the processor."""

_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What trafilatura may raise at a page that it was not made for."""


@dataclass(frozen=True, kw_only=True)
class FoundContent:
    """The main content, whole; `root` is the tree it was found in, of which more can be asked (None: of none)."""

    text: str = ""
    markdown: str = ""
    images: list[str] = field(default_factory=list)
    root: Any = None


def check_installed() -> None:
    """Raise ValueError, with what to install, where a package is missing."""
    if not all(map(importlib.util.find_spec, NEEDED)):
        raise ValueError(MISSING)


def load() -> Any:
    """trafilatura, which says nothing of its own to anybody, and does not compare each paragraph with all others."""
    import trafilatura  # an extra; 170 ms
    import trafilatura.external

    vars(trafilatura.external)["revise_paragraph_classification"] = paragraph_classes.revise
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura


def find_content(page: PageViews) -> FoundContent:
    """The main content of a page; empty where there is none. What was odd goes to the page's notes."""
    end = _end(page.source)
    root = page.seen if end is None else _beginning(page, end)
    if root is None or _work(root) > MOST_WORK:
        page.notes += [TOO_DEEP] if root is not None else []
        return FoundContent()
    try:
        with _TURN:
            return _extract(root, page)
    except (*_FAULTS, etree.LxmlError) as error:
        page.notes.append(f"{ODD} ({type(error).__name__})")
        return FoundContent()


def find_signature(root: Any, page: PageViews) -> dict[str, str]:
    """Who wrote it, when it was published and the name of the site, as trafilatura's `extract_metadata` finds them in
    the tree of a page, without what else that looks for. A host is no name; dates that are only guessed at are left
    out."""
    load()
    from htmldate import find_date
    from trafilatura import metadata

    source = page.source.lower()
    try:
        told = metadata.examine_meta(root)
        told.author = told.author if " " in (told.author or "") else None
        with contextlib.suppress(*_FAULTS):
            told = metadata.extract_meta_json(root, told)
        if not told.author and any(name in source for name in AUTHORS):
            told.author = metadata.extract_author(root)
        told.date = find_date(root, url=told.url or metadata.extract_url(root, page.base), **_DATES)
        told.sitename = told.sitename or metadata.extract_sitename(root)
        told.clean_and_trim()
    except (*_FAULTS, etree.LxmlError):
        return {}
    site = (told.sitename or "").lstrip("@")
    site = site if "." in site or site[:1].isupper() else site.title()
    name = "" if site.lower() in page.base.lower() else site
    found = {"author": told.author, "published": told.date, "site_name": name}
    return {name: value for name, value in found.items() if value}


def as_cell(text: str) -> str | None:
    """A text as a row holds it."""
    return shorten(text, CELL_CHARS) or None


def _end(source: str) -> int | None:
    """Where the tags or elements of a page are too many; None: they are not."""
    if source.count("<") <= MOST_ELEMENTS:
        return None
    elements = 0
    for tags, tag in enumerate(_TAG.finditer(source)):
        elements += not tag[1]
        if tags == MOST_TAGS or elements > MOST_ELEMENTS:
            return tag.start()
    return None


def _beginning(page: PageViews, end: int) -> Any:
    page.notes.append(ONLY_BEGINNING)
    root = next(iter(parse(page.source[:end].encode("utf-8", "replace"), element_classes=True)), None)
    if root is not None:
        etree.strip_elements(root, "template", with_tail=False)
    return root


def _work(root: Any) -> int:
    """The levels of all elements together; counted no further than matters."""
    work = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        work += depth if event == "start" else 0
        if work > MOST_WORK:
            break
    return work


def _extract(root: Any, page: PageViews) -> FoundContent:
    trafilatura = load()
    from trafilatura.xml import xmltotxt

    found = trafilatura.bare_extraction(
        root,
        url=page.base,
        output_format="markdown",  # else it makes Markdown of it, which is made below
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_images=True,
    )
    if found is None or found.body is None:
        return FoundContent(root=root)
    page_images = list(dict.fromkeys(_images(found.body, page)))
    markdown = _clean(xmltotxt(found.body, True))
    etree.strip_elements(found.body, "graphic", with_tail=False)
    etree.strip_tags(found.body, "ref")
    text = _clean(xmltotxt(found.body, False))
    return FoundContent(text=text, markdown=markdown, images=page_images[:MOST_IMAGES], root=root)


def _images(body: Any, page: PageViews) -> Iterator[str]:
    for graphic in body.iter("graphic"):
        address = page.resolved(graphic.get("src") or "")
        if address.startswith(("http://", "https://")):
            yield address


def _clean(text: str) -> str:
    return clean_lines(text, len(text) + 1) or ""
