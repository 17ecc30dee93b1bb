"""`share`: a link to one run, made and taken back on the command line."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from jobs.runtime import client
from jobs.runtime.core.people import NOBODY, Person


def test_a_run_is_shared_and_all_links_to_it_are_taken_back(fanout, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fanout("run", "echo", "--item", "a", "--json").json["id"]
    made = fanout("share", run[:8])
    monkeypatch.setenv("JOBS_PAGE_URL", "https://jobs.example.org/in/")
    public = fanout("share", run)

    links = [urlsplit(done.out.strip()) for done in (made, public)]
    secrets = [parse_qs(link.query)["shared"][0] for link in links]
    assert [link.geturl().partition("?")[0] for link in links] == ["/run", "https://jobs.example.org/in/run"]
    assert [parse_qs(link.query)["run"] for link in links] == [[run], [run]]
    assert [client.reader_by_link(text) for text in secrets] == [Person(owner="", shared=run)] * 2
    assert ("JOBS_PAGE_URL" in made.err, "JOBS_PAGE_URL" in public.err) == (True, False)
    assert "not shown again" in public.err

    assert fanout("share", run, "--take-back").out == f"run {run[:8]}: 2 links taken back\n"
    assert [client.reader_by_link(text) for text in secrets] == [NOBODY, NOBODY]
    noted = fanout("audit", "--json").json[:3]
    assert [(one["action"], one["subject"], one["channel"]) for one in noted] == [
        (action, run, "command line") for action in ("unshared", "shared", "shared")
    ]


def test_what_is_not_there_is_not_shared(fanout) -> None:
    done = fanout("share", "zzzz")

    assert (done.code, done.out) == (2, "")
    assert "there is no run" in done.err
