"""What does a runner cost that has nothing to do, and does it leave with its workers?"""

from __future__ import annotations

import time

import psutil

from tests.bench import harness

SETTLE_SECONDS, WATCHED_SECONDS, IDLE_SECONDS = 2, 10, 2
SHARE, LATE_SECONDS = 0.01, 2.0


def run(asked: harness.Asked) -> harness.Report:
    """Watch one with warm workers for a while; have another leave."""
    report = harness.Report(title="the runner with nothing to do, two warm workers")
    shares, late = [], []
    for _ in range(asked.repeats):
        with harness.home():
            harness.perform("noop", ["x"] * 100, processes=2, threads=1)
            time.sleep(SETTLE_SECONDS)
            shares.append(_share(asked.size(WATCHED_SECONDS)) * 100)
        with harness.home(JOBS_IDLE=str(IDLE_SECONDS)):
            harness.perform("noop", ["x"] * 100, processes=2, threads=1)
            late.append(_until_gone() - IDLE_SECONDS)
    busy = report.line("processor time, runner and workers", shares, "%", "of a core")
    gone = report.line("gone, after its idle time", late)
    report.at_most("processor time", busy.median, SHARE * 100, "%")
    report.at_most("gone after its idle time", gone.median, LATE_SECONDS, "s")
    return report


def _share(seconds: float) -> float:
    """The share of a core that the runner and its workers use meanwhile."""
    found = harness.processes_of_runner()
    began, used = time.perf_counter(), harness.processor_seconds(found)
    time.sleep(seconds)
    return (harness.processor_seconds(found) - used) / (time.perf_counter() - began)


def _until_gone() -> float:
    """Seconds until the runner and its workers are gone."""
    found, began = harness.processes_of_runner(), time.perf_counter()
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in found):
        time.sleep(0.01)
    return time.perf_counter() - began
