"""How much faster are 32 URLs over 16 hosts that each take half a second, with 16 threads, than one at a time?"""

from __future__ import annotations

import time

from tests.bench import harness

URLS = [f"http://site-{n % 16 + 1}.sample/delay/500/page-{n}" for n in range(32)]
TIMES_FASTER = 12


def run(asked: harness.Asked) -> harness.Report:
    """Both ways in turn."""
    report = harness.Report(title="the sample site: 32 URLs, 16 hosts, 0.5 s each")
    with harness.home():
        _seconds(16)
        found = harness.in_turn({"one": lambda: _seconds(1), "many": lambda: _seconds(16)}, min(3, asked.repeats))
        found["many"] += [_seconds(16) for _ in range(asked.repeats)]
    one = report.line("one at a time", found["one"])
    many = report.line("16 threads", found["many"], note="at most 2 at once on a host, no pause")
    report.at_least("times as fast", one.median / many.median, TIMES_FASTER)
    return report


def _seconds(threads: int) -> float:
    began = time.perf_counter()
    harness.perform("scrape", URLS, processes=1, threads=threads, at_once=2, deadline=30.0)
    return time.perf_counter() - began
