"""A status check by HEAD is believed only where HEAD can be."""

from __future__ import annotations

import pytest

from tests.scrape.conftest import Ask, Names, Serve
from tests.scrape.hostile import Peer, Script, answer, page, redirect

PAGE = answer(b"<title>here</title>", headers={"X-Seen": "get"})


def by_method(head: bytes, get: bytes = PAGE) -> Script:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(head if request.startswith(b"HEAD") else get)
        return not request.startswith(b"HEAD")

    return script


def methods(requests: list[bytes]) -> list[str]:
    return [request.split(b" ")[0].decode() for request in requests]


@pytest.mark.parametrize(
    "status", [400, 403, 404, 405, 406, 409, 410, 418, 500, 501, 502, 503, 520, 600, 999, 300, 302]
)
def test_an_error_of_head_is_asked_again_by_get(status: int, ask: Ask, serve: Serve) -> None:
    server = serve(by_method(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode()))

    row = ask(server.url(), columns="status")

    assert (row["code"], row["status"], row["content_type"]) == ("", 200, "text/html; charset=utf-8")
    assert row["bytes"] == len(b"<title>here</title>")
    assert methods(server.requests) == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (401, b"", "http_4xx"),
        (407, b"", "http_4xx"),
        (429, b"", "rate_limited"),
        (451, b"", "http_4xx"),
        (503, b"Retry-After: 7\r\n", "http_5xx"),
        (200, b"", ""),
        (204, b"", ""),
        (304, b"", ""),
    ],
)
def test_what_head_says_of_the_page_itself_is_believed(
    status: int, headers: bytes, code: str, ask: Ask, serve: Serve
) -> None:
    server = serve(by_method(b"HTTP/1.1 %d x\r\n%sContent-Length: 0\r\n\r\n" % (status, headers)))

    row = ask(server.url(), columns="status")

    assert (row["code"], row["status"], methods(server.requests)) == (code, status, ["HEAD"])


@pytest.mark.parametrize("how", ["hangs", "closes", "breaks off", "says nonsense", "drips"])
def test_a_head_that_does_not_answer_leaves_time_for_get(how: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        if not request.startswith(b"HEAD"):
            peer.send(PAGE)
        elif how == "hangs":
            peer.stay()
        elif how == "drips":
            peer.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 100)
        elif how != "closes":
            peer.send(b"HTTP/1.1 200 OK\r\nX" if how == "breaks off" else b"nonsense\r\n")
        return False

    server = serve(script)

    row = ask(server.url(), columns="status", timeout=3.0)

    assert (row["code"], row["status"], methods(server.requests)[-1]) == ("", 200, "GET")


def led_astray(request: bytes, dead: bytes) -> bytes:
    path = request.split(b" ")[1]
    if path == b"/page":
        return redirect("/dead") if request.startswith(b"HEAD") else PAGE
    return dead


@pytest.mark.parametrize(
    "dead", [answer(b"", status="404 x"), answer(b"", status="500 x"), redirect("/dead"), redirect("http://10.0.0.1/")]
)
def test_a_redirect_of_head_to_nowhere_is_gone_again_by_get(dead: bytes, ask: Ask, serve: Serve) -> None:
    server = serve(lambda peer, request: peer.send(led_astray(request, dead)))

    row = ask(server.url("/page"), columns="status")

    assert (row["code"], row["status"], row["redirects"], row["final_url"]) == ("", 200, 0, server.url("/page"))
    assert "led astray" in row["fetch_notes"]


def test_a_redirect_of_head_to_another_host_that_is_dead_is_gone_again_by_get(
    ask: Ask, serve: Serve, names: Names
) -> None:
    names.say("here.test", ["127.0.0.1"])
    head = redirect("http://nowhere.test/")
    server = serve(lambda peer, request: peer.send(head if request.startswith(b"HEAD") else PAGE))

    row = ask(server.url("/page", "here.test"), columns="status")

    assert (row["code"], row["status"]) == ("", 200)


def test_a_page_that_is_gone_by_get_too_is_gone(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(redirect("/dead") if b" /page " in request else answer(b"", status="404 x"))
        return True

    server = serve(script)

    row = ask(server.url("/page"), columns="status")

    assert (row["code"], row["status"], row["redirects"]) == ("http_4xx", 404, 1)
    assert len(server.requests) <= 5


def test_a_good_redirect_of_head_is_followed_by_head(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(redirect("/b") if b" /a " in request else answer(b""))
        return True

    server = serve(script)

    assert ask(server.url("/a"), columns="status")["code"] == "redirected"
    assert methods(server.requests) == ["HEAD", "HEAD"]


def test_pages_are_asked_by_get_at_once(ask: Ask, serve: Serve) -> None:
    server = serve(page())

    ask(server.url())

    assert methods(server.requests) == ["GET"]
