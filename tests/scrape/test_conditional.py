"""A later run asks only whether pages have changed: what is sent to whom, what comes back, and what a liar gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jobs.runtime import client
from jobs.runtime.core.records import Run
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.job import context
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Hostile, Peer, redirect
from tests.support.machine import Machine, until

PAGE = b"<title>a page</title>" + b"x" * 5_000
ASKED = Reuse(fresh=0.0, conditional=True)
TAG, DATE = 'ETag: "v1"', "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT"


def answer(*headers: str, status: str = "200 OK", body: bytes = PAGE) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


NOT_MODIFIED = answer(status="304 Not Modified", body=b"").replace(b"Content-Length: 0\r\n", b"")


def says(*headers: str) -> Any:
    """A page, or a 304 where it is asked for on a condition."""

    def script(peer: Peer, request: bytes) -> bool:
        asked = b"\r\nif-none-match:" in request.lower() or b"\r\nif-modified-since:" in request.lower()
        peer.send(NOT_MODIFIED if asked else answer(*headers))
        return True

    return script


class Visit:
    """What a run has of an item, and what it kept of it for a later one."""

    def __init__(self) -> None:
        self.here = context.Context()

    @contextmanager
    def made(self, earlier: Any = None) -> Iterator[None]:
        self.here = context.Context(earlier=earlier, renew=(lambda: "{}") if earlier else None)
        context.enter(self.here)
        try:
            yield
        finally:
            context.enter(None)


@pytest.fixture
def twice(ask: Ask) -> Any:
    """Visit a URL, and again as a later run does; the second's row, or what stands for the first's."""

    def visit(url: str, again: str = "", **wishes: Any) -> Any:
        visit = Visit()
        with visit.made():
            ask(url, **wishes)
        kept = visit.here.kept
        with visit.made(kept):
            return ask(again or url, **wishes)

    return visit


@pytest.fixture(autouse=True)
def plain_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a job returns where nothing has changed, as a row."""
    monkeypatch.setattr(context, "Unchanged", lambda code: {"code": code})


@pytest.mark.parametrize(
    ("headers", "name", "value"),
    [
        ([TAG], "If-None-Match", '"v1"'),
        (['ETag: W/"v1"'], "If-None-Match", 'W/"v1"'),
        (['ETag: ""'], "If-None-Match", '""'),
        ([TAG, DATE], "If-None-Match", '"v1"'),
        ([DATE], "If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"),
        (["ETag: v1", DATE], "If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ],
)
def test_a_page_is_asked_for_by_what_it_is_known_by(
    twice: Any, serve: Serve, headers: list[str], name: str, value: str
) -> None:
    server = serve(says(*headers))

    row = twice(server.url("/a"))

    assert row == {"code": "not_modified"}
    assert server.header(name) == value
    conditions = [name for name in ("If-None-Match", "If-Modified-Since") if server.header(name)]
    assert conditions == [name]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["ETag: *"],
        ["ETag: v1"],
        ['ETag: "v1'],
        ['ETag: "a"b"'],
        ['ETag: w/"v1"'],
        ['ETag: "v1", "v2"'],
        ['ETag: "v1"', 'ETag: "v2"'],
        ['ETag: "caf\xe9"'],
        [f'ETag: "{"x" * 600}"'],
        ["Last-Modified: yesterday"],
        ["Last-Modified: 0"],
        ["Last-Modified: " + "9" * 60],
    ],
)
def test_what_is_no_tag_and_no_date_is_not_sent_back(twice: Any, serve: Serve, headers: list[str]) -> None:
    server = serve(says(*headers))

    row = twice(server.url("/a"))

    assert (row["code"], row["title"]) == ("", "a page")
    assert not server.header("If-None-Match")
    assert not server.header("If-Modified-Since")


def test_only_the_url_that_gave_it_is_asked_so_redirects_included(twice: Any, serve: Serve) -> None:
    target = serve(says(TAG))
    server = serve(lambda peer, _request: [peer.send(redirect(target.url("/end"))), True][1])

    row = twice(server.url("/start"))

    assert row == {"code": "not_modified"}
    assert [server.header("If-None-Match", index) for index in (0, 1)] == [None, None]
    assert [target.header("If-None-Match", index) for index in (0, 1)] == [None, '"v1"']


def test_another_path_or_another_origin_is_told_nothing(twice: Any, serve: Serve) -> None:
    server, other = serve(says(TAG)), serve(says(TAG))

    rows = [twice(server.url("/a"), again) for again in (server.url("/b"), server.url("/a?b"), other.url("/a"))]

    assert [row["code"] for row in rows] == [""] * 3
    assert not server.header("If-None-Match")
    assert not other.header("If-None-Match")


def test_a_page_that_has_changed_is_read_in_full(twice: Any, serve: Serve) -> None:
    bodies = iter((PAGE, b"<title>new</title>"))
    server = serve(lambda peer, _request: [peer.send(answer(TAG, body=next(bodies))), True][1])

    row = twice(server.url("/a"))

    assert (row["code"], row["title"]) == ("", "new")


def test_a_304_that_names_another_tag_is_asked_again_in_full(twice: Any, serve: Serve) -> None:
    lies = NOT_MODIFIED.replace(b"\r\n\r\n", b'\r\nETag: "v2"\r\n\r\n')

    def script(peer: Peer, request: bytes) -> bool:
        peer.send(lies if b"If-None-Match" in request else answer(TAG))
        return True

    server = serve(script)

    row = twice(server.url("/a"))

    assert (row["code"], row["title"], len(server.requests)) == ("", "a page", 3)
    assert "another page has not changed (304): asked again in full" in row["fetch_notes"]


def test_a_304_with_the_weak_form_of_the_tag_is_believed(twice: Any, serve: Serve) -> None:
    weak = NOT_MODIFIED.replace(b"\r\n\r\n", b'\r\nETag: W/"v1"\r\n\r\n')

    def script(peer: Peer, request: bytes) -> bool:
        peer.send(weak if b"If-None-Match" in request else answer(TAG))
        return True

    assert twice(serve(script).url("/a")) == {"code": "not_modified"}


def test_a_server_that_answers_304_to_everything_has_no_row_to_take(twice: Any, serve: Serve) -> None:
    server = serve(lambda peer, _request: [peer.send(NOT_MODIFIED), True][1])

    row = twice(server.url("/a"))

    assert (row["code"], row["status"]) == ("", 304)
    assert "nothing has changed (304), and was not asked whether it has" in row["fetch_notes"]
    assert not server.header("If-None-Match")


def test_a_condition_of_the_runs_own_stays_its_own(twice: Any, serve: Serve) -> None:
    server = serve(says(TAG))

    row = twice(server.url("/a"), headers=('If-None-Match: "mine"',))

    assert row["status"] == 304
    assert server.header("If-None-Match") == '"mine"'
    assert "was not asked" not in str(row["fetch_notes"])


def scraping(machine: Machine, urls: list[str], reuse: Reuse | None = None, **params: object) -> Run:
    options: dict[str, Any] = {"params": {"robots": False, **params}, "pool": (1, 16)}
    return machine.finish(machine.submit(urls, "scrape", reuse=reuse, **options))


@pytest.fixture
def allowed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    return machine


def test_rows_of_unchanged_pages_are_the_earlier_ones_and_hand_on_what_they_are_known_by(
    allowed: Machine, serve: Serve
) -> None:
    server = serve(says(TAG))
    urls = [server.url(f"/{number}") for number in range(5)]
    first = scraping(allowed, urls)

    second = scraping(allowed, urls, ASKED)
    client.delete(first.id)
    until(lambda: allowed.sql("SELECT count(*) FROM runs") == [(1,)])
    third = scraping(allowed, [*urls, server.url("/new")], ASKED)

    for run, codes in ((second, ["not_modified"] * 5), (third, ["not_modified"] * 5 + [""])):
        found = allowed.outcomes(run)
        assert [outcome.code for outcome in found] == codes
        assert {(outcome.row or {})["title"] for outcome in found} == {"a page"}
        assert {(outcome.row or {})["status"] for outcome in found} == {200}
        assert {(outcome.attempts, outcome.reused_from) for outcome in found} == {(1, "")}
    assert (second.reused, third.ok) == (0, 6)


def test_fresh_rows_are_taken_and_older_ones_asked(allowed: Machine, serve: Serve) -> None:
    server = serve(says(TAG))
    urls = [server.url("/old"), server.url("/fresh")]
    scraping(allowed, urls)
    allowed.sql("UPDATE outcomes SET started_at = started_at - 1000 WHERE position = 1")
    items = [client.submission.Item(cell=url) for url in [*urls, server.url("/new")]]  # type: ignore[attr-defined]
    asked = Reuse(fresh=500.0, conditional=True)
    there = client.already_there("scrape", items, params={"robots": False}, asked=asked)

    run = scraping(allowed, urls, asked)

    assert there == (1, 1)
    assert [outcome.code for outcome in allowed.outcomes(run)] == ["not_modified", ""]
    assert run.reused == 1
    assert (sorted(server.paths[:2]), server.paths[2:]) == (["/fresh", "/old"], ["/old"])


def test_the_kept_page_of_an_unchanged_row_outlives_the_run_that_kept_it(allowed: Machine, serve: Serve) -> None:
    server = serve(says(TAG))
    first = scraping(allowed, [server.url("/a")], save_pages=True)
    second = scraping(allowed, [server.url("/a")], ASKED, save_pages=True)
    (outcome,) = allowed.outcomes(second)
    client.delete(first.id)
    until(lambda: allowed.sql("SELECT count(*) FROM runs") == [(1,)])

    assert outcome.code == "not_modified"
    assert client.artifact(second.id, str((outcome.row or {})["page_warc"])).stat().st_size > 0


def test_a_page_whose_kept_file_is_gone_is_asked_for_in_full(allowed: Machine, serve: Serve) -> None:
    server = serve(says(TAG))
    first = scraping(allowed, [server.url("/a")], save_pages=True)
    (outcome,) = allowed.outcomes(first)
    client.artifact(first.id, str((outcome.row or {})["page_warc"])).unlink()

    second = scraping(allowed, [server.url("/a")], ASKED, save_pages=True)

    assert [outcome.code for outcome in allowed.outcomes(second)] == [""]
    assert not server.header("If-None-Match")


@pytest.mark.slow
def test_a_thousand_unchanged_pages_cost_a_thousand_answers_without_bodies(allowed: Machine, serve: Serve) -> None:
    server: Hostile = serve(says(TAG))
    urls = [server.url(f"/{number}") for number in range(1_000)]
    scraping(allowed, urls)
    full, requests = server.sent, len(server.requests)

    second = scraping(allowed, urls, ASKED)

    assert (second.ok, len(server.requests) - requests) == (1_000, 1_000)
    assert full == 1_000 * len(answer(TAG))
    assert server.sent - full == 1_000 * len(NOT_MODIFIED)
