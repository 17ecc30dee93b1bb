"""How many pages a second with their main content, through the whole machine, beside a plain loop of trafilatura?

The corpus of generated pages: fetched from a server on the loopback, read and stored here; the loop has the same bytes
in memory, in two processes.
"""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.bench import harness, readers, site

PAGES, PROCESSES, THREADS = 480, 2, 8
SHARE = 0.85


def run(asked: harness.Asked) -> harness.Report:
    """All in turn: ours with the main content, the loop, and ours with facts alone."""
    report = harness.Report(
        title=f"pages a second of {site.PAGES} generated pages, 150 KB on average, {PROCESSES}×{THREADS}"
    )
    if report.missing("trafilatura"):
        return report
    pages = asked.size(PAGES)
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"), site.started() as port:
        contenders = {
            "Fanout, preset content": partial(_ours, port, "content", pages),
            "trafilatura in a loop": partial(_loops, port, pages),
            "Fanout, preset facts": partial(_ours, port, "facts", pages),
        }
        found = harness.in_turn(contenders, asked.repeats)
    notes = {
        "Fanout, preset content": "rows stored: text, Markdown, images, language",
        "trafilatura in a loop": f"{PROCESSES} processes, Markdown alone; nothing fetched, nothing kept",
        "Fanout, preset facts": "rows stored; no main content",
    }
    for name, samples in found.items():
        report.line(name, samples, "/s", notes[name])
    middle = {name: statistics.median(samples) for name, samples in found.items()}
    share = middle["Fanout, preset content"] / middle["trafilatura in a loop"]
    report.at_least("share of the loop's pages", share, SHARE)
    return report


def _ours(port: int, columns: str, pages: int) -> float:
    """From the first item to the last; a few pages before, as with the loop: starting is no part of it."""
    urls = readers.urls(port, pages)
    rates = [
        len(some)
        / harness.perform(
            "scrape",
            some,
            processes=PROCESSES,
            threads=THREADS,
            deadline=60.0,
            look=0.05,
            params={"robots": False, "columns": columns},
        ).seconds(0)
        for some in (urls[: PROCESSES * THREADS], urls)
    ]
    return rates[1]


def _loops(port: int, pages: int) -> float:
    """So many processes at once, the pages shared between them."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        each = [
            pool.submit(harness.in_process, "tests.bench.readers", "trafilatura", port, pages // PROCESSES)
            for _ in range(PROCESSES)
        ]
        return sum(float(one.result()) for one in each)
