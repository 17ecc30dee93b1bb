"""The one door: a source, read for what it is by content, as a Grid of cells."""

from __future__ import annotations

from dataclasses import replace

from jobs.runtime.errors import BadInput, NoItems
from jobs.runtime.kinds import Kind
from jobs.runtime.tables import contents, delimited, sitemaps, workbooks
from jobs.runtime.tables.grid import Grid
from jobs.runtime.tables.sources import Source, unpacked


def grid_of(source: Source, *, kind: Kind, sheet: str = "") -> Grid:
    """The cells of a source. `kind` helps to find the sheet that holds the items.

    Raises BadInput for what is no table, NoItems for an empty file.
    """
    name = source.name
    if not source.size:
        raise NoItems(f"{name} is empty: it has no item")
    content = contents.content_of(source.head())
    if content == contents.GZIP:
        notice = contents.surprise(name, content)
        inner = unpacked(source)
        if contents.content_of(inner.head()) == contents.GZIP:
            raise BadInput(f"{name} is a gzip file inside a gzip file: unpack it first")
        grid = _plain_grid(inner, kind, sheet)
        return replace(grid, notes=((notice,) if notice else ()) + inner.notes + grid.notes)
    grid = _plain_grid(source, kind, sheet)
    notice = contents.surprise(name, content)
    return replace(grid, notes=(notice, *grid.notes)) if notice else grid


def _plain_grid(source: Source, kind: Kind, sheet: str) -> Grid:
    head = source.head()
    if not head:
        raise NoItems(f"{source.name} is empty: it has no item")
    content = contents.content_of(head)
    if content == contents.WORKBOOK:
        return workbooks.workbook_grid(source, kind=kind, sheet=sheet)
    if sheet:
        raise BadInput(f"{source.name} is no Excel workbook: it has no sheet {sheet!r}")
    if content == contents.SITEMAP:
        return sitemaps.sitemap_grid(source)
    instead = contents.foreign(head)
    if instead:
        raise BadInput(f"{source.name} is {instead}")
    return delimited.delimited_grid(source, kind=kind)
