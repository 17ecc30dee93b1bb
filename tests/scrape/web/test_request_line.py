"""What a server sees of a URL: the bytes of the URL Standard's parser, on every hop."""

from __future__ import annotations

import pytest

from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Peer, answer, page, redirect

ASKED = {
    "/50%-off%20sale": "/50%-off%20sale",
    "/%": "/%",
    "/%zz%41": "/%zz%41",
    "/a%2Fb%2fc": "/a%2Fb%2fc",
    "/100%25": "/100%25",
    "/a b": "/a%20b",
    "/caf\xe9": "/caf%C3%A9",
    '/"<>`{}': "/%22%3C%3E%60%7B%7D",
    "/|^[]'": "/|%5E[]'",
    "/a\\b": "/a/b",
    "/a/./b/../c": "/a/c",
    "/a/%2e%2E/c": "/c",
    "/~!$&'()*+,;=:@": "/~!$&'()*+,;=:@",
    "/p?q=50%&r=a b": "/p?q=50%&r=a%20b",
    "/p?q=caf\xe9": "/p?q=caf%C3%A9",
    "/p?q='<>\"`{}|\\^": "/p?q=%27%3C%3E%22`{}|\\^",
    "/p?a=1?b=2": "/p?a=1?b=2",
    "/p??": "/p??",
    "/p?": "/p?",
    "?q": "/?q",
    "": "/",
    "//double//slash": "//double//slash",
    "/p#fragment?x": "/p",
    "/\U0001f600": "/%F0%9F%98%80",
}


@pytest.mark.parametrize(("written", "seen"), ASKED.items())
def test_a_url_is_asked_as_browsers_do(written: str, seen: str, ask: Ask, serve: Serve) -> None:
    server = serve(page())

    row = ask(server.url(written))

    assert server.paths == [seen]
    assert row["final_url"] == server.url(seen)


@pytest.mark.parametrize(("written", "seen"), [item for item in ASKED.items() if item[0].isascii() and item[0]])
def test_a_redirect_is_followed_as_browsers_do(written: str, seen: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        target = f"http://127.0.0.1:{peer.server.port}{written}"
        peer.send(redirect(target) if b" /start " in request else answer())
        return True

    server = serve(script)

    row = ask(server.url("/start"))

    assert server.paths == ["/start", seen]
    assert row["final_url"] == server.url(seen)


@pytest.mark.parametrize(
    ("location", "seen"),
    [
        (b"/caf\xc3\xa9", "/caf%C3%A9"),
        (b"/caf\xe9", "/caf%E9"),
        (b"/a b?c d", "/a%20b?c%20d"),
        (b"  /spaces  ", "/spaces"),
        (b"/a\tb", "/ab"),
        (b"%2Fb", "/%2Fb"),
        (b"/50%-off%20sale", "/50%-off%20sale"),
    ],
)
def test_the_bytes_of_a_location_are_those_of_the_question(location: bytes, seen: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        moved = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
        peer.send(moved if b" /start " in request else answer())
        return True

    server = serve(script)

    ask(server.url("/start"))

    assert server.paths == ["/start", seen]
