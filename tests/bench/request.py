"""How many requests a second, one for each row, beside `requests` in a pool of threads, which keeps nothing?

A server on the loopback answers 500 bytes at once; each of ours is templated, guarded, timed and stored.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import requests

from tests.bench import harness, site

ROWS, BYTES, THREADS = 3_000, 500, 32
POOLS = ((1, 32), (2, 16))


def run(asked: harness.Asked) -> harness.Report:
    """Ours in two pools and the threads, in turn."""
    rows = asked.size(ROWS)
    report = harness.Report(title=f"requests a second, {rows:,} rows, {BYTES} bytes each, from the loopback")
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"), site.started(size=BYTES) as port:
        contenders = {f"Fanout {pool[0]}×{pool[1]}": partial(_ours, port, pool, rows) for pool in POOLS}
        contenders["requests in 32 threads"] = partial(_threads, port, rows)
        for pool in POOLS:
            _ours(port, pool, THREADS)
        found = harness.in_turn(contenders, asked.repeats)
    for name, samples in found.items():
        kept = (
            "every answer in SQLite, kept through kill -9" if "Fanout" in name else "a session a thread; nothing kept"
        )
        report.line(name, samples, "/s", kept)
    return report


def _ours(port: int, pool: tuple[int, int], rows: int) -> float:
    from jobs.runtime.core import row_cells

    cells = [row_cells.encode({"n": str(n)}) for n in range(rows)]
    params = {"url": f"http://127.0.0.1:{port}/page/{{n}}", "answer_chars": 1_000}
    done = harness.perform(
        "request", cells, processes=pool[0], threads=pool[1], deadline=30.0, look=0.02, params=params
    )
    return rows / done.seconds(0)


def _threads(port: int, rows: int) -> float:
    return float(harness.in_process(__name__, port, rows))


def main() -> None:
    """The threads, in a process of their own."""
    reader = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    reader.add_argument("port", type=int)
    reader.add_argument("rows", type=int)
    asked = reader.parse_args()
    here = threading.local()

    def ask(number: int) -> int:
        if not hasattr(here, "session"):
            here.session = requests.Session()
        return len(here.session.get(f"http://127.0.0.1:{asked.port}/page/{number}", timeout=30).content)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, range(THREADS)))
        began = time.perf_counter()
        list(pool.map(ask, range(asked.rows)))
        print(json.dumps(asked.rows / (time.perf_counter() - began)))


if __name__ == "__main__":
    main()
