"""A sitemap to cells: `loc` and what stands beside it, without entities, without network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from jobs.runtime.errors import BadInput
from jobs.runtime.tables.grid import SAMPLE_LINES, Grid, Line
from jobs.runtime.tables.sources import Source

_USUAL = ("loc", "lastmod", "changefreq", "priority")


def sitemap_grid(source: Source) -> Grid:
    """The entries of a sitemap or of a sitemap index. Raises BadInput for other XML, and for declared entities."""
    root, found = _survey(source)
    columns = [column for column in _USUAL if column == "loc" or column in found]

    def lines() -> Iterator[Line]:
        yield 1, list(columns)
        for number, cells in _entries(source):
            yield number, [cells.get(column, "") for column in columns]

    note = ("it is an index: its items are sitemaps, not pages",) if root == "sitemapindex" else ()
    return Grid(
        name=source.name,
        lines=lines,
        most_lines=source.size // 10 + 2,
        encoding="XML",
        header=True,
        notes=note,
    )


def _survey(source: Source) -> tuple[str, set[str]]:
    """The name of the root, and the fields of the first entries."""
    root = ""
    fields: set[str] = set()
    for name, element in _elements(source, ("start", "end")):
        root = root or name
        if root not in ("urlset", "sitemapindex"):
            raise BadInput(
                f"{source.name} is XML, but no sitemap (its root is <{root[:60]}>): give a table or a sitemap"
            )
        fields.add(name)
        if (element.sourceline or 0) > SAMPLE_LINES * 10 and "loc" in fields:
            break
    return root, fields


def _entries(source: Source) -> Iterator[tuple[int, dict[str, str]]]:
    """Each entry by its number in the file, counted from 2: libxml2 does not count lines beyond 65,535."""
    number = 1
    for name, element in _elements(source, ("end",)):
        if name in ("url", "sitemap"):
            number += 1
            yield number, {_local(child): (child.text or "").strip() for child in element if _local(child) in _USUAL}
            _forget(element)


def _elements(source: Source, events: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    with source.open() as stream:
        try:
            for _, element in etree.iterparse(
                stream,
                events=events,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            ):
                yield _local(element), _declares_nothing(element, source.name)
        except etree.XMLSyntaxError as error:
            line = error.lineno or 1
            raise BadInput(f"{source.name}, line {line:,}: the XML is not well-formed: {error.msg}") from None


def _declares_nothing(element: Any, name: str) -> Any:
    if element.getparent() is None and element.getroottree().docinfo.internalDTD is not None:
        raise BadInput(f"{name} declares a document type, which a sitemap has not: refused")
    return element


def _forget(element: Any) -> None:
    """Free an entry and those before it: a large sitemap is never whole in memory."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""
