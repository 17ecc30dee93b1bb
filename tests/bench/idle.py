"""What does a runner cost that has nothing to do, and does it leave with its workers?"""

from __future__ import annotations

import time
from pathlib import Path

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
    found = _processes()
    began, used = time.perf_counter(), _cpu(found)
    time.sleep(seconds)
    return (_cpu(found) - used) / (time.perf_counter() - began)


def _until_gone() -> float:
    """Seconds until the runner and its workers are gone."""
    found, began = _processes(), time.perf_counter()
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in found):
        time.sleep(0.01)
    return time.perf_counter() - began


def _processes() -> list[psutil.Process]:
    runner = psutil.Process(harness.runner_pid())
    return [runner, *runner.children(recursive=True)]


def _cpu(processes: list[psutil.Process]) -> float:
    """Processor seconds used so far; to a millionth where the kernel tells (/proc/PID/schedstat), else to a tick."""
    threads = [Path(f"/proc/{process.pid}/task/{thread.id}") for process in processes for thread in process.threads()]
    if not threads or not (threads[0] / "schedstat").exists():
        return sum(sum(process.cpu_times()[:2]) for process in processes)
    return sum(int((thread / "schedstat").read_text("ascii").split()[0]) for thread in threads) / 1e9
