"""A run's outcomes as a file: CSV, XLSX, Parquet, JSON Lines, piecewise; its files as archives.

export           entry point: a run's rows -> a file of one format
result_table     the columns of a run's result, in order, and the rows of a window of items
relations        what rows are to each other, from all of them: near_duplicates (SimHash), page_links
short_rows       rows as a table on a page shows them, long cells cut
writer           what every format offers: write rows, close, give up
table_shape      what a person says of how a table is written
csv_writer       CSV, harmless to spreadsheets unless asked to be raw
xlsx_writer      XLSX
parquet_writer   Parquet
jsonl_writer     JSON Lines
dataframe        a pandas frame
output_file      the file that a person names: whole or not at all
archive          the files of a run as one ZIP, or one after the other
text_joiner      texts with a head as JSON Lines
warc_joiner      pages as one WARC file, in which equal bodies stand once
"""

from jobs.runtime.exports.archive import pack
from jobs.runtime.exports.export import (
    INPUT_OF_FAILED,
    MIME_TYPES,
    REPORT,
    Exported,
    Rows,
    check_shape,
    export,
    file_name,
    files,
    format_of,
    frame,
    joined,
    joined_ending,
    stream_to,
)
from jobs.runtime.exports.output_file import check_kind, opened
from jobs.runtime.exports.relations import MOST_TOLD, PARTIAL, Relations, relations_of
from jobs.runtime.exports.result_table import (
    DISTANCE,
    ResultColumn,
    ResultTable,
    headings,
    relation_columns,
    result_table,
)
from jobs.runtime.exports.short_rows import CUT, LONGEST, short_cell, short_rows
from jobs.runtime.exports.table_shape import TableShape

__all__ = [
    "CUT",
    "DISTANCE",
    "INPUT_OF_FAILED",
    "LONGEST",
    "MIME_TYPES",
    "MOST_TOLD",
    "PARTIAL",
    "REPORT",
    "Exported",
    "Relations",
    "ResultColumn",
    "ResultTable",
    "Rows",
    "TableShape",
    "check_kind",
    "check_shape",
    "export",
    "file_name",
    "files",
    "format_of",
    "frame",
    "headings",
    "joined",
    "joined_ending",
    "opened",
    "pack",
    "relation_columns",
    "relations_of",
    "result_table",
    "short_cell",
    "short_rows",
    "stream_to",
]
