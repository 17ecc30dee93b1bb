"""Processes that tests start and end, and a runner that a test plays."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from jobs.runtime import catalog
from jobs.runtime.core import settings
from jobs.runtime.home.runner_lock import RunnerLock
from jobs.runtime.store import epochs
from jobs.runtime.store.connection import Store

PROJECT = Path(__file__).resolve().parents[2]
Python = Callable[..., "subprocess.CompletedProcess[str]"]


def run_python(*arguments: str, cwd: Path = PROJECT, given: str = "", timeout: float = 60, **environment: str):
    """What a fresh interpreter printed, as UTF-8, and its exit code. Upper-case keywords are environment variables."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        input=given,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def end_processes_of(place: Path) -> None:
    """Kill the processes whose JOBS_HOME is this folder: a runner and its workers, and nobody else's."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("JOBS_HOME") == str(place):
                process.kill()


def play_the_runner(store: Store, held: RunnerLock) -> None:
    """Be the live runner of a home, one that does nothing."""
    assert held.take(0)
    with store.write() as db:
        epochs.take_over(
            db,
            pid=os.getpid(),
            started_at=time.time(),
            clock_offset=0.0,
            code_hash=catalog.code_hash(),
            settings=settings.of_runner(),
        )
