"""What a cluster costs: no-op items a second, the first outcome, and work that is some, beside this machine's workers.

The cluster is one of plain processes here, over TLS: what is measured is the way over agents and connections, without
the wire. Its agents find this machine's JOBS_HOME, where files of items stay; factorials are measured without that too,
as on machines that have another, whose files travel. A first outcome is that of a runner that has no worker yet. Work
that is some: even factorials with their digits, and small pages behind a delay; with warm workers, round by round.
Plain `Client.map` of Dask, which stores nothing, is in a process of its own.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from jobs.runtime.core.records import CLUSTER, LOCAL
from tests.bench import harness, peers, readers, site
from tests.support import other_home

POOL = (2, 16)
ITEMS = 50_000
LEAST_SHARE = 0.8
MAP, TIMES_MAP = "Dask local cluster, 2 processes", 30
PROCESSES = (1, 2, 4)
NUMBERS, NUMBER = 400, 100_000
PAGES, HOSTS, DELAY, THREADS = 400, 50, 200, 16
SHARE_OF_WORK = 0.95
MOST_FIRST_SECONDS, MOST_FIRST_TIMES = 2.0, 3

Work = Callable[[int, harness.Asked, int, str], float]
"""Work of a size, on so many processes, here or there: seconds from submit to the last outcome."""


def run(asked: harness.Asked) -> harness.Report:
    """Both places in turn."""
    from jobs.runtime import client

    report = harness.Report(title="a cluster beside this machine")
    items = asked.size(ITEMS)
    with tempfile.TemporaryDirectory() as folder:
        certificates = Path(folder, "certificates")
        client.make_certificates(certificates)
        settings = {"JOBS_CLUSTER": "processes://4", "JOBS_CLUSTER_CERTIFICATES": str(certificates)}
        travelling = {"PYTHONPATH": other_home.python_path(Path(folder, "site"))}
        for name, work, more in (
            ("factorial", _factorials, {}),
            ("factorial, files travel", _factorials, travelling),
            ("scrape", _pages, {}),
        ):
            _compare(report, name, work, asked, {**settings, **more})
        with harness.home(**settings):
            for on in (LOCAL, CLUSTER):
                _rate(on, 500)
            rates = harness.in_turn({on: partial(_rate, on, items) for on in (LOCAL, CLUSTER)}, asked.repeats)
            for on in (LOCAL, CLUSTER):
                _first(on)
            warm = harness.in_turn({on: partial(_first, on) for on in (LOCAL, CLUSTER)}, asked.repeats)
        first: dict[str, list[float]] = {LOCAL: [], CLUSTER: []}
        for _ in range(asked.repeats):
            for on, samples in first.items():
                with harness.home(**settings):
                    client.ensure_runner()
                    time.sleep(1)
                    samples.append(_first(on))
    lines = {on: report.line(f"no-op items, 2×16, {on}", rates[on], "/s") for on in rates}
    for on, samples in first.items():
        line = report.line(f"first outcome, {on}", samples, "s")
        if on == CLUSTER:
            most = max(MOST_FIRST_SECONDS, MOST_FIRST_TIMES * statistics.median(first[LOCAL]))
            report.at_most("first outcome on the cluster", line.median, most, "s")
        report.line(f"one item, warm, {on}", warm[on], "s")
    share = lines[CLUSTER].median / lines[LOCAL].median
    report.at_least("share of the local rate", share, LEAST_SHARE)
    if not report.missing("distributed"):
        plain = report.line("no-op items, Client.map of Dask", [peers.rate(MAP, asked.scale)], "/s", "nothing stored")
        report.at_least("times Client.map", lines[CLUSTER].median / plain.median, TIMES_MAP)
    return report


def _compare(report: harness.Report, name: str, work: Work, asked: harness.Asked, settings: dict[str, str]) -> None:
    """The same work on so many processes here and there, in turn."""
    with (
        harness.home(**settings, JOBS_ALLOW_NETS="127.0.0.0/8"),
        site.started(delay=DELAY, size=2_000, hosts=HOSTS) as port,
    ):
        for processes in PROCESSES:
            ways = {on: partial(work, port, asked, processes, on) for on in (LOCAL, CLUSTER)}
            for warm_up in ways.values():
                warm_up()
            found = harness.in_turn(ways, asked.repeats)
            for on, samples in found.items():
                report.line(f"{name}, {processes} process{'es' * (processes > 1)}, {on}", samples)
            shares = [here / there for here, there in zip(found[LOCAL], found[CLUSTER], strict=True)]
            report.at_least(f"{name}, {processes}: share of local", statistics.median(shares), SHARE_OF_WORK)


def _factorials(_port: int, asked: harness.Asked, processes: int, on: str) -> float:
    cells = [str(NUMBER + 2 * index) for index in range(asked.size(NUMBERS))]
    return harness.perform("factorial", cells, processes=processes, threads=1, on=on).seconds(0)


def _pages(port: int, asked: harness.Asked, processes: int, on: str) -> float:
    urls = readers.urls(port, asked.size(PAGES), HOSTS)
    more = {"deadline": 30.0, "params": {"robots": False}, "on": on}
    return harness.perform("scrape", urls, processes=processes, threads=THREADS, **more).seconds(0)


def _rate(on: str, items: int) -> float:
    done = harness.perform("noop", ["x"] * items, processes=POOL[0], threads=POOL[1], on=on)
    return items / done.seconds(0)


def _first(on: str) -> float:
    began = time.perf_counter()
    harness.perform("noop", ["x"], processes=1, threads=1, look=0.0005, on=on)
    return time.perf_counter() - began
