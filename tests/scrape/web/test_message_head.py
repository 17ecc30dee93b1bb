"""The heads of answers as browsers read them: an unclean line costs itself alone, and is told."""

from __future__ import annotations

import gzip
import http.client
import io
import time

import pytest

from jobs.web import message_head
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Peer, says

PAGE = b"<title>a</title>"
LENGTH = b"Content-Length: 16\r\n"


def head_of(*lines: bytes) -> bytes:
    return b"".join((b"HTTP/1.1 200 OK\r\n", *lines, b"\r\n"))


UNCLEAN = {
    "a space before the colon": (b"X-A : y\r\n", "a space before the colon"),
    "a tab before the colon": (b"X-A\t: y\r\n", "a space before the colon"),
    "no colon": (b"no colon here\r\n", "left out"),
    "no name": (b": y\r\n", "left out"),
    "a space in the name": (b"X A: y\r\n", "left out"),
    "a NUL": (b"X-A: a\0b\r\n", "left out"),
    "a name beyond ASCII": (b"X-\xc3\xa9: y\r\n", "left out"),
    "a control in the name": (b"X\x0bA: y\r\n", "left out"),
    "brackets": (b"<html>: y\r\n", "left out"),
    "a lone carriage return": (b"X-A: a\rb\r\n", "a lone carriage return"),
    "folded": (b"X-A: a\r\n b\r\n", "goes on in a second line"),
    "folded first": (b" X-A: a\r\n", "goes on from no header"),
    "many": (b"".join(b"line %d\r\n" % number for number in range(9)), "more"),
}


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize(("line", "note"), UNCLEAN.values(), ids=list(UNCLEAN))
def test_an_unclean_line_costs_no_other_and_is_told(line: bytes, note: str, ask: Ask, serve: Serve) -> None:
    packed = gzip.compress(PAGE)
    rest = b"Content-Type: text/html\r\nX-Robots-Tag: noindex\r\nContent-Encoding: gzip\r\n"
    server = serve(says(head_of(line, rest, b"Content-Length: %d\r\n" % len(packed)) + packed, keep=True))

    row, again = ask(server.url()), ask(server.url())

    assert (row["code"], row["title"], row["indexable"], again["title"]) == ("", "a", False, "a")
    assert note in row["reading_notes"]
    assert server.connections == 2
    assert row["total_seconds"] < 10


@pytest.mark.parametrize("line", [b"X-A : y\r\n", b"no colon\r\n", b"X-A: \0\r\n"])
def test_a_redirect_behind_an_unclean_line_is_followed(line: bytes, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        if b"GET /b " in request:
            peer.send(head_of(LENGTH, b"Content-Type: text/html\r\n") + PAGE)
        else:
            peer.send(b"HTTP/1.1 302 Found\r\n" + line + b"Location: /b\r\nContent-Length: 0\r\n\r\n")
        return True

    assert ask(serve(script).url("/a"))["code"] == "redirected"


def test_chunks_behind_an_unclean_line_are_read_as_chunks(ask: Ask, serve: Serve) -> None:
    head = head_of(b"X-A : y\r\n", b"Content-Type: text/html\r\nTransfer-Encoding : chunked\r\n")
    server = serve(says(head + b"10\r\n" + PAGE + b"\r\n0\r\n\r\n"))

    row = ask(server.url())

    assert (row["title"], row["bytes"]) == ("a", 16)


@pytest.mark.parametrize(
    "line",
    [b"X-A: caf\xe9\r\n", b"X-A:\r\n", b"X-A:y\r\n", b"X-A: a:b\r\n", b"X-A: y\n", b"x!#$%&'*+-.^_`|~: y\r\n"],
    ids=["bytes beyond ASCII", "no value", "no space", "two colons", "a bare line feed", "odd but allowed"],
)
def test_a_line_that_is_odd_and_clean_is_not_told(line: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(head_of(line, LENGTH, b"Content-Type: text/html\r\n") + PAGE)).url())

    assert (row["title"], row["reading_notes"]) == ("a", None)


@pytest.mark.parametrize(
    "lines",
    [b"X-Many: 1\r\n" * 3_000, b"X-Long: " + b"x" * 70_000 + b"\r\n", b"X-Fold: a\r\n" + b" b\r\n" * 30_000],
    ids=["3,000 headers", "a line of 70 KB", "30,000 lines of one header"],
)
def test_large_heads_within_the_cap_are_read(lines: bytes, ask: Ask, serve: Serve) -> None:
    started = time.monotonic()

    row = ask(serve(says(head_of(lines, LENGTH, b"Content-Type: text/html\r\n") + PAGE)).url())

    assert (row["code"], row["title"]) == ("", "a")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/2 200\r\n",
        b"HTTP/2.0 200 OK\r\n",
        b"http/1.1 200 ok\r\n",
        b"\r\nHTTP/1.1 200 OK\r\n",
        b"\r\n\nHTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200\r\n",
        b"HTTP/1.1  200   OK\r\n",
        b"HTTP/1.0 200 OK\n",
        b"HTTP 200 OK\r\n",
        b"HTTP/1.1 200 \xff\xfe\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 200 OK\r\n",
    ],
)
def test_a_status_line_is_read_as_browsers_do(line: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(line + LENGTH + b"Content-Type: text/html\r\n\r\n" + PAGE)).url())

    assert (row["code"], row["status"], row["title"]) == ("", 200, "a")


@pytest.mark.parametrize(
    "line", [b"ICY 200 OK", b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 OK", b"HTTP/1.1 2000 OK", b"\r\n\r\n\r\n"]
)
def test_what_is_no_status_line_is_quoted(line: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(line + b"\r\n" + LENGTH + b"\r\n" + PAGE)).url())

    assert (row["code"], "its first line is" in row["error"]) == ("protocol_error", True)
    assert row["error"].isprintable()


def test_the_lengths_of_a_body_are_one(ask: Ask, serve: Serve) -> None:
    same = head_of(LENGTH, LENGTH, b"Content-Type: text/html\r\n") + PAGE + b"more"
    listed = head_of(b"Content-Length: 16, 16\r\n", b"Content-Type: text/html\r\n") + PAGE + b"more"
    differing = head_of(LENGTH, b"Content-Length: 5\r\n") + PAGE

    assert [ask(serve(says(octets)).url())["bytes"] for octets in (same, listed)] == [16, 16]
    assert "sizes that differ" in ask(serve(says(differing)).url())["error"]


def test_a_length_that_is_no_figure_is_left_out(ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(head_of(b"Content-Length: +5\r\n", b"Content-Type: text/html\r\n") + PAGE)).url())

    assert (row["code"], row["title"]) == ("", "a")
    assert 'left out a Content-Length of "+5"' in row["reading_notes"]


@pytest.mark.parametrize("name", ["ETag", "Last-Modified", "Content-Type"])
def test_a_header_of_60_kb_is_cut_in_its_cell_and_that_is_told(name: str, ask: Ask, serve: Serve) -> None:
    long = f"{name}: text/html;{'x' * 60_000}\r\n".encode()
    column = name.lower().replace("-", "_")

    row = ask(serve(says(head_of(long, LENGTH) + PAGE)).url())

    assert len(row[column]) == 500
    assert f"{name.lower()} has 60,010 characters and was cut" in row["reading_notes"]


def test_a_status_check_tells_it_where_it_has_room(ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(head_of(b"X-A : y\r\n", LENGTH))).url(), columns="status")

    assert "a space before the colon" in row["fetch_notes"]


def test_trailers_without_end_are_too_large(ask: Ask, serve: Serve) -> None:
    chunks = head_of(b"Transfer-Encoding: chunked\r\n", b"Content-Type: text/html\r\n") + b"0\r\n"

    row = ask(serve(says(chunks + b"X-A: b\r\n" * 100_000 + b"\r\n")).url())

    assert row["code"] == "too_large"


def test_a_head_that_ends_early_is_none() -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        message_head.read_status_line(io.BytesIO(b"").readline)
