"""The same no-op through others: `python -m tests.bench.peers NAME ITEMS` prints items a second, warm."""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import harness


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another way to run many small things: its module, how many items suffice to measure it, what it guarantees."""

    module: str
    items: int
    guarantees: str


PEERS = {
    "joblib, 2 processes": Peer(
        module="joblib", items=50_000, guarantees="in memory; batches the calls; a dead worker ends the whole call"
    ),
    "concurrent.futures, 2 processes": Peer(
        module="concurrent.futures", items=10_000, guarantees="in memory; a dead worker ends the whole pool"
    ),
    "concurrent.futures, 32 threads": Peer(
        module="concurrent.futures", items=20_000, guarantees="in memory; a crash ends everything"
    ),
    "Dask local cluster, 2 processes": Peer(
        module="distributed", items=1_000, guarantees="in memory; lost work is computed again while the scheduler lives"
    ),
    "huey with SQLite, 2 threads": Peer(
        module="huey", items=1_000, guarantees="queue and results in SQLite; what a dead worker held is lost"
    ),
}


def rate(name: str, scale: float) -> float:
    """Items a second of a peer, in a process of its own."""
    return float(harness.in_process(__name__, name, max(100, int(PEERS[name].items * scale))))


def nothing(text: str) -> str:
    return text


def with_joblib(items: int) -> float:
    import joblib  # type: ignore[import-untyped]

    with joblib.Parallel(n_jobs=2) as parallel:
        parallel(joblib.delayed(nothing)("x") for _ in range(1_000))
        return _timed(items, lambda: parallel(joblib.delayed(nothing)("x") for _ in range(items)))


def with_processes(items: int) -> float:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as pool:
        list(pool.map(nothing, ["x"] * 100))
        return _timed(items, lambda: [one.result() for one in [pool.submit(nothing, "x") for _ in range(items)]])


def with_threads(items: int) -> float:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(nothing, ["x"] * 100))
        return _timed(items, lambda: [one.result() for one in [pool.submit(nothing, "x") for _ in range(items)]])


def with_dask(items: int) -> float:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        client.gather(client.map(nothing, range(100), pure=False))
        return _timed(items, lambda: client.gather(client.map(nothing, ["x"] * items, pure=False)))


def with_huey(items: int) -> float:
    from huey import SqliteHuey  # type: ignore[import-untyped]

    with tempfile.TemporaryDirectory() as folder:
        app = SqliteHuey(filename=str(Path(folder) / "huey.db"))
        task = app.task()(nothing)
        consumer = app.create_consumer(workers=2, initial_delay=0.001, max_delay=0.001, periodic=False)
        threading.Thread(target=consumer.run, daemon=True).start()
        task("x").get(blocking=True, timeout=30)
        seconds = _timed(items, lambda: [one(blocking=True, timeout=600) for one in [task("x") for _ in range(items)]])
        consumer.stop(graceful=True)
        return seconds


WAYS: dict[str, Callable[[int], float]] = dict(
    zip(PEERS, (with_joblib, with_processes, with_threads, with_dask, with_huey), strict=True)
)


def _timed(items: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return items / (time.perf_counter() - began)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("name", choices=WAYS)
    reader.add_argument("items", type=int)
    asked = reader.parse_args()
    print(json.dumps(WAYS[asked.name](asked.items)), flush=True)


if __name__ == "__main__":
    main()
