"""200 programs ask the API how far a run is, once a second each: does that slow the run, and how long do they wait?

On a busy machine walls say little: the processor time of the run itself, and of the API, says what the readers cost.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil

from jobs.runtime import client
from jobs.runtime.core.access import Scope
from jobs.runtime.core.records import Item, Limits, Pool
from tests.bench import harness

READERS, EVERY = 200, 1.0
RATIO, P95 = 0.9, 0.1


@dataclass(frozen=True, kw_only=True)
class Load:
    """A run to be read about: some 5 s on a quiet machine."""

    name: str
    job: str
    item: str
    threads: int
    items: int


LOADS = (
    Load(name="items of 20 ms, 1×64", job="pause", item="0.02", threads=64, items=20_000),
    Load(name="no-op items, 1×32", job="noop", item="x", threads=32, items=300_000),
)


@dataclass(kw_only=True)
class Measured:
    """What came of one load: the walls, the processor seconds of the run, the API's share of a core, every call."""

    walls: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    cpu: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    shares: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def run(asked: harness.Asked) -> harness.Report:
    """Each load with readers and without, in turn."""
    report = harness.Report(title=f"{READERS} programs ask for the progress of a run every {EVERY:g} s")
    waits: list[float] = []
    with harness.home(), _api() as server:
        token = client.new_token("bench", Scope.READ)
        for load in LOADS:
            found = Measured()
            _perform(Measured(), server, token, load, asked.size(load.items) // 10, read=False)
            for _ in range(asked.repeats):
                for read in (False, True):
                    _perform(found, server, token, load, asked.size(load.items), read=read)
            _report(report, load.name, found)
            waits += found.waits
    report.at_most("a call, 95th percentile", harness.quantile(waits, 0.95) * 1_000, P95 * 1_000, "ms")
    return report


def _report(report: harness.Report, name: str, found: Measured) -> None:
    alone, beside = (report.line(f"{name}: wall, {what}", found.walls[read]) for what, read in _WHICH.items())
    report.at_least(f"{name}: wall, alone ÷ with readers", alone.median / beside.median, RATIO)
    for what, read in _WHICH.items():
        report.line(f"{name}: processor time of the run, {what}", found.cpu[read])
    report.line(f"{name}: the API's processor time", found.shares, "%", "of a core")
    if not found.waits:
        raise RuntimeError("the runs were over before anybody asked: measure with a larger --scale")
    spread = [harness.quantile(found.waits, share) * 1_000 for share in (0.05, 0.5, 0.95)]
    report.line(f"{name}: a call", spread, "ms", f"5, 50 and 95 % of {len(found.waits):,} calls")


_WHICH = {"alone": False, "with readers": True}


def _perform(found: Measured, server: tuple[int, int], token: str, load: Load, number: int, *, read: bool) -> None:
    """One run, perhaps with readers."""
    port, api = server[0], [psutil.Process(server[1])]
    run = client.submit(
        load.job,
        [Item(cell=load.item)] * number,
        pool=Pool(processes=1, threads=load.threads),
        limits=Limits(attempts=1, deadline=None, at_once=None, pause=0.0),
    )
    used, before = _used(), harness.processor_seconds(api)
    with _readers(port, token, run.id, found.waits) if read else contextlib.nullcontext():
        ended = client.wait(run.id, step=0.05)
    if ended.ok != number:
        raise RuntimeError(f"{ended.ok} of {number} items are ok")
    found.walls[read].append(ended.seconds(0))
    found.cpu[read].append(sum(seconds - used.get(process, 0.0) for process, seconds in _used().items()))
    if read:
        found.shares.append((harness.processor_seconds(api) - before) / ended.seconds(0) * 100)


def _used() -> dict[int, float]:
    """Processor seconds of the runner and of each of its workers so far."""
    return {process.pid: harness.processor_seconds([process]) for process in harness.processes_of_runner()}


@contextlib.contextmanager
def _readers(port: int, token: str, run: str, waits: list[float]) -> Iterator[None]:
    """They ask as long as this lasts; the seconds of each call are added."""
    command = [sys.executable, "-m", "tests.bench.progress_readers", str(port), token, run, str(READERS), str(EVERY)]
    with subprocess.Popen(
        command, cwd=harness.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as readers:
        yield
        told, _ = readers.communicate("")
    if readers.returncode:
        raise RuntimeError(f"the readers ended with {readers.returncode}")
    waits += json.loads(told)


@contextlib.contextmanager
def _api() -> Iterator[tuple[int, int]]:
    """The API on a server of its own: its port and its process id."""
    port = harness.free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "jobs", "api", "--port", str(port)],
        cwd=harness.PROJECT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        harness.await_listener(port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)
