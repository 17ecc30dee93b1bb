"""How many real pages a second through the whole machine, beside the classic way, Scrapy and the bare loop?

A corpus of generated pages, 150 KB on average, from a server on the loopback; each row has all columns and is stored.
"""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from jobs.runtime.core.records import Run
from tests.bench import harness, readers, site

PAGES, CLASSIC_PAGES = 600, 60
TIMES_CLASSIC, TIMES_SCRAPY, SHARE_OF_GAIN = 20, 3, 0.85


def run(asked: harness.Asked) -> harness.Report:
    """All in turn, one process each; then two of ours beside two bare copies."""
    report = harness.Report(title=f"pages a second of {site.PAGES} generated pages, 150 KB on average")
    gone = report.missing("scrapy")
    pages = asked.size(PAGES)
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"), site.started() as port:
        contenders = {
            "Fanout 1×16": partial(_ours, port, 1, pages),
            "Fanout 2×16": partial(_ours, port, 2, pages),
            "one bare copy": partial(_bare, port, 1, pages),
            "two bare copies": partial(_bare, port, 2, pages),
            "classic": partial(_other, "classic", port, asked.size(CLASSIC_PAGES)),
            "Scrapy": partial(_other, "scrapy", port, pages),
        }
        if gone:
            del contenders["Scrapy"]
        found = harness.in_turn(contenders, asked.repeats)
    notes = {
        "Fanout 1×16": "rows stored, all columns",
        "classic": "requests.get in 16 threads, html.parser, len(soup.text); nothing kept",
        "Scrapy": "16 at once, three XPaths; nothing kept",
        "one bare copy": "our fetch and read in 16 threads without the machine; nothing kept",
    }
    for name, samples in found.items():
        report.line(name, samples, "/s", notes.get(name, ""))
    middle = {name: statistics.median(samples) for name, samples in found.items()}
    report.at_least("times the classic way, one process", middle["Fanout 1×16"] / middle["classic"], TIMES_CLASSIC)
    if not gone:
        report.at_least("times Scrapy, one process", middle["Fanout 1×16"] / middle["Scrapy"], TIMES_SCRAPY)
    ours = middle["Fanout 2×16"] / middle["Fanout 1×16"]
    bare = middle["two bare copies"] / middle["one bare copy"]
    report.at_least(f"share of the gain of two bare copies ({bare:.2f})", ours / bare, SHARE_OF_GAIN)
    return report


def _ours(port: int, processes: int, pages: int) -> float:
    """From the first item to the last; a few pages before, as with the others: starting is no part of it."""
    _perform(port, processes, readers.THREADS * processes)
    return pages / _perform(port, processes, pages).seconds(0)


def _perform(port: int, processes: int, pages: int) -> Run:
    return harness.perform(
        "scrape",
        readers.urls(port, pages),
        processes=processes,
        threads=readers.THREADS,
        deadline=30.0,
        look=0.05,
        params={"robots": False},
    )


def _bare(port: int, copies: int, pages: int) -> float:
    """So many processes at once, the pages shared between them."""
    with ThreadPoolExecutor(copies) as pool:
        each = [pool.submit(_other, "bare", port, pages // copies) for _ in range(copies)]
        return sum(one.result() for one in each)


def _other(name: str, port: int, pages: int) -> float:
    return float(harness.in_process("tests.bench.readers", name, port, pages))
