"""Whoever is given a file, page, command line or API, has it read by a process that does nothing else and ends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import client
from jobs.runtime.cli import main
from tests.api.conftest import Program
from tests.support.machine import Machine
from tests.support.processes import PROJECT

TELLING = '''
"""A job whose key notes by whom its items are read."""
import os, sys
from pathlib import Path
from jobs import job

def key(text):
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    with (Path(__file__).parent / "readers").open("a") as told:
        print(os.getpid(), os.getppid(), spec.name if spec else "", file=told)
    return text

@job(bound="io", key=key)
def telling(text: str) -> str:
    return text
'''
LIST = b"text,note\na,1\nb,2\n"
READER = "jobs.runtime.reader.main"


@pytest.fixture
def folder(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the job lies, and a file for it."""
    place = tmp_path / "telling"
    place.mkdir()
    (place / "telling.py").write_text(TELLING, "utf-8")
    (place / "list.csv").write_bytes(LIST)
    monkeypatch.setenv("JOBS_PATH", str(place))
    return place


def by_the_page(_folder: Path, _program: Program) -> None:
    app = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=60)
    app.query_params["job"] = "telling"
    app.run()
    app.file_uploader(key="file:telling").set_value(("list.csv", LIST, "text/csv"))
    assert not app.run().exception
    assert "list.csv" in str(app.session_state["preflight"])


def by_check(folder: Path, _program: Program) -> None:
    assert main.main(["check", "telling", str(folder / "list.csv")]) == 0


def by_run(folder: Path, _program: Program) -> None:
    assert main.main(["run", "telling", str(folder / "list.csv"), "--detach"]) == 0
    client.wait(client.runs()[0].id, 60)


def by_the_api(_folder: Path, program: Program) -> None:
    files = {"run": (None, json.dumps({"job": "telling"})), "file": ("list.csv", LIST)}
    assert program("POST", "/check", files=files).json()["rows"] == 2


@pytest.mark.parametrize("give", [by_the_page, by_check, by_run, by_the_api])
def test_a_file_is_read_by_a_process_that_does_nothing_else(
    give: Callable[[Path, Program], None], folder: Path, program: Program
) -> None:
    give(folder, program)

    told = [line.split() for line in (folder / "readers").read_text().splitlines()]
    assert not [line for line in told if int(line[0]) == os.getpid()]
    readers = [(int(process), int(parent)) for process, parent, *module in told if module == [READER]]
    assert len(readers) >= 2
    assert {parent for _, parent in readers} == {os.getpid()}
    assert not any(psutil.pid_exists(process) for process, _ in readers)
