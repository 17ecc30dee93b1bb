"""How long from an item's end to its outcome in the store, and does one long item hold anybody up?

Seen from outside: the store is looked at every millisecond, so each figure is up to some 2 ms too large.
"""

from __future__ import annotations

import bisect
import sqlite3
import threading
import time
from pathlib import Path

from tests.bench import harness

ITEMS = 20_000
LAG_SECONDS = 0.020
LONG_SECONDS = 5
POOLS = ((1, 32), (2, 1))


class Watch:
    """Notes, every millisecond, up to which outcome the store has come."""

    def __init__(self, store: Path) -> None:
        self.seen: list[tuple[int, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(store,))

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def stored_at(self, seq: int) -> float:
        """When (monotonic) this outcome was first seen."""
        return self.seen[bisect.bisect_left(self.seen, (seq, 0.0))][1]

    def _look(self, store: Path) -> None:
        db = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True, isolation_level=None)
        last = 0
        while not self._over.wait(0.001):
            highest = db.execute("SELECT max(seq) FROM outcomes").fetchone()[0] or 0
            if highest > last:
                last = highest
                self.seen.append((last, time.monotonic()))
        db.close()


def run(asked: harness.Asked) -> harness.Report:
    """Lag under full load, then with one item of five seconds among the others."""
    report = harness.Report(title=f"from finished to stored, {asked.size(ITEMS):,} no-op items at full speed")
    with harness.home() as home:
        for pool in POOLS:
            harness.perform("noop", ["x"] * 500, processes=pool[0], threads=pool[1])
        found: dict[tuple[int, int], list[list[float]]] = {pool: [] for pool in POOLS}
        for _ in range(asked.repeats):
            for pool in POOLS:
                found[pool].append(_lags(home, pool, asked.size(ITEMS)))
        for pool in POOLS:
            name = f"{pool[0]}×{pool[1]}"
            report.line(f"{name}, median", [harness.quantile(lags, 0.5) * 1000 for lags in found[pool]], "ms")
            high = report.line(f"{name}, p95", [harness.quantile(lags, 0.95) * 1000 for lags in found[pool]], "ms")
            report.at_most(f"{name}, p95", high.median, LAG_SECONDS * 1000, "ms")
        _long_item(report, asked)
    return report


def _lags(home: Path, pool: tuple[int, int], items: int) -> list[float]:
    with Watch(home / "store.sqlite3") as watch:
        done = harness.perform("noop", ["x"] * items, processes=pool[0], threads=pool[1])
        last = _last(home)
        while not watch.seen or watch.seen[-1][0] < last:
            time.sleep(0.001)
    with sqlite3.connect(home / "store.sqlite3") as db:
        offset = db.execute("SELECT clock_offset FROM runner").fetchone()[0]
        number = db.execute("SELECT number FROM runs WHERE id = ?", (done.id,)).fetchone()[0]
        ends = db.execute("SELECT seq, started_at + seconds FROM outcomes WHERE run = ?", (number,)).fetchall()
    db.close()
    return [max(0.0, watch.stored_at(seq) - (ended - offset)) for seq, ended in ends]


def _last(home: Path) -> int:
    with sqlite3.connect(home / "store.sqlite3") as db:
        found = db.execute("SELECT max(seq) FROM outcomes").fetchone()[0]
    db.close()
    return int(found)


def _long_item(report: harness.Report, asked: harness.Asked) -> None:
    """One item of five seconds among many of none: when were the others done?"""
    from jobs.runtime import client

    items = asked.size(ITEMS)
    cells = ["0"] * items
    cells[items // 10] = str(LONG_SECONDS)
    harness.perform("pause", ["0"] * 500, processes=2, threads=1)
    done = harness.perform("pause", cells, processes=2, threads=1)
    ends = sorted(
        (outcome.started_at or 0) + (outcome.seconds or 0)
        for _, _, outcome in client.rows(done.id, 1, items)
        if outcome is not None and (outcome.seconds or 0) < 1
    )
    line = report.line(
        f"all but one of {items:,} done, one takes {LONG_SECONDS} s, 2×1", [ends[-1] - done.submitted_at]
    )
    report.at_most("the others wait for nobody", line.median, LONG_SECONDS - 0.5, "s")
