"""Files that agents leave in a home that their machine has too."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import make_folder
from jobs.runtime.home import artifacts, shared_files
from jobs.runtime.job.decorator import Artifact


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A home with the word."""
    home = tmp_path / "home"
    make_folder(home)
    shared_files.begin(home, "word")
    return home


def test_a_file_of_an_agent_becomes_one_of_the_run(shared: Path) -> None:
    place = shared_files.join(shared, "word")
    assert place is not None
    reference = artifacts.write(place, "run", "1-1", Artifact("a.txt", ["whole"]))
    assert artifacts.written(place) == [("run", "1-1-a.txt")]

    shared_files.take(shared, place.name, "run", "1-1-a.txt")

    assert (shared / reference).read_text() == "whole"
    assert artifacts.written(place) == []


def test_a_home_with_another_word_or_none_is_another_home(shared: Path, tmp_path: Path) -> None:
    assert shared_files.join(shared, "another") is None
    assert shared_files.join(shared, "wor") is None
    assert shared_files.join(tmp_path / "none", "word") is None

    shared_files.end(shared)
    assert shared_files.join(shared, "word") is None


def test_what_an_agent_writes_when_it_was_given_up_changes_nothing(shared: Path) -> None:
    place = shared_files.join(shared, "word")
    assert place is not None
    artifacts.write(shared, "run", "1-1", Artifact("a.txt", ["stored"]))
    artifacts.write(place, "run", "1-1", Artifact("a.txt", ["late"]))
    shared_files.leave(shared, place.name)

    with pytest.raises(OSError, match="No such file"):
        shared_files.take(shared, place.name, "run", "1-1-a.txt")
    assert (artifacts.folder(shared, "run") / "1-1-a.txt").read_text() == "stored"


@pytest.mark.parametrize("agent", ["..", "", "../artifacts", "."])
def test_an_agent_that_names_a_folder_elsewhere_is_refused(shared: Path, agent: str) -> None:
    with pytest.raises(StoreError):
        shared_files.take(shared, agent, "run", "1-1-a.txt")
