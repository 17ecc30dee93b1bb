"""A page as fields look at it: source, trees, text and structured data, each made when it is first asked for."""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

from jobs.scrape.page.element_budget import ElementBudget
from jobs.scrape.page.json_ld import Structure, structures
from jobs.scrape.page.links import resolve
from jobs.scrape.page.lxml_reader import parse
from jobs.scrape.page.text import fold
from jobs.scrape.page.text_stats import MARK

if TYPE_CHECKING:
    from bs4 import BeautifulSoup


class PageViews:
    """`source` is what its trees are made of; `written` what the server sent, which is another in plain text; `url` its
    own; what was odd goes to `notes`; `budget` is what may be gone through for values. What readers found comes later,
    by `read`: the text with its marks, and the base of its links."""

    def __init__(self, source: str, url: str, notes: list[str], *, written: str) -> None:
        self.source, self.url, self.notes, self.written = source, url, notes, written
        self.base = url
        self.budget = ElementBudget(notes)
        self._marked = b""

    def read(self, marked: bytes, base: str | None) -> None:
        """Take what a reader has found."""
        self._marked = marked
        self.base = (resolve(self.url, base) if base else None) or self.url

    def resolved(self, reference: str) -> str:
        """A reference as an absolute URL; what is none (`mailto:`) as it stands."""
        return resolve(self.base, reference) or reference

    @functools.cached_property
    def soup(self) -> BeautifulSoup:
        """BeautifulSoup's tree. Raises ItemError (parse_error) when it is too deep."""
        from jobs.scrape.page import soup_reader  # BeautifulSoup takes 0.2 s to load: only where it is needed

        tree = soup_reader.parse_soup(self.source)
        if self.source.count("<") > soup_reader.MAX_TAGS:
            self.notes.append(f"BeautifulSoup was given the first {soup_reader.MAX_TAGS:,} tags only")
        return tree

    @functools.cached_property
    def root(self) -> Any:
        """The first element of lxml's tree, which readers leave as it is; None: the page has none."""
        return next(iter(parse(self.source.encode("utf-8", "replace"), element_classes=True)), None)

    @functools.cached_property
    def seen(self) -> Any:
        """The same without templates, which nobody sees."""
        if self.root is None or next(self.root.iter("template"), None) is None:
            return self.root
        seen = copy.deepcopy(self.root)
        etree.strip_elements(seen, "template", with_tail=False)
        return seen

    @functools.cached_property
    def text(self) -> str:
        """What `text_chars` counts, with white space where a block begins or ends."""
        return fold(self._marked.decode("utf-8", "replace").replace(MARK, " "))

    @functools.cached_property
    def structures(self) -> Sequence[Structure]:
        """The objects of JSON-LD, then the things of microdata; outer ones first."""
        from jobs.scrape.fields.microdata import things

        if self.root is None:
            return ()
        scripts = [script.text or "" for script in self.root.getroottree().iter("script") if _is_json_ld(script)]
        return [*structures(scripts, self.notes), *things(self.root, self.resolved, self.budget)]


def _is_json_ld(script: Any) -> bool:
    return "ld+json" in (script.get("type") or "").lower()
