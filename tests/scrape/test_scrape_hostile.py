"""A gauntlet: every kind of hostile server in one run of the whole machine. Each URL is one row with its code."""

from __future__ import annotations

import gzip
import socket
import struct
import zlib

import pytest

from jobs.scrape.codes import CODES
from tests.scrape.conftest import Serve
from tests.scrape.hostile import Hostile, Peer, Script, answer, eventually, page, redirect, says
from tests.support.machine import Machine

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PAGE = b"<title>ok</title><p>words of a page</p>" * 20


def packed(body: bytes, coding: str) -> bytes:
    return answer(body, headers={"Content-Encoding": coding})


def drips(peer: Peer, _request: bytes) -> None:
    peer.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 1_000)


def body_drips(peer: Peer, _request: bytes) -> None:
    peer.send(OK + b"Content-Length: 10000\r\n\r\n")
    peer.drip(b"x" * 10_000)


def silent(peer: Peer, _request: bytes) -> None:
    peer.sock.recv(1)  # until the other side has gone


def endless(peer: Peer, _request: bytes) -> None:
    peer.send(OK + b"\r\n")
    while not peer.server.closing.is_set():
        peer.send(b"<p>word</p>" * 5_000)


def endless_trailers(peer: Peer, _request: bytes) -> None:
    peer.send(CHUNKED + b"5\r\nhello\r\n0\r\n")
    while not peer.server.closing.wait(0.01):
        peer.send(b"X: y\r\n")


def resets(peer: Peer, _request: bytes) -> None:
    peer.send(OK + b"Content-Length: 10000\r\n\r\nabc")
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answers_at_once(peer: Peer, _request: bytes) -> None:
    peer.send(answer())


def first(octets: bytes) -> Script:
    """A site whose first page answers so; the others are pages."""

    def script(peer: Peer, request: bytes) -> bool:
        peer.send(octets if request.split()[1] == b"/" else answer())
        return True

    return script


CASES: dict[str, tuple[Script, str]] = {
    "drips": (drips, "timeout"),
    "body drips": (body_drips, "timeout"),
    "silent": (silent, "timeout"),
    "endless": (endless, "truncated"),
    "endless trailers": (endless_trailers, "timeout"),
    "resets": (resets, "incomplete"),
    "empty reply": (says(b""), "connection_reset"),
    "no end of headers": (says(OK), "incomplete"),
    "huge header": (says(OK + b"X: " + b"a" * 300_000 + b"\r\n\r\n"), "too_large"),
    "headers without end": (says(OK + (b"X: " + b"a" * 60_000 + b"\r\n") * 9), "too_large"),
    "many headers": (says(OK + b"X: a\r\n" * 5_000 + b"\r\n"), ""),
    "pipelined garbage": (says(answer() + b"garbage\r\n\r\n" * 100, keep=True), ""),
    "pipelined answers": (says(answer() * 20, keep=True), ""),
    "http 0.9": (says(b"<title>hello</title>"), "protocol_error"),
    "http 1.0": (says(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE), ""),
    "http 2": (says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), "protocol_error"),
    "status in Arabic": (says(b"HTTP/1.1 \xd9\xa3 OK\r\n\r\n"), "protocol_error"),
    "line feeds only": (says(b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n<title>a"), ""),
    "length of superscripts": (says(OK + b"Content-Length: \xb2\r\n\r\nhello"), ""),
    "length too short": (says(OK + b"Content-Length: 5\r\n\r\n" + PAGE), ""),
    "length too long": (says(OK + b"Content-Length: 5000\r\n\r\n" + PAGE), "incomplete"),
    "impossible length": (says(OK + b"Content-Length: " + b"9" * 400 + b"\r\n\r\nhello"), "too_large"),
    "bad chunk": (says(CHUNKED + b"xyz\r\nhello"), "protocol_error"),
    "chunk cut": (says(CHUNKED + b"ff\r\nhello"), "incomplete"),
    "many chunks": (says(CHUNKED + b"1\r\nx\r\n" * 5_000 + b"0\r\n\r\n"), ""),
    "two framings": (says(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello"), "protocol_error"),
    "gzip bomb": (says(packed(gzip.compress(bytes(30_000_000)), "gzip")), "too_large"),
    "deflate": (says(packed(zlib.compress(PAGE), "deflate")), ""),
    "deflate without its wrapper": (says(packed(zlib.compress(PAGE)[2:-4], "deflate")), ""),
    "gzip that is none": (says(packed(PAGE, "gzip")), "decode_error"),
    "gzip cut": (says(packed(gzip.compress(PAGE)[:-12], "gzip")), "incomplete"),
    "brotli": (says(packed(b"\x1b\x0f\x00", "br")), "decode_error"),
    "five codings": (says(packed(PAGE, "gzip, gzip, gzip, gzip, gzip")), "decode_error"),
    "a charset of nonsense": (says(answer(PAGE, headers={"Content-Type": 'text/html; charset="\xff;;'})), ""),
    "a few interim answers": (says(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" * 3 + answer()), ""),
    "switching protocols": (says(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"), "http_other"),
    "partial content": (says(answer(status="206 Partial")), ""),
    "not modified": (says(b"HTTP/1.1 304 Not Modified\r\n\r\n"), ""),
    "choices": (first(answer(status="300 Choices", headers={"Location": "/b"})), "http_3xx"),
    "choices without a target": (says(answer(status="300 Choices")), "http_3xx"),
    "a fragment": (first(redirect("/b#there")), "redirected"),
    "a relative target": (first(redirect("b c", 307)), "redirected"),
    "backslashes": (first(redirect("\\b\\c", 308)), "redirected"),
    "loop": (says(redirect("/"), keep=True), "redirect_loop"),
    "target of another scheme": (says(redirect("ftp://h.test/")), "bad_redirect"),
    "target inside": (says(redirect("http://10.0.0.1/")), "private_address"),
    "target at a mail port": (says(redirect("http://127.0.0.1:25/")), "blocked_port"),
    "not found": (says(answer(status="404 No")), "http_4xx"),
    "kept alive, then closed": (answers_at_once, ""),
    "an image": (says(answer(b"\x89PNG", headers={"Content-Type": "image/png"})), "not_text"),
}


def run(
    machine: Machine, servers: list[Hostile], times: int, timeout: float, **options: object
) -> list[tuple[str, str]]:
    """The codes and sentences of every server's pages, all in one run."""
    urls = [server.url(f"/?{turn}" if turn else "/") for turn in range(times) for server in servers]
    params = {"robots": False, "timeout": timeout, "max_bytes": 100_000}
    ended = machine.finish(machine.submit(urls, "scrape", params=params, attempts=1, **options), 120)  # type: ignore[arg-type]
    found = machine.outcomes(ended)

    assert (ended.state, [outcome.position for outcome in found]) == ("finished", [*range(1, len(urls) + 1)])
    return [(outcome.code, outcome.error) for outcome in found]


@pytest.mark.slow
def test_every_hostile_server_has_its_row_its_code_and_a_sentence(machine: Machine, serve: Serve) -> None:
    servers = [serve(script) for script, _ in CASES.values()]

    found = run(machine, servers, 1, timeout=8.0, pool=(1, 16))

    assert {name: code for name, (code, _) in zip(CASES, found, strict=True)} == {
        name: code for name, (_, code) in CASES.items()
    }
    sentences = [
        error for code, error in found if code not in ("", "redirected", "truncated", "not_text", "incomplete")
    ]
    assert all(sentence and "\n" not in sentence and "Error" not in sentence for sentence in sentences), sentences
    assert eventually(lambda: sum(server.open for server in servers) == 0, 15)


@pytest.mark.slow
def test_good_pages_are_had_beside_a_thousand_of_hostile_servers(machine: Machine, serve: Serve) -> None:
    names = [name for name in CASES if CASES[name][1] != "timeout"]
    hostile, good = [serve(CASES[name][0]) for name in names], serve(page("good"))

    found = run(machine, [*hostile, good], 20, timeout=60.0, pool=(2, 16), deadline=90.0)

    of_good = found[len(names) :: len(names) + 1]
    assert of_good == [("", "")] * 20
    assert {code for code, _ in found} <= {"", "timeout", *CODES}
    assert eventually(lambda: sum(server.open for server in hostile) == 0, 15)
