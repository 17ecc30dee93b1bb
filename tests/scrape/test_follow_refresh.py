"""Refreshes that are followed: on request alone, and on the same terms as redirects."""

from __future__ import annotations

import pytest

from jobs import TryLater
from jobs.runtime.job import context
from jobs.scrape.attempt import scrape_page
from tests.scrape.conftest import Ask, Names, Serve, visit_by, wishes_of
from tests.scrape.hostile import Peer, Script, answer, redirect

WORDS = b"<p>" + b"word " * 400


def site(**pages: bytes) -> Script:
    """Pages by their paths; `/robots.txt` too, where it is one."""

    def script(peer: Peer, request: bytes) -> bool:
        path = request.split()[1].decode().partition("?")[0].strip("/").replace(".", "_")
        peer.send(pages.get(path, answer(b"", status="404 Not Found")))
        return True

    return script


def sending(to: str, seconds: str = "0", body: bytes = b"") -> bytes:
    refresh = f"<meta http-equiv=refresh content='{seconds}; url={to}'>".encode()
    return answer(b"<title>on</title>" + refresh + body, headers={"Content-Type": "text/html"})


def test_a_refresh_is_followed_where_that_is_asked(ask: Ask, serve: Serve) -> None:
    server = serve(
        site(a=sending("/b", "3", WORDS), b=answer(b"<title>b</title>", headers={"Content-Type": "text/html"}))
    )

    followed = ask(server.url("/a"), follow_refresh=True)
    told = ask(server.url("/a"))

    assert (followed["code"], followed["title"], followed["redirects"]) == ("redirected", "b", 1)
    assert followed["redirect_chain"] == f"200 {server.url('/a')} → {server.url('/b')}"
    assert (followed["final_url"], followed["refresh_to"]) == (server.url("/b"), None)
    assert (told["title"], told["redirects"], told["refresh_to"]) == ("on", 0, server.url("/b"))


def test_a_header_and_a_status_check_are_followed_too(ask: Ask, serve: Serve) -> None:
    head = answer(b"<p>x", headers={"Content-Type": "text/html", "Refresh": "0; url=/b"})
    server = serve(site(a=head, b=answer(b"<p>end", headers={"Content-Type": "text/html"})))

    row = ask(server.url("/a"), follow_refresh=True, columns="status")

    assert (row["final_url"], row["redirects"]) == (server.url("/b"), 1)


@pytest.mark.parametrize(
    "page",
    [
        sending("/a"),
        sending("/b", "11"),
        sending("mailto:a@b.org"),
        answer(b"<meta http-equiv=refresh content=5>", headers={"Content-Type": "text/html"}),
    ],
    ids=["itself", "later", "no page", "no target"],
)
def test_what_renews_itself_comes_late_or_leads_nowhere_is_not_followed(page: bytes, ask: Ask, serve: Serve) -> None:
    server = serve(site(a=page, b=answer(b"<p>b")))

    row = ask(server.url("/a"), follow_refresh=True)

    assert (row["redirects"], row["final_url"]) == (0, server.url("/a"))


def test_the_page_of_an_error_sends_nobody_on(ask: Ask, serve: Serve) -> None:
    refresh = b"<meta http-equiv=refresh content='0; url=/b'>"
    gone = answer(refresh, status="404 Not Found", headers={"Content-Type": "text/html"})
    server = serve(site(a=gone, b=answer(b"<p>b")))

    assert ask(server.url("/a"), follow_refresh=True)["code"] == "http_4xx"


def test_loops_and_endless_chains_of_refreshes_end(ask: Ask, serve: Serve) -> None:
    loop = serve(site(a=sending("/b"), b=sending("/a")))
    mixed = serve(site(a=sending("/b"), b=redirect("/a")))

    def endless(peer: Peer, request: bytes) -> bool:
        peer.send(sending(f"/{int(request.split()[1].strip(b'/')) + 1}"))
        return True

    longest = serve(endless)

    assert ask(loop.url("/a"), follow_refresh=True)["code"] == "redirect_loop"
    assert ask(mixed.url("/a"), follow_refresh=True)["code"] == "redirect_loop"
    assert ask(longest.url("/1"), follow_refresh=True)["code"] == "too_many_redirects"
    assert len(longest.requests) == 10


@pytest.mark.parametrize("to", ["http://10.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/x"])
def test_a_refresh_leads_to_nothing_private(to: str, ask: Ask, serve: Serve) -> None:
    server = serve(site(a=sending(to)))

    row = ask(server.url("/a"), follow_refresh=True)

    assert row["code"] == "private_address"


def test_robots_are_asked_where_a_refresh_leads(tools, ask: Ask, serve: Serve) -> None:  # type: ignore[no-untyped-def]
    rules = answer(b"User-agent: *\nDisallow: /b", headers={"Content-Type": "text/plain"})
    server = serve(site(a=sending("/b"), b=answer(b"<p>b"), robots_txt=rules))

    row = ask(server.url("/a"), follow_refresh=True, robots=True)

    assert row["code"] == "robots_disallowed"


def test_another_host_waits_for_its_turn(tools, names: Names, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    there = serve(site(b=answer(b"<title>there</title>", headers={"Content-Type": "text/html"})))
    names.say("other.example", ["127.0.0.1"])
    here = serve(site(a=sending(f"http://other.example:{there.port}/b")))
    wishes = wishes_of(follow_refresh=True)
    monkeypatch.setattr("jobs.web.redirects.in_machine", lambda: True)

    with pytest.raises(TryLater) as caught:
        scrape_page(here.url("/a"), wishes, tools)
    monkeypatch.setattr("jobs.carried", lambda: caught.value.carry)
    row = visit_by(tools, here.url("/a"), follow_refresh=True)

    assert (caught.value.group, caught.value.row["title"] if "title" in (caught.value.row or {}) else None) == (
        "other.example",
        None,
    )
    assert (row["title"], row["redirects"]) == ("there", 1)
    assert context.current() is None
