"""Connections are cut where their other end lets the server wait, and no others."""

from __future__ import annotations

import contextlib
import http.client
import socket

import pytest

from jobs.runtime.api import connection
from tests.api.conftest import ApiServer, Program
from tests.support.machine import stays

ASK = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n"


def opened(server: ApiServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def cut(link: socket.socket) -> bool:
    """Whether the server ends it, without a word."""
    try:
        return link.recv(1_000) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("said", [b"", b"GE", ASK, ASK + b"X: " + b"a" * 100])
def test_a_head_that_does_not_come_is_not_waited_for(
    program: Program, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    with opened(program.server) as link:
        link.sendall(said)

        assert cut(link)


def test_a_second_head_that_does_not_come_is_not_waited_for(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(program.server) as link:
        link.sendall(ASK + b"\r\n")
        answered = b""
        while not answered.endswith(b"}"):  # head and body may come one after the other
            answered += link.recv(10_000)
        monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
        link.sendall(b"GET /api/he")

        assert cut(link)


def test_who_waits_for_an_answer_is_not_cut_off(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.3)
    run = program.start(job="act", items=["sleep 60"])["id"]

    answer = program("GET", f"/runs/{run}?wait=2")

    assert answer.json()["state"] in ("queued", "running")


def test_who_uses_a_connection_again_is_not_cut_off(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)

    link = http.client.HTTPConnection("127.0.0.1", program.server.port, timeout=20)
    link.connect()
    link.auto_open = 0  # not a second one

    def asks() -> bool:
        link.request("GET", "/api/health")
        return link.getresponse().read() == b'{"status": "ok"}'

    with contextlib.closing(link):
        stays(asks, 1.5)
