"""What does 1,000,000! with its digits on disk cost beside bare GMP, and what do two processes gain?

Bare GMP is `gmpy2.fac(n).digits()` and nothing else, in a process of its own. Ours is either the job's function alone,
with its file written, or the whole machine: admission, SHA-256, the file on disk (fsync), the row stored.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.bench import harness

LARGE, EQUAL, EQUALS = 1_000_000, 500_000, 6
SQUARED = (25_000, 80_000, 200_000)
PIECES = (2_000, 5_000, 10_000, 20_000, 40_000, 100_000)
TIMES_BARE, SHARE_OF_GAIN = 1.25, 0.95


def run(asked: harness.Asked) -> harness.Report:
    """One large number, equal numbers on one process and on two, and how many digits to convert at once."""
    n, equal = asked.size(LARGE), asked.size(EQUAL)
    report = harness.Report(title=f"{n:,}! with its digits on disk, and {EQUALS} times {equal:,}!")
    with harness.home():
        for processes in (1, 2):
            _ours([1_000, 1_001], processes)
        found = harness.in_turn(
            {
                "bare": partial(_apart, "bare", n),
                "job": partial(_apart, "job", n),
                "machine": partial(_ours, [n], 1),
            },
            asked.repeats,
        )
        gains = harness.in_turn(
            {
                "one bare": partial(_copies, equal, 1),
                "two bare": partial(_copies, equal, 2),
                "ours, one": partial(_ours, [equal] * EQUALS, 1),
                "ours, two": partial(_ours, [equal] * EQUALS, 2),
            },
            asked.repeats,
        )
    pieces = harness.in_turn({f"{piece:,}": partial(_apart, "job", n, piece) for piece in PIECES}, 3)
    squared = {n: harness.in_turn({way: partial(_apart, way, n) for way in ("gmp", "squares")}, 3) for n in SQUARED}
    names = {
        "bare": "gmpy2.fac, digits",
        "job": "the job alone, file written",
        "machine": "Fanout, row stored too",
        "one bare": f"{EQUALS} × {equal:,}!, one bare process",
        "two bare": f"{EQUALS} × {equal:,}!, two bare processes",
        "ours, one": f"{EQUALS} × {equal:,}!, Fanout 1×1",
        "ours, two": f"{EQUALS} × {equal:,}!, Fanout 2×1",
    }
    for name, samples in (found | gains).items():
        report.line(names[name], samples)
    for name, samples in pieces.items():
        report.line(f"{name} digits converted at once", samples)
    for n, ways in squared.items():
        for way, samples in ways.items():
            report.line(f"{n:,}! and its digits by {'GMP' if way == 'gmp' else way}", samples)
    middle = {name: statistics.median(samples) for name, samples in found.items()}
    report.at_most("times bare GMP, whole machine", middle["machine"] / middle["bare"], TIMES_BARE)
    rounds = list(zip(*(gains[name] for name in ("one bare", "two bare", "ours, one", "ours, two")), strict=True))
    bare = statistics.median(one / two for one, two, _, _ in rounds)
    share = statistics.median(ours_one / ours_two / (one / two) for one, two, ours_one, ours_two in rounds)
    report.at_least(f"share of the gain of two bare processes ({bare:.2f}), round by round", share, SHARE_OF_GAIN)
    return report


def _ours(numbers: list[int], processes: int) -> float:
    """Seconds in the whole machine, from submit to the last row."""
    began = time.perf_counter()
    harness.perform("factorial", list(map(str, numbers)), processes=processes, threads=1)
    return time.perf_counter() - began


def _apart(what: str, n: int, piece: int = 0) -> float:
    return float(harness.in_process(__name__, what, n, piece))


def _copies(n: int, processes: int) -> float:
    """Seconds of so many bare processes that share the equal numbers; the slowest counts."""
    with ThreadPoolExecutor(processes) as pool:
        each = [pool.submit(_apart, "batch", n, EQUALS // processes) for _ in range(processes)]
        return max(one.result() for one in each)


def bare(n: int, _piece: int) -> float:
    """Seconds of `fac` and `digits`."""
    import gmpy2

    began = time.perf_counter()
    gmpy2.fac(n).digits()
    return time.perf_counter() - began


def batch(n: int, times: int) -> float:
    """Seconds of the same, so many times."""
    return sum(bare(n, 0) for _ in range(times))


def gmp(n: int, _piece: int) -> float:
    """Seconds of `fac` and `digits`, the best of ten."""
    return min(bare(n, 0) for _ in range(10))


def squares(n: int, _piece: int) -> float:
    """Seconds of the same digits by squares, the best of ten."""
    from jobs.factorial import squares

    def once() -> float:
        began = time.perf_counter()
        squares.factorial(n)
        return time.perf_counter() - began

    return min(once() for _ in range(10))


def job(n: int, piece: int) -> float:
    """Seconds of the job for one number, its file on disk included."""
    import gmpy2  # noqa: F401  (loaded before the clock starts, as in a warm worker)

    import jobs.factorial
    from jobs.factorial import radix

    radix.PIECE_DIGITS = piece or radix.PIECE_DIGITS
    jobs.factorial.factorial(10)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        _keep(jobs.factorial.factorial(n), Path(folder))
        return time.perf_counter() - began


def _keep(row: object, folder: Path) -> None:
    artifact = row["digits_file"]  # type: ignore[index]
    with (folder / artifact.name).open("wb") as file:
        file.writelines(artifact.chunks)
        file.flush()
        os.fsync(file.fileno())


WAYS: dict[str, Callable[[int, int], float]] = {
    "bare": bare,
    "batch": batch,
    "gmp": gmp,
    "squares": squares,
    "job": job,
}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("way", choices=WAYS)
    reader.add_argument("n", type=int)
    reader.add_argument("more", type=int, help="digits at once of a job (0: as it is), numbers of a batch")
    asked = reader.parse_args()
    print(json.dumps(WAYS[asked.way](asked.n, asked.more)))


if __name__ == "__main__":
    main()
