"""How many no-op items a second, durable, through the real schedule; and how many do others, who promise less?

Ours is counted from queued to the last outcome stored, workers warm; storing the items beforehand is a line of its own.
"""

from __future__ import annotations

import time
from functools import partial

from tests.bench import harness, peers

POOLS = ((1, 32), (2, 1), (2, 16))
ITEMS = (20_000, 50_000)
PER_SECOND, PER_SECOND_FAST = 3_000, 20_000
FAST = ((1, 32), (2, 1))
DURABLE = "every outcome in SQLite, kept through kill -9; a dead worker costs what it held, tried again"


def run(asked: harness.Asked) -> harness.Report:
    """Our pools and the peers in turn."""
    report = harness.Report(title="no-op items a second")
    gone = report.missing(*{peer.module for peer in peers.PEERS.values()})
    others = {name: peer for name, peer in peers.PEERS.items() if peer.module not in gone}
    sizes = [asked.size(items) for items in ITEMS]
    submits: list[float] = []
    with harness.home():
        for pool in POOLS:
            _rate(pool, 500, [])
        contenders = {_name(pool, items): partial(_rate, pool, items, submits) for items in sizes for pool in POOLS}
        found = harness.in_turn(contenders, asked.repeats)
        theirs = harness.in_turn({name: partial(peers.rate, name, asked.scale) for name in others}, 3)
    for pool in POOLS:
        for items in sizes:
            line = report.line(_name(pool, items), found[_name(pool, items)], "/s", DURABLE)
            report.at_least(line.what, line.median, PER_SECOND_FAST if pool in FAST else PER_SECOND, "/s")
    report.line("Fanout: storing items at submit", submits, "/s")
    for name, samples in theirs.items():
        report.line(f"{name}, {others[name].items:,} items", samples, "/s", others[name].guarantees)
    return report


def _name(pool: tuple[int, int], items: int) -> str:
    return f"Fanout {pool[0]}×{pool[1]}, {items:,} items"


def _rate(pool: tuple[int, int], items: int, submits: list[float]) -> float:
    began = time.time()
    done = harness.perform("noop", ["x"] * items, processes=pool[0], threads=pool[1])
    submits.append(items / (done.submitted_at - began))
    return items / done.seconds(0)
