"""The pool started and ended again and again, from a process whose other threads hold locks."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jobs.runtime import catalog
from jobs.runtime.core.records import Column
from jobs.runtime.runner.pool.pool import WorkerPool
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.worker import messages
from jobs.runtime.worker.slot_table import spawn_context
from tests.support.machine import until

HELD = '''"""A job whose import ends only when it is told to, in the process that starts the workers."""
import multiprocessing, threading
from jobs import job
if multiprocessing.parent_process() is None:
    threading.current_thread().importing.set()
    threading.current_thread().over.wait()
@job(bound="cpu")
def held(text: str) -> str: return text
'''

TERMS = messages.Begin(
    run="aa01", owner="admin", params="{}", columns=[Column(name="result", type="str")], deadline=None, attempts=1
)


class Importer(threading.Thread):
    """Holds the import lock of the job `held` until it is over; a forked worker would wait for that lock for ever."""

    def __init__(self) -> None:
        super().__init__(name="importer")
        self.importing, self.over = threading.Event(), threading.Event()

    def run(self) -> None:
        importlib.import_module("jobs.held")


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Importer]:
    (tmp_path / "held.py").write_text(HELD)
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))
    catalog.extend_path()
    importer = Importer()
    importer.start()
    assert importer.importing.wait(20)
    yield importer
    importer.over.set()
    importer.join()
    del sys.modules["jobs.held"]
    monkeypatch.undo()
    catalog.extend_path()


@pytest.fixture
def serving() -> Iterator[None]:
    """Threads that are always in the midst of something, as those of a server are: at memory, text, and each other."""
    over, lock = threading.Event(), threading.Lock()

    def serve() -> None:
        while not over.wait(0.001):
            with lock:
                str(list(range(2_000))).encode()

    threads = [threading.Thread(target=serve) for _ in range(3)]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join()


def listen(workers: WorkerPool, kind: type, pool: list[WorkerHandle]) -> None:
    """Wait until each of the pool has said a message of this kind."""
    said: set[WorkerHandle] = set()

    def all_have() -> bool:
        heard = workers.wait(0.1)
        assert not heard.died
        said.update(speaker for speaker, message in heard.messages if isinstance(message, kind))
        return said >= set(pool)

    until(all_have)


@contextlib.contextmanager
def pool_of_two(home: Path) -> Iterator[tuple[WorkerPool, list[WorkerHandle]]]:
    workers = WorkerPool(home, memory=0)
    try:
        pool = [workers.take("held", 2, time.monotonic())[0] for _ in range(2)]
        listen(workers, messages.Ready, pool)
        yield workers, pool
    finally:
        workers.close()


@pytest.mark.slow
@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize("times", [15, pytest.param(100, marks=pytest.mark.soak)])
def test_f12_a_pool_is_started_many_times_beside_threads_that_hold_locks(
    importer: Importer, tmp_path: Path, times: int
) -> None:
    pids: set[int] = set()
    for _ in range(times):
        with pool_of_two(tmp_path) as (workers, pool):
            for worker in pool:
                workers.send(worker, TERMS)
                workers.give(worker, [Entry(position=1, cell="x")])
            listen(workers, messages.Answers, pool)
            pids.update(worker.pid for worker in pool)

    assert importer.is_alive()
    assert len(pids) == 2 * times
    assert not any(child.pid in pids for child in psutil.Process().children())


@pytest.mark.usefixtures("importer")
def test_f12_workers_are_interpreters_of_their_own_and_no_forks(tmp_path: Path) -> None:
    with pool_of_two(tmp_path) as (_, pool):
        commands = [psutil.Process(worker.pid).cmdline() for worker in pool]

    assert spawn_context().get_start_method() == "spawn"
    assert all("spawn_main" in " ".join(command) for command in commands)
