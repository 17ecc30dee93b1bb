"""A machine of one's own for each test: a home, the jobs of tests/support/jobs, and a runner that is ended after."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core.records import LOCAL, Item, Limits, Outcome, Pool, Run, RunState, Table
from jobs.runtime.home import runner_lock
from jobs.runtime.store import epochs
from jobs.runtime.store.connection import FILE
from tests.support.processes import end_processes_of

JOBS = Path(__file__).parent / "jobs"
ONCE = Limits(attempts=1, deadline=None, at_once=None, pause=0)


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something holds; fail when it does not in time."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.01)


def stays(condition: Callable[[], object], seconds: float) -> None:
    """See that something goes on to hold; fail at the first look at which it does not."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        assert condition(), "it did not stay so"
        time.sleep(0.02)


def lives(process: psutil.Process) -> bool:
    """Whether a process goes on; one that ends while it is looked at does not."""
    try:
        return process.is_running() and process.status() != "zombie"
    except psutil.NoSuchProcess:
        return False


def unstored(run_id: str = "aa01", *, job: str = "noop", limits: Limits = ONCE) -> Run:
    """A run of texts as it is before it is stored."""
    return Run(
        id=run_id,
        job=job,
        name="a run",
        state=RunState.SUBMITTING,
        items=0,
        pool=Pool(processes=1, threads=1),
        limits=limits,
        table=Table(item_column="text"),
        submitted_at=time.time(),
    )


class Machine:
    """A home with its runner, as a test drives it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.on = LOCAL

    def submit(
        self,
        cells: list[str],
        job: str = "act",
        *,
        pool: tuple[int, int] = (1, 4),
        attempts: int = 3,
        deadline: float | None = 30.0,
        at_once: int | None = None,
        pause: float = 0.0,
        **more: object,
    ) -> Run:
        return client.submit(
            job,
            [Item(cell=cell) for cell in cells],
            pool=Pool(processes=pool[0], threads=pool[1]),
            limits=Limits(attempts=attempts, deadline=deadline, at_once=at_once, pause=pause),
            **{"on": self.on, **more},  # type: ignore[arg-type]
        )

    def submit_only(self, cells: list[str], job: str = "act", **options: object) -> Run:
        """Submit without a runner: none is started, and none is rung for."""
        started = client.submission.see_to_runner, client.submission.wake_runner  # type: ignore[attr-defined]
        client.submission.see_to_runner = lambda: ""  # type: ignore[attr-defined]
        client.submission.wake_runner = lambda: None  # type: ignore[attr-defined]
        try:
            return self.submit(cells, job, **options)  # type: ignore[arg-type]
        finally:
            client.submission.see_to_runner, client.submission.wake_runner = started  # type: ignore[attr-defined]

    def move_to(self, home: Path) -> None:
        """Use another home from here on."""
        os.environ["JOBS_HOME"] = str(home)  # the fixture's monkeypatch restores it
        self.home = home

    def end(self) -> None:
        """End the runner and its workers."""
        end_processes_of(self.home)

    def finish(self, run: Run, seconds: float = 60.0) -> Run:
        ended = client.wait(run.id, seconds, step=0.01)
        assert ended.state.terminal, (ended.state, client.events(run.id, 20), self.log())
        return ended

    def outcomes(self, run: Run) -> list[Outcome]:
        found = [outcome for _, _, outcome in client.rows(run.id, 1, run.items)]
        assert None not in found
        return [outcome for outcome in found if outcome is not None]

    def perform(self, cells: list[str], job: str = "act", **options: object) -> list[Outcome]:
        run = self.finish(self.submit(cells, job, **options))  # type: ignore[arg-type]
        assert run.state == "finished", run.error
        return self.outcomes(run)

    def runner_pid(self) -> int:
        """The process of the runner that took over last; one that holds the lock may not have entered itself yet."""

        def entered() -> int | None:
            with client.runner_process.store().read() as db:  # type: ignore[attr-defined]
                return epochs.runner(db).pid

        until(entered)
        return entered() or 0

    def workers(self) -> list[psutil.Process]:
        """The worker processes that are alive."""
        found = []
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.runner_pid()).children():
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
        return found

    def kill_runner(self) -> None:
        """Kill the runner, also one that has the lock and has not entered itself yet."""

        def killed() -> bool:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.runner_pid(), signal.SIGKILL)
            return not runner_lock.alive(self.home)

        until(killed)

    def sql(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.home / FILE) as db:
            found = db.execute(query).fetchall()
        db.close()
        return found

    def check_books(self, run: Run) -> None:
        """One outcome for each item of a run, counters that equal the rows, a file that is whole."""
        assert self.sql("PRAGMA integrity_check") == [("ok",)]
        number, ok, failed, cancelled = self.sql(
            f"SELECT number, ok, failed, cancelled FROM runs WHERE id = '{run.id}'"
        )[0]
        of_run = f"FROM outcomes WHERE run = {number}"
        stored = self.sql(f"SELECT count(*), count(DISTINCT position), min(position), max(position) {of_run}")
        assert stored == [(run.items, run.items, 1, run.items)]
        rows = self.sql(f"SELECT total(state='ok'), total(state='failed'), total(state='cancelled') {of_run}")
        assert rows == [(ok, failed, cancelled)]
        assert self.sql(f"SELECT total(count) FROM codes WHERE run = {number}") == [(run.items,)]

    def log(self) -> str:
        path = client.log_path()
        return path.read_text() if path.exists() else ""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    home = tmp_path / "home"
    monkeypatch.setenv("JOBS_HOME", str(home))
    monkeypatch.setenv("JOBS_PATH", str(JOBS))
    monkeypatch.setenv("JOBS_IDLE", "20")
    yield Machine(home)
    end_processes_of(home)


__all__ = ["Machine", "Table", "stays", "until"]
