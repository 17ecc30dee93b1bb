"""How much disk the files of items take."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jobs.runtime.home import artifacts
from jobs.runtime.job.decorator import Artifact


def written(home: Path, run: str, stem: str, size: int) -> Path:
    return home / artifacts.write(home, run, stem, Artifact("digits.txt", [b"7" * size]))


def long_ago(folder: Path) -> None:
    os.utime(folder, (1_700_000_000, 1_700_000_000))


def test_the_size_follows_files_that_come_and_go(tmp_path: Path) -> None:
    first = written(tmp_path, "a", "1-1", 100)
    written(tmp_path, "b", "1-1", 1_000)
    for run in ("a", "b"):
        long_ago(artifacts.folder(tmp_path, run))
    assert artifacts.size(tmp_path) == 1_100

    written(tmp_path, "a", "2-1", 10)
    assert (artifacts.size(tmp_path, "a"), artifacts.size(tmp_path)) == (110, 1_110)

    first.unlink()
    artifacts.remove(tmp_path, "b")
    assert (artifacts.size(tmp_path, "b"), artifacts.size(tmp_path)) == (0, 10)


def test_the_disk_is_waited_for_by_who_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    name = written(tmp_path, "a", "1-1", 100).name
    assert not synced

    assert artifacts.sync(tmp_path, "a", [name]) == ""
    assert len(synced) == 1


@pytest.mark.parametrize("name", ["1-1-none.txt", "../b/1-1-digits.txt"])
def test_a_file_that_is_not_there_or_not_of_the_run_will_not_stay(tmp_path: Path, name: str) -> None:
    written(tmp_path, "a", "1-1", 100)
    written(tmp_path, "b", "1-1", 100)

    assert artifacts.sync(tmp_path, "a", [name]).startswith(f"the file {name} could not be written: ")


def test_a_folder_in_which_nothing_moves_is_counted_once(tmp_path: Path) -> None:
    path = written(tmp_path, "a", "1-1", 100)
    long_ago(path.parent)
    assert artifacts.size(tmp_path) == 100

    path.write_bytes(b"no job writes into a file that is there already")

    assert artifacts.size(tmp_path) == 100


@pytest.mark.parametrize("many", [1, 2, 12])
def test_a_file_that_is_taken_over_again_and_again_keeps_its_name(tmp_path: Path, many: int) -> None:
    columns = [f"file{number}" for number in range(many)]
    cells = {
        column: artifacts.write(
            tmp_path, "run0", artifacts.file_stem(7, 1, column, columns), Artifact(f"3-{number}-a.txt", [column])
        )
        for number, column in enumerate(columns)
    }

    for generation in range(1, 4):
        row = artifacts.taken_over(tmp_path, json.dumps(cells), columns, f"run{generation}", 20 + generation)
        assert row is not None
        cells = json.loads(row)

    for number, column in enumerate(columns):
        stem = artifacts.file_stem(23, 0, column, columns)
        assert cells[column] == f"artifacts/run3/{stem}-3-{number}-a.txt"
        assert (tmp_path / cells[column]).read_text("ascii") == column
