"""Reads a page with lxml alone: the work stays in C, most of it without the interpreter's lock.

What bounds it: libxml2 stops at 256 levels and reads no network and no entities; a tag with thousands of attributes is
refused, because libxml2 needs quadratic time for it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from typing import Any, cast

from lxml import etree

from jobs.scrape.attributes import MAX_DEPTH, refuse_endless_tags
from jobs.scrape.counts import MARK
from jobs.scrape.findings import CLOSING, MAIN_CHARS, OPENING, RUBY, SILENT, WANTED, Findings
from jobs.scrape.text import fold

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


class _Own(threading.local):
    """What each thread has of its own: lxml copies a stylesheet at every call from another thread than its first."""

    def __init__(self) -> None:
        self.spaces = etree.XSLT(etree.XML(_SPACES))


_own = _Own()


def read_fast(text: str, body: bytes | None = None) -> Findings:
    """The findings of a page; `body` is its text in UTF-8, if that is at hand.

    Raises ItemError (parse_error) for a page that would take too long.
    """
    body = text.encode("utf-8", "replace") if body is None else body
    refuse_endless_tags(body)
    every_root = _parse(body)
    roots = every_root[:MAX_ROOTS]
    found = _elements(roots)
    if found["template"]:
        _strip(roots, ["template"])
        found = _elements(roots)
    structured = [script.text or "" for script in found["script"] if "ld+json" in (script.get("type") or "").lower()]
    _silence(roots, found)
    images = found["img"]
    return Findings(
        marked=_marked(roots[0]) if len(roots) == 1 else _join(every_root, text),
        main=_beginning(next(_outside(RUBY, chain(found["main"], found["article"], found["body"])), None)),
        titles=["".join(title.itertext()) for title in _outside((*RUBY, "svg"), found["title"][:20])],
        headings=[_spaced(heading) for heading in _outside((*RUBY, "h1"), found["h1"][:20])],
        h1_count=len(found["h1"]),
        metas=[(name, content) for name, content in map(_meta, found["meta"]) if name],
        canonicals=[link.get("href") or "" for link in found["link"] if "canonical" in _tokens(link.get("rel"))],
        base=next((base.get("href") for base in found["base"] if base.get("href") is not None), None),
        lang=next((lang for lang in map(_lang, found["html"]) if lang), None),
        hrefs=[href for href in (link.get("href") for link in chain(found["a"], found["area"])) if href is not None],
        images=len(images),
        images_without_alt=sum(image.get("alt") is None for image in images),
        structured=structured,
        dates=[date for date in map(_date, _outside((*RUBY, "time"), found["time"][:200])) if date],
        cut=_why_cut(every_root),
    )


def _parse(body: bytes) -> list[Any]:
    """The root elements: usually one `<html>`, and another for what follows `</html>`."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False, collect_ids=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return []
    return [] if root is None else [*reversed(list(root.itersiblings(preceding=True))), root, *root.itersiblings()]


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


def _beginning(element: Any) -> str:
    return "" if element is None else "".join(_pieces(element))


def _pieces(top: Any) -> Iterator[str]:
    length = 0
    for event, element in etree.iterwalk(top, events=("start", "end")):
        if element.tag in (OPENING if event == "start" else CLOSING):
            yield " "
        piece = element.text if event == "start" else element.tail if element is not top else None
        if piece:
            yield piece
            length += len(fold(piece))
        if length > MAIN_CHARS:
            return


def _meta(meta: Any) -> tuple[str, str]:
    name = meta.get("name") or meta.get("property") or meta.get("itemprop") or meta.get("http-equiv") or ""
    return name.strip().lower(), meta.get("content") or ""


def _lang(html: Any) -> str:
    return (html.get("lang") or html.get("xml:lang") or "").strip()


def _date(time: Any) -> str:
    if time.get("pubdate") is None and "datepublished" not in _tokens(time.get("itemprop")):
        return ""
    return time.get("datetime") or _spaced(time)


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
