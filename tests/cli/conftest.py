"""The command line, called in this process over a store of the module's own, with a runner that really runs."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import jobs
from jobs.runtime.cli import main
from tests.support.processes import PROJECT, end_processes_of

JOBS = Path(__file__).with_name("jobs_of_tests")
TORN = '''"""A job that its author has not finished."""

from jobs import job


def torn(text: str) -> str
    return text
'''


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


class Terminal(io.StringIO):
    """A person at a keyboard."""

    def isatty(self) -> bool:
        """They are there."""
        return True


class Fanout:
    """`fanout("run", "echo", "--item", "a")`, in this process; `start` begins one in a process of its own."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.home, self._capture = home, capture

    def __call__(self, *words: str) -> Done:
        self._capture.readouterr()
        code = main.main(list(words))
        out, err = self._capture.readouterr()
        return Done(code=code, out=out, err=err)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "jobs", *words],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 (a shell may have it ignored)
        )


@pytest.fixture(scope="module")
def cli_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A JOBS_HOME for all tests of a module, with the jobs of these tests beside the project's own."""
    place = tmp_path_factory.mktemp("cli") / "home"
    folder = shutil.copytree(JOBS, place.with_name("jobs"), ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "torn.py").write_text(TORN, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "__path__", list(jobs.__path__))
        patch.setenv("JOBS_HOME", str(place))
        patch.setenv("JOBS_PATH", str(folder))
        patch.setenv("JOBS_IDLE", "30")
        yield place
    end_processes_of(place)


@pytest.fixture
def fanout(cli_home: Path, capsys: pytest.CaptureFixture[str]) -> Fanout:
    """The command line over the module's store."""
    return Fanout(cli_home, capsys)
