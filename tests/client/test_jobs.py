"""The jobs there are: what each is tried with, and what its files are, as its mark says."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import Refused

SOURCE = '''"""A job of one's own."""
from jobs import Files, Sample, job

@job(bound="cpu"{said})
def own(n: int) -> int:
    return n
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))
    return tmp_path


def define(folder: Path, said: str = "") -> None:
    (folder / "own.py").write_text(SOURCE.format(said=said), "utf-8")


def test_a_sample_lies_beside_the_module_under_the_name_of_the_job(folder: Path) -> None:
    define(folder)
    (folder / "own.csv").write_text("1\n", "utf-8")

    assert client.sample("own") == client.sample("own", measured=True) == folder / "own.csv"


def test_a_sample_is_the_file_that_the_mark_names(folder: Path) -> None:
    define(folder, ', sample=Sample(file="few.csv", measured="many.csv")')
    for name in ("own.csv", "few.csv", "many.csv"):
        (folder / name).write_text("1\n", "utf-8")

    assert client.sample("own") == folder / "few.csv"
    assert client.sample("own", measured=True) == folder / "many.csv"


def test_what_is_measured_is_the_sample_where_its_file_is_missing(folder: Path) -> None:
    define(folder, ', sample=Sample(file="few.csv", measured="many.csv")')
    (folder / "few.csv").write_text("1\n", "utf-8")

    assert client.sample("own", measured=True) == folder / "few.csv"


SEVERAL = """, sample=(
    Sample(name="few", title="A few", file="few.csv", params={}),
    Sample(name="many", file="many.csv"),
)"""


def test_of_several_samples_the_first_is_taken_or_the_one_named(folder: Path) -> None:
    define(folder, SEVERAL)
    for name in ("few.csv", "many.csv"):
        (folder / name).write_text("1\n", "utf-8")

    assert client.sample("own") == client.sample("own", "few") == folder / "few.csv"
    assert client.sample("own", "many") == folder / "many.csv"
    with pytest.raises(Refused, match=r"job own has no sample 'all' \(it has few, many\)"):
        client.sample("own", "all")
    (folder / "few.csv").unlink()
    assert client.samples("own") == {"many": ""}


def test_the_name_of_the_only_sample_is_left_out(folder: Path) -> None:
    define(folder)
    (folder / "own.csv").write_text("1\n", "utf-8")

    assert client.samples("own") == {"": ""}
    with pytest.raises(Refused, match="it has one alone: leave the name out"):
        client.sample_params("own", "few")


def test_a_job_without_a_sample_says_where_to_put_one(folder: Path) -> None:
    define(folder)

    with pytest.raises(Refused, match=f"put one at {folder / 'own.csv'}"):
        client.sample("own")


def test_files_and_few_items_are_what_the_mark_says(folder: Path) -> None:
    define(folder, ', sample=Sample(words="--item 3"), files=Files(verb="values", joined={".bin": "--keep"})')

    assert client.few_items(["own"]) == {"own": "--item 3"}
    assert client.joined_files("own") == {".bin": "--keep"}
    assert "values" in client.verbs_of_files()


def test_of_a_job_that_is_gone_nothing_is_known(folder: Path) -> None:
    assert client.joined_files("own") == {}
