"""2,000 small pages behind 200 ms each, on 50 hosts, with 64 threads: how near to what can be?

The delay allows 320 a second. A core that is shared, or slow, allows less: as much as the bare loop reaches beside it.
"""

from __future__ import annotations

import statistics

from jobs.runtime.core.records import Run
from tests.bench import harness, readers, site

PAGES, HOSTS, DELAY, THREADS = 2_000, 50, 200, 64
SHARE = 0.9


def run(asked: harness.Asked) -> harness.Report:
    """Our rate beside that of the bare loop, and the processor time of a page."""
    report = harness.Report(title=f"{PAGES:,} small pages behind {DELAY} ms, {HOSTS} hosts, {THREADS} threads")
    pages = asked.size(PAGES)
    costs: list[float] = []
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"), site.started(delay=DELAY, size=2_000, hosts=HOSTS) as port:

        def ours() -> float:
            done = _run(port, pages)
            costs.append(done.cpu_seconds / pages * 1000)
            return pages / done.seconds(0)

        def bare() -> float:
            return float(harness.in_process("tests.bench.readers", "spread", port, pages))

        _run(port, THREADS * 2)
        found = harness.in_turn({"Fanout 1×64": ours, "one bare copy": bare}, asked.repeats)
    notes = {"one bare copy": "our fetch and read in 64 threads without the machine; nothing kept"}
    for name, samples in found.items():
        report.line(name, samples, "/s", notes.get(name, ""))
    report.line("processor time of a page's thread", costs, "ms")
    by_delay = THREADS / (DELAY / 1000)
    rate, by_core = (statistics.median(samples) for samples in found.values())
    limit = "the delay" if by_delay <= by_core else "the core, as the bare copy shows"
    report.notes.append(f"{by_delay:.0f}/s are possible by the delay, {by_core:.0f}/s by the core")
    report.at_least(f"share of what is possible by {limit}", rate / min(by_delay, by_core), SHARE)
    return report


def _run(port: int, pages: int) -> Run:
    urls = readers.urls(port, pages, HOSTS)
    return harness.perform("scrape", urls, processes=1, threads=THREADS, deadline=30.0, params={"robots": False})
