"""Headers of a run's own: checked before the run, said to one origin, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.cli import main
from jobs.runtime.core.errors import BadParams
from jobs.web.request_headers import read_headers
from tests.scrape.conftest import Ask, Names, Serve, certificate
from tests.scrape.hostile import Peer, answer, page, redirect
from tests.support.machine import Machine

SECRET = "s3cret-0f-mine"


def test_they_are_read_with_their_case_and_without_the_space_around() -> None:
    read = read_headers(("X-Key:  a: b ", "Accept: text/html"))

    assert [(header.name, header.value) for header in read] == [("X-Key", "a: b"), ("Accept", "text/html")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (SECRET, "header 1 is none"),
        (f": {SECRET}", "header 1 is none"),
        (f"X Key: {SECRET}", "header 1 is none"),
        (f"Host: {SECRET}", "Host cannot be set here"),
        (f"content-length: {SECRET}", "content-length cannot be set here"),
        (f"Proxy-Authorization: {SECRET}", "JOBS_PROXY"),
        (f"X-Key: {SECRET}\r\nX-Evil: 1", "the value of X-Key"),
        (f"X-Key: {SECRET}é", "the value of X-Key"),
        (f"*.example.org: X-Key: {SECRET}", "a host is named in full"),
        (f"https://example.org: X-Key: {SECRET}", "a host is named in full"),
        (f"example.org: X Key: {SECRET}", "a host is named in full"),
        (f"example.org: {SECRET}", "a host is named in full"),
        (f"example.org:8080: {SECRET}", "a host is named in full"),
        (f"example.org:99999: X-Key: {SECRET}", "its host is none"),
        (f"example.org:0: X-Key: {SECRET}", "its host is none"),
        (f".example.org: X-Key: {SECRET}", "its host is none"),
        (f"a..b: X-Key: {SECRET}", "its host is none"),
        (f"[::1::2]: X-Key: {SECRET}", "its host is none"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_its_value_not_repeated(line: str, said: str) -> None:
    with pytest.raises(BadParams) as refused:
        client.columns("scrape", {"headers": [line]})

    assert said in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "host", "port"),
    [
        ("[::1]: X-Key: 1", "::1", 0),
        ("[0:0:0:0:0:0:0:1]:8080: X-Key: 1", "::1", 8080),
        ("[::FFFF:1.2.3.4]: X-Key: 1", "::ffff:102:304", 0),
        ("127.1: X-Key: 1", "127.0.0.1", 0),
        ("Example.ORG.:443 : X-Key: 1", "example.org.", 443),
        ("bücher.example: X-Key: 1", "xn--bcher-kva.example", 0),
        ("localhost:80: X-Key: 1", "localhost", 80),
    ],
)
def test_a_host_before_a_header_is_read_as_in_a_url(line: str, host: str, port: int) -> None:
    (header,) = read_headers((line,))

    assert (header.name, header.value, header.host, header.port) == ("X-Key", "1", host, port)


def test_the_same_header_twice_is_refused() -> None:
    with pytest.raises(BadParams, match="header 2: x-key is there twice"):
        client.columns("scrape", {"headers": ["X-Key: 1", "x-key: 2"]})


def test_they_are_said_to_the_origin_and_win_over_the_usual(ask: Ask, serve: Serve) -> None:
    server = serve(page())

    ask(server.url(), headers=(f"Authorization: Bearer {SECRET}", "accept: text/plain"))

    assert server.header("authorization") == f"Bearer {SECRET}"
    assert server.header("accept") == "text/plain"


def test_a_redirect_within_the_origin_keeps_them(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(redirect("/b") if b"GET /a " in request else answer())
        return True

    server = serve(script)

    ask(server.url("/a"), headers=(f"X-Key: {SECRET}",))

    assert [server.header("x-key", index) for index in range(2)] == [SECRET, SECRET]


@pytest.mark.parametrize("host", ["127.0.0.1", "other.test"])
def test_a_redirect_to_another_origin_drops_them(host: str, ask: Ask, serve: Serve, names: Names) -> None:
    names.say("other.test", ["127.0.0.1"])
    far = serve(page("far"))
    near = serve(lambda peer, _request: peer.send(redirect(far.url("/", host))))

    row = ask(near.url(), headers=(f"X-Key: {SECRET}", f"Authorization: Basic {SECRET}", f"Cookie: id={SECRET}"))

    assert row["title"] == "far"
    assert SECRET.encode() in near.requests[0]
    assert SECRET.encode() not in far.requests[0]


def test_the_robots_file_is_asked_for_without_them(ask: Ask, serve: Serve) -> None:
    server = serve(page())

    ask(server.url("/x"), headers=(f"X-Key: {SECRET}",), robots=True)

    assert server.paths == ["/robots.txt", "/x"]
    assert [server.header("x-key", index) for index in range(2)] == [None, SECRET]


def test_http_tried_in_place_of_https_does_without_them(ask: Ask, serve: Serve, names: Names) -> None:
    names.say("plain.test", ["127.0.0.1"])
    server = serve(page())

    row = ask(f"plain.test:{server.port}/", headers=(f"X-Key: {SECRET}",), timeout=1.0)

    assert (row["status"], row["final_url"][:5]) == (200, "http:")
    assert all(SECRET.encode() not in request for request in server.requests)


def test_a_run_and_its_repetition_send_them_and_nothing_shows_them(
    machine: Machine, serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(lambda peer, _request: peer.send(answer(status="404 No")))
    asked = ["--item", server.url(), "--no-robots", "--headers", f"X-Key: {SECRET}", "--headers", "X-Other: 1"]

    main.main(["run", "scrape", *asked, "--json"])
    run = client.runs()[0]
    again = machine.finish(client.again(run.id))
    main.main(["show", run.id])
    main.main(["runs", "--json"])
    main.main(["export", run.id, "--out", str(tmp_path / "table.csv")])

    assert [server.header("x-key", index) for index in range(2)] == [SECRET, SECRET]
    assert run.params["headers"] == again.params["headers"] == "(hidden)"
    shown = [run, client.progress(run.id), client.events(run.id), client.rows(run.id, 1, 1), client.attempts(run.id)]
    shown += [capsys.readouterr(), (tmp_path / "table.csv").read_text(), _logs(machine.home)]
    assert SECRET not in repr(shown)


def _logs(home: Path) -> list[str]:
    return [path.read_text() for path in home.rglob("*.log")]


def test_the_value_that_is_shown_is_not_taken_for_one() -> None:
    with pytest.raises(BadParams, match="not shown to anybody: give it again"):
        client.columns("scrape", {"headers": "(hidden)"})


@pytest.mark.parametrize(
    ("line", "host", "port", "name", "value"),
    [
        ("api.example.org: X-Key: a", "api.example.org", 0, "X-Key", "a"),
        ("API.example.org:8443: X-Key: a: b", "api.example.org", 8443, "X-Key", "a: b"),
        ("localhost: X-Key: a", "localhost", 0, "X-Key", "a"),
        ("127.0.0.1:8000: X-Key:a", "127.0.0.1", 8000, "X-Key", "a"),
        ("[::1]:80: X-Key: a", "::1", 80, "X-Key", "a"),
        ("X-Url: example.org: 1", "", 0, "X-Url", "example.org: 1"),
        ("Referer: https://example.org:80/", "", 0, "Referer", "https://example.org:80/"),
        ("X-Key: 1", "", 0, "X-Key", "1"),
    ],
)
def test_a_header_may_be_for_one_host(line: str, host: str, port: int, name: str, value: str) -> None:
    (header,) = read_headers((line,))

    assert (header.host, header.port, header.name, header.value) == (host, port, name, value)


def test_a_header_for_a_host_is_said_there_alone_on_every_hop(ask: Ask, serve: Serve, names: Names) -> None:
    for host in ("own.test", "api.test"):
        names.say(host, ["127.0.0.1"])

    def script(peer: Peer, request: bytes) -> bool:
        elsewhere = f"http://api.test:{peer.server.port}/end"
        peer.send(answer() if b"GET /end " in request else redirect(elsewhere))
        return True

    server = serve(script)

    ask(server.url("/start", "own.test"), headers=(f"api.test: X-Key: {SECRET}", "X-Own: 1", "api.test: X-Own: 2"))

    assert [server.header("x-key", index) for index in range(2)] == [None, SECRET]
    assert [server.header("x-own", index) for index in range(2)] == ["1", "2"]


def test_what_began_by_https_says_no_header_by_http(ask: Ask, serve: Serve, names: Names) -> None:
    names.say("right.test", ["127.0.0.1"])
    plain = serve(page())
    secure = serve(
        lambda peer, _request: peer.send(redirect(plain.url("/", "right.test"))), context=certificate("right")
    )

    row = ask(secure.url("/", "right.test"), headers=(f"right.test: X-Key: {SECRET}",))

    assert (row["code"], secure.header("x-key"), plain.header("x-key")) == ("redirected", SECRET, None)
