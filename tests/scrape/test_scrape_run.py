"""The scraper in the whole machine: what holds across items, threads and processes, counted by the server."""

from __future__ import annotations

import email.utils
import math
import statistics
import threading
import time
from itertools import pairwise

import pytest

from jobs.runtime import client
from jobs.runtime.cli import main
from jobs.runtime.core.records import Run
from tests.scrape.conftest import Serve
from tests.scrape.hostile import Peer, answer, eventually, page, redirect, says
from tests.support.machine import Machine, until


@pytest.fixture
def machine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8 ::1/128")
    return machine


def scraping(machine: Machine, urls: list[str], **options: object) -> Run:
    params = {"robots": False, **options.pop("params", {})}  # type: ignore[dict-item]
    return machine.submit(urls, "scrape", params=params, **options)  # type: ignore[arg-type]


def codes(machine: Machine, run: Run) -> list[str]:
    return [outcome.code for outcome in machine.outcomes(machine.finish(run))]


@pytest.mark.parametrize(
    "pool", [pytest.param((1, 32), id="threads"), pytest.param((2, 16), id="both", marks=pytest.mark.slow)]
)
def test_nothing_private_is_reached_in_any_slot_of_any_worker(
    pool: tuple[int, int], machine: Machine, serve: Serve
) -> None:
    good = serve(page())
    evil = serve(lambda peer, _request: peer.send(redirect("http://169.254.169.254/")))
    urls = [good.url("/a"), evil.url("/a"), "http://10.0.0.1/", "http://192.168.1.1/x", "http://[::ffff:10.0.0.1]/"]
    urls = [
        url.replace("/a", f"/{number}") + ("" if "/a" in url else f"?{number}") for number in range(8) for url in urls
    ]

    run = scraping(machine, urls, pool=pool)
    found = codes(machine, run)

    assert [found[index::5] for index in range(5)] == [[""] * 8, *[["private_address"] * 8] * 4]
    told = "".join(log.read_text() for log in (machine.home / "workers").glob("scrape-*.log"))
    assert "refused 10.0.0.1: 10.0.0.1 is a private network" in told
    assert [client.printed(run.id, position) for position in range(1, 41)] == [[]] * 40
    assert "refused 169.254.169.254: 169.254.169.254 is a link-local network" in told


@pytest.mark.slow
def test_never_more_of_a_host_at_once_than_its_cap_and_all_is_closed_afterwards(machine: Machine, serve: Serve) -> None:
    now, most, counting = [0], [0], threading.Lock()

    def script(peer: Peer, _request: bytes) -> bool:
        with counting:
            now[0] += 1
            most[0] = max(most[0], now[0])
        peer.stay(0.01)
        with counting:
            now[0] -= 1  # before the answer: its reader may ask again at once, on another connection
        peer.send(answer())
        return True

    server = serve(script)

    run = scraping(machine, [server.url(f"/{number}") for number in range(200)], pool=(2, 16), at_once=3)
    found = codes(machine, run)

    assert found == [""] * 200
    assert most[0] <= 3
    assert len(server.requests) == 200
    assert eventually(lambda: server.open == 0, 15)


def test_a_host_that_asks_to_wait_is_left_alone_while_others_go_on(machine: Machine, serve: Serve) -> None:
    asked: list[float] = []

    def busy_once(peer: Peer, _request: bytes) -> bool:
        asked.append(time.monotonic())
        first = len(asked) == 1
        peer.send(answer(status="429 Slow", headers={"Retry-After": "1"}) if first else answer())
        return True

    slow, quick = serve(busy_once), serve(page())
    urls = [slow.url("/a").replace("127.0.0.1", "localhost"), *(quick.url(f"/{number}") for number in range(20))]
    run = scraping(machine, urls, pool=(1, 2))
    until(lambda: client.run(run.id).done >= 20)
    waiting = client.run(run.id)
    ended = machine.finish(run)

    assert waiting.done == 20
    assert codes(machine, ended) == [""] * 21
    assert 0.9 < asked[1] - asked[0] < 2.5
    waited = machine.outcomes(ended)[0]
    assert waited.attempts == 2
    assert (waited.row or {})["fetch_notes"] == "localhost asked us to wait 1.0 s (Retry-After)"


@pytest.mark.slow
def test_what_fails_for_ever_ends_with_all_its_attempts_on_record(machine: Machine, serve: Serve) -> None:
    busy = serve(lambda peer, _request: peer.send(answer(status="503 Busy", headers={"Retry-After": "0"})))

    run = machine.finish(scraping(machine, [busy.url()], attempts=3))

    outcome = machine.outcomes(run)[0]
    assert (outcome.code, outcome.attempts, len(busy.requests)) == ("http_5xx", 3, 3)
    assert outcome.row is not None
    assert outcome.row["status"] == 503
    assert [attempt.code for attempt in client.attempts(run.id)] == ["http_5xx"] * 2


def test_cancel_shuts_what_drips(machine: Machine, serve: Serve) -> None:
    def drips(peer: Peer, _request: bytes) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10000\r\n\r\n")
        peer.drip(b"x" * 10_000)

    server = serve(drips)
    run = scraping(machine, [server.url(f"/{number}") for number in range(8)], pool=(1, 8))
    until(lambda: server.busy == 8)

    asked = time.monotonic()
    client.cancel(run.id)
    ended = machine.finish(run)

    assert eventually(lambda: server.open == 0, 15)
    assert time.monotonic() - asked < 20
    assert ended.cancel_seconds is not None
    assert ended.cancel_seconds < 8
    assert codes(machine, ended) == ["cancelled"] * 8


@pytest.mark.slow
def test_an_origin_that_is_down_is_put_off_after_two_refusals(machine: Machine, serve: Serve) -> None:
    server, back = serve(page()), serve(page())
    back.close()
    dead = [back.url(f"/{number}", "localhost") for number in range(12)]
    alive = [server.url(f"/{number}", "localhost") for number in range(3)]

    run = scraping(machine, [*dead, *alive], pool=(1, 1), at_once=1, attempts=1)
    found = codes(machine, run)
    other = codes(machine, scraping(machine, alive, pool=(1, 1), at_once=1, attempts=1))
    serve(page(), port=back.port)
    client.retry(run.id, ["host_down"])

    assert found == ["connect_refused"] * 3 + ["host_down"] * 9 + [""] * 3
    assert other == [""] * 3
    assert codes(machine, run) == ["connect_refused"] * 3 + [""] * 12


@pytest.mark.slow
def test_closed_ports_that_a_redirect_leads_to_close_nothing_of_the_host(machine: Machine, serve: Serve) -> None:
    victim, gone = serve(page()), serve(page())
    gone.close()
    evil = serve(lambda peer, _request: peer.send(redirect(gone.url("/x", "localhost"))))
    items = [evil.url(f"/{number}") for number in range(6)] + [victim.url(f"/{n}", "localhost") for n in range(6)]

    found = codes(machine, scraping(machine, items, pool=(1, 1), at_once=1, attempts=1))

    assert found == ["connect_refused"] * 6 + [""] * 6


@pytest.mark.slow
def test_redirects_take_their_turn_at_the_host_they_lead_to(machine: Machine, serve: Serve) -> None:
    now, most, counting = [0], [0], threading.Lock()

    def target(peer: Peer, _request: bytes) -> bool:
        with counting:
            now[0] += 1
            most[0] = max(most[0], now[0])
        peer.stay(0.02)
        with counting:
            now[0] -= 1
        peer.send(answer())
        return True

    far = serve(target)
    near = serve(lambda peer, request: peer.send(redirect(f"http://localhost:{far.port}{request.split()[1].decode()}")))

    run = scraping(machine, [near.url(f"/{number}") for number in range(20)], pool=(1, 16), at_once=1)

    assert codes(machine, run) == ["redirected"] * 20
    assert most == [1]
    assert all(outcome.attempts == 1 for outcome in machine.outcomes(machine.finish(run)))


def test_a_drip_ends_with_its_own_code_and_harms_no_neighbour(machine: Machine, serve: Serve) -> None:
    def drips(peer: Peer, _request: bytes) -> None:
        peer.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 1_000)

    slow, good = serve(drips), serve(page())
    urls = [slow.url("/s"), *(good.url(f"/{number}") for number in range(10))]

    run = scraping(machine, urls, pool=(1, 4), deadline=2.0, attempts=1)
    found = machine.outcomes(machine.finish(run))

    assert [outcome.code for outcome in found] == ["timeout", *[""] * 10]
    assert len({outcome.worker for outcome in found}) == 1
    assert found[0].seconds is not None
    assert 1.5 < found[0].seconds < 8


@pytest.mark.slow
def test_a_field_that_looks_at_everything_from_everywhere_ends_at_the_deadline(machine: Machine, serve: Serve) -> None:
    large, good = serve(says(answer(b"<b>x</b>" * 120_000))), serve(says(answer(b"<b>x</b>" * 5), keep=True))
    urls = [large.url("/s"), *(good.url(f"/{number}") for number in range(6))]
    params = {"fields": "x = xpath count(//b[count(preceding::b) > 3])"}

    run = scraping(machine, urls, pool=(1, 4), deadline=8.0, attempts=1, params=params)
    found = machine.outcomes(machine.finish(run))

    assert [outcome.code for outcome in found] == ["timeout", *[""] * 6]
    assert [(outcome.row or {}).get("field_x") for outcome in found[1:]] == ["1"] * 6


def test_a_run_that_is_refused_pauses_once_and_goes_on_when_told_to(machine: Machine, serve: Serve) -> None:
    forbidding = serve(lambda peer, _request: peer.send(answer(status="403 No")))

    run = scraping(machine, [forbidding.url(f"/{number}") for number in range(120)], pool=(1, 2))
    until(lambda: client.run(run.id).state == "paused")
    until(lambda: len(forbidding.requests) == client.run(run.id).done)
    paused = client.run(run.id)
    asked = len(forbidding.requests)
    said = [event.text for event in client.events(run.id) if event.kind == "refused"]
    client.resume(run.id)
    ended = machine.finish(run)

    assert 30 <= asked < 60
    assert paused.error == said[0]
    assert "answers were refusals" in said[0]
    assert (ended.state, ended.error, ended.failed) == ("finished", "", 120)
    assert len([event for event in client.events(run.id) if event.kind == "refused"]) == 1


@pytest.mark.slow
def test_pages_that_are_not_there_are_no_refusals(machine: Machine, serve: Serve) -> None:
    empty = serve(lambda peer, _request: peer.send(answer(status="404 No")))

    found = codes(machine, scraping(machine, [empty.url(f"/{number}") for number in range(80)], pool=(1, 2)))

    assert found == ["http_4xx"] * 80


@pytest.mark.slow
def test_pauses_between_two_pages_of_a_host_are_kept(machine: Machine, serve: Serve) -> None:
    asked: list[float] = []

    def script(peer: Peer, _request: bytes) -> bool:
        asked.append(time.monotonic())
        peer.send(answer())
        return True

    server = serve(script)

    urls = [server.url(f"/{number}") for number in range(8)]
    outcomes = machine.outcomes(machine.finish(scraping(machine, urls, pool=(1, 4), at_once=1, pause=0.5)))

    _, *gaps = [later - earlier for earlier, later in pairwise(asked)]  # the first item's turn begins with imports
    assert [outcome.code for outcome in outcomes] == [""] * 8
    assert statistics.mean(gaps) > 0.5 * 0.5 - 0.05  # each pause is half to one and a half of it; a busy server is late
    assert statistics.median(gaps) < 0.5 * 1.5 + 1
    said = "127.0.0.1 is asked about every 0.5 s (the pause of this run)"
    assert [(outcome.row or {})["fetch_notes"] for outcome in outcomes] == [None] + [said] * 7


@pytest.mark.slow
def test_a_date_in_retry_after_is_waited_for_while_others_go_on(machine: Machine, serve: Serve) -> None:
    asked: list[float] = []
    until_then: list[int] = []

    def busy_once(peer: Peer, _request: bytes) -> bool:
        asked.append(time.time())
        first = len(asked) == 1
        until_then.append(math.ceil(time.time() + 3))
        date = email.utils.formatdate(until_then[0], usegmt=True)
        peer.send(answer(status="503 Busy", headers={"Retry-After": date}) if first else answer())
        return True

    slow, quick = serve(busy_once), serve(page())
    urls = [slow.url("/a", "localhost"), *(quick.url(f"/{number}") for number in range(20))]
    run = scraping(machine, urls, pool=(1, 2))
    until(lambda: client.run(run.id).done >= 20)
    waited = len(asked)
    found = codes(machine, run)

    assert waited == 1
    assert found == [""] * 21
    assert -0.1 < asked[1] - until_then[0] < 0.5


@pytest.mark.slow
def test_a_crawl_delay_is_kept_and_said(machine: Machine, serve: Serve) -> None:
    asked: list[float] = []

    def script(peer: Peer, request: bytes) -> bool:
        if b"/robots.txt" in request:
            peer.send(answer(b"User-agent: *\nCrawl-delay: .7", headers={"Content-Type": "text/plain"}))
        else:
            asked.append(time.monotonic())
            peer.send(answer())
        return True

    server = serve(script)
    options = {"pool": (2, 4), "at_once": 2, "pause": 0.05, "params": {"robots": True}}

    run = scraping(machine, [server.url(f"/{n}") for n in range(5)], **options)
    found = codes(machine, run)

    assert found == [""] * 5
    assert 4 * 0.7 - 0.4 < asked[-1] - asked[0] < 4 * 1.7  # one may arrive late, all cannot
    assert [event.text for event in client.events(run.id) if event.kind == "hold"] == [
        "127.0.0.1 wants 0.7 s between two starts (Crawl-delay 0.7 s)"
    ]


@pytest.mark.slow
def test_a_crawl_delay_in_force_stands_in_show_and_in_the_rows(
    machine: Machine, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = answer(b"User-agent: *\nCrawl-delay: 0.7\n", headers={"Content-Type": "text/plain"})
    server = serve(lambda peer, request: peer.send(rules if b"/robots.txt " in request else answer()))
    urls = [server.url(f"/{number}") for number in range(3)]

    run = scraping(machine, urls, params={"robots": True}, pause=0.1)
    done = machine.finish(run)
    main.main(["show", done.id])

    said = "Crawl-delay 0.7 s"
    assert f"wants 0.7 s between two starts ({said})" in capsys.readouterr().out
    assert all(said in (outcome.row or {})["fetch_notes"] for outcome in machine.outcomes(done))
