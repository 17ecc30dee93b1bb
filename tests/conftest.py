"""Fixtures for every test: a home of its own, and a copy of the project that a test may change."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jobs.runtime import catalog, settings
from jobs.runtime.presence import Presence
from jobs.runtime.store import epochs
from jobs.runtime.store.connection import Store

PROJECT = Path(__file__).resolve().parents[1]
PARTS = ("jobs", "data", "README.md", "streamlit_app.py", "requirements.txt", ".streamlit", "pyproject.toml")
Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A JOBS_HOME of this test's own; a runner that it started there is ended at the end."""
    place = tmp_path / "home"
    monkeypatch.setenv("JOBS_HOME", str(place))
    monkeypatch.setenv("JOBS_IDLE", "20")
    yield place
    end_processes_of(place)


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A copy of the project without what runs left behind; its folder has a space in its name."""
    copy = tmp_path / "a copy"
    copy.mkdir()
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__", "runs"))
        elif source.exists():
            shutil.copy(source, copy / part)
    return copy


@pytest.fixture
def python() -> Python:
    """Run this Python in a folder (the project's by default) and wait: `python("-m", "jobs", "list", cwd=copy)`."""
    return run_python


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


def play_the_runner(store: Store, held: Presence) -> None:
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
