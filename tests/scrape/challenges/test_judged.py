"""What becomes of a URL whose answer is a test for robots; and the page of the documentation that names the vendors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.scrape.challenges import signs
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Peer, answer

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("columns", ["everything", "status"])
@pytest.mark.parametrize("status", ["202 Accepted", "405 Method Not Allowed", "429 Too Many Requests", "503 Busy"])
def test_a_test_for_robots_is_a_failure_that_names_the_vendor_and_is_not_tried_again(
    status: str, columns: str, ask: Ask, serve: Serve
) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        body = b"" if request.startswith(b"HEAD ") else b"<p>x"
        peer.send(answer(body, status=status, headers={"x-amzn-waf-action": "captcha", "Content-Type": "text/html"}))
        return True

    server = serve(script)

    row = ask(server.url("/x"), columns=columns)

    assert (row["code"], row["status"], row.get("later")) == ("blocked_challenge", int(status[:3]), None)
    assert row["error"] == "127.0.0.1 sent a test for robots instead of the page (AWS WAF)"
    assert server.paths == ["/x"]


def test_a_cookie_that_stands_behind_others_is_a_sign(ask: Ask, serve: Serve) -> None:
    cookies = b"Set-Cookie: a=1\r\nSet-Cookie: techaro.lol-anubis-cookie-verification=2; Path=/\r\n"
    server = serve(lambda peer, _: bool(peer.send(b"HTTP/1.1 200 OK\r\n" + cookies + b"Content-Length: 0\r\n\r\n")))

    assert "(Anubis)" in ask(server.url("/x"), columns="status")["error"]


def test_the_documentation_names_every_vendor_and_no_other() -> None:
    page = " ".join((PROJECT / "docs/scraping.md").read_text("utf-8").split())
    told = re.search(r"Known are: (.*?)\. ", page)
    known = {sign.vendor for sign in (*signs.HEADERS, *signs.COOKIES, *signs.MARKUP, *signs.WIDGETS)}

    assert told is not None
    assert told[1].split(", ") == sorted(known, key=str.lower)
