"""Cookies: kept for one item's way by redirects, sent where they belong, and gone after it."""

from __future__ import annotations

import json
import time

import pytest

from jobs import TryLater
from jobs.runtime.job import context
from jobs.scrape.attempt import WorkerTools, scrape_page
from jobs.scrape.cookie_file import check_cookies, read_cookies
from jobs.web import urls
from jobs.web.cookies import MOST_COOKIES, Cookies, read_set_cookie
from tests.scrape.conftest import Ask, Names, Serve, certificate, wishes_of
from tests.scrape.hostile import Peer, Script, answer, redirect

NOW = 1_750_000_000.0
SECRET = "s3cret-0f-mine"


def sent(set_at: str, lines: list[str], asked: str) -> str:
    cookies = Cookies()
    cookies.take(urls.target(set_at), lines, NOW)
    return cookies.header(urls.target(asked), NOW + 1)


HERE = "https://www.example.co.uk/shop/list"


@pytest.mark.parametrize(
    ("line", "asked", "header"),
    [
        ("a=1", HERE, "a=1"),
        ("a=1", "https://www.example.co.uk/shop/", "a=1"),
        ("a=1", "https://www.example.co.uk/other", ""),
        ("a=1; Path=/", "https://www.example.co.uk/other", "a=1"),
        ("a=1; path=/shop", "https://www.example.co.uk/shopping", ""),
        ("a=1; Path=relative", "https://www.example.co.uk/other", ""),
        ("a=1; Path=/", "https://example.co.uk/", ""),
        ("a=1; Path=/", "https://a.www.example.co.uk/", ""),
        ("a=1; Path=/; Domain=example.co.uk", "https://a.example.co.uk/", "a=1"),
        ("a=1; Path=/; Domain=.Example.CO.UK", "https://example.co.uk/", "a=1"),
        ("a=1; Path=/; Domain=co.uk", "https://other.co.uk/", ""),
        ("a=1; Path=/; Domain=co.uk", HERE, ""),
        ("a=1; Path=/; Domain=other.org", HERE, ""),
        ("a=1; Path=/; Domain=a.www.example.co.uk", HERE, ""),
        ("a=1; Path=/; Domain=", HERE, "a=1"),
        ("a=1; Secure; Path=/", "http://www.example.co.uk/", ""),
        ("a=1; Secure; Path=/", "https://www.example.co.uk:8443/", "a=1"),
        ("a=1; HttpOnly; SameSite=Strict; Partitioned", HERE, "a=1"),
        ("a=1; Max-Age=0", HERE, ""),
        ("a=1; Max-Age=-5", HERE, ""),
        ("a=1; Max-Age=60", HERE, "a=1"),
        ("a=1; Max-Age=0; Max-Age=60", HERE, "a=1"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", HERE, ""),
        ("a=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT", HERE, ""),
        ("a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", HERE, "a=1"),
        ("a=1; Expires=nonsense", HERE, "a=1"),
        ("a=1; Expires=Thu, 01-Jan-70 00:00:01 GMT", HERE, ""),
        ("a=1; Expires=Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)", HERE, ""),
        ("a=1; Expires=Thu, 1 Jan 1970 0:0:0 GMT", HERE, ""),
        ("a=1; Expires=00:00:00 1 january 2000", HERE, ""),
        ('a=1; Expires="Sat, 01 Jan 2000 00:00:00 GMT"', HERE, ""),
        ("a=1; Expires=Sat, 01 Jan 2000 00:00:00 GMT garbage", HERE, ""),
        ("a=1; Expires=Fri, 01 Jan 69 00:00:00 GMT", HERE, "a=1"),
        ("a=1; Expires=Sat, 31 Feb 2000 00:00:00 GMT", HERE, "a=1"),
        ("a=1; Expires=2000-01-01 00:00:00", HERE, "a=1"),
        ("a=1; Expires=0", HERE, "a=1"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", HERE, "a=1"),
        ('a="1 2"', HERE, 'a="1 2"'),
        ("a=b=c", HERE, "a=b=c"),
        ("  a  =  1  ", HERE, "a=1"),
        ("lonely", HERE, "lonely"),
        ("=lonely", HERE, "lonely"),
        ("a=", HERE, "a="),
        ("=", HERE, ""),
        ("", HERE, ""),
        ("a=1\x01", HERE, ""),
        ("a=" + "x" * 5_000, HERE, ""),
        ("__Secure-a=1; Secure", HERE, "__Secure-a=1"),
        ("__Secure-a=1", HERE, ""),
        ("__Host-a=1; Secure; Path=/", HERE, "__Host-a=1"),
        ("__Host-a=1; Secure", HERE, ""),
        ("__HOST-a=1; Secure; Path=/; Domain=www.example.co.uk", HERE, ""),
    ],
)
def test_a_cookie_is_kept_and_sent_as_browsers_do(line: str, asked: str, header: str) -> None:
    assert sent(HERE, [line], asked) == header


@pytest.mark.parametrize(
    ("host", "domain", "kept"),
    [
        ("github.io", "github.io", True),
        ("a.github.io", "github.io", False),
        ("a.b.kawasaki.jp", "b.kawasaki.jp", False),
        ("x.city.kawasaki.jp", "city.kawasaki.jp", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "0.0.1", False),
        ("localhost", "localhost", True),
        ("a.xn--p1ai", "xn--p1ai", False),
    ],
)
def test_no_cookie_is_set_for_a_public_suffix(host: str, domain: str, kept: bool) -> None:
    cookie = read_set_cookie(f"a=1; Domain={domain}", urls.target(f"http://{host}/"), NOW)

    assert (cookie is not None) == kept


def test_a_suffix_may_keep_a_cookie_for_itself_alone() -> None:
    lines = ["a=1; Domain=github.io; Path=/"]

    assert sent("https://github.io/", lines, "https://github.io/") == "a=1"
    assert sent("https://github.io/", lines, "https://b.github.io/") == ""


def test_secure_cookies_are_neither_set_nor_replaced_by_http() -> None:
    cookies = Cookies()
    cookies.take(urls.target("https://a.org/"), ["a=1; Secure", "b=1"], NOW)
    cookies.take(urls.target("http://a.org/"), ["a=2", "b=2", "c=2; Secure"], NOW)

    assert cookies.header(urls.target("https://a.org/"), NOW) == "a=1; b=2"


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "[::1]"])
def test_this_machine_is_as_safe_as_https(host: str) -> None:
    cookies = Cookies()
    cookies.take(urls.target(f"http://{host}/"), ["a=1; Secure", "__Host-b=2; Secure; Path=/"], NOW)
    cookies.take(urls.target(f"http://{host}/"), ["a=2"], NOW)

    assert cookies.header(urls.target(f"http://{host}/"), NOW) == "a=2; __Host-b=2"


def test_a_cookie_for_an_address_may_name_it_as_the_url_does() -> None:
    assert sent("http://[::1]/", ["a=1; Domain=[::1]"], "http://[::1]/") == "a=1"


def test_of_too_many_cookies_the_oldest_go() -> None:
    lines = [f"c{number}=1; Path=/" for number in range(MOST_COOKIES)]
    cookies = Cookies()
    cookies.take(urls.target(HERE), lines, NOW)
    cookies.take(urls.target(HERE), ["late=1; Path=/"], NOW)

    kept = cookies.header(urls.target(HERE), NOW).split("; ")
    assert (len(kept), kept[0], kept[-1]) == (MOST_COOKIES, "c1=1", "late=1")


def test_a_date_made_to_be_slow_is_read_soon() -> None:
    started = time.process_time()

    for text in ("1:" * 30_000, "1 " * 30_000, "jan" * 30_000, "9" * 60_000):
        sent(HERE, [f"a=1; Expires={text}"] * 50, HERE)

    assert time.process_time() - started < 5


def test_longer_paths_go_first_and_newer_values_replace_older() -> None:
    lines = ["a=1; Path=/", "a=2; Path=/shop", "b=1; Path=/", "c=1; Path=/", "d=1; Path=/", "b=2; Path=/"]

    assert sent(HERE, [*lines, "c=; Path=/; Max-Age=0"], HERE) == "a=2; a=1; b=2; d=1"


def wall(peer: Peer, request: bytes) -> bool:
    """A page behind a cookie, as consent and log-in walls have it: without it, round in a circle."""
    peer.send(
        answer(b"<title>inside</title>")
        if b"seen=yes" in request
        else answer(b"", status="302 Found", headers={"Location": "/", "Set-Cookie": "seen=yes"})
    )
    return True


def test_a_page_that_wants_its_cookie_back_is_reached(ask: Ask, serve: Serve) -> None:
    server = serve(wall)

    row = ask(server.url())

    assert (row["code"], row["title"], row["redirects"]) == ("redirected", "inside", 1)


def test_the_next_item_starts_without_cookies(ask: Ask, serve: Serve) -> None:
    server = serve(wall)

    ask(server.url())
    ask(server.url())

    assert [server.header("cookie", index) for index in range(4)] == [None, "seen=yes", None, "seen=yes"]


def test_a_loop_that_cookies_do_not_change_is_a_loop(ask: Ask, serve: Serve) -> None:
    always = answer(b"", status="302 Found", headers={"Location": "/", "Set-Cookie": "seen=yes"})
    server = serve(lambda peer, _request: peer.send(always))

    row = ask(server.url())

    assert (row["code"], len(server.requests)) == ("redirect_loop", 2)


def test_a_loop_with_a_new_cookie_each_time_ends(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, _request: bytes) -> bool:
        count = len(peer.server.requests)
        peer.send(answer(b"", status="302 Found", headers={"Location": "/", "Set-Cookie": f"n={count}"}))
        return True

    server = serve(script)

    assert ask(server.url())["code"] == "too_many_redirects"


def by_way_of(first: str, second: str, port: list[int]) -> Script:
    """first sets a cookie for itself, sends to second, which sends back."""

    def script(peer: Peer, request: bytes) -> bool:
        headers = {"Set-Cookie": f"id={SECRET}; Path=/"}
        there, back = f"http://{second}:{port[0]}/middle", f"http://{first}:{port[0]}/end"
        if b" /start " in request:
            peer.send(answer(b"", status="302 Found", headers={**headers, "Location": there}))
        else:
            peer.send(redirect(back) if b" /middle " in request else answer())
        return True

    return script


def test_a_cookie_goes_to_no_other_host_and_is_there_on_the_way_back(ask: Ask, serve: Serve, names: Names) -> None:
    port = [0]
    server = serve(by_way_of("a.test", "b.test", port))
    port[0] = server.port
    names.say("a.test", ["127.0.0.1"])
    names.say("b.test", ["127.0.0.1"])

    row = ask(server.url("/start", "a.test"))

    assert row["code"] == "redirected"
    assert [server.header("cookie", index) for index in range(3)] == [None, None, f"id={SECRET}"]


def part_of_the_way(tools: WorkerTools, url: str, carried: object, **wishes: object) -> object:
    """One turn of an item in the machine: what it carries to the next host's turn, or its row."""
    context.enter(context.Context(carried=carried))
    try:
        return dict(scrape_page(url, wishes_of(**wishes), tools))
    except TryLater as later:
        return json.loads(json.dumps(later.carry))
    finally:
        context.enter(None)


def test_cookies_travel_with_an_item_that_waits_for_another_host(
    tools: WorkerTools, serve: Serve, names: Names
) -> None:
    port = [0]
    server = serve(by_way_of("a.test", "b.test", port))
    port[0] = server.port
    names.say("a.test", ["127.0.0.1"])
    names.say("b.test", ["127.0.0.1"])
    known: object = None

    for _ in range(3):
        known = part_of_the_way(tools, server.url("/start", "a.test"), known)

    assert isinstance(known, dict)
    assert known["code"] == "redirected"
    assert [server.header("cookie", index) for index in range(3)] == [None, None, f"id={SECRET}"]


LINES = f"""# Netscape HTTP Cookie File

.example.org\tTRUE\t/\tTRUE\t0\tid\t{SECRET}
#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tsession\t{SECRET}
"""
LISTED = json.dumps(
    [
        {"domain": ".example.org", "name": "id", "value": SECRET, "secure": True, "hostOnly": False},
        {"domain": "127.0.0.1", "name": "session", "value": SECRET, "path": "/", "expirationDate": 4102444800.5},
    ]
)


@pytest.mark.parametrize("text", [LINES, LISTED], ids=["cookies.txt", "JSON"])
def test_a_file_of_cookies_is_sent_to_its_sites(text: str, ask: Ask, serve: Serve) -> None:
    server = serve(wall)

    ask(server.url(), cookies=text)

    assert server.header("cookie", 0) == f"session={SECRET}"
    assert server.header("cookie", 1) == f"session={SECRET}; seen=yes"
    assert Cookies(read_cookies(text)).header(urls.target("https://a.example.org/")) == f"id={SECRET}"
    assert Cookies(read_cookies(text)).header(urls.target("http://a.example.org/")) == ""


def test_a_cookie_of_a_file_that_the_server_takes_back_is_not_sent_again(
    tools: WorkerTools, ask: Ask, serve: Serve, names: Names
) -> None:
    away = {"Location": "/login", "Set-Cookie": "session=; Path=/; Expires=Thu, 01-Jan-70 00:00:01 GMT"}
    server = serve(
        lambda peer, request: bool(
            peer.send(answer() if b" /login " in request else answer(b"", status="302 Out", headers=away)) or True
        )
    )

    ask(server.url(), cookies=LINES)
    ask(server.url("/login"), cookies=LINES)

    assert [server.header("cookie", index) for index in range(3)] == [f"session={SECRET}", None, f"session={SECRET}"]


def test_a_file_of_cookies_is_read_as_other_programs_write_it() -> None:
    line = f"127.0.0.1\tFALSE\t/\tFALSE\t4102444800.25\tsession\t{SECRET}"
    text = f"\ufeff# Netscape HTTP Cookie File\r\n\r\n#HttpOnly_{line}\r\n"

    (cookie,) = read_cookies(text)

    assert (cookie.name, cookie.value, cookie.domain, cookie.expires) == ("session", SECRET, "127.0.0.1", 4102444800.25)


def test_a_broken_line_is_named() -> None:
    with pytest.raises(ValueError, match="line 3 of the cookies"):
        check_cookies(f"# one\r\n.example.org\tTRUE\t/\tTRUE\t0\ta\t1\r\nexample.org TRUE / {SECRET}\r\n")


def test_cookies_of_a_file_are_not_carried(tools: WorkerTools, serve: Serve, names: Names) -> None:
    names.say("127.0.0.1", ["127.0.0.1"])
    server = serve(lambda peer, _request: peer.send(redirect("http://b.test/")))

    carried = part_of_the_way(tools, server.url("/"), None, cookies=LINES)

    assert server.header("cookie") == f"session={SECRET}"
    assert SECRET not in json.dumps(carried)


@pytest.mark.parametrize(
    "text",
    [
        f"example.org {SECRET}",
        f"example.org\tTRUE\t/\tTRUE\tsoon\tid\t{SECRET}",
        f".\tTRUE\t/\tTRUE\t0\tid\t{SECRET}",
        f"example.org\tTRUE\t/\tTRUE\t0\tid\t{SECRET}é",
        f"example.org\tTRUE\t/\tTRUE\t0\ti;d\t{SECRET}",
        f'[{{"name": "{SECRET}"}}]',
        f"[{SECRET}",
        "[" * 100_000,
        f"example.org\tTRUE\t/\tTRUE\t²\tid\t{SECRET}",
        f"example.org\tTRUE\t/\tTRUE\t--5\tid\t{SECRET}",
    ],
)
def test_what_is_no_file_of_cookies_is_refused_and_no_value_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="cookie") as refused:
        check_cookies(text)

    assert SECRET not in str(refused.value)


def test_the_name_of_a_secret_is_read_when_it_is_known() -> None:
    assert check_cookies("{secret:COOKIES}") == "{secret:COOKIES}"


def test_cookies_by_tls_are_sent_by_tls(ask: Ask, serve: Serve, names: Names) -> None:
    names.say("right.test", ["127.0.0.1"])
    secure = answer(b"", status="302 Found", headers={"Location": "/", "Set-Cookie": "__Host-a=1; Secure; Path=/"})
    server = serve(
        lambda peer, request: peer.send(answer() if b"__Host-a=1" in request else secure),
        context=certificate("right"),
    )

    assert ask(server.url("/", "right.test"))["code"] == "redirected"
