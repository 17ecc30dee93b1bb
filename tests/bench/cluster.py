"""What a cluster costs: no-op items a second and the first outcome, beside this machine's own workers.

The cluster is one of plain processes here, over TLS: what is measured is the way over agents and connections, without
the wire. A first outcome is that of a runner that has no worker yet.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

from jobs.runtime.core.records import CLUSTER, LOCAL
from tests.bench import harness

POOL = (2, 16)
ITEMS = 50_000
LEAST_SHARE = 0.8
MOST_FIRST_SECONDS = 2.0


def run(asked: harness.Asked) -> harness.Report:
    """Both places in turn."""
    from jobs.runtime import client

    report = harness.Report(title="a cluster beside this machine")
    items = asked.size(ITEMS)
    with tempfile.TemporaryDirectory() as folder:
        certificates = Path(folder, "certificates")
        client.make_certificates(certificates)
        settings = {"JOBS_CLUSTER": "processes://4", "JOBS_CLUSTER_CERTIFICATES": str(certificates)}
        with harness.home(**settings):
            for on in (LOCAL, CLUSTER):
                _rate(on, 500)
            rates = harness.in_turn({on: partial(_rate, on, items) for on in (LOCAL, CLUSTER)}, asked.repeats)
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
            report.at_most("first outcome on the cluster", line.median, MOST_FIRST_SECONDS, "s")
        report.line(f"one item, warm, {on}", warm[on], "s")
    share = lines[CLUSTER].median / lines[LOCAL].median
    report.at_least("share of the local rate", share, LEAST_SHARE)
    return report


def _rate(on: str, items: int) -> float:
    done = harness.perform("noop", ["x"] * items, processes=POOL[0], threads=POOL[1], on=on)
    return items / done.seconds(0)


def _first(on: str) -> float:
    began = time.perf_counter()
    harness.perform("noop", ["x"], processes=1, threads=1, look=0.0005, on=on)
    return time.perf_counter() - began
