"""2,000 small pages behind 200 ms each, on 50 hosts, with 64 threads: how near to the 320 a second that can be?"""

from __future__ import annotations

from jobs.runtime.records import Run
from tests.bench import harness, site

PAGES, HOSTS, DELAY, THREADS = 2_000, 50, 200, 64
SHARE = 0.9


def run(asked: harness.Asked) -> harness.Report:
    """Our rate, beside the processor time a page costs: what one core could do at most."""
    report = harness.Report(title=f"{PAGES:,} small pages behind {DELAY} ms, {HOSTS} hosts, {THREADS} threads")
    best = THREADS / (DELAY / 1000)
    pages = asked.size(PAGES)
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"), site.started(delay=DELAY, size=2_000, hosts=HOSTS) as port:
        _run(port, THREADS * 2)
        done = [_run(port, pages) for _ in range(asked.repeats)]
    rate = report.line("Fanout 1×64", [pages / one.seconds(0) for one in done], "/s")
    cpu = report.line("processor time of a page's thread", [one.cpu_seconds / pages * 1000 for one in done], "ms")
    report.notes.append(f"{best:.0f}/s are possible by the delay, {1000 / cpu.median:.0f}/s by the processor time")
    report.at_least("share of what is possible by the delay", rate.median / best, SHARE)
    return report


def _run(port: int, pages: int) -> Run:
    urls = [f"http://127.0.0.{n % HOSTS + 1}:{port}/page-{n}" for n in range(pages)]
    return harness.perform("scrape", urls, processes=1, threads=THREADS, deadline=30.0, params={"robots": False})
