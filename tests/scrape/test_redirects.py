"""Redirects: followed within limits, resolved as browsers do, and handed to the next host's turn in the machine."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from jobs import TryLater
from jobs.runtime.job import context
from jobs.scrape.attempt import WorkerTools, scrape_page
from tests.scrape.conftest import Ask, Names, Serve, visit_by, wishes_of
from tests.scrape.hostile import Peer, answer, page, redirect, says


def hops(peer: Peer, request: bytes) -> bool:
    """/n redirects to /n+1; /done is a page."""
    path = request.split()[1].decode()
    peer.send(answer(b"<title>done</title>") if path == "/done" else redirect(f"/{int(path[1:]) + 1}"))
    return True


def test_a_redirect_is_followed_and_said(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(redirect("b?x=1#frag", 301) if b"GET /a/ " in request else answer(b"<title>b</title>"))
        return True

    server = serve(script)

    row = ask(server.url("/a/"))

    assert (row["code"], row["status"], row["redirects"], row["title"]) == ("redirected", 200, 1, "b")
    assert row["final_url"] == server.url("/a/b?x=1")
    assert row["redirect_chain"] == f"301 {server.url('/a/')} → {server.url('/a/b?x=1')}"


@pytest.mark.parametrize(
    ("location", "code"),
    [("/a", "redirect_loop"), ("/b", "redirect_loop"), ("/1", "too_many_redirects")],
)
def test_loops_and_endless_chains_end(location: str, code: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        path = request.split()[1]
        if path in (b"/a", b"/b"):
            peer.send(redirect("/a" if path == b"/b" else location))
            return True
        return hops(peer, request)

    server = serve(script)

    row = ask(server.url("/a"))

    assert row["code"] == code
    assert len(server.requests) <= 10
    assert row["redirect_chain"].startswith(f"302 {server.url('/a')}")


def test_a_redirects_own_body_is_left_where_it_is(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> None:
        if b"GET /b" in request:
            peer.send(answer(b"<title>b</title>"))
            return
        peer.send(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n")
        while not peer.server.closing.is_set():
            peer.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")

    row = ask(serve(script).url("/a"))

    assert (row["code"], row["title"]) == ("redirected", "b")
    assert row["total_seconds"] < 10


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (b"/\xff\xfe", "/%FF%FE"),
        ("/ü b".encode(), "/%C3%BC%20b"),
        (b"  /spaced\t", "/spaced"),
        (b"\\back\\slash", "/back/slash"),
        (b"/a/../b/./c", "/b/c"),
        (b"?only=query", "/start?only=query"),
        (b"/%2e%2e/x", "/x"),
    ],
)
def test_a_location_is_resolved_as_browsers_do(location: bytes, path: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> None:
        first = request.split()[1] == b"/start"
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
        peer.send(head if first else answer())

    server = serve(script)

    assert ask(server.url("/start"))["code"] == "redirected"
    assert server.paths == ["/start", path]


@pytest.mark.parametrize("location", ["http://[::1/", "http://a:99999/", f"http://{'a' * 70}.test/", "http://a..b/"])
def test_a_location_that_is_no_url_is_a_bad_redirect(location: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(redirect(location))).url())

    assert (row["code"], row["status"]) == ("bad_redirect", 302)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (b"Location: \r\n", "http_3xx"),
        (b"", "http_3xx"),
        (b"Location: /" + b"x" * 60_000 + b"\r\n", "bad_redirect"),
        (b"Location: /a\r\nLocation: /b\r\n", "bad_redirect"),
    ],
)
def test_a_redirect_without_one_target_says_so(lines: bytes, code: str, ask: Ask, serve: Serve) -> None:
    server = serve(says(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + lines + b"\r\n"))

    assert ask(server.url())["code"] == code


def test_the_same_target_twice_is_one_target(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> None:
        twice = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /b\r\nLocation: /b\r\n\r\n"
        peer.send(twice if b"GET / " in request else answer())

    assert ask(serve(script).url())["code"] == "redirected"


def test_a_cell_without_a_scheme_is_asked_by_https_then_by_http(ask: Ask, serve: Serve) -> None:
    server = serve(page("plain"))

    row = ask(f"127.0.0.1:{server.port}/x", timeout=1)

    assert (row["code"], row["title"]) == ("", "plain")
    assert row["final_url"] == server.url("/x")
    assert row["fetch_notes"].startswith("no scheme was given; https failed (connect_timeout)")


def test_http_is_asked_in_time_where_nothing_answers_at_the_https_port(
    ask: Ask, names: Names, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(page("plain"))
    names.say("h.test", ["127.0.0.1"])
    real = socket.socket.connect

    def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        if address[1] == 443:
            threading.Event().wait(sock.gettimeout())
            raise TimeoutError("timed out")
        real(sock, (address[0], server.port))

    monkeypatch.setattr(socket.socket, "connect", connect)

    row = ask("h.test/x", timeout=2)

    assert (row["code"], row["title"], row["final_url"]) == ("", "plain", "http://h.test/x")


def test_a_failure_by_both_schemes_is_the_last_one(ask: Ask, names: Names) -> None:
    names.say("h.test", ["127.0.0.1"])

    row = ask("h.test:9996/")

    assert row["code"] == "connect_refused"
    assert row["final_url"] == "http://h.test:9996/"


def perform(tools: WorkerTools, url: str, carried: object = None) -> TryLater:
    """One attempt in the machine, which must put the item aside."""
    context.enter(context.Context(carried=carried))
    try:
        scrape_page(url, wishes_of(), tools)
    except TryLater as later:
        return later
    finally:
        context.enter(None)
    raise AssertionError("the item was not put aside")


def test_in_the_machine_another_host_waits_for_its_own_turn(tools: WorkerTools, serve: Serve, names: Names) -> None:
    names.say("one.test", ["127.0.0.1"])
    names.say("two.test", ["127.0.0.1"])
    far = serve(page("far"))
    near = serve(says(redirect(f"http://two.test:{far.port}/b")))
    url = f"http://one.test:{near.port}/a"

    later = perform(tools, url)

    assert (later.group, later.seconds, later.code) == ("two.test", 0, "redirected")
    assert far.requests == []
    carried = json.loads(json.dumps(later.carry))
    context.enter(context.Context(carried=carried))
    try:
        row = visit_by(tools, url)
    finally:
        context.enter(None)
    assert (row["code"], row["title"], row["redirects"]) == ("redirected", "far", 1)
    assert row["redirect_chain"] == f"302 {url} → http://two.test:{far.port}/b"
    assert row["total_seconds"] > carried["spent"] > 0
    assert len(near.requests) == 1


def test_in_the_machine_a_loop_over_two_hosts_ends(tools: WorkerTools, serve: Serve, names: Names) -> None:
    names.say("one.test", ["127.0.0.1"])
    names.say("two.test", ["127.0.0.1"])

    def script(peer: Peer, _request: bytes) -> None:
        other = "two" if peer.server.header("host", -1).startswith("one") else "one"
        peer.send(redirect(f"http://{other}.test:{peer.server.port}/"))

    server = serve(script)
    url = f"http://one.test:{server.port}/"
    later = perform(tools, url)
    context.enter(context.Context(carried=later.carry))
    try:
        row = visit_by(tools, url)
    finally:
        context.enter(None)

    assert row["code"] == "redirect_loop"
    assert len(server.requests) == 2


def test_called_as_a_function_another_host_is_followed_directly(ask: Ask, serve: Serve, names: Names) -> None:
    names.say("two.test", ["127.0.0.1"])
    far = serve(page("far"))
    near = serve(says(redirect(f"http://two.test:{far.port}/b")))

    assert ask(near.url())["title"] == "far"


def test_a_user_in_a_redirect_is_left_out_and_told(ask: Ask, serve: Serve) -> None:
    server = serve(
        lambda peer, request: peer.send(
            redirect(f"http://name:word@127.0.0.1:{peer.server.port}/b") if b" /a " in request else answer()
        )
    )

    row = ask(server.url("/a"))

    assert (row["code"], row["final_url"]) == ("redirected", server.url("/b"))
    assert server.header("authorization") is None
    assert row["fetch_notes"] == "a redirect to 127.0.0.1 names a user, which was left out"
    assert "name:word" not in str(row)


@pytest.mark.parametrize("location", ["mailto:a@example.org", "about:blank", "javascript:void(0)", "tel:123"])
def test_a_redirect_to_what_is_no_page_names_its_scheme(location: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(redirect(location))).url())

    assert row["code"] == "bad_redirect"
    assert f"begins with {location.partition(':')[0]}:" in row["error"]
