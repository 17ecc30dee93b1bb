"""100,000 URLs of a local server: does the memory of runner and worker stay flat, and under 1 GB together?"""

from __future__ import annotations

import time
from collections.abc import Iterator

from jobs.runtime.core.records import Item, Limits, Pool, RunState
from tests.bench import harness, site

URLS, HOSTS, BYTES, THREADS = 100_000, 50, 2_000, 32
MOST_MB, GROWTH = 1_000, 1.25
"""`GROWTH`: the second half of the run may take so much more than the first, once a tenth of it is done."""


def run(asked: harness.Asked) -> harness.Report:
    """One run, its processes looked at ten times a second. (Once: it takes minutes.)"""
    from jobs.runtime import client

    urls = asked.size(URLS)
    report = harness.Report(title=f"a run of {urls:,} pages of 2 KB, {HOSTS} hosts, 1×{THREADS}, all columns")
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"), site.started(size=BYTES, hosts=HOSTS) as port:
        asked_run = client.submit(
            "scrape",
            (Item(cell=f"http://127.0.0.{n % HOSTS + 1}:{port}/page-{n}") for n in range(urls)),
            params={"robots": False},
            pool=Pool(processes=1, threads=THREADS),
            limits=Limits(attempts=1, deadline=30.0, at_once=None, pause=0.0),
        )
        seen = list(_looks(asked_run.id))
        ended = client.run(asked_run.id)
    if ended.ok != urls:
        raise RuntimeError(f"{ended.ok:,} of {urls:,} are ok")
    steady = [(runner, worker) for done, runner, worker in seen if done > urls / 10]
    halves = steady[: len(steady) // 2], steady[len(steady) // 2 :]
    report.line("from queued to the last outcome", [ended.seconds(0)], note=f"{urls / ended.seconds(0):,.0f}/s")
    for place, name in enumerate(("runner", "worker")):
        first, second = (max(sizes[place] for sizes in half) for half in halves)
        report.line(f"memory of the {name}", [sizes[place] for sizes in steady], "MB")
        report.at_most(f"growth of the {name}, second half over first", second / first, GROWTH)
    report.at_most("memory of both", max(sum(sizes) for sizes in steady), MOST_MB, "MB")
    return report


def _looks(run_id: str) -> Iterator[tuple[int, float, float]]:
    """How many are done, and the megabytes of the runner and of its children, until the run has ended."""
    from jobs.runtime import client

    while (run := client.run(run_id)).state not in (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED):
        pid = harness.runner_pid()
        if pid is not None:
            yield run.done, *_megabytes(pid)
        time.sleep(0.1)


def _megabytes(pid: int) -> tuple[float, float]:
    import psutil

    runner = psutil.Process(pid)
    sizes = []
    for process in runner.children(recursive=True):
        try:
            sizes.append(process.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return runner.memory_info().rss / 10**6, sum(sizes) / 10**6
