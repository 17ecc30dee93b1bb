"""The first file of a new job: it runs, and nothing is written over."""

from __future__ import annotations

import builtins
import keyword
from pathlib import Path

import pytest

import jobs
from jobs.runtime import catalog, client
from jobs.runtime.client.new_job import folder_of_new_jobs
from jobs.runtime.core.errors import Refused


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder of JOBS_PATH, not made yet, with a space in its name."""
    monkeypatch.setattr(jobs, "__path__", list(jobs.__path__))
    place = tmp_path / "my jobs" / "first"
    monkeypatch.setenv("JOBS_PATH", f"{place}:{tmp_path / 'second'}")
    return place


@pytest.mark.parametrize("name", ["word_count", "a", "text", "letters", "match", "x" * 60])
def test_a_new_job_is_found_and_counts(folder: Path, name: str) -> None:
    path = client.new_job(name)

    job = catalog.find().job(name)
    assert path == folder / f"{name}.py"
    assert job.title == "Count the letters and words of a text"
    assert job.function("to be, or not", least=3) == {"letters": 9, "words": 2}
    assert [column.name for column in client.columns(name, {})] == ["letters", "words"]


def test_a_file_that_exists_is_left_as_it_is(folder: Path) -> None:
    client.new_job("word_count").write_text("mine", "utf-8")

    with pytest.raises(Refused, match="word_count is taken"):
        client.new_job("word_count")

    assert (folder / "word_count.py").read_text("utf-8") == "mine"


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to(path.parent / "nowhere")])
def test_whatever_has_its_name_is_left_as_it_is(folder: Path, make) -> None:
    folder.mkdir(parents=True)
    place = folder / ("word_count.py" if make is not Path.mkdir else "word_count")
    make(place)
    before = place.lstat()

    with pytest.raises(Refused, match="word_count"):
        client.new_job("word_count")

    assert place.lstat() == before


@pytest.mark.parametrize(
    "name", ["", "Words", "2nd", "word-count", "word count", "../x", "/x", "a.py", "é", "_a", "x" * 61, "a\n"]
)
def test_a_name_that_is_none_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(Refused, match="is no name for a job"):
        client.new_job(name)

    assert not folder.exists()


@pytest.mark.parametrize("name", [*keyword.kwlist, *(name for name in dir(builtins) if name.islower())])
def test_a_word_of_python_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(Refused):
        client.new_job(name)


@pytest.mark.parametrize(
    "name", ["scrape", "factorial", "runtime", "ui", "demos", "demo_wait", "job", "pace", "compute"]
)
def test_a_name_that_is_taken_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(Refused, match="is taken"):
        client.new_job(name)


def test_a_folder_that_cannot_be_written_is_a_sentence(folder: Path) -> None:
    folder.parent.write_text("a file", "utf-8")

    with pytest.raises(Refused, match=r"cannot be written .*JOBS_PATH"):
        client.new_job("word_count")


def test_a_checkout_has_its_new_jobs_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_PATH", "")

    assert folder_of_new_jobs() == Path(jobs.__path__[0])
