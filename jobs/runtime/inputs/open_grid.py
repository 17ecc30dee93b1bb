"""The one entry point: a source, read for what it is by content, as a Grid of cells."""

from __future__ import annotations

from dataclasses import replace

from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.inputs import csv_reader, file_types, json_reader, parquet_reader, sitemap_reader, xlsx_reader
from jobs.runtime.inputs.grid import Grid
from jobs.runtime.inputs.read_options import FOUND, ReadOptions
from jobs.runtime.inputs.sources import InputSource, unpacked
from jobs.runtime.job.item_kinds import Kind

_ZIP = b"PK\x03\x04"


def grid_of(source: InputSource, *, kind: Kind, sheet: str = "", options: ReadOptions = FOUND) -> Grid:
    """The cells of a source. `kind` helps to find the sheet that holds the items; `options` are what a person says.

    Raises BadInput for what is no table, NoItems for an empty file.
    """
    head = _head_of(source)
    content = file_types.content_of(head)
    notice = file_types.surprise(source.name, content)
    if content != file_types.GZIP:
        grid = _plain_grid(source, head, content, kind, sheet, options)
        return replace(grid, notes=(notice, *grid.notes)) if notice else grid
    inner = unpacked(source)
    head = _head_of(inner)
    content = file_types.content_of(head)
    if content == file_types.GZIP:
        raise BadInput(f"{source.name} is a gzip file inside a gzip file: unpack it first")
    grid = _plain_grid(inner, head, content, kind, sheet, options)
    return replace(grid, notes=((notice,) if notice else ()) + inner.notes + grid.notes)


def _head_of(source: InputSource) -> bytes:
    head = source.head() if source.size else b""
    if not head:
        raise NoItems(f"{source.name} is empty: it has no item")
    return head


def _plain_grid(source: InputSource, head: bytes, content: str, kind: Kind, sheet: str, options: ReadOptions) -> Grid:
    if options.encoding and not head.startswith(_ZIP):
        content = file_types.TEXT
    if content != file_types.TEXT and options.of_text:
        raise BadInput(
            f"{source.name} is {file_types.spoken(content)}: it has no delimiter and no encoding to be chosen"
        )
    if content == file_types.WORKBOOK:
        return replace(xlsx_reader.workbook_grid(source, kind=kind, sheet=sheet), header=options.header)
    if sheet:
        raise BadInput(f"{source.name} is no Excel workbook: it has no sheet {sheet!r}")
    if content == file_types.SITEMAP:
        return sitemap_reader.sitemap_grid(source)
    if content == file_types.JSON:
        return json_reader.json_grid(source)
    if content == file_types.PARQUET:
        return parquet_reader.parquet_grid(source)
    instead = "" if options.encoding else file_types.foreign(head)
    if instead:
        raise BadInput(f"{source.name} is {instead}")
    return csv_reader.delimited_grid(source, kind=kind, options=options)
