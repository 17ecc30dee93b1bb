"""Who is let in by the runner, and whom an agent goes to."""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from jobs.runtime.client import make_certificates
from jobs.runtime.core.cluster_address import files
from jobs.runtime.runner.cluster import boot, entrance
from jobs.runtime.runner.cluster.connection import Connection
from jobs.runtime.runner.cluster.engine_process import EngineProcess
from jobs.runtime.runner.cluster.launcher import ClusterLauncher
from jobs.runtime.worker.protocol import framed
from tests.support.machine import until


class Door:
    """A launcher that nobody else turns, of a cluster whose engine is not started: none comes but whom a test sends."""

    def __init__(self, home: Path) -> None:
        self.selector, self.said = selectors.DefaultSelector(), list[str]()
        self.launcher = ClusterLauncher(home, 0, self.selector, self.said.append)
        with mock.patch.object(EngineProcess, "look"):
            self.process = self.launcher.launch("noop", 1)
        assert self.launcher._entrance is not None
        self.entrance = self.launcher._entrance
        self.address = self.entrance.address
        self.token = next(iter(self.entrance.expected))

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
    context = shown_by(tmp_path / "foreign", "worker", trusts=tmp_path / "own")

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


def shown_by(folder: Path, role: str, *, trusts: Path | None = None) -> ssl.SSLContext:
    """TLS of somebody with the certificate of a role."""
    shown = files(folder, role)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(files(trusts or folder, role)["authority"])
    context.load_cert_chain(shown["certificate"], shown["key"])
    return context


@pytest.mark.parametrize(("role", "is_let_in"), [("worker", True), ("runner", False), ("scheduler", False)])
def test_only_the_certificate_of_a_worker_is_that_of_an_agent(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, is_let_in: bool
) -> None:
    make_certificates(tmp_path / "own")
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    monkeypatch.setenv("JOBS_CLUSTER_CERTIFICATES", str(tmp_path / "own"))
    door = Door(home)
    door.selector.register(door.process.pipe, selectors.EVENT_READ)
    context = shown_by(tmp_path / "own", role)

    def come() -> None:
        with socket.create_connection(door.address) as sock, context.wrap_socket(sock) as wrapped:
            wrapped.sendall(framed(b'{"token": "%s"}' % door.token.encode()))
            wrapped.recv(1)

    coming = threading.Thread(target=_quietly, args=(come,))
    coming.start()
    until(lambda: door.turn() or door.process.begun_at is not None or any("sent away" in line for line in door.said))

    assert (door.process.begun_at is not None) is is_let_in
    assert is_let_in or f"a certificate of '{role}', not of a worker: cluster certificates DIR" in door.said[-1]
    door.process.close()
    door.launcher.close()
    coming.join(10)


def _quietly(do) -> None:
    with contextlib.suppress(OSError):
        do()


@pytest.mark.parametrize("role", ["worker", "scheduler"])
def test_an_agent_goes_to_nobody_but_the_runner(tmp_path: Path, role: str) -> None:
    make_certificates(tmp_path / "own")
    context = entrance._context(files(tmp_path / "own", role))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def play_the_runner() -> None:
            sock, _ = listener.accept()
            with sock, context.wrap_socket(sock, server_side=True) as wrapped:
                heard.append(wrapped.recv(100))

        heard: list[bytes] = []
        playing = threading.Thread(target=_quietly, args=(play_the_runner,))
        playing.start()
        given = {"address": listener.getsockname(), "token": "t", "tls": files(tmp_path / "own", "worker")}

        with pytest.raises(SystemExit, match=rf"has a certificate of '{role}', not of the runner"):
            boot.introduce(given)
        playing.join(10)

    assert heard in ([], [b""])


def test_whoever_only_connects_pushes_out_nobody_from_another_address(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "MOST_STRANGERS", 4)
    door.selector.register(door.process.pipe, selectors.EVENT_READ)
    with socket.create_connection(door.address) as agent:
        door.turn()
        crowd = [socket.create_connection(door.address, source_address=("127.0.0.9", 0)) for _ in range(12)]
        until(lambda: door.turn() or len(door.entrance._strangers) == 4)
        for _ in range(12):
            door.turn()
        agent.sendall(framed(b'{"token": "%s"}' % door.token.encode()))

        until(lambda: door.turn() or door.process.begun_at is not None)
    for sock in crowd:
        sock.close()


def test_whoever_says_nothing_is_sent_away_after_a_while(door: Door) -> None:
    with socket.create_connection(door.address) as sock:
        until(lambda: door.turn() or door.entrance._strangers)
        door.entrance.look(time.monotonic() + entrance.GREETING_SECONDS + 1)

        door.is_sent_away(sock)


def test_a_listener_without_descriptors_rests_and_listens_again(door: Door) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_connection(door.address) as sock:
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
        try:
            until(lambda: door.turn() or door.said)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert "no agent can be let in: Too many open files" in door.said[0]
        assert door.entrance._accept not in [key.data for key in door.selector.get_map().values()]

        door.entrance.look(time.monotonic() + entrance.DEAF_SECONDS)
        until(lambda: door.turn() or door.entrance._strangers)
        assert sock.fileno() >= 0
