"""Nothing private is reached: the S rows of addresses and names."""

from __future__ import annotations

import ipaddress
import random
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from urllib3.poolmanager import pool_classes_by_scheme

from jobs import ItemError
from jobs.scrape.attempt import WorkerTools
from jobs.web import addresses, connections, own_page, resolver, urls
from jobs.web.fetcher import Fetcher
from jobs.web.guard import Guard
from jobs.web.messages import Request
from jobs.web.resolver import Resolver
from tests.scrape.conftest import Ask, Names, Serve, Spy, visit_by, visit_with
from tests.scrape.hostile import Peer, answer, page, redirect, says

PRIVATE = """
    127.0.0.1 127.255.255.254
    10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255
    169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 fd00:ec2::254
    100.64.0.0 100.127.255.255
    0.0.0.0 0.1.1.1 ::
    224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 ff02::1
    192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 192.88.99.1
    2001:db8::1 3fff::1 5f00::1 100::1 100:0:0:1::1
    ::1 fe80::1 fc00::1 fec0::1
    ::ffff:127.0.0.1 ::ffff:a9fe:a9fe
    ::127.0.0.1 ::a00:1
    ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b:1::7f00:1 64:ff9b::808:808
    2002:7f00:1:: 2002:808:808:: 2001:0:4136:e378:8000:63bf:3f57:fdf2
    fe80::1%lo
""".split()

PUBLIC = """
    9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 100.63.255.255 100.128.0.0
    ::ffff:8.8.8.8 8.8.8.8 1.1.1.1 2606:4700:4700::1111 2001:4860:4860::8888
""".split()


def url_of(address: str) -> str:
    return f"http://[{address}]/" if ":" in address else f"http://{address}/"


@pytest.fixture
def nothing_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "")


@pytest.mark.usefixtures("nothing_allowed")
@pytest.mark.parametrize("address", [address for address in PRIVATE if "%" not in address])
def test_a_private_address_is_refused_without_a_lookup_or_a_connection(
    address: str, ask: Ask, names: Names, spy: Spy
) -> None:
    row = ask(url_of(address))

    assert row["code"] == "private_address"
    assert (names.asked, spy.connects) == ([], [])


@pytest.mark.usefixtures("nothing_allowed")
@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_passes(address: str, ask: Ask, spy: Spy) -> None:
    row = ask(url_of(address))

    assert row["code"] == "connect_refused"
    assert spy.connects == [(str(addresses.plain(address)), 80)]


@pytest.mark.usefixtures("nothing_allowed")
@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_denied_as_an_answer_too(address: str, names: Names) -> None:
    names.say("h.test", [address])

    with pytest.raises(ItemError) as refusal:
        Guard(Resolver(names.look_up)).place("http", "h.test", 80, 5)

    assert refusal.value.code == "private_address"


BLOCKS = [*addresses.DENIED_V4, *addresses.DENIED_V6]


@pytest.mark.parametrize("block", BLOCKS)
def test_first_last_and_any_address_of_every_denied_block_are_denied(block: str) -> None:
    network = ipaddress.ip_network(block)
    chance = random.Random(block)
    anywhere = [chance.randrange(network.num_addresses) for _ in range(20)]

    for offset in (0, network.num_addresses - 1, *anywhere):
        assert addresses.denied(addresses.plain(str(network[offset]))), network[offset]


@given(st.integers(0, 2**128 - 1))
def test_nothing_of_ipv6_but_global_unicast_is_reached(number: int) -> None:
    address = ipaddress.IPv6Address(number)

    if address not in addresses.GLOBAL_V6 and address.ipv4_mapped is None:
        assert addresses.denied(address)


def test_own_addresses_are_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    own = addresses.plain("8.8.4.4")
    monkeypatch.setattr(addresses, "own_addresses", lambda: frozenset({own}))

    assert addresses.denied(own)
    assert not addresses.denied(addresses.plain("8.8.8.8"))
    assert addresses.plain("127.0.0.1") in addresses._own_addresses(0)


def test_only_what_is_allowed_is_reached_beside_the_public() -> None:
    assert addresses.denied(addresses.plain("10.0.0.1"), ("127.0.0.0/8",))
    assert not addresses.denied(addresses.plain("10.0.0.1"), ("10.0.0.0/24",))
    assert not addresses.denied(addresses.plain("::ffff:10.0.0.1"), ("10.0.0.0/24",))


def test_an_unreadable_allowance_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="JOBS_ALLOW_NETS cannot be read"):
        addresses.denied(addresses.plain("8.8.8.8"), ("127.0.0.0/99",))


@pytest.mark.usefixtures("nothing_allowed")
@pytest.mark.parametrize(
    "host",
    "0177.0.0.1 017700000001 2130706433 0x7f000001 0x7f.0.0.1 127.1 127.0.1 0 ①②⑦.0.0.1 １２７.0.0.1 127。0。0。1 "
    "localhost。 localhost LOCALHOST localhost. foo.localhost 127.0.0.1. [fe80::1%25lo] [::1%25lo] 127.0.0.1%00.h.test "
    "h\0.test h\u202e.test".split(" "),
)
def test_a_private_address_in_disguise_is_never_connected_to(host: str, ask: Ask, names: Names, spy: Spy) -> None:
    names.say("foo.localhost", ["127.0.0.1"])

    row = ask(f"http://{host}/")

    assert row["code"] in ("private_address", "invalid_url")
    assert spy.connects == []


@pytest.mark.usefixtures("nothing_allowed")
@pytest.mark.parametrize("answers", [["10.0.0.5"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]])
def test_one_private_answer_refuses_a_name(answers: list[str], ask: Ask, names: Names, spy: Spy) -> None:
    names.say("h.test", answers)

    row = ask("http://h.test/")

    assert row["code"] == "private_address"
    assert spy.connects == []
    assert not any(address in row["error"] for address in answers)


@pytest.mark.usefixtures("nothing_allowed")
def test_the_operator_is_told_the_address_once(ask: Ask, names: Names, caplog: pytest.LogCaptureFixture) -> None:
    names.say("told-once.test", ["10.0.0.5"])

    ask("http://told-once.test/")
    ask("http://told-once.test/again")

    assert caplog.messages == ["refused told-once.test: 10.0.0.5 is a private network"]
    assert caplog.records[0].levelname == "WARNING"


def test_a_name_is_looked_up_once_for_each_connection(ask: Ask, names: Names, serve: Serve, spy: Spy) -> None:
    server = serve(page())
    names.say("h.test", ["127.0.0.1"], ["10.0.0.1"])

    row = ask(f"http://h.test:{server.port}/")

    assert (row["code"], row["ip"]) == ("", "127.0.0.1")
    assert names.asked == ["h.test"]
    assert {host for host, _ in spy.connects} == {"127.0.0.1"}


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses are kept no longer than they are used."""
    monkeypatch.setattr(resolver, "KEPT_SECONDS", 0.0)


def test_an_address_that_was_checked_is_used_again_though_the_name_has_turned_private(
    ask: Ask, names: Names, serve: Serve, spy: Spy
) -> None:
    server = serve(lambda peer, _request: peer.send(answer(headers={"Connection": "close"})))
    names.say("h.test", ["127.0.0.1"], ["10.0.0.1"])

    assert [ask(f"http://h.test:{server.port}/")["code"] for _ in range(2)] == ["", ""]
    assert {host for host, _ in spy.connects} == {"127.0.0.1"}
    assert names.asked == ["h.test"]


@pytest.mark.usefixtures("forgetful")
def test_a_name_that_turns_private_is_refused_at_the_next_connection(ask: Ask, names: Names, serve: Serve) -> None:
    server = serve(lambda peer, _request: peer.send(answer(headers={"Connection": "close"})))
    names.say("h.test", ["127.0.0.1"], ["10.0.0.1"])

    assert ask(f"http://h.test:{server.port}/")["code"] == ""
    assert ask(f"http://h.test:{server.port}/")["code"] == "private_address"
    assert server.connections == 1


@pytest.mark.usefixtures("forgetful")
def test_a_name_that_turns_private_before_a_lost_connection_is_opened_again_is_refused(
    ask: Ask, names: Names, serve: Serve, spy: Spy
) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        if b"/second" in request:
            return False  # closed without a byte, so that a new connection is tried
        return bool(page()(peer, request))

    server = serve(script)
    names.say("h.test", ["127.0.0.1"], ["10.0.0.1"])

    codes = [ask(f"http://h.test:{server.port}{path}")["code"] for path in ("/first", "/second")]

    assert codes == ["", "private_address"]
    assert {host for host, _ in spy.connects} == {"127.0.0.1"}
    assert names.asked == ["h.test"] * 2


@pytest.mark.usefixtures("forgetful")
def test_a_redirect_to_a_name_that_turned_private_is_refused(ask: Ask, names: Names, serve: Serve) -> None:
    server = serve(lambda peer, _request: peer.send(redirect("/b")))
    names.say("h.test", ["127.0.0.1"], ["10.0.0.1"])

    row = ask(f"http://h.test:{server.port}/a")

    assert row["code"] == "private_address"
    assert row["redirect_chain"].startswith(f"302 http://h.test:{server.port}/a")


def test_another_peer_than_the_checked_one_is_refused(
    ask: Ask, names: Names, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(page())
    names.say("h.test", ["127.0.0.9"])
    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: real(self, ("127.0.0.1", to[1])))

    assert ask(f"http://h.test:{server.port}/")["code"] == "private_address"
    assert server.requests == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([], "dns_not_found"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "dns_not_found"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "dns_temporary"),
        (TimeoutError("the system's own"), "dns_temporary"),
    ],
)
def test_a_name_without_an_address_says_so(said: list[str] | OSError, code: str, ask: Ask, names: Names) -> None:
    names.say("h.test", said)

    row = ask("http://h.test/")

    assert row["code"] == code
    assert "h.test" in row["error"]
    assert ("later" in row) == (code == "dns_temporary")


def test_a_lookup_that_hangs_ends_at_the_deadline() -> None:
    hang = threading.Event()
    fetcher = Fetcher(Guard(Resolver(lambda _host, _port: ["8.8.8.8"] if hang.wait(30) else [], threads=1)))
    started = time.monotonic()

    row = visit_with(fetcher, "http://h.test/", timeout=0.5)

    hang.set()
    assert row["code"] == "timeout"
    assert time.monotonic() - started < 10


def test_at_most_four_addresses_of_a_name_are_tried(ask: Ask, names: Names, spy: Spy) -> None:
    names.say("h.test", [f"8.8.{n}.8" for n in range(200)])

    row = ask("http://h.test/", timeout=2)

    assert row["code"] == "connect_refused"
    assert len(spy.connects) == 4


def test_black_holes_end_at_the_deadline(ask: Ask, names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    def swallow(self: socket.socket, _address: object) -> None:
        time.sleep(self.gettimeout() or 0)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", swallow)
    names.say("h.test", [f"8.8.{n}.8" for n in range(200)])
    started = time.monotonic()

    row = ask("http://h.test/", timeout=2.0)

    assert row["code"] == "timeout"
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("port", "22 25 6379 11211 0 99999 -1 +80 ８０".split())
def test_ports_of_other_services_are_refused(port: str, ask: Ask, spy: Spy) -> None:
    row = ask(f"http://127.0.0.1:{port}/")

    assert row["code"] in ("blocked_port", "invalid_url")
    assert spy.connects == []


@pytest.mark.usefixtures("nothing_allowed")
def test_an_open_and_a_closed_private_port_look_the_same(ask: Ask, serve: Serve, spy: Spy) -> None:
    opened = ask(f"http://127.0.0.1:{serve(page()).port}/")
    closed = ask("http://127.0.0.1:9998/")

    assert (opened["code"], opened["error"]) == (closed["code"], closed["error"])
    assert spy.connects == []


@pytest.mark.parametrize("target", ["127.0.0.2", "10.0.0.1", "[::1]", "169.254.169.254"])
def test_a_redirect_to_a_private_address_is_refused_and_the_chain_kept(
    target: str, ask: Ask, serve: Serve, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.1/32")
    server = serve(lambda peer, _request: peer.send(redirect(f"http://{target}/")))

    row = ask(server.url("/a"))

    assert row["code"] == "private_address"
    assert row["redirect_chain"] == f"302 {server.url('/a')} → http://{target}/"
    assert {host for host, _ in spy.connects} == {"127.0.0.1"}


def test_a_redirect_to_a_name_of_a_private_address_is_refused(ask: Ask, serve: Serve, names: Names, spy: Spy) -> None:
    names.say("inside.test", ["192.168.0.1"])
    server = serve(lambda peer, _request: peer.send(redirect("http://inside.test/")))

    assert ask(server.url())["code"] == "private_address"
    assert {host for host, _ in spy.connects} == {"127.0.0.1"}


def test_the_third_hop_is_checked_too(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> None:
        peer.send(redirect("/b" if b"GET /a " in request else "http://10.0.0.1/"))

    row = ask(serve(script).url("/a"))

    assert (row["code"], row["redirects"]) == ("private_address", 2)


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://h/", "gopher://h/", "javascript:1", "data:,x", "jar:x"]
)
def test_a_redirect_to_another_scheme_opens_nothing(target: str, ask: Ask, serve: Serve, spy: Spy) -> None:
    server = serve(lambda peer, _request: peer.send(redirect(target)))

    assert ask(server.url())["code"] == "bad_redirect"
    assert len(spy.connects) == 1


@pytest.mark.parametrize("target", ["//10.0.0.1/", "http:///10.0.0.1/", "http:\\\\10.0.0.1\\", "/\\10.0.0.1"])
def test_a_redirect_that_hides_its_host_is_refused(target: str, ask: Ask, serve: Serve, spy: Spy) -> None:
    server = serve(lambda peer, _request: peer.send(redirect(target)))

    assert ask(server.url())["code"] == "private_address"
    assert {host for host, _ in spy.connects} == {"127.0.0.1"}


def test_the_guard_holds_for_all_threads_of_one_fetcher(tools: WorkerTools, names: Names, serve: Serve) -> None:
    server = serve(page())
    names.say("public.test", ["127.0.0.1"])
    names.say("private.test", ["10.0.0.1"])
    wanted = (f"http://public.test:{server.port}/", "http://private.test/", "http://10.0.0.2/")
    codes: list[str] = []

    def work() -> None:
        codes.extend(visit_by(tools, url)["code"] for url in wanted)

    workers = [threading.Thread(target=work) for _ in range(32)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (codes.count(""), codes.count("private_address")) == (32, 64)


def test_fanouts_own_page_is_not_fetched(ask: Ask, spy: Spy) -> None:
    program = (
        "import socket,sys; s=socket.create_server(('127.0.0.1',0)); print(s.getsockname()[1], flush=True); input()"
    )
    command = [sys.executable, "-c", program, "streamlit", "run", "streamlit_app.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        row = ask(f"http://127.0.0.1:{server.stdout.readline().strip()}/")
        server.communicate("\n")

    assert row["code"] == "private_address"
    assert "own page" in row["error"]
    assert spy.connects == []


def test_of_slots_that_ask_at_once_whether_it_is_the_own_page_one_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []

    def processes(wanted: object) -> list[psutil.Process]:
        looks.append(wanted)
        time.sleep(0.1)
        return []

    monkeypatch.setattr(own_page, "KNOWN_SECONDS", 1e9)
    monkeypatch.setattr(psutil, "process_iter", processes)
    address = addresses.plain("127.0.0.1")
    with ThreadPoolExecutor(8) as slots:
        found = list(slots.map(lambda _slot: own_page.is_own_page(address, 1), range(8)))

    assert (found, len(looks)) == ([False] * 8, 1)


@pytest.mark.parametrize(
    "command",
    [
        "/venv/bin/python /venv/bin/fanout",
        "/venv/bin/python /venv/bin/fanout page --port 80",
        "C:/Scripts/fanout.exe page",
        "python -m jobs page",
        "python -m streamlit run streamlit_app.py",
    ],
)
def test_every_way_to_start_the_page_is_known(command: str) -> None:
    assert own_page.is_page(command.split())


@pytest.mark.parametrize(
    "command",
    [
        "python -m jobs.runtime.sample.server /home/me",
        "python -m http.server -d /home/fanout",
        "/opt/fanout/bin/python server.py",
    ],
)
def test_another_server_is_not_taken_for_the_page(command: str) -> None:
    assert not own_page.is_page(command.split())


def test_ipv6_is_spoken(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "::1/128")
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    asked: list[bytes] = []

    def serve_one() -> None:
        peer, _ = listener.accept()
        asked.append(peer.recv(65536))
        peer.sendall(answer(b"<title>six</title>"))
        peer.close()

    thread = threading.Thread(target=serve_one)
    thread.start()
    port = listener.getsockname()[1]

    row = ask(f"http://[::1]:{port}/")

    thread.join()
    listener.close()
    assert (row["code"], row["title"], row["ip"]) == ("", "six", "::1")
    assert f"Host: [::1]:{port}\r\n".encode() in asked[0]


def test_urllib3_elsewhere_in_the_process_is_left_alone(tools: WorkerTools) -> None:
    assert pool_classes_by_scheme["http"] is urllib3.HTTPConnectionPool
    assert tools.fetcher.adapter.poolmanager.pool_classes_by_scheme["http"] is connections._Pool


def test_a_guarded_connection_outside_an_exchange_is_refused(tools: WorkerTools) -> None:
    with pytest.raises(RuntimeError, match="outside an exchange"):
        tools.fetcher.adapter.poolmanager.urlopen("GET", "http://127.0.0.1:9997/", retries=False)


def test_a_question_has_a_target_of_its_own(tools: WorkerTools) -> None:
    question = Request(target=urls.target("http://[::ffff:127.0.0.1]:8080/a?b#c"), headers={}, cap=None)

    assert (question.target.host, question.target.port, question.target.path) == ("::ffff:7f00:1", 8080, "/a?b")


@pytest.mark.parametrize("host", ["localhost.", "app.localhost", "a.b.localhost."])
def test_a_name_of_this_machine_is_looked_up_as_localhost(host: str, ask: Ask, names: Names, serve: Serve) -> None:
    names.say("localhost", ["127.0.0.1"])
    server = serve(says(answer()))

    assert ask(server.url("/", host))["code"] == ""
    assert names.asked == ["localhost"]
    assert server.header("Host") == f"{host}:{server.port}"


@pytest.mark.parametrize("answers", [["::1", "127.0.0.1"], ["127.0.0.1", "::1"]])
def test_localhost_is_reached_by_its_address_that_is_allowed(
    answers: list[str], ask: Ask, serve: Serve, names: Names, spy: Spy
) -> None:
    names.say("localhost", answers)
    server = serve(page("here"))

    row = ask(server.url("/", "localhost"))

    assert (row["title"], spy.connects) == ("here", [("127.0.0.1", server.port)])


def test_another_name_with_an_address_that_is_not_allowed_is_refused(
    ask: Ask, serve: Serve, names: Names, spy: Spy
) -> None:
    names.say("h.test", ["::1", "127.0.0.1"])

    row = ask(serve(page()).url("/", "h.test"))

    assert (row["code"], spy.connects) == ("private_address", [])
