"""A cluster of plain processes on this machine, and who of it lives."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client
from tests.support.machine import Machine, until


class Cluster:
    """Agents and workers of one test, by their folders."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if str(self.scratch) in process.cwd() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def workers(self) -> list[psutil.Process]:
        return [one for one in self.processes() if _runs(one, "spawn_main")]

    def agents(self) -> list[psutil.Process]:
        return [one for one in self.processes() if _runs(one, "The first words of an agent")]

    def check_nothing_is_left(self) -> None:
        until(lambda: not self.processes(), 30)
        until(lambda: not list(self.scratch.glob("*fanout-agent-*")), 30)


def _runs(process: psutil.Process, words: str) -> bool:
    with contextlib.suppress(psutil.Error):
        return words in " ".join(process.cmdline())
    return False


@pytest.fixture
def cluster(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Two places, for the machine of this test, whose runs go there."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("JOBS_CLUSTER", "processes://2")
    machine.on = "cluster"
    here = Cluster(scratch)
    yield here
    machine.end()
    until(lambda: not here.processes(), 30)


@pytest.fixture
def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "certificates"
    client.make_certificates(folder)
    monkeypatch.setenv("JOBS_CLUSTER_CERTIFICATES", str(folder))
    return folder
