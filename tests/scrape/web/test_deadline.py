"""A true deadline: whatever drips, hangs or never ends is over in time, and is never taken for an answer."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest

from jobs import ItemError
from jobs.runtime.job import context
from jobs.scrape.attempt import WorkerTools
from jobs.web.deadline import Watchdog
from jobs.web.exchange import PhaseLimits
from jobs.web.fetcher import Fetcher
from jobs.web.guard import Endpoint, Guard
from tests.scrape.conftest import Ask, Names, Serve, visit_by, visit_with
from tests.scrape.hostile import Hostile, Peer, answer, eventually, page

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
LIMIT = 0.6


def headers_drip(peer: Peer, _request: bytes) -> None:
    peer.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 1_000)


def header_lines_drip(peer: Peer, _request: bytes) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\n")
    while not peer.server.closing.wait(0.1):
        peer.send(b"X-Slow: yes\r\n")


def body_drips(peer: Peer, _request: bytes) -> None:
    peer.send(HEAD + b"Content-Length: 10000\r\n\r\n")
    peer.drip(b"x" * 10_000)


def open_ended_body_drips(peer: Peer, _request: bytes) -> None:
    peer.send(HEAD + b"\r\n")
    peer.drip(b"x" * 10_000)


def chunks_drip(peer: Peer, _request: bytes) -> None:
    peer.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    peer.drip(b"1\r\nx\r\n" * 1_000)


def gzip_drips(peer: Peer, _request: bytes) -> None:
    peer.send(HEAD + b"Content-Encoding: gzip\r\n\r\n")
    peer.drip(gzip.compress(bytes(100_000)) * 100)


def silence(peer: Peer, _request: bytes) -> None:
    peer.stay()


def interim_answers(peer: Peer, _request: bytes) -> None:
    while not peer.server.closing.wait(0.05):
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")


SLOW = [headers_drip, header_lines_drip, body_drips, open_ended_body_drips, chunks_drip, gzip_drips, silence]


@pytest.mark.parametrize("script", [*SLOW, interim_answers])
def test_a_server_that_never_finishes_is_a_timeout(script: object, ask: Ask, serve: Serve) -> None:
    server = serve(script)
    started = time.monotonic()

    row = ask(server.url(), timeout=LIMIT)

    assert row["code"] == "timeout"
    assert LIMIT - 0.05 <= time.monotonic() - started < LIMIT + 0.5
    assert "within 0.6 s" in row["error"]


def test_a_handshake_that_drips_is_a_timeout(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, _request: bytes) -> None:
        peer.sock.recv(65536)
        peer.drip(b"\x16\x03\x03\x40\x00" + bytes(16_000))

    server = serve(script, raw=True)
    started = time.monotonic()

    row = ask(f"https://127.0.0.1:{server.port}/", timeout=LIMIT)

    assert row["code"] == "timeout"
    assert time.monotonic() - started < LIMIT + 0.5
    assert row["tls_seconds"] > LIMIT / 10  # on a busy machine much of the time goes before it


def test_a_listener_that_never_accepts_is_over_in_time(ask: Ask) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1)
    port = listener.getsockname()[1]
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
    started = time.monotonic()

    row = ask(f"http://127.0.0.1:{port}/", timeout=LIMIT)

    for sock in (*fillers, listener):
        sock.close()
    assert row["code"] in ("timeout", "connect_timeout")
    assert time.monotonic() - started < LIMIT + 0.5


def test_the_deadline_counts_all_redirects_together(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> None:
        peer.stay(0.25)
        number = int(request.split()[1][1:])
        peer.send(answer(b"", status="302 Found", headers={"Location": f"/{number + 1}"}))

    started = time.monotonic()

    row = ask(serve(script).url("/1"), timeout=LIMIT)

    assert row["code"] == "timeout"
    assert row["redirects"] <= 2
    assert time.monotonic() - started < LIMIT + 0.5


class LateGuard(Guard):
    """A door that fails just after the time is up."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code

    def place(self, scheme: str, host: str, port: int, seconds: float) -> Endpoint:
        threading.Event().wait(seconds + 0.01)
        raise ItemError(self.code, f"{scheme}://{host}:{port} failed in the end")


@pytest.mark.parametrize("code", ["dns_temporary", "connect_timeout", "connect_refused", "connection_reset"])
def test_what_fails_when_the_deadline_has_passed_is_a_timeout(code: str) -> None:
    row = visit_with(Fetcher(LateGuard(code)), "http://h.test/", timeout=0.2)

    assert row["code"] == "timeout"


@pytest.mark.parametrize(("limit", "code"), [(60.0, "timeout"), (LIMIT, "timeout"), (0.2, "connect_timeout")])
def test_connecting_for_ever_is_a_timeout_unless_its_own_limit_is_shorter(
    limit: float, code: str, ask: Ask, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", swallow)
    names.say("h.test", ["8.8.8.8", "8.8.4.4"])

    row = ask("http://h.test/", timeout=LIMIT, limits=PhaseLimits(connect=limit))

    assert row["code"] == code


def swallow(sock: socket.socket, _address: object) -> None:
    """Connecting to an address from which nothing ever comes back."""
    threading.Event().wait(sock.gettimeout())
    raise TimeoutError("timed out")


@pytest.mark.parametrize(("limit", "code"), [(LIMIT, "timeout"), (0.2, "first_byte_timeout")])
def test_silence_is_a_timeout_unless_its_own_limit_is_shorter(limit: float, code: str, ask: Ask, serve: Serve) -> None:
    limits = PhaseLimits(first_byte=limit, read=60.0)

    assert ask(serve(silence).url(), timeout=LIMIT, limits=limits)["code"] == code


@pytest.mark.parametrize(("limit", "code"), [(LIMIT, "timeout"), (0.2, "read_timeout")])
def test_silence_within_an_answer_has_a_limit_of_its_own(limit: float, code: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, _request: bytes) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\n")
        peer.stay(5)

    limits = PhaseLimits(first_byte=60.0, read=limit)

    assert ask(serve(script).url(), timeout=LIMIT, limits=limits)["code"] == code


def test_a_handshake_that_never_ends_is_no_connection(ask: Ask, serve: Serve) -> None:
    server = serve(silence, raw=True)

    row = ask(server.url().replace("http:", "https:"), timeout=5, limits=PhaseLimits(connect=0.2))

    assert row["code"] == "connect_timeout"


def test_a_journey_that_was_carried_on_speaks_of_its_whole_time(tools: WorkerTools, serve: Serve) -> None:
    url = serve(silence).url()
    carried = {"url": url, "hops": [[302, "http://a.test/"]], "phases": {}, "spent": 4.8, "notes": []}
    context.enter(context.Context(carried=carried))
    try:
        row = visit_by(tools, url, timeout=5.0)
    finally:
        context.enter(None)

    assert (row["code"], row["error"]) == ("timeout", "no complete answer within 5 s")


def test_nothing_begins_on_connections_that_are_being_closed() -> None:
    closing, closed, begun = threading.Event(), threading.Event(), threading.Event()

    def close() -> None:
        closing.set()
        closed.wait(5)

    def begin() -> None:
        with dog.watch(5):
            begun.set()

    dog = Watchdog(on_idle=close)
    with dog.watch(5):
        pass
    assert closing.wait(5)
    beginner = threading.Thread(target=begin)
    beginner.start()
    early = begun.wait(0.2)
    closed.set()
    beginner.join()

    assert not early
    assert begun.is_set()


def test_good_hosts_are_done_while_others_drip(tools: WorkerTools, serve: Serve) -> None:
    slow, good = serve(headers_drip), serve(page())
    codes: dict[str, list[str]] = {"slow": [], "good": []}
    waiting = [("slow", slow.url()), ("good", good.url())] * 10
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                kind, url = waiting.pop()
            seconds = 1.0 if kind == "slow" else 30.0
            codes[kind].append(visit_by(tools, url, timeout=seconds)["code"])

    started = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == {"slow": ["timeout"] * 10, "good": [""] * 10}
    assert time.monotonic() - started < 20


def test_a_cut_connection_is_closed_and_not_used_again(ask: Ask, serve: Serve) -> None:
    server = serve(lambda peer, request: body_drips(peer, request) if b"/slow" in request else page()(peer, request))

    assert ask(server.url("/slow"), timeout=0.5)["code"] == "timeout"
    assert eventually(lambda: server.open == 0, 15)
    assert ask(server.url("/good"))["code"] == ""


def test_connections_are_closed_when_there_is_no_more_work(ask: Ask, serve: Serve) -> None:
    server = serve(page())

    ask(server.url())

    assert server.open == 1
    assert eventually(lambda: server.open == 0, 15)


def test_nothing_but_the_standing_threads_is_left(ask: Ask, serve: Serve) -> None:
    before = {thread.name for thread in threading.enumerate()}
    server: Hostile = serve(headers_drip)

    ask(server.url(), timeout=0.5)
    server.close()

    left = {thread.name for thread in threading.enumerate()} - before
    assert all(name.startswith(("scrape-watchdog", "scrape-resolver")) for name in left), left


def test_a_watch_that_is_over_in_time_cuts_nothing() -> None:
    one, other = socket.socketpair()
    dog = Watchdog()
    with one, other:
        with dog.watch(0.2) as watch:
            watch.guard(one)
        time.sleep(0.4)
        other.send(b"x")

        assert one.recv(1) == b"x"
        assert not watch.cut


def test_an_earlier_deadline_is_met_though_a_later_one_was_first() -> None:
    one, other = socket.socketpair()
    dog = Watchdog()
    with one, other, dog.watch(30), dog.watch(0.2) as watch:
        watch.guard(one)
        one.settimeout(5)

        assert one.recv(1) == b""
        assert watch.cut
