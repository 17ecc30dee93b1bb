"""Links to one run: what they lead to, for how long, and how they are taken back."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.client import shares
from jobs.runtime.core.errors import Refused, UnknownRun
from jobs.runtime.core.home_folder import STORE
from jobs.runtime.core.people import NOBODY, Person, acting_as, digest_of
from jobs.runtime.core.records import Run
from jobs.runtime.store import runs
from tests.support.stage import Stage

ANN = Person(owner="ann@example.org")


@pytest.fixture
def hers(stage: Stage) -> Run:
    return stage.run(["5"], owner=ANN.owner)


def test_a_link_reads_its_run_and_no_other(stage: Stage, hers: Run) -> None:
    other = stage.run(["6"], owner=ANN.owner)
    with acting_as(ANN):
        link = client.share_run(hers.id)

    with acting_as(client.reader_by_link(link)):
        assert client.run(hers.id) == hers
        assert [run.id for run in client.runs()] == [hers.id]
        with pytest.raises(UnknownRun):
            client.run(other.id)
        with pytest.raises(UnknownRun):
            client.share_run(hers.id)


def test_a_link_tells_nothing_of_the_runs_that_its_run_was_made_of(stage: Stage, hers: Run) -> None:
    before = stage.run(["6"], owner=ANN.owner)
    with stage.store.write() as db:
        made_of = "UPDATE runs SET source_columns = json_set(source_columns, '$.from_run', ?) WHERE id = ?"
        db.execute(made_of, (before.id, hers.id))
    with acting_as(ANN):
        link = client.share_run(hers.id)
        assert [run_id for run_id, _ in client.chain(hers.id)] == [before.id]

    with acting_as(client.reader_by_link(link)):
        assert client.chain(hers.id) == []


def test_a_link_is_kept_as_a_digest_alone_and_in_no_backup(hers: Run, home: Path, tmp_path: Path) -> None:
    link = client.share_run(hers.id)
    client.backup(tmp_path / "runs.zip")

    kept = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert len(link) == 43  # 256 bits
    assert not any(link.encode() in content for content in kept)
    with zipfile.ZipFile(tmp_path / "runs.zip") as archive:
        assert digest_of(link) not in archive.read(STORE)
    assert client.reader_by_link(link) == Person(owner="", shared=hers.id)


def test_links_are_taken_back(hers: Run) -> None:
    links = [client.share_run(hers.id) for _ in range(2)]

    with acting_as(ANN):
        assert len(client.links_to(hers.id)) == 2
        assert client.unshare_run(hers.id) == 2

    assert [client.reader_by_link(link) for link in links] == [NOBODY, NOBODY]
    assert client.links_to(hers.id) == []


def test_a_link_ends(hers: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lasting = client.share_run(hers.id)
    monkeypatch.setattr(shares, "SECONDS", -1.0)
    ended = client.share_run(hers.id)

    assert client.reader_by_link(ended) == NOBODY
    assert client.reader_by_link(lasting).shared == hers.id
    assert len(client.links_to(hers.id)) == 1


@pytest.mark.parametrize("text", ["", "x", "A" * 43, "\udcff", "x" * 10_000])
def test_what_is_no_link_leads_nowhere(hers: Run, text: str) -> None:
    client.share_run(hers.id)

    assert client.reader_by_link(text) == NOBODY


def test_a_link_goes_with_its_run(stage: Stage, hers: Run) -> None:
    link = client.share_run(hers.id)
    with stage.store.write() as db:
        runs.withdraw(db, runs.find(db, hers.id).number)

    assert client.reader_by_link(link) == NOBODY


def test_there_are_not_many_links_to_one_run(hers: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "MOST", 1)
    client.share_run(hers.id)

    with pytest.raises(Refused, match="take them back first"):
        client.share_run(hers.id)
