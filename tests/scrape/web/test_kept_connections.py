"""A connection is used again only when it is quiet: nothing unasked reaches the next item."""

from __future__ import annotations

import time

import pytest

from jobs.web import kept_connections
from jobs.web.kept_connections import QUIET_SECONDS
from tests.scrape.conftest import Ask, Names, Serve, certificate
from tests.scrape.hostile import Peer, Script, answer, eventually

EVIL = answer(b"<title>evil</title>")


def chunked(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (
        len(body),
        body,
    )


def own(request: bytes, *, chunks: bool) -> bytes:
    title = b"<title>" + request.split(b" ")[1] + b"</title>"
    return chunked(title) if chunks else answer(title)


def talkative(late: float, extra: bytes, *, chunks: bool = False) -> Script:
    """Answers each question, and says `extra` unasked, so many seconds later (0: in the same breath)."""

    def script(peer: Peer, request: bytes) -> bool:
        if late == 0:
            peer.send(own(request, chunks=chunks) + extra)
            return True
        peer.send(own(request, chunks=chunks))
        if not peer.server.closing.wait(late):
            peer.send(extra)
        return True

    return script


@pytest.mark.parametrize("late", [0, 0.001, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("chunks", [False, True], ids=["by length", "by chunks"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_second_answer_is_nobodys(tls: bool, chunks: bool, late: float, ask: Ask, serve: Serve, names: Names) -> None:
    names.say("right.test", ["127.0.0.1"])
    server = serve(talkative(late, EVIL, chunks=chunks), context=certificate("right") if tls else None)

    rows = [ask(server.url(f"/{number}", "right.test")) for number in range(4)]

    assert titles(*rows) == [f"/{number}" for number in range(4)]


@pytest.mark.parametrize("size", [1, 100, 100_000])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_bytes_beyond_the_announced_end_the_connection(
    tls: bool, size: int, ask: Ask, serve: Serve, names: Names
) -> None:
    names.say("right.test", ["127.0.0.1"])
    server = serve(talkative(0, b"x" * size), context=certificate("right") if tls else None)

    first = ask(server.url("/1", "right.test"))
    time_to_rest(server.closing.wait)
    second = ask(server.url("/2", "right.test"))

    assert titles(first, second) == ["/1", "/2"]
    assert server.connections == 2


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_what_comes_while_a_connection_rests_ends_it(tls: bool, ask: Ask, serve: Serve, names: Names) -> None:
    names.say("right.test", ["127.0.0.1"])
    server = serve(talkative(0.3, EVIL), context=certificate("right") if tls else None)

    first = ask(server.url("/1", "right.test"))
    time_to_rest(server.closing.wait)
    second = ask(server.url("/2", "right.test"))

    assert titles(first, second) == ["/1", "/2"]
    assert server.connections == 2


def titles(*rows: dict[str, object]) -> list[object]:
    """The title of each page; of a page without one why there is none."""
    return [row.get("title") or f"{row.get('code')}: {row.get('error')}" for row in rows]


def time_to_rest(wait: object) -> None:
    """Until a connection has rested long enough; the worker's watchdog is kept from closing what idles by nothing."""
    until = time.monotonic() + QUIET_SECONDS + 0.05
    assert eventually(lambda: time.monotonic() > until)


def test_a_quiet_connection_is_used_again(ask: Ask, serve: Serve) -> None:
    server = serve(talkative(0, b""))

    ask(server.url("/1"))
    time_to_rest(None)
    row = ask(server.url("/2"))

    assert (row["title"], server.connections, row["connect_seconds"]) == ("/2", 1, None)


def test_an_item_goes_on_at_once_on_the_connection_of_its_robots_txt(ask: Ask, serve: Serve) -> None:
    server = serve(talkative(0, b""))

    ask(server.url("/1"), robots=True)

    assert (server.paths, server.connections) == (["/robots.txt", "/1"], 1)


def test_where_connections_have_often_been_quiet_the_next_item_has_one_at_once(
    ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(talkative(0, b""))
    monkeypatch.setattr(kept_connections, "PROVED_QUIET", 1)

    ask(server.url("/1"))
    time_to_rest(None)
    rows = [ask(server.url(f"/{number}")) for number in (2, 3, 4)]

    assert (titles(*rows), server.connections) == (["/2", "/3", "/4"], 1)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_an_unasked_answer_after_many_quiet_ones_is_nobodys_either(
    tls: bool, ask: Ask, serve: Serve, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.say("right.test", ["127.0.0.1"])
    monkeypatch.setattr(kept_connections, "PROVED_QUIET", 0)

    def script(peer: Peer, request: bytes) -> bool:
        early = EVIL if b" /3 " in request and peer.server.connections == 1 else b""
        peer.send(early + own(request, chunks=False))
        return True

    server = serve(script, context=certificate("right") if tls else None)

    rows = [ask(server.url(f"/{number}", "right.test")) for number in range(6)]

    assert titles(*rows) == [f"/{number}" for number in range(6)]
    assert server.connections >= 2
