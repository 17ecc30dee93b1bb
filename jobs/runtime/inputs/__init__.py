"""Any file or pasted text as items, and a preflight report: what was read, which column and why, what cannot be run.

The rooms, from bytes to items:

    read             entry point: a file, a text or cells -> items and the report
    sources          bytes or a path, unpacked from gzip, opened as often as needed
    file_types       what the bytes are, whatever the name says
    charset          bytes -> text: the encoding, found or guessed (jobs.runtime.encodings)
    delimiters       which sign parts the cells of a text
    csv_reader       text -> cells: the quotes, and errors with their line
    xlsx_reader      an Excel workbook -> cells, checked against bombs before it is opened
    sheet_cells      calamine's cells and what the sheet's own XML tells beside them -> the lines of a sheet
    sheet_xml        what calamine does not tell: long digits, codes, formulas without a value, links
    number_format    what an Excel number format shows of a number
    json_reader      JSON and JSON Lines -> cells
    parquet_reader   Parquet -> cells, a batch of rows at a time
    sitemap_reader   a sitemap -> cells, without entities or network
    comments         lists without the lines that begin with #
    read_options     what a person says of how a file is written
    open_grid        a source -> a grid, by content
    grid             the record that all formats are read into
    layout           a grid's first lines -> where its rows begin, and its columns
    header_row       which line is the header
    item_column      which column holds the items, and why
    column_query     what is looked for: the kind of item, and its usual headings
    validation       one pass over the rows: counts, and cells that cannot be items
    preflight        the report itself
    bare_list        items with nothing beside them -> the report
    pasted_text      text typed or pasted -> cells, without a table
    binding          of an item that is a row, which column each field is read from, and why
    kept_items       rows that are there already: of an earlier run, given one by one, another run's results
"""

from jobs.runtime.inputs.binding import BoundField
from jobs.runtime.inputs.column_query import CHOSEN, plain
from jobs.runtime.inputs.kept_items import read_kept, read_rows
from jobs.runtime.inputs.preflight import Preflight
from jobs.runtime.inputs.read import invalid_as_csv, peek, read, read_items, read_text
from jobs.runtime.inputs.read_options import FOUND, ReadOptions
from jobs.runtime.inputs.sitemap_reader import INDEX_NOTE, sitemap_entries, sitemaps_of

__all__ = [
    "CHOSEN",
    "FOUND",
    "INDEX_NOTE",
    "BoundField",
    "Preflight",
    "ReadOptions",
    "invalid_as_csv",
    "peek",
    "plain",
    "read",
    "read_items",
    "read_kept",
    "read_rows",
    "read_text",
    "sitemap_entries",
    "sitemaps_of",
]
