"""What durability and backups cost: no-op items a second with each JOBS_SYNC; and while a large store is backed up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bench import harness

ITEMS = 20_000
STORED = 1_000_000
KEPT_RATE = 0.9


def run(asked: harness.Asked) -> harness.Report:
    """Both settings in turn; then a run with and without a backup beside it, in turn."""
    report = harness.Report(title="no-op items a second, by what else they cost")
    items, long = asked.size(ITEMS), asked.size(15 * ITEMS)
    with harness.home() as home:
        found = harness.in_turn(
            {sync: lambda sync=sync: _synced(sync, items) for sync in ("normal", "full")}, asked.repeats
        )
        for sync, samples in found.items():
            report.line(f"JOBS_SYNC={sync}, 2×16", samples, "/s")
        harness.perform("noop", ["x"] * asked.size(STORED), processes=2, threads=16)
        took: list[float] = []
        beside = harness.in_turn(
            {"alone": lambda: _rate(long), "with a backup": lambda: _beside(home, long, took)}, asked.repeats
        )
        for name, samples in beside.items():
            report.line(f"{name}, 2×16", samples, "/s")
        report.line(f"the backup of {asked.size(STORED):,} rows and more", took)
        shares = [with_one / without for without, with_one in zip(*beside.values(), strict=True)]
        share = report.line("share of the rate with a backup beside it", shares, "×").median
        report.at_least("rate with a backup beside it", share, KEPT_RATE, "×")
    return report


def _synced(sync: str, items: int) -> float:
    os.environ["JOBS_SYNC"] = sync
    try:
        harness.perform("noop", ["x"] * 200, processes=2, threads=16)  # a runner of this setting, its workers warm
        return _rate(items)
    finally:
        del os.environ["JOBS_SYNC"]


def _rate(items: int) -> float:
    return items / harness.perform("noop", ["x"] * items, processes=2, threads=16).seconds(0)


def _beside(home: Path, items: int, took: list[float]) -> float:
    """The rate while backups are written one after the other, and how long each whole one took (seconds)."""
    out = home.parent / "runs.zip"
    stop, began = home.parent / "stop", time.monotonic()
    loop = (
        "import pathlib, sys, time\n"
        "from jobs.runtime.cli import main\n"
        "print('begins', file=sys.stderr, flush=True)\n"
        f"while not pathlib.Path({str(stop)!r}).exists():\n"
        "    began = time.monotonic()\n"
        f"    main.main(['backup', {str(out)!r}])\n"
        "    print(time.monotonic() - began, file=sys.stderr, flush=True)\n"
    )
    backups = subprocess.Popen(
        [sys.executable, "-c", loop], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=harness.PROJECT
    )
    assert backups.stderr is not None
    backups.stderr.readline()  # what a command costs to start is another figure
    try:
        return _rate(items)
    finally:
        stop.touch()
        _, told = backups.communicate(timeout=600)
        stop.unlink()
        took += [float(line) for line in told.split()] or [time.monotonic() - began]
