"""Through a proxy: http, https and socks5, with the guard's checks done before."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from pathlib import Path

import pytest

from jobs import setting
from jobs.runtime.core import settings
from jobs.runtime.core.errors import BadSetting
from tests.scrape.conftest import Ask, Names, Serve, certificate
from tests.scrape.hostile import Peer, answer, page, says

WORD = "s3cret"


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Proxy:
    """A proxy on loopback that leads everything to this machine, and notes what it was asked for."""

    def __init__(self, serve: Serve, kind: str, *, password: str = "") -> None:
        self.kind, self.password = kind, password
        self.asked: list[str] = []
        self.said: list[bytes] = []
        context = certificate("right") if kind == "https" else None
        self.server = serve(self._talk, raw=True, context=context)

    @property
    def address(self) -> str:
        user = f"me:{self.password}@" if self.password else ""
        return f"{self.kind}://{user}right.test:{self.server.port}"

    def _talk(self, peer: Peer, _request: bytes) -> None:
        self._socks(peer.sock) if self.kind == "socks5" else self._http(peer)

    def _http(self, peer: Peer) -> None:
        head = peer.read_request()
        self.said.append(head)
        method, target, _ = head.split(b" ", 2)
        self.asked.append(target.decode())
        if self.password and b"Proxy-Authorization: Basic bWU6czNjcmV0" not in head:
            peer.send(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
            return
        port = int(target.rsplit(b":", 1)[1].split(b"/")[0])
        with socket.create_connection(("127.0.0.1", port)) as there:
            if method == b"CONNECT":
                peer.send(b"HTTP/1.1 200 Go\r\n\r\n")
            else:
                there.sendall(head)
            self._both(peer.sock, there)

    def _socks(self, sock: socket.socket) -> None:
        _, count = sock.recv(2)
        methods = sock.recv(count)
        if self.password:
            sock.sendall(b"\x05\x02" if 2 in methods else b"\x05\xff")
            said = sock.recv(600)
            self.said.append(said)
            good = said == b"\x01\x02me\x06s3cret"
            sock.sendall(b"\x01\x00" if good else b"\x01\x01")
            if not good:
                return
        else:
            sock.sendall(b"\x05\x00")
        kind = sock.recv(4)[3]
        host = sock.recv(sock.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(sock.recv(4))
        (port,) = struct.unpack(">H", sock.recv(2))
        self.asked.append(f"{host}:{port}")
        with socket.create_connection(("127.0.0.1", port)) as there:
            sock.sendall(b"\x05\x00\x00\x01" + bytes(6))
            self._both(sock, there)

    def _both(self, here: socket.socket, there: socket.socket) -> None:
        back = threading.Thread(target=pump, args=(there, here), daemon=True)
        back.start()
        pump(here, there)
        back.join(5)


@pytest.fixture(autouse=True)
def known(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(Path(__file__).parents[1] / "keys" / "authority.pem"))
    names.say("right.test", ["127.0.0.1"])


@pytest.mark.parametrize("tls", [False, True], ids=["http page", "https page"])
@pytest.mark.parametrize("password", ["", WORD], ids=["open", "by password"])
@pytest.mark.parametrize("kind", ["http", "https", "socks5"])
def test_pages_are_had_through_it(
    kind: str, password: str, tls: bool, ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(serve, kind, password=password)
    server = serve(page("behind"), context=certificate("right") if tls else None)
    monkeypatch.setenv("JOBS_PROXY", proxy.address)

    row = ask(server.url("/x?y", "right.test"))

    assert (row["code"], row.get("title")) == ("", "behind"), row.get("error")
    assert len(proxy.asked) == 1
    assert f":{server.port}" in proxy.asked[0]
    assert server.paths[0].endswith("/x?y")
    assert "asked by a proxy" in row["fetch_notes"]
    assert WORD not in str(row)


def test_an_http_page_is_asked_by_its_whole_url(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = Proxy(serve, "http"), serve(page())
    monkeypatch.setenv("JOBS_PROXY", proxy.address)

    ask(server.url("/50%-off%20sale", "right.test"))

    assert proxy.asked == [server.url("/50%-off%20sale", "right.test")]


@pytest.mark.parametrize("kind", ["http", "https", "socks5"])
def test_a_name_that_is_not_known_here_is_the_proxys_to_look_up(
    kind: str, ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = Proxy(serve, kind), serve(page("inside"))
    monkeypatch.setenv("JOBS_PROXY", proxy.address)

    row = ask(server.url("/", "only.inside"))

    assert (row["title"], "only.inside" in proxy.asked[0]) == ("inside", True)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://h.test/", "http://[::1]/", "http://right.test:22/"])
def test_the_guard_is_asked_before(
    url: str, kind: str, ask: Ask, serve: Serve, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.say("h.test", ["192.168.1.1"])
    proxy = Proxy(serve, kind)
    monkeypatch.setenv("JOBS_PROXY", proxy.address)

    row = ask(url)

    assert row["code"] in ("private_address", "blocked_port")
    assert proxy.server.connections == 0


@pytest.mark.parametrize("tls", [False, True], ids=["http page", "https page"])
@pytest.mark.parametrize("kind", ["http", "https", "socks5"])
def test_a_wrong_password_is_told_and_not_shown(
    kind: str, tls: bool, ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(serve, kind, password=WORD)
    server = serve(page(), context=certificate("right") if tls else None)
    monkeypatch.setenv("JOBS_PROXY", proxy.address.replace(WORD, "wr0ng"))

    row = ask(server.url("/", "right.test"), robots=True)

    assert (row["code"], server.requests) == ("connect_refused", [])
    assert "the proxy (JOBS_PROXY) does not lead there" in row["error"]
    assert "does not accept the name and the password" in row["error"]
    assert "wr0ng" not in str(row)


@pytest.mark.parametrize("tls", [False, True], ids=["http page", "https page"])
def test_a_proxy_that_wants_a_password_is_told_from_a_page_that_does(
    tls: bool, ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wants(peer: Peer, _request: bytes) -> None:
        peer.read_request()
        peer.send(answer(b"who?", status="407 Who are you"))

    hop, server = serve(wants, raw=True), serve(says(answer(b"who?", status="407 Who are you")))
    url = server.url("/", "right.test")
    assert ask(url)["code"] == "http_4xx"
    monkeypatch.setenv("JOBS_PROXY", f"http://right.test:{hop.port}")

    row = ask(url.replace("http:", "https:") if tls else url)

    assert row["code"] == "connect_refused"
    assert row["error"] == "the proxy (JOBS_PROXY) does not lead there: it wants a name and a password"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "it answers 502"),
        (b"HTTP/1.1 403 No\n\n", "it answers 403"),
        (b"hello\r\n\r\n", "it says nothing that HTTP knows"),
        (b"HTTP/1.1 " + b"4" * 5_000 + b" No\r\n\r\n", "it says nothing that HTTP knows"),
        (b"HTTP/1.1 200 Go\r\nX: ", "it says nothing that HTTP knows"),
        (b"X: y\r\n" * 10_000, "it says nothing that HTTP knows"),
        (b"", "it says nothing that HTTP knows"),
    ],
    ids=["bad gateway", "line feeds alone", "no HTTP", "no status", "half a head", "no end", "nothing"],
)
def test_why_a_proxy_does_not_lead_there_is_said(
    said: bytes, why: str, ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(peer: Peer, _request: bytes) -> None:
        peer.read_request()
        peer.send(said)

    monkeypatch.setenv("JOBS_PROXY", f"http://me:{WORD}@right.test:{serve(script, raw=True).port}")

    row = ask("https://right.test/")

    assert (row["code"], row["error"]) == ("connect_refused", f"the proxy (JOBS_PROXY) does not lead there: {why}")
    assert WORD not in str(row)


def test_a_proxy_whose_certificate_is_not_valid_is_named_with_the_reason(
    ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    hop = serve(page(), context=certificate("expired"))
    monkeypatch.setenv("JOBS_PROXY", f"https://right.test:{hop.port}")

    row = ask("http://right.test/")

    assert (row["code"], hop.requests) == ("connect_refused", [])
    assert row["error"] == "the proxy (JOBS_PROXY) cannot be spoken to: certificate has expired"


def test_a_proxy_whose_name_is_not_known_is_named(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_PROXY", f"http://me:{WORD}@nowhere.test:3128")

    row = ask("http://right.test/")

    assert (row["code"], row["error"].startswith("the proxy (JOBS_PROXY) is not found")) == ("dns_not_found", True)
    assert WORD not in str(row)


def test_a_proxy_that_is_not_there_is_named(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = serve(page())
    gone.close()
    monkeypatch.setenv("JOBS_PROXY", f"http://right.test:{gone.port}")

    row = ask("http://right.test/")

    assert (row["code"], "the proxy (JOBS_PROXY)" in row["error"]) == ("connect_refused", True)


def test_a_proxy_that_hangs_ends_at_the_deadline(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = serve(lambda peer, _request: peer.stay(), raw=True)
    monkeypatch.setenv("JOBS_PROXY", f"http://right.test:{hangs.port}")

    row = ask("https://right.test/", timeout=1.0)

    assert row["code"] in ("timeout", "connect_timeout")
    assert row["total_seconds"] < 10


@pytest.mark.parametrize(
    "text", ["proxy.test:3128", "ftp://proxy.test", f"http://me:{WORD}@", f"http://me:{WORD}@h:x", "http://h/path"]
)
def test_what_is_no_proxy_is_refused_and_no_password_shown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_PROXY", text)

    with pytest.raises(BadSetting, match="JOBS_PROXY") as refused:
        setting("JOBS_PROXY")

    assert WORD not in str(refused.value)


def test_no_password_stands_in_what_a_runner_says_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_PROXY", f"http://me:{WORD}@proxy.test")
    first = settings.of_runner()
    monkeypatch.setenv("JOBS_PROXY", "http://me:0ther@proxy.test")

    assert WORD not in first
    assert first != settings.of_runner()
