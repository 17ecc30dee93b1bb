"""Where pages send their readers, by a meta tag or a header, as the HTML standard reads both."""

from __future__ import annotations

import pytest

from jobs.scrape.page import reader
from jobs.scrape.page.refresh import refresh_of
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Script, answer

URL = "https://example.org/a/b"


@pytest.mark.parametrize(
    ("content", "target", "seconds"),
    [
        ("0; url=/x", "https://example.org/x", 0),
        ("5;URL='http://other.example/p q'", "http://other.example/p%20q", 5),
        (' 3 ; Url = "x" and more', "https://example.org/a/x", 3),
        ("0;'/x'y", "https://example.org/x", 0),
        ("10,/x", "https://example.org/x", 10),
        ("10 /x", "https://example.org/x", 10),
        ("1.75; url=/x", "https://example.org/x", 1),
        (".5; url=/x", "https://example.org/x", 0),
        ("0;urlx", "https://example.org/a/urlx", 0),
        ("7\n;\nurl=//other.example", "https://other.example/", 7),
        ("300", URL, 300),
        ("0; url=", URL, 0),
        ("99999999999999999999; /x", "https://example.org/x", 1_000_000_000),
    ],
)
def test_a_refresh_is_read_as_browsers_do(content: str, target: str, seconds: int) -> None:
    found = refresh_of([content], "", base=URL, url=URL)

    assert found is not None
    assert (found.target, found.seconds) == (target, seconds)


@pytest.mark.parametrize(
    "content",
    ["", "x", "; url=/x", "-1; url=/x", "5x; url=/x", "٣; url=/x", "0; url=javascript:alert(1)", "0;http://["],
)
def test_what_is_no_refresh_is_passed_over(content: str) -> None:
    assert refresh_of([content], "", base=URL, url=URL) is None


def test_the_first_that_is_one_counts_and_the_header_stands_first() -> None:
    by_header = refresh_of(["1;/meta"], "2;/header", base="https://base.example/", url=URL)
    by_meta = refresh_of(["x", "1;/meta", "3;/later"], "x", base="https://base.example/", url=URL)

    assert by_header is not None
    assert by_meta is not None
    assert (by_header.target, by_header.seconds) == ("https://example.org/header", 2)
    assert (by_meta.target, by_meta.seconds) == ("https://base.example/meta", 1)


@pytest.mark.parametrize("name", ["fast", "beautifulsoup"])
@pytest.mark.parametrize(
    ("markup", "target"),
    [
        ("<META HTTP-EQUIV=Refresh CONTENT='0;/x'>", "https://example.org/x"),
        ("<base href=https://b.example/><meta http-equiv=' refresh ' content='0;x'>", "https://b.example/x"),
        ("<noscript><meta http-equiv=refresh content='0;/no-script'></noscript>", None),
        ("<template><meta http-equiv=refresh content='0;/x'></template>", None),
        ("<meta name=refresh content='0;/x'>", None),
    ],
)
def test_either_reader_finds_the_refresh(markup: str, target: str | None, name: reader.Reader) -> None:
    assert reader.read(markup.encode(), "text/html", URL, reader=name)["refresh_to"] == target


def page(markup: bytes, **headers: str) -> Script:
    return lambda peer, _: bool(peer.send(answer(markup, headers={"Content-Type": "text/html", **headers})) or True)


def test_a_page_that_only_sends_on_is_ok_with_a_code_that_says_so(ask: Ask, serve: Serve) -> None:
    row = ask(serve(page(b"<title>Moved</title><meta http-equiv=refresh content='0; url=/new'>")).url("/old"))

    assert (row["code"], row["refresh_seconds"], row["indexable"]) == ("sends_on", 0, False)
    assert row["refresh_to"].endswith("/new")


def test_a_refresh_header_counts_too(ask: Ask, serve: Serve) -> None:
    row = ask(serve(page(b"", Refresh="1; url=/new")).url("/old"))

    assert (row["code"], row["refresh_seconds"]) == ("sends_on", 1)


@pytest.mark.parametrize(
    "markup",
    [
        b"<meta http-equiv=refresh content=5>",
        b"<meta http-equiv=refresh content='0;url=/old#top'>",
        b"<meta http-equiv=refresh content='600;url=/new'>",
        b"<meta http-equiv=refresh content='0;url=/new'>" + b"word " * 200,
    ],
    ids=["renews itself", "leads to itself", "later", "has text"],
)
def test_other_pages_with_a_refresh_are_plainly_ok(markup: bytes, ask: Ask, serve: Serve) -> None:
    assert ask(serve(page(markup)).url("/old"))["code"] == ""
