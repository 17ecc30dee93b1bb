"""Which answers are ok for a run."""

from __future__ import annotations

import pytest

from jobs.runtime.job import context
from jobs.web.accepted import Accepted, read_accept
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import answer, says


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("", Accepted()),
        ("200..299,403,404", Accepted(ranges=((200, 299), (403, 403), (404, 404)))),
        ("2xx 404", Accepted(ranges=((200, 299), (404, 404)))),
        ("500-599", Accepted(ranges=((500, 599),))),
        ("no-incomplete", Accepted(incomplete=False)),
        ("200, NO-INCOMPLETE", Accepted(ranges=((200, 200),), incomplete=False)),
        ("999", Accepted(ranges=((999, 999),))),
    ],
)
def test_statuses_are_read(text: str, accepted: Accepted) -> None:
    assert read_accept(text) == accepted


@pytest.mark.parametrize("text", ["ok", "20", "2000", "300..200", "099", "200..", "9xx", "incomplete", "200;404", "-1"])
def test_what_is_no_status_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="want"):
        read_accept(text)


@pytest.mark.parametrize(
    ("status", "accept", "code"),
    [
        (404, "200..299,404", ""),
        (429, "4xx", ""),
        (503, "503", ""),
        (200, "404", "http_other"),
        (206, "200", "http_other"),
        (404, "no-incomplete", "http_4xx"),
        (304, "", ""),
        (999, "999", ""),
    ],
)
@pytest.mark.parametrize("columns", ["everything", "status"])
def test_a_run_says_which_statuses_are_ok(
    columns: str, status: int, accept: str, code: str, ask: Ask, serve: Serve
) -> None:
    server = serve(says(answer(b"" if status == 304 else b"<title>t</title>", status=f"{status} x")))

    row = ask(server.url(), accept=accept, columns=columns)

    assert (row["code"], row["status"]) == (code, status)
    assert "later" not in row


def test_a_page_that_broke_off_can_be_a_failure(ask: Ask, serve: Serve) -> None:
    server = serve(says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 90\r\n\r\n<title>t</title>"))
    context.enter(context.Context(attempt=3, attempts=3))
    try:
        kept, refused = ask(server.url()), ask(server.url(), accept="no-incomplete")
    finally:
        context.enter(None)

    assert ("error" in kept, kept["code"]) == (False, "incomplete")
    assert ("error" in refused, refused["code"], refused["title"]) == (True, "incomplete", "t")
