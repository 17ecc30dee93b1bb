"""Outcomes that name files are stored when these are on the disk."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime.home import artifacts
from jobs.runtime.job.decorator import Artifact
from jobs.runtime.runner import file_sync
from jobs.runtime.runner.file_sync import FileSync
from jobs.runtime.runner.run_buffers import RunBuffers
from jobs.runtime.store.outcomes import OutcomeRow
from tests.support.machine import until

OUTCOME = OutcomeRow(1, "ok", "", "", "", "{}", 1)


class Disk:
    """A disk that writes nothing down until it is let."""

    def __init__(self, home: Path) -> None:
        self.selector, self.free = selectors.DefaultSelector(), threading.Event()
        self.sync = FileSync(home, self.selector)
        self.error: OSError | None = None

    def fsync(self, _: int) -> None:
        assert self.free.wait(30)
        if self.error is not None:
            raise self.error

    def wakes(self) -> None:
        ((key, _),) = self.selector.select(30)
        key.data()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    found = Disk(tmp_path)
    monkeypatch.setattr(os, "fsync", found.fsync)
    yield found
    found.free.set()
    found.sync.close()
    found.selector.close()


def buffers(disk: Disk, home: Path) -> RunBuffers:
    """Of a run whose first item has written a file."""
    reference = artifacts.write(home, "run", "1-1", Artifact("digits.txt", [b"7"]))
    found = RunBuffers(1, disk.sync)
    found.add(OUTCOME, "run", [reference.rpartition("/")[2]])
    return found


def test_an_outcome_waits_for_its_file_and_those_without_do_not(disk: Disk, tmp_path: Path) -> None:
    waiting = buffers(disk, tmp_path)
    assert waiting
    assert not waiting.storable
    waiting.add(OUTCOME._replace(position=2), "run", [])
    assert waiting.storable
    assert [outcome.position for outcome in waiting.outcomes] == [2]
    waiting.forget()
    disk.free.set()
    disk.wakes()

    until(lambda: waiting.storable)
    waiting.take_synced()
    assert waiting.outcomes == [OUTCOME]
    waiting.forget()
    assert not waiting


def test_an_item_whose_file_the_disk_does_not_keep_has_failed(disk: Disk, tmp_path: Path) -> None:
    disk.error = OSError(28, "No space left on device")
    waiting = buffers(disk, tmp_path)
    disk.free.set()
    waiting.settle()

    (outcome,) = waiting.outcomes
    assert (outcome.state, outcome.code, outcome.row) == ("failed", "unencodable", None)
    assert outcome.error == "the file 1-1-digits.txt could not be written: No space left on device"


def test_the_disk_is_behind_while_too_many_wait_for_it(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_sync, "MOST_WAITING", 2)
    waiting = [buffers(disk, tmp_path) for _ in range(2)]
    assert not disk.sync.is_behind
    waiting.append(buffers(disk, tmp_path))
    assert disk.sync.is_behind
    disk.free.set()

    until(lambda: not disk.sync.is_behind)


def test_an_outcome_whose_file_comes_to_the_disk_while_it_is_looked_is_stored(disk: Disk, tmp_path: Path) -> None:
    waiting, asked = buffers(disk, tmp_path), iter((False, True, True))

    class Arriving:
        done, result = staticmethod(lambda: next(asked)), staticmethod(lambda: "")

    waiting._unsynced = [(Arriving(), OUTCOME)]  # type: ignore[list-item]

    waiting.take_synced()
    assert waiting.storable
    waiting.take_synced()
    assert waiting.outcomes == [OUTCOME]
