"""How much faster is the batch 5000, 6000, 7000, 80000 than the classic program?

Ours: from submit to outcomes stored and digits on disk, the workers warm. The classic program is a multiprocessing.Pool
over the batch with `math.factorial` and `str` (the digit limit lifted), in a process of its own, its pool warm too; it
keeps nothing.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import sys
import time

from tests.bench import harness

BATCH = (5_000, 6_000, 7_000, 80_000)
TIMES_FASTER = 50
LOOK_SECONDS = 0.0005


def run(asked: harness.Asked) -> harness.Report:
    """Both in turn."""
    report = harness.Report(title=f"the batch {', '.join(map(str, BATCH))}, warm")
    with harness.home():
        ours()
        found = harness.in_turn(
            {"classic": lambda: float(harness.in_process(__name__)), "Fanout": ours}, min(3, asked.repeats)
        )
        found["Fanout"] += [ours() for _ in range(asked.repeats)]
    classic = report.line("classic program", found["classic"], note="in memory only")
    fanout = report.line("Fanout, 2 processes", found["Fanout"], note="rows stored, digits and their SHA-256 on disk")
    report.at_least("times as fast", classic.median / fanout.median, TIMES_FASTER)
    return report


def ours() -> float:
    """Seconds from submit to the end of the run."""
    began = time.perf_counter()
    harness.perform("factorial", [str(n) for n in BATCH], processes=2, threads=1, look=LOOK_SECONDS)
    return time.perf_counter() - began


def classic() -> float:
    """Seconds of the classic program."""
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        pool.map(_classic, [1] * 8)
        began = time.perf_counter()
        pool.map(_classic, BATCH)
        return time.perf_counter() - began


def _classic(n: int) -> int:
    sys.set_int_max_str_digits(0)
    return len(str(math.factorial(n)))


if __name__ == "__main__":
    print(json.dumps(classic()))
