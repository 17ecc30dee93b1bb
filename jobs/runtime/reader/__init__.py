"""A file of somebody's, read in a process of its own: what it does there (take memory, take time, end the process) it
does to nobody else.

    page, command line ── process ──starts──► main ── inputs.read
             ▲                                  │
             └── spool ◄── report, then pages ──┘

    results         the results of a run, read as the items of another: what is ours needs no process
    process         start a reader, wait for it, and say what became of it
    main            the reader: limits first, then the file
    sitemap_index   the sitemaps that a file names, fetched by the job and read in its place
    spool           what is written between the two: the report, then the items, a page at a time
"""

from jobs.runtime.reader.process import FILE, MOST_UPLOADED, UPLOAD, ReadLimits, read_apart
from jobs.runtime.reader.results import ResultSource, list_columns, read_results

__all__ = [
    "FILE",
    "MOST_UPLOADED",
    "UPLOAD",
    "ReadLimits",
    "ResultSource",
    "list_columns",
    "read_apart",
    "read_results",
]
