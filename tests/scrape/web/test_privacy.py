"""Nothing leaks: no proxy, no password file, no cookie, no unchecked certificate, no line of our own making."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from jobs.web import urls
from tests.scrape.conftest import Ask, Names, Serve, Spy, certificate
from tests.scrape.hostile import Peer, answer, page, redirect, says


def test_proxies_of_the_environment_are_not_used(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve(page("proxy")), serve(page("direct"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url())

    assert ask(server.url())["title"] == "direct"
    assert proxy.connections == 0


def test_a_password_file_is_not_read(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(page())

    ask(server.url())

    assert server.header("authorization") is None


def test_cookies_are_kept_for_one_items_way_alone(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        cookie = {"Set-Cookie": "id=1; Path=/"}
        first = b"GET /a " in request
        peer.send(answer(b"", status="302 Found", headers={**cookie, "Location": "/b"}) if first else answer())
        return True

    server = serve(script)

    ask(server.url("/a"))
    ask(server.url("/c"))

    assert [server.header("cookie", index) for index in range(3)] == [None, "id=1", None]


def test_a_cookie_is_said_to_no_other_host_and_by_no_other_item(ask: Ask, serve: Serve, names: Names) -> None:
    names.say("two.test", ["127.0.0.1"])
    cookies = {"Set-Cookie": "id=1; Domain=test; Path=/"}
    far = serve(says(answer(headers=cookies), keep=True))
    to_far = {**cookies, "Location": far.url("/b", "two.test")}
    near = serve(says(answer(b"", status="302 Found", headers=to_far), keep=True))

    codes = [ask(near.url())["code"], ask(near.url("/again"))["code"]]

    assert codes == ["redirected"] * 2
    assert not any(b"cookie" in request.lower() for request in near.requests + far.requests)


def test_the_certificate_and_the_names_are_those_of_the_url(ask: Ask, serve: Serve, names: Names) -> None:
    context = certificate("right")
    named: list[str] = []
    context.sni_callback = lambda _sock, name, _own: named.append(str(name))
    server = serve(page("secure"), context=context)
    names.say("right.test", ["127.0.0.1"])

    row = ask(server.url(host="right.test"))

    assert (row["code"], row["title"]) == ("", "secure")
    assert named == ["right.test"]
    assert server.header("host") == f"right.test:{server.port}"
    assert row["tls_seconds"] > 0


@pytest.mark.parametrize(
    ("name", "host"), [("right", "wrong.test"), ("expired", "right.test"), ("selfsigned", "right.test")]
)
def test_a_wrong_certificate_is_refused_before_anything_is_asked(
    name: str, host: str, ask: Ask, serve: Serve, names: Names
) -> None:
    server = serve(page(), context=certificate(name))
    names.say(host, ["127.0.0.1"])

    row = ask(server.url(host=host))

    assert row["code"] == "tls_certificate"
    assert host in row["error"]
    assert server.requests == []
    assert "later" not in row


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_old_protocol_is_refused(ask: Ask, serve: Serve, names: Names) -> None:
    context = certificate("right")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    server = serve(page(), context=context)
    names.say("right.test", ["127.0.0.1"])

    row = ask(server.url(host="right.test"))

    assert (row["code"], server.requests) == ("tls_other", [])


def test_plain_http_at_an_https_port_has_its_code(ask: Ask, serve: Serve) -> None:
    server = serve(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), raw=True)

    assert ask(f"https://127.0.0.1:{server.port}/")["code"] == "tls_other"


@pytest.mark.parametrize("url", ["http://example.com@127.0.0.1/", "http://user:pw@h.test/", "user:pw@h.test/x"])
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str, ask: Ask, spy: Spy) -> None:
    row = ask(url)

    assert row["code"] in ("invalid_url", "unsupported_scheme")
    assert "pw" not in row["error"]
    assert spy.connects == []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://h.test\\@10.0.0.1/", "h.test"),
        ("http://h.test#@10.0.0.1/", "h.test"),
        ("http://h.test/@10.0.0.1/", "h.test"),
        ("http:\\\\h.test", "h.test"),
        ("HTTP://H.TEST", "h.test"),
        (" http://h.test ", "h.test"),
        ("http:h.test", "h.test"),
    ],
)
def test_the_host_that_is_checked_is_the_host_that_is_asked(url: str, host: str, ask: Ask, names: Names) -> None:
    names.say(host, ["10.9.9.9"])

    row = ask(url)

    assert row["code"] == "private_address"
    assert names.asked == [host]
    assert urls.target(url).host == host


@pytest.mark.parametrize("path", ["/a\r\nX-Evil: 1", "/a\tb", "/a b", "/\u202e", "/?q=\r\n\r\nGET /evil", "/ü?ü"])
def test_no_line_of_the_request_is_the_urls_own(path: str, ask: Ask, serve: Serve) -> None:
    server = serve(page())

    row = ask(server.url(path))

    assert row["code"] == ""
    assert len(server.requests) == 1
    assert server.header("x-evil") is None
    assert server.requests[0].isascii()


def test_what_is_asked_is_said_in_full(ask: Ask, serve: Serve) -> None:
    server = serve(page())

    ask(server.url("/x?y"), user_agent="Me/1 (me@example.org)", accept_language="de")

    assert server.requests[0].startswith(b"GET /x?y HTTP/1.1\r\n")
    assert server.header("user-agent") == "Me/1 (me@example.org)"
    assert server.header("accept-language") == "de"
    assert server.header("accept-encoding") == "gzip, deflate, br, zstd"
    assert server.header("host") == f"127.0.0.1:{server.port}"


def test_a_redirect_to_another_port_asks_by_its_own_name(ask: Ask, serve: Serve) -> None:
    other = serve(page("other"))
    first = serve(says(redirect(other.url("/o"))))

    assert ask(first.url())["title"] == "other"
    assert other.header("host") == f"127.0.0.1:{other.port}"
    assert other.header("referer") is None
