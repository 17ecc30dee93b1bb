"""What do names that are not found cost a long list? 100,000 pages of 2 KB behind 200 ms, and the same list with 10,000
names of which the look-up says after 0.5 s that there are none: workers have a system's look-up of their own for that.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import partial

from jobs.runtime.core.records import AUTO
from tests.bench import harness, site

PAGES, HOSTS, DELAY = 100_000, 200, 200
EVERY = 10
"""One of so many names is not found."""

AT_MOST = 1.02
LOOK_UP = harness.PROJECT / "tests" / "bench" / "slow_names"


def run(asked: harness.Asked) -> harness.Report:
    """Both lists in turn, each with a pool that finds its own size."""
    pages = asked.size(PAGES)
    report = harness.Report(title=f"{pages:,} URLs on {HOSTS} hosts, one name of {EVERY} not found after 0.5 s, or all")
    with site.started(delay=DELAY, size=2_000, hosts=HOSTS) as port:
        found = [f"http://host-{n % HOSTS}.found.test:{port}/page-{n}" for n in range(pages)]
        some = [f"http://host-{n}.missing.test/" if n % EVERY == 0 else url for n, url in enumerate(found)]
        contenders = {"all are found": partial(_seconds, found, 0)}
        contenders[f"one of {EVERY} is not"] = partial(_seconds, some, len(range(0, pages, EVERY)))
        samples = harness.in_turn(contenders, asked.repeats)
    for name, seconds in samples.items():
        report.line(name, seconds)
    all_found, some_not = (statistics.median(seconds) for seconds in samples.values())
    report.at_most("the list with names that are not found beside that without", some_not / all_found, AT_MOST)
    return report


def _seconds(urls: Sequence[str], missing: int) -> float:
    """The wall time of a list under a new runner, which knows no name; so many of it fail."""
    limits = {"at_once": 16, "deadline": 30.0, "attempts": 3, "params": {"robots": False}, "failed": missing}
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8", PYTHONPATH=str(LOOK_UP)):
        return harness.perform("scrape", urls, processes=AUTO, threads=AUTO, look=0.05, **limits).seconds(0)
