"""A sitemap, a feed or OPML to cells: the address and what stands beside it, without entities, without network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin

from lxml import etree

from jobs.runtime.core.errors import BadInput
from jobs.runtime.core.units import count
from jobs.runtime.inputs import file_types
from jobs.runtime.inputs.grid import Grid, Line
from jobs.runtime.inputs.sources import InputSource, source_of, unpacked

_FIELDS = {
    "urlset": ("loc", "lastmod", "changefreq", "priority", "from_sitemap"),
    "sitemapindex": ("loc", "lastmod"),
    "rss": ("link", "title", "pubDate", "guid", "enclosure"),
    "RDF": ("link", "title", "date"),
    "feed": ("link", "title", "updated", "published", "id"),
    "opml": ("xmlUrl", "htmlUrl", "url", "text", "title", "type"),
}
"""What is read of each kind of document, by the name of its root: the columns, in order."""

INDEX_NOTE = "it is an index: its items are sitemaps, not pages"

_ENTRIES = frozenset({"url", "sitemap", "item", "entry", "outline"})
_ADDRESSES = ("xmlUrl", "htmlUrl", "url")
"""Of an outline; one without any of them only holds others."""

_RELATIVE = frozenset({"link", "enclosure"})
"""Fields of feeds that may leave out of an address what the feed says."""

_HEAD = 100
"""Elements of a feed among which its own link is looked for: a look at all of them for each entry would take time that
grows with the square of their number."""

_BARE = re.compile(rb"&(?!#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|(?:amp|lt|gt|quot|apos);)")
_LONGEST_ENTITY = 10


def sitemap_grid(source: InputSource) -> Grid:
    """The entries of a sitemap, of a sitemap index, of a feed (RSS, Atom) or of OPML.

    Raises BadInput for other XML, for declared entities, and for what is not well-formed; of a file that was cut, what
    stands before the cut counts, and a note says so.
    """
    root, found, entries, cut = _survey(source)
    columns = [column for column in _FIELDS[root] if column in found] or [_FIELDS[root][0]]

    def lines() -> Iterator[Line]:
        yield 1, list(columns)
        for number, cells in _entries(source, root, cut):
            yield number, [cells.get(column, "") for column in columns]

    notes: tuple[str, ...] = (INDEX_NOTE,) if root == "sitemapindex" else ()
    if cut:
        notes += (f"the file is cut off: {count(entries, 'entry', 'entries')} before its end were read",)
    return Grid(
        name=source.name,
        lines=lines,
        most_lines=entries + 2,
        encoding="XML",
        header=True,
        notes=notes,
    )


def sitemaps_of(given: bytes | Path, *, name: str) -> list[str]:
    """The URLs of the sitemaps that an index names. Raises BadInput for all else."""
    source = _unpacked(given, name)
    head = source.head()
    if file_types.content_of(head) != file_types.SITEMAP or _survey(source)[0] != "sitemapindex":
        raise BadInput(f"{name} is no sitemap index: it names no sitemaps to be fetched")
    return [cells["loc"] for _, cells in _entries(source, "sitemapindex", _survey(source)[3]) if cells.get("loc")]


def sitemap_entries(given: bytes, *, name: str) -> Iterator[dict[str, str]]:
    """The entries of a sitemap (or a feed), each with its address as `loc`. Raises BadInput for all else, an index too:
    one within another is followed no further."""
    source = _unpacked(given, name)
    if file_types.content_of(source.head()) != file_types.SITEMAP:
        raise BadInput("it is no sitemap")
    root, _, _, cut = _survey(source)
    if root == "sitemapindex":
        raise BadInput("it is an index itself")
    for _, cells in _entries(source, root, cut):
        yield {"loc": next(filter(None, map(cells.get, ("loc", "link", *_ADDRESSES))), ""), **cells}


def _unpacked(given: bytes | Path, name: str) -> InputSource:
    source = source_of(given, name)
    return unpacked(source) if file_types.content_of(source.head()) == file_types.GZIP else source


def _survey(source: InputSource) -> tuple[str, set[str], int, bool]:
    """The name of the root, the fields of the entries, how many there are, and whether the file is cut off."""
    root, entries = "", 0
    fields: set[str] = set()
    try:
        for event, name, element in _elements(source, ("start", "end")):
            if not root and name not in _FIELDS:
                raise BadInput(
                    f"{source.name} is XML, but no sitemap (its root is <{name[:60]}>): give a table, a sitemap "
                    "or a feed"
                )
            root = root or name
            if event == "end" and name in _ENTRIES:
                entries += 1
                fields.update(column for column, cell in _cells(element, root).items() if cell)
                _forget(element, root)
    except etree.XMLSyntaxError as error:
        if not entries or not _is_cut(source, root):
            raise _malformed(source, error) from None
        return root, fields, entries, True
    return root, fields, entries, False


def _is_cut(source: InputSource, root: str) -> bool:
    """Whether the end of the root is missing."""
    tail = b""
    for chunk in source.chunks():
        tail = (tail + chunk)[-200:]
    return not re.search(rb"</(\w+:)?" + root.encode() + rb"\s*>", tail)


def _malformed(source: InputSource, error: etree.XMLSyntaxError) -> BadInput:
    return BadInput(f"{source.name}, line {error.lineno or 1:,}: the XML is not well-formed: {error.msg}")


def _entries(source: InputSource, root: str, cut: bool) -> Iterator[tuple[int, dict[str, str]]]:
    """Each entry by its number in the file, counted from 2: libxml2 does not count lines beyond 65,535."""
    number = 1
    try:
        for _, name, element in _elements(source, ("end",)):
            if name not in _ENTRIES:
                continue
            cells = _cells(element, root)
            if root != "opml" or any(map(cells.get, _ADDRESSES)):
                number += 1
                yield number, cells
            _forget(element, root)
    except etree.XMLSyntaxError as error:
        if not cut:
            raise _malformed(source, error) from None


def _cells(element: Any, root: str) -> dict[str, str]:
    """The fields of an entry. Of Atom the link to the page itself; of OPML the attributes."""
    if root == "opml":
        return {name: str(element.get(name, "")).strip() for name in _FIELDS[root]}
    cells: dict[str, str] = {}
    for child in element:
        name = _local(child)
        text = (child.text or "").strip()
        if name == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            text = child.get("href").strip()
        if name == "enclosure":
            text = child.get("url", "").strip()
        if name in _FIELDS[root] and text:
            cells.setdefault(name, _whole_address(child, text) if name in _RELATIVE else text)
    if "link" in _FIELDS[root] and "link" not in cells and (link := _other_link(element, root)):
        cells["link"] = link
    return cells


def _other_link(element: Any, root: str) -> str:
    """Where an entry without a link is: of RSS its permanent link, of Atom its content elsewhere; empty: nowhere."""
    named = {_local(child): child for child in element}
    guid, content = named.get("guid"), named.get("content")
    if root == "rss" and guid is not None and guid.get("isPermaLink", "true") != "false":
        text = (guid.text or "").strip()
        return text if text.startswith(("http://", "https://")) else ""
    return _whole_address(content, content.get("src").strip()) if content is not None and content.get("src") else ""


def _whole_address(child: Any, address: str) -> str:
    """An address in a feed, with what it leaves out: by `xml:base`, or by where the feed says that its site is."""
    if "://" in address:
        return address
    base = child.base or ""
    try:
        return urljoin(base if "://" in base else _site(child), address)
    except ValueError:  # no address: its item says so
        return address


def _site(child: Any) -> str:
    """What the feed around an entry gives as its own link, among the first elements of it."""
    feed = child.getparent().getparent()
    entries = feed.getparent() if feed is not None and _local(feed) == "items" else feed
    links = [one for one in islice(() if entries is None else entries, _HEAD) if _local(one) == "link"]
    links.sort(key=lambda one: one.get("rel", "alternate") != "alternate")
    found = (one.get("href") or (one.text or "").strip() for one in links)
    return next((link for link in found if "://" in link), "")


def _elements(source: InputSource, events: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
    with source.open() as stream:
        for event, element in etree.iterparse(
            _Mended(stream),
            events=events,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        ):
            yield event, _local(element), _declares_nothing(element, source.name)


class _Mended:
    """XML as many write it: blank lines before its declaration left out, and an `&` that begins no entity escaped."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._begun, self._rest, self._whole = stream, False, b"", False

    def read(self, size: int = -1) -> bytes:
        """Some of it; empty at its end."""
        chunk = self._stream.read(size)
        if not self._begun:
            self._begun = True
            chunk = chunk.removeprefix(b"\xef\xbb\xbf").lstrip()
            self._whole = (
                chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in chunk[:100]
            )  # two bytes a character
        if self._whole:
            return chunk
        text = self._rest + chunk
        if b"<![CDATA[" in text:  # what stands in such a section is no XML: from here on nothing is mended
            self._whole, self._rest = True, b""
            return text
        ends = [text.rfind(mark, max(0, len(text) - _LONGEST_ENTITY)) for mark in (b"&", b"<")] if chunk else []
        whole = min((end for end in ends if end >= 0), default=len(text))  # what may go on in the next piece waits
        text, self._rest = text[:whole], text[whole:]
        return _BARE.sub(b"&amp;", text) if text or not self._rest else self.read(size)


def _declares_nothing(element: Any, name: str) -> Any:
    if element.getparent() is None and element.getroottree().docinfo.internalDTD is not None:
        raise BadInput(f"{name} declares a document type, which a sitemap has not: refused")
    return element


def _forget(element: Any, root: str) -> None:
    """Free an entry and those before it: a large sitemap is never whole in memory. Outlines hold one another."""
    if root == "opml":
        return
    element.clear()
    while (before := element.getprevious()) is not None and _local(before) in _ENTRIES:
        element.getparent().remove(before)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""
