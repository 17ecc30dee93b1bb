"""robots.txt: read as RFC 9309 says, once per origin, through the same door."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time

import pytest

from jobs.runtime.job import context
from jobs.scrape import robots, robots_txt
from jobs.scrape.attempt import WorkerTools
from jobs.scrape.product import product_of
from jobs.web import urls
from jobs.web.exchange import PhaseLimits
from jobs.web.fetcher import Fetcher
from jobs.web.guard import Guard
from jobs.web.resolver import Resolver
from tests.scrape.conftest import Ask, Names, Serve, visit_by, visit_with
from tests.scrape.hostile import Peer, Script, answer, page, redirect, says


def site(robots_answer: bytes) -> Script:
    """A site whose robots.txt is answered so, and whose other pages are there."""

    def script(peer: Peer, request: bytes) -> bool:
        if request.startswith(b"GET /robots.txt "):
            peer.send(robots_answer)
            return True
        return bool(page()(peer, request))

    return script


def rules(text: bytes | str) -> bytes:
    octets = text if isinstance(text, bytes) else text.encode()
    return answer(octets, headers={"Content-Type": "text/plain"})


NO = "User-agent: *\nDisallow: /private\n"


def test_a_page_that_is_forbidden_is_not_fetched(ask: Ask, serve: Serve) -> None:
    server = serve(site(rules(NO)))

    row = ask(server.url("/private/x"), robots=True)

    assert row["code"] == "robots_disallowed"
    assert server.paths == ["/robots.txt"]


def test_robots_can_be_turned_off(ask: Ask, serve: Serve) -> None:
    server = serve(site(rules(NO)))

    assert ask(server.url("/private/x"), robots=False)["code"] == ""
    assert server.paths == ["/private/x"]


@pytest.mark.parametrize(
    "text",
    [
        NO,
        "\ufeff" + NO,
        NO.replace("\n", "\r"),
        NO.replace("\n", "\r\n"),
        NO.encode() + b"# \xff\xfe\x00 odd\nDisallow: /other\xff\n",
        b"\x00" + NO.encode(),
        "  user-AGENT :*\n  DISALLOW:/private # why\n",
        "User-agent: Fanout\nDisallow: /private\n\nUser-agent: *\nAllow: /\n",
        "User-agent: other\nUser-agent: fanout\nDisallow: /private\n",
        "User-agent: *\nDisallow: /priv*x$\n",
        "User-agent: *\nDisallow: /\nAllow: /public\n",
        "User-agent: *\nAllow: /p\nDisallow: /private\n",
        NO + "# " + "x" * 1_400_000,
        NO.encode("utf-16"),
        b"\xfe\xff" + NO.encode("utf-16-be"),
        NO.encode("utf-16-le"),
    ],
    ids=range(16),
)
def test_rules_hold_however_they_are_written(text: bytes | str, ask: Ask, serve: Serve) -> None:
    server = serve(site(rules(text)))

    assert ask(server.url("/private/x"), robots=True)["code"] == "robots_disallowed"
    assert ask(server.url("/public"), robots=True)["code"] == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!doctype html><title>User-agent: *\nDisallow: /</title>\nUser-agent: *\nDisallow: /\n",
        "\ufeff \n<html>User-agent: *\nDisallow: /private",
        "User-agent: other\nDisallow: /\n",
        "User-agent: *\nDisallow:\n",
        "User-agent: *\nDisallow: /private\nAllow: /private/x\n",
        "User-agent: *\nDisallow: /PRIVATE\n",
        "User-agent: *\n" + "Allow: /a\n" * 60_000 + "Disallow: /private\n",
        bytes(range(256)) * 100,
    ],
    ids=range(9),
)
def test_where_no_rule_forbids_a_page_is_fetched(text: bytes | str, ask: Ask, serve: Serve) -> None:
    assert ask(serve(site(rules(text))).url("/private/x"), robots=True)["code"] == ""


@pytest.mark.parametrize(
    "file",
    [
        answer(NO.encode(), headers={"Content-Type": "application/octet-stream"}),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-robots\r\nTransfer-Encoding: chunked\r\n\r\n"
        + f"{len(NO):x}\r\n{NO}\r\n0\r\n\r\n".encode(),
        answer(
            gzip.compress(NO.encode() + b"# padding\n" * 140_000),
            headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"},
        ),
    ],
    ids=["of another type", "of another type and no length", "1.4 MB packed to 4 KB"],
)
def test_a_file_is_read_whatever_its_type_and_however_it_is_packed(file: bytes, ask: Ask, serve: Serve) -> None:
    server = serve(site(file))

    assert ask(server.url("/private/x"), robots=True)["code"] == "robots_disallowed"
    assert ask(server.url("/public"), robots=True)["code"] == ""


def test_half_a_rule_at_the_cap_is_no_rule() -> None:
    text = b"User-agent: *\nDisallow: /private\n"
    padding = b"#" * (robots_txt.MOST_BYTES - len(text) - 12) + b"\n"
    parsed = robots_txt.parse(text + padding + b"Disallow: /only-this", "Fanout", whole=False)

    assert parsed is not None
    assert not parsed.can_fetch("http://h/private", "Fanout")
    assert parsed.can_fetch("http://h/on", "Fanout")


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 No", "404 Not Found", "410 Gone", "429 Slow"])
def test_no_file_allows_all(status: str, ask: Ask, serve: Serve) -> None:
    assert ask(serve(site(answer(status=status))).url("/private/x"), robots=True)["code"] == ""


@pytest.mark.parametrize("status", ["500 Failed", "503 Busy", "599 Odd"])
def test_a_file_that_cannot_be_had_now_forbids_all_and_is_tried_again(status: str, ask: Ask, serve: Serve) -> None:
    server = serve(site(answer(status=status)))

    row = ask(server.url("/x"), robots=True)

    assert (row["code"], server.paths) == ("robots_disallowed", ["/robots.txt"])
    assert row["later"] > 0
    assert status[:3] in row["error"]


def test_a_page_of_an_error_that_never_ends_is_no_file(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        if b"/robots.txt" in request:
            peer.send(b"HTTP/1.1 404 No\r\nContent-Length: 9000000\r\n\r\n")
            peer.stay()
        return bool(page()(peer, request))

    assert ask(serve(script).url(), robots=True)["code"] == ""


@pytest.mark.parametrize("location", ["ftp://h.test/", "http://[::1/", "//"])
def test_a_redirect_that_leads_nowhere_is_no_file(location: str, ask: Ask, serve: Serve) -> None:
    assert ask(serve(site(redirect(location))).url(), robots=True)["code"] == ""


@pytest.mark.parametrize(
    ("status", "header", "least", "most"),
    [("503 Busy", "7", 7, 7), ("503 Busy", "0", 1, 1), ("503 Busy", "soon", 1, 3), ("500 Failed", "soon", 1, 3)],
)
def test_a_host_whose_file_cannot_be_had_is_held_as_it_asks(
    status: str, header: str, least: float, most: float, tools: WorkerTools, serve: Serve
) -> None:
    server = serve(site(answer(status=status, headers={"Retry-After": header})))
    here = context.Context()
    context.enter(here)
    try:
        row = visit_by(tools, server.url("/x"), robots=True)
    finally:
        context.enter(None)

    assert row["code"] == "robots_disallowed"
    assert least <= row["later"] <= most
    assert ("hold" in here.paces) == ("503" in status)


def test_a_host_that_is_not_reached_in_time_is_that_and_no_robots(
    ask: Ask, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallow(sock: socket.socket, _address: object) -> None:
        threading.Event().wait(sock.gettimeout())
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", swallow)
    names.say("h.test", ["8.8.8.8"])

    assert ask("http://h.test/", robots=True, limits=PhaseLimits(connect=0.2))["code"] == "connect_timeout"


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "connection_reset"),
        (b"hello, I speak HTTP/0.9", "protocol_error"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *\n", "incomplete"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "protocol_error"),
    ],
)
def test_a_host_that_speaks_no_http_is_that_and_no_robots(octets: bytes, code: str, ask: Ask, serve: Serve) -> None:
    server = serve(says(octets))

    row = ask(server.url("/x"), robots=True)

    assert row["code"] == code
    assert "asked for its robots.txt" in row["error"]
    assert ("later" in row) == (code != "protocol_error")
    assert set(server.paths) == {"/robots.txt"}


def test_a_look_up_that_hangs_is_that_and_no_robots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MORE_SECONDS", 0.1)
    hang = threading.Event()
    fetcher = Fetcher(Guard(Resolver(lambda _host, _port: ["8.8.8.8"] if hang.wait(30) else [], threads=1)))

    row = visit_with(fetcher, "http://h.test/", robots=True, limits=PhaseLimits(connect=0.2, first_byte=0.2))

    hang.set()
    assert row["code"] == "timeout"
    assert "looking up h.test" in row["error"]


@pytest.mark.parametrize("silent", [False, True], ids=["reset", "silent"])
def test_where_https_was_a_guess_http_is_asked_for_its_robots_too(silent: bool, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, _request: bytes) -> None:
        hello = peer.sock.recv(65536)
        if not hello.startswith(b"\x16"):
            peer.send(rules(NO) if b"/robots.txt" in hello else answer(b"<title>plain</title>"))
        elif silent:
            peer.stay()
        else:
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server = serve(script, raw=True)

    row = ask(f"127.0.0.1:{server.port}/public", robots=True, timeout=2)

    assert (row["code"], row["title"], row["final_url"]) == ("", "plain", server.url("/public"))
    assert "https failed" in row["fetch_notes"]


QUICK = PhaseLimits(connect=0.3, first_byte=0.3, read=0.3)


def within(ask: Ask, url: str, limits: PhaseLimits = QUICK) -> tuple[dict, context.Context]:
    """The row of a URL that the machine asks for, and what the schedule is told with it."""
    here = context.Context(attempts=3)
    context.enter(here)
    try:
        return ask(url, robots=True, timeout=20, limits=limits), here
    finally:
        context.enter(None)


def test_a_robots_txt_that_never_comes_is_a_host_that_does_not_answer(ask: Ask, serve: Serve) -> None:
    server = serve(lambda peer, _request: peer.stay())

    row, here = within(ask, server.url())

    assert row["code"] == "first_byte_timeout"
    assert "asked for its robots.txt" in row["error"]
    assert row["later"] > 0
    assert (here.paces["close"], here.paces["origin"]) == ("host_down", server.url().rstrip("/"))


def test_it_is_the_same_where_the_time_for_robots_txt_ends_first(
    ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "MORE_SECONDS", -0.1)

    row, here = within(ask, serve(lambda peer, _request: peer.stay()).url())

    assert (row["code"], here.paces["close"]) == ("first_byte_timeout", "host_down")


def test_a_robots_txt_that_is_not_whole_in_time_forbids_all_for_now(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, _request: bytes) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nUser-agent")
        peer.stay()

    server = serve(script)

    row, here = within(ask, server.url())

    assert row["code"] == "robots_disallowed"
    assert "which forbids all (RFC 9309, 2.3.1.4)" in row["error"]
    assert row["later"] > 0
    assert here.paces["close"] == "host_down"


def test_a_page_that_does_not_come_where_robots_txt_did_is_no_dead_host(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> None:
        peer.send(rules(b"")) if b"/robots.txt" in request else peer.stay()

    row, here = within(ask, serve(script).url(), PhaseLimits(connect=15.0, first_byte=1.5, read=15.0))

    assert row["code"] == "first_byte_timeout"
    assert "close" not in here.paces


def test_a_host_that_cannot_be_reached_is_that_and_no_robots(ask: Ask, names: Names) -> None:
    names.say("h.test", ["127.0.0.1"])

    assert ask("http://h.test:9995/", robots=True)["code"] == "connect_refused"
    assert ask("http://unknown.test/", robots=True)["code"] == "dns_not_found"
    assert ask("http://10.0.0.1/", robots=True)["code"] == "private_address"


def test_redirects_of_robots_are_followed_to_other_hosts_and_guarded(ask: Ask, serve: Serve) -> None:
    elsewhere = serve(site(rules(NO)))
    server = serve(site(redirect(elsewhere.url("/robots.txt"))))
    inside = serve(site(redirect("http://10.0.0.1/robots.txt")))

    assert ask(server.url("/private"), robots=True)["code"] == "robots_disallowed"
    assert ask(server.url("/public"), robots=True)["code"] == ""
    assert ask(inside.url("/x"), robots=True)["code"] == "robots_disallowed"


def test_more_than_five_redirects_are_no_file(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        path = request.split()[1].decode()
        peer.send(redirect(path + "x") if path.startswith("/robots.txt") else answer())
        return True

    server = serve(script)

    assert ask(server.url("/a"), robots=True)["code"] == ""
    assert len([path for path in server.paths if "robots" in path]) == 6


def test_the_file_is_fetched_once_for_each_origin_by_all_threads(tools: WorkerTools, serve: Serve) -> None:
    one, two = serve(site(rules(NO))), serve(site(rules(NO)))
    urls = [server.url(f"/{number}") for number in range(10) for server in (one, two)]
    threads = [threading.Thread(target=visit_by, args=(tools, url), kwargs={"robots": True}) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for server in (one, two):
        assert server.paths.count("/robots.txt") == 1
        assert len(server.paths) == 11


def test_a_failure_is_asked_again_soon_and_an_answer_is_kept(tools: WorkerTools, serve: Serve) -> None:
    now = [100.0]
    busy = [True]

    def script(peer: Peer, request: bytes) -> bool:
        robots_busy = busy[0] and b"/robots.txt" in request
        peer.send(answer(status="503 Busy") if robots_busy else rules(NO))
        return True

    server = serve(script)
    files = robots.RobotsFiles(tools.fetcher, clock=lambda: now[0])
    tools = WorkerTools(fetcher=tools.fetcher, robots=files)

    def code() -> str:
        return str(visit_by(tools, server.url("/x"), robots=True)["code"])

    assert [code(), code()] == ["robots_disallowed"] * 2
    busy[0] = False
    assert server.paths == ["/robots.txt"]
    now[0] += robots.FAILURE_KEPT_SECONDS
    assert [code(), code()] == ["", ""]
    now[0] += robots.KEPT_SECONDS - 1
    assert code() == ""
    assert server.paths.count("/robots.txt") == 2


@pytest.mark.parametrize(
    ("said", "pause", "why"),
    [
        ("2", 2.0, "Crawl-delay 2 s"),
        (".5", 0.5, "Crawl-delay 0.5 s"),
        ("999", 30.0, "Crawl-delay 999 s, cut to 30 s"),
        ("0", None, None),
        ("-1", None, None),
        ("soon", None, None),
    ],
)
def test_a_crawl_delay_slows_the_host_down(
    said: str, pause: float | None, why: str | None, tools: WorkerTools, serve: Serve
) -> None:
    server = serve(site(rules(f"User-agent: *\nCrawl-delay: {said}\n")))
    here = context.Context()
    context.enter(here)
    try:
        assert visit_by(tools, server.url("/x"), robots=True)["code"] == ""
    finally:
        context.enter(None)

    assert here.paces.get("pause") == pause
    assert (here.paces.get("why") if pause else None) == why


def test_rules_are_read_for_the_product_that_asks(ask: Ask, serve: Serve) -> None:
    server = serve(site(rules("User-agent: mybot\nDisallow: /\n\nUser-agent: *\nAllow: /\n")))

    assert ask(server.url("/x"), robots=True, user_agent="MyBot/2.0 (+https://example.org)")["code"] == (
        "robots_disallowed"
    )
    assert ask(server.url("/x"), robots=True, user_agent="Fanout/1")["code"] == ""
    assert server.header("user-agent", 0) == "MyBot/2.0 (+https://example.org)"


def test_each_hop_asks_the_rules_of_its_own_host(ask: Ask, serve: Serve) -> None:
    there = serve(site(rules(NO)))
    here = serve(
        lambda peer, request: peer.send(
            rules("") if b"/robots.txt" in request else redirect(there.url("/private/page"))
        )
    )

    row = ask(here.url("/go"), robots=True)

    assert (row["code"], row["redirects"]) == ("robots_disallowed", 1)
    assert there.paths == ["/robots.txt"]


def allowed(text: str, path: str, agent: str = "Fanout") -> bool:
    """Whether a robots.txt lets an agent fetch a path."""
    parsed = robots_txt.parse(text.encode(), agent)
    return robots.Rules(parsed=parsed).allow(urls.target(f"http://example.com{path}"), agent)


@pytest.mark.parametrize(
    ("rule", "path", "same"),
    [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", True),
        ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
        ("/path/foo-%24", "/path/foo-$", True),
        ("/path/foo-%24", "/path/foo-", False),
        ("*.gif$", "/example/a.gif", True),
        ("*.gif$", "/example/a.gif?x", False),
        ("/example/*.gif", "/example/page.html", False),
        ("/robots", "/robots.txt", False),
    ],
)
def test_a_rule_and_a_path_are_compared_as_in_the_rfc(rule: str, path: str, same: bool) -> None:
    assert allowed(f"User-agent: *\nDisallow: {rule}\n", path) != same


SIMPLE = """User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""


@pytest.mark.parametrize(
    ("agent", "yes", "no"),
    [
        ("otherbot", "/ /publications/ /a.gif?x", "/a.gif /example/ /example/page.html"),
        ("FooBot", "/example/page.html /example/allowed.gif", "/ /publications/ /example/other.gif"),
        ("barbot", "/ /a.gif /example/", "/example/page.html"),
        ("bazbot", "/ /a.gif /example/", "/example/page.html"),
        ("quxbot", "/ /a.gif /example/ /example/page.html", ""),
        ("foo", "/ /publications/", "/a.gif /example/page.html"),
    ],
)
def test_the_simple_example_of_the_rfc_holds_for_each_agent(agent: str, yes: str, no: str) -> None:
    assert [path for path in yes.split() if not allowed(SIMPLE, path, agent)] == []
    assert [path for path in no.split() if allowed(SIMPLE, path, agent)] == []


def test_groups_of_one_agent_are_one_group_as_in_the_rfc() -> None:
    text = "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz\n"

    assert [allowed(text, path, "examplebot") for path in ("/foo", "/bar", "/baz", "/other")] == [False] * 3 + [True]


@pytest.mark.parametrize(
    ("name", "concerns"),
    [("fanout", True), ("FANOUT/2.0", True), ("Fanout (+http://h)", True), ("fan", False), ("fanout-images", False)],
)
def test_a_group_concerns_the_product_of_that_very_name(name: str, concerns: bool) -> None:
    assert allowed(f"User-agent: {name}\nDisallow: /\n\nUser-agent: *\nAllow: /\n", "/x") != concerns


def test_rules_of_the_same_length_allow_and_sitemaps_end_no_group() -> None:
    text = "User-agent: one\nSitemap: http://h/s.xml\nUser-agent: fanout\nDisallow: /a\nAllow: /a\nDisallow: /b\n"

    assert [allowed(text, path) for path in ("/a", "/b")] == [True, False]


@pytest.mark.parametrize(("path", "allowed"), [("/example/page/", True), ("/example/page/disallowed.gif", False)])
def test_the_longest_rule_wins_as_in_the_rfc(path: str, allowed: bool) -> None:
    parsed = robots_txt.parse(
        b"User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n", "foobot"
    )

    assert parsed is not None
    assert parsed.can_fetch(f"http://example.com{path}", "foobot") == allowed


@pytest.mark.parametrize(
    "text",
    [
        b"".join(b"User-agent: a%d\n" % n for n in range(20_000))
        + b"".join(b"Disallow: /%d\n" % n for n in range(9_000)),
        b"User-agent: *\nDisallow: /" + b"$" * 500_000,
        b"User-agent: *\nDisallow: /" + b"*a" * 250_000,
        b"User-agent: *\n" + b"Disallow: /*a*b*$\n" * 24_000,
    ],
    ids=["many agents", "dollars", "stars", "many stars"],
)
def test_a_file_made_to_be_slow_is_read_soon(text: bytes) -> None:
    started = time.thread_time()

    parsed = robots_txt.parse(text, "Fanout")
    assert parsed is not None
    parsed.can_fetch("http://h/" + "ab" * 1_000, "Fanout")

    assert time.thread_time() - started < 10


def test_other_agents_groups_stay_apart() -> None:
    text = (
        b"User-agent: one\nDisallow: /a\nUser-agent: two\nUser-agent: fanout\nDisallow: /b\nUser agent x\nDisallow: /c"
    )
    parsed = robots_txt.parse(text, "Fanout")

    assert parsed is not None
    assert [parsed.can_fetch(f"http://h/{path}", "Fanout") for path in "abc"] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "path", "allowed_there"),
    [
        ("User-agent: FooBot\nX: y\nUser-agent: *\nDisallow: /\n", "/x", False),
        ("User-agent: FooBot\nSitemap: http://h/s.xml\n\nUser-agent: *\nDisallow: /\n", "/x", False),
        ("User-agent: FooBot\nCrawl-delay: 3\nUser-agent: *\nDisallow: /\n", "/x", False),
        ("User-agent: FooBot\nDisallow:\nUser-agent: *\nDisallow: /\n", "/x", True),
        ("User-agent: *\nUser-agent: FooBot\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n", "/b", True),
        ("User-agent: * everybody\nDisallow: /\n", "/x", False),
        ("User-agent: *foo\nDisallow: /\n", "/x", True),
        ("Disallow: /\nUser-agent: FooBot\nAllow: /y\n", "/x", True),
        ("User-agent FooBot\nDisallow /x\n", "/x", False),
        ("User-agent: FooBot\nDisallow /x and more\n", "/x", True),
        ("User-agent: FooBot\nDisallowed: /x\nDissalow: /y\n", "/y", False),
        ("User-agent: FooBot\nDisallow: /\nAllow: /a/index.html\n", "/a/", True),
        ("User-agent: FooBot\nDisallow: /\nAllow: /a/index.html\n", "/a/b", False),
        ("User-agent: FooBot\x0bDisallow: /x\nDisallow: /\x85y\n", "/y", True),
        ("User-agent: FooBot\nDisallow: /x#y\n", "/x", False),
        ("User-agent: FooBot\nDisallow: /\u6771\nAllow: /\n", "/%E6%9D%B1", False),
        ("User-agent: FooBot\nDisallow: /x" + "y" * 20_000 + "\n", "/x", True),
        ("\ufeffUser-agent: FooBot\nDisallow: /x\n", "/x", False),
    ],
)
def test_groups_and_lines_are_read_as_the_reference_parser_does(text: str, path: str, allowed_there: bool) -> None:
    assert allowed(text, path, "FooBot") is allowed_there


def test_a_crawl_delay_is_that_of_the_agents_named_so_far() -> None:
    text = b"User-agent: *\nCrawl-delay: 7\nUser-agent: FooBot\nDisallow: /x\n"

    delays = [robots.Rules(parsed=robots_txt.parse(text, agent)).delay(agent) for agent in ("FooBot", "OtherBot")]

    assert delays == [None, 7.0]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("", "*"),
        ("Fanout/0.1.0", "Fanout"),
        ("NameBot", "NameBot"),
        ("NameBot (+https://name.example/bot)", "NameBot"),
        ("Mozilla/5.0 (compatible; NameBot/1.0; +https://name.example/bot)", "NameBot"),
        ("Mozilla/5.0 (compatible;NameBot;+https://name.example/bot)", "NameBot"),
        ("mozilla/5.0 (COMPATIBLE; Name-Bot_x/7~bl; +http://name.example)", "Name-Bot_x"),
        ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; NameBot/1.2; +https://n.example)", "NameBot"),
        (
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; NameBot/2.1; +http://n.example/bot.html)",
            "NameBot",
        ),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/600.2 (KHTML, like Gecko) Version/8 Safari/600 (NameBot/0.1)", "NameBot"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0 NameBot/1.0 (+https://n.example)",
            "NameBot",
        ),
        ("Mozilla/5.0 (compatible; +https://n.example/a/b; NameBot/1.0)", "NameBot"),
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)", "Mozilla"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1 Safari/537",
            "Mozilla",
        ),
        ("Mozilla/5.0 (", "Mozilla"),
    ],
)
def test_the_product_is_the_name_that_is_nobody_elses(user_agent: str, name: str) -> None:
    assert product_of(user_agent) == name


def test_rules_are_read_for_the_name_behind_a_browsers(ask: Ask, serve: Serve) -> None:
    server = serve(site(rules("User-agent: NameBot\nDisallow: /\n")))

    row = ask(server.url("/x"), robots=True, user_agent="Mozilla/5.0 (compatible; NameBot/1.0; +https://n.example)")

    assert row["code"] == "robots_disallowed"
    assert "asks NameBot not to fetch" in row["error"]


def test_the_oldest_files_are_forgotten_when_they_take_much_room(
    tools: WorkerTools, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "MOST_KEPT_BYTES", 1_000)
    servers = [serve(site(rules(NO + "#" * 400))) for _ in range(4)]
    for server in servers:
        visit_by(tools, server.url("/x"), robots=True)
    visit_by(tools, servers[3].url("/y"), robots=True)
    visit_by(tools, servers[0].url("/y"), robots=True)

    assert [server.paths.count("/robots.txt") for server in servers] == [2, 1, 1, 1]


def test_a_file_that_is_fetched_anew_takes_no_more_room(
    tools: WorkerTools, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "MOST_KEPT_BYTES", 1_000)
    clock = [0.0]
    tools = WorkerTools(fetcher=tools.fetcher, robots=robots.RobotsFiles(tools.fetcher, lambda: clock[0]))
    servers = [serve(site(rules(NO + "#" * 400))) for _ in range(2)]
    for clock[0] in (0.0, robots.KEPT_SECONDS, 2 * robots.KEPT_SECONDS):
        for server in [*servers, *servers]:
            visit_by(tools, server.url("/x"), robots=True)

    assert [server.paths.count("/robots.txt") for server in servers] == [3, 3]
