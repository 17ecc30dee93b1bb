"""Fixtures for every test: a home of its own, and a copy of the project that a test may change."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime.core import channel, people
from tests.support.machine import machine  # noqa: F401  (a fixture)
from tests.support.processes import PROJECT, Python, end_processes_of, run_python
from tests.support.stage import stage  # noqa: F401  (a fixture)

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Set in many containers; then each runner and worker that a test starts would compile all it loads again."""

PARTS = ("jobs", "data", "README.md", "streamlit_app.py", "requirements.txt", ".streamlit", "pyproject.toml")


@pytest.fixture(autouse=True)
def own_front_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom this process acts for, and by which way: a test that makes it the page's server does so for itself alone."""
    monkeypatch.setattr(people, "_otherwise", people._otherwise)
    monkeypatch.setattr(channel, "_usual", list(channel._usual))


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
