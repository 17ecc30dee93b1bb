"""Downloads, which are written where no page is drawn: as by who sat before the page when their button was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.client import LINK
from jobs.runtime.core import people
from jobs.runtime.core.errors import UnknownRun
from jobs.runtime.core.people import Person, acting_as
from jobs.runtime.core.records import Run
from jobs.ui.run import downloads
from jobs.ui.runs import many_runs
from jobs.ui.server import signed_in
from tests.support.stage import Stage

ANN = Person(owner="ann@example.org")


@pytest.fixture
def hers(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run of somebody, on a page that people sign in to; no page is drawn."""
    stage = Stage(home)
    run = stage.run(["5"], owner=ANN.owner)
    monkeypatch.setenv("JOBS_SIGN_IN", "openid")
    monkeypatch.setattr(people, "_otherwise", signed_in.who)
    yield run
    stage.presence.leave()


def clicked(button: Callable[[], bytes]) -> bytes:
    """What comes of a click, as Streamlit has it: in a thread of its own."""
    with ThreadPoolExecutor() as threads:
        return threads.submit(button).result()


def test_who_has_signed_in_downloads_their_own(hers: Run) -> None:
    with acting_as(ANN):
        table, report, listed = downloads.content(hers.id, "csv"), downloads.report(hers.id), many_runs.as_csv({})
    with acting_as(Person(owner="bob@example.org")):
        foreign = downloads.content(hers.id, "csv")

    assert clicked(table).file.size  # type: ignore[attr-defined]
    assert clicked(report).file.size  # type: ignore[attr-defined]
    assert hers.id.encode() in clicked(listed)
    with pytest.raises(UnknownRun):
        clicked(foreign)
    with acting_as(people.LOCAL_ADMIN):
        assert [one.owner for one in client.audit_entries()] == [ANN.owner] * 2


def test_a_link_downloads_until_it_is_taken_back(hers: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with acting_as(ANN):
        link = client.share_run(hers.id)
    with monkeypatch.context() as drawn:
        drawn.setattr(signed_in, "get_script_run_ctx", lambda **_: object())
        drawn.setattr(signed_in.st, "query_params", {LINK: link})
        table = downloads.content(hers.id, "csv")

    assert clicked(table).file.size  # type: ignore[attr-defined]
    with acting_as(ANN):
        client.unshare_run(hers.id)
    with pytest.raises(UnknownRun):
        clicked(table)
