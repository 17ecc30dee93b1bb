"""What does a pool of its own size cost where a fixed number is right: no-op items, the samples, a fast own site?
And what do 512 threads: memory, and the time until a cancel has ended them?"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from functools import partial

from jobs.runtime.core.records import AUTO, Item, Limits, Pool
from tests.bench import harness, readers, sample, site

USUAL, ANY = (1, 32), (AUTO, AUTO)
CORES, ANY_CORES = (os.cpu_count() or 1, 1), (AUTO, 1)
NOOPS, PAGES, MANY = 20_000, 2_000, 512
NUMBERS = ("numbers.csv", "numbers_even.csv")
BY_HAND = ((1, 8), (1, 16), (2, 8), (2, 16))
SLOWER, OWN_SITE = 1.03, 1.05
MOST_MB, CANCEL_SECONDS = 250, 2.0

Numbers = tuple[int, int]


def run(asked: harness.Asked) -> harness.Report:
    """Each workload with its pools in turn; then 512 threads once."""
    report = harness.Report(title="a pool of its own size where a fixed number is right, and 512 threads")
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"):
        with site.started(size=2_000, delay=2_000) as port:
            _many_threads(report, port)
        _compare(report, "no-op items", partial(_noops, asked.size(NOOPS)), (USUAL,), asked.repeats, SLOWER)
        _compare(report, "the sample", _sample, (USUAL,), asked.repeats, SLOWER)
        for file in NUMBERS:
            numbers = (harness.PROJECT / "data" / file).read_text("utf-8").split()[1:]
            _compare(report, file, partial(_factorials, numbers), (CORES,), asked.repeats, SLOWER, ANY_CORES)
        with site.started() as port:
            own = partial(_own_site, port, asked.size(PAGES))
            _compare(report, "own site, pages of 150 KB", own, BY_HAND, asked.repeats, OWN_SITE)
    return report


def _compare(
    report: harness.Report,
    what: str,
    seconds: Callable[[Numbers], float],
    by_hand: tuple[Numbers, ...],
    repeats: int,
    bound: float,
    auto: Numbers = ANY,
) -> None:
    contenders = {pool: partial(seconds, pool) for pool in (auto, *by_hand)}
    for contender in contenders.values():
        contender()
    found = harness.in_turn({_name(pool): contender for pool, contender in contenders.items()}, repeats)
    for name, samples in found.items():
        report.line(f"{what}, {name}", samples)
    medians = {name: statistics.median(samples) for name, samples in found.items()}
    best = min(median for name, median in medians.items() if name != _name(auto))
    report.at_most(f"{what}: auto beside the best by hand", medians[_name(auto)] / best, bound)


def _name(pool: Numbers) -> str:
    return "auto" if AUTO in pool else f"{pool[0]}×{pool[1]}"


def _noops(items: int, pool: Numbers) -> float:
    return harness.perform("noop", ["x"] * items, processes=pool[0], threads=pool[1]).seconds(0)


def _sample(pool: Numbers) -> float:
    done = harness.perform("scrape", sample.URLS, processes=pool[0], threads=pool[1], at_once=2, deadline=30.0)
    return done.seconds(0)


def _factorials(numbers: list[str], pool: Numbers) -> float:
    return harness.perform("factorial", numbers, processes=pool[0], threads=pool[1]).seconds(0)


def _own_site(port: int, pages: int, pool: Numbers) -> float:
    limits = {"at_once": 16, "deadline": 30.0, "params": {"robots": False}}
    return harness.perform("scrape", readers.urls(port, pages), processes=pool[0], threads=pool[1], **limits).seconds(0)


def _many_threads(report: harness.Report, port: int) -> None:
    from jobs.runtime import client

    run = client.submit(
        "scrape",
        [Item(cell=url) for url in readers.urls(port, 20 * MANY)],
        params={"robots": False},
        pool=Pool(processes=1, threads=MANY),
        limits=Limits(attempts=1, deadline=30.0, at_once=None, pause=0.0),
    )
    sizes = []
    while client.run(run.id).done < 2 * MANY:
        time.sleep(0.1)
        sizes += [size for _, _, size in client.status().workers]
    client.cancel(run.id)
    ended = client.wait(run.id, step=0.05)
    memory = report.line(f"memory of a worker of {MANY} threads, pages of 2 KB", [max(sizes) / 10**6], "MB")
    cancel = report.line(f"from a cancel until nothing of {MANY} threads executes", [ended.cancel_seconds or 0.0])
    report.at_most(memory.what, memory.median, MOST_MB, "MB")
    report.at_most(cancel.what, cancel.median, CANCEL_SECONDS, "s")
