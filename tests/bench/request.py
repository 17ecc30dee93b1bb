"""How many requests a second, one for each row, beside `requests` in a pool of threads, which keeps nothing, and beside
`minet fetch` where PATH has it (its packages are others than ours: `python -m venv` of its own), which writes a CSV?

A server on the loopback answers 500 bytes at once; each of ours is templated, guarded, timed and stored.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import requests

from tests.bench import harness, site

ROWS, BYTES, THREADS = 3_000, 500, 32
POOLS = ((1, 32), (2, 16))
KEPT = {
    "Fanout": "every answer in SQLite, kept through kill -9",
    "requests": "a session a thread; nothing kept",
    "minet": "a CSV with the answers, written as they come",
}


def run(asked: harness.Asked) -> harness.Report:
    """Ours in two pools and the others, in turn."""
    rows = asked.size(ROWS)
    report = harness.Report(title=f"requests a second, {rows:,} rows, {BYTES} bytes each, from the loopback")
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"), site.started(size=BYTES) as port:
        contenders = {f"Fanout {pool[0]}×{pool[1]}": partial(_ours, port, pool, rows) for pool in POOLS}
        contenders["requests in 32 threads"] = partial(_threads, port, rows)
        if minet := shutil.which("minet"):
            contenders["minet fetch, 32 threads"] = partial(_minet, minet, port, rows)
        for pool in POOLS:
            _ours(port, pool, THREADS)
        found = harness.in_turn(contenders, asked.repeats)
    for name, samples in found.items():
        report.line(name, samples, "/s", KEPT[name.partition(" ")[0]])
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


def _minet(program: str, port: int, rows: int) -> float:
    """What it takes for all of them beyond what it takes for one."""

    def seconds(count: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder, "rows.csv")
            table.write_text("url\n" + "".join(f"http://127.0.0.1:{port}/page/{n}\n" for n in range(count)))
            asked = [program, "fetch", "url", "-i", str(table), "-o", str(table.with_name("out.csv")), "--silent"]
            options = ["-t", str(THREADS), "--domain-parallelism", str(THREADS), "--throttle", "0", "-c"]
            began = time.perf_counter()
            subprocess.run([*asked, *options], cwd=folder, check=True, capture_output=True, timeout=600)
            seconds = time.perf_counter() - began
            assert table.with_name("out.csv").read_text().count("\n") > count
            return seconds

    return rows / (seconds(rows) - seconds(1))


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
