"""Who is let in by the runner, and what an agent may say."""

from __future__ import annotations

import json
import selectors
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime.client import make_certificates
from jobs.runtime.core.cluster_address import check, files, read_cluster
from jobs.runtime.core.errors import FrameError, Refused
from jobs.runtime.runner.cluster import envelopes
from jobs.runtime.runner.cluster.connection import Connection
from jobs.runtime.runner.cluster.launcher import ClusterLauncher
from jobs.runtime.runner.cluster.remote_process import RemoteProcess
from jobs.runtime.worker.protocol import framed
from tests.support.machine import until


class Door:
    """A launcher that nobody else turns."""

    def __init__(self, home: Path) -> None:
        self.selector, self.said = selectors.DefaultSelector(), list[str]()
        self.launcher = ClusterLauncher(home, 0, self.selector, self.said.append)
        self.process = self.launcher.launch("noop", 1)
        assert self.launcher._listener is not None
        self.address = self.launcher._listener.getsockname()[:2]

    def turn(self) -> None:
        for key, _ in self.selector.select(0.05):
            if callable(key.data):
                key.data()

    def is_sent_away(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        stranger = Connection(sock)

        def gone() -> bool:
            self.turn()
            stranger.receive()
            return stranger.ended

        until(gone)


@pytest.fixture
def door(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    here = Door(home)
    yield here
    here.process.close()
    here.launcher.close()


@pytest.mark.parametrize(
    "words", [b'{"token": "guessed", "machine": "m"}', b"[]", b"\xff" * 8, b"GET / HTTP/1.1\r\n\r\n" * 10]
)
def test_whoever_is_not_expected_is_sent_away(door: Door, words: bytes) -> None:
    with socket.create_connection(door.address) as sock:
        sock.sendall(framed(words) if words.startswith((b"{", b"[")) else words)
        door.is_sent_away(sock)

    assert door.process.begun_at is None


def test_many_who_are_sent_away_are_one_line_of_the_log(door: Door) -> None:
    door.selector.register(
        door.process.pipe, selectors.EVENT_READ
    )  # as the pool does: its own agent may come meanwhile
    for _ in range(5):
        with socket.create_connection(door.address) as sock:
            sock.sendall(framed(b'{"token": "guessed"}'))
            door.is_sent_away(sock)

    assert [line for line in door.said if "sent away" in line] == [
        "somebody who came was sent away (1 by now): it is not expected (any more)"
    ]


def test_without_a_certificate_of_the_cluster_nobody_is_served(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificates(tmp_path / "own")
    make_certificates(tmp_path / "foreign")
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    monkeypatch.setenv("JOBS_CLUSTER_CERTIFICATES", str(tmp_path / "own"))
    door = Door(home)
    shown = files(tmp_path / "foreign", "worker")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(files(tmp_path / "own", "worker")["authority"])
    context.load_cert_chain(shown["certificate"], shown["key"])

    for plain in (True, False):
        with socket.create_connection(door.address) as sock:
            if plain:
                sock.sendall(framed(b'{"token": "x"}'))
                door.is_sent_away(sock)
            else:
                sock.setblocking(False)
                with context.wrap_socket(sock, do_handshake_on_connect=False) as wrapped:
                    until(lambda wrapped=wrapped: _is_refused(wrapped, door))

    assert door.process.begun_at is None
    door.process.close()
    door.launcher.close()


def _is_refused(wrapped: ssl.SSLSocket, door: Door) -> bool:
    door.turn()
    try:
        wrapped.do_handshake()
        wrapped.recv(1)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return False
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tcp://scheduler:8786", "without TLS"),
        ("tcp://10.0.0.1:8786", "without TLS"),
        ("http://127.0.0.1:1", "write tls://"),
        ("processes://none", "processes://4"),
        ("tls://host:port", "Port"),
    ],
)
def test_an_address_that_is_none_or_not_safe_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_cluster(text)


def test_a_cluster_with_tls_needs_certificates_and_says_which_are_missing(tmp_path: Path) -> None:
    address = read_cluster("tls://scheduler.example.org:8786")

    with pytest.raises(Refused, match="JOBS_CLUSTER_CERTIFICATES"):
        check(address, None)
    with pytest.raises(Refused, match=r"authority\.pem"):
        check(address, tmp_path)
    with pytest.raises(Refused, match="JOBS_CLUSTER"):
        check(None, None)
    make_certificates(tmp_path / "own")
    check(address, tmp_path / "own")
    with pytest.raises(Refused, match="is there already"):
        make_certificates(tmp_path / "own")
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "own").iterdir())


def remote(home: Path) -> tuple[RemoteProcess, socket.socket]:
    ours, theirs = socket.socketpair()
    process = RemoteProcess(1, envelopes.Launch(job="noop", slots=2, memory=0), home, lambda: None)
    process.attach(Connection(ours), "elsewhere", b"")
    theirs.sendall(framed(json.dumps({"refused": ""}).encode()))
    return process, theirs


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense",
        envelopes.encode(envelopes.Revoked(ticket=2**53, taken=0))[4:],
        envelopes.encode(envelopes.FilePiece(run="another", name="1-1-a.txt", content=b"x", last=True))[4:],
        envelopes.encode(envelopes.FilePiece(run="", name="../../escape", content=b"x", last=True))[4:],
    ],
)
def test_an_agent_that_says_what_none_says_is_not_listened_to(home: Path, said: bytes) -> None:
    process, theirs = remote(home)
    with theirs:
        theirs.sendall(framed(said))

        with pytest.raises(FrameError):
            list(process.read())

    process.close()
    assert not list(home.rglob("escape")) + list(home.rglob("1-1-a.txt*"))


def test_a_machine_that_refuses_says_why(home: Path) -> None:
    ours, theirs = socket.socketpair()
    process = RemoteProcess(1, envelopes.Launch(job="noop", slots=2, memory=0), home, lambda: None)
    process.attach(Connection(ours), "elsewhere", b"")
    with theirs:
        theirs.sendall(framed(json.dumps({"refused": "No module named 'msgspec'"}).encode()))

        assert list(process.read()) == [None]

    assert (process.exit_code, process.error_log()) == (1, "elsewhere: No module named 'msgspec'")
    process.close()
