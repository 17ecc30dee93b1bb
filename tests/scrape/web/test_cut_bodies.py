"""Bodies that break off: tried again, and at the last attempt all that came is kept."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import socket
import struct
import zlib

import pytest

from jobs import ItemError
from jobs.runtime.job import context
from jobs.web import body
from jobs.web.exchange import PhaseLimits
from tests.scrape.conftest import Ask, Names, Serve, certificate
from tests.scrape.hostile import Peer, Script, answer, says

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = b"<title>kept</title><a href=/x>one</a> " + b" ".join(b"word%d" % number for number in range(300))
PACKED = gzip.compress(PAGE)


def by_length(content: bytes, more: int = 1, *lines: bytes) -> bytes:
    return OK + b"".join(lines) + b"Content-Length: %d\r\n\r\n" % (len(content) + more) + content


def by_chunks(content: bytes, end: bytes) -> bytes:
    return OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(content) + content + end


GZIP = b"Content-Encoding: gzip\r\n"
CUT = {
    "a length one too large": by_length(PAGE),
    "a length far too large": by_length(PAGE, 1_000_000),
    "no last chunk": by_chunks(PAGE, b"\r\n"),
    "no end of a chunk": by_chunks(PAGE, b""),
    "half a size of a chunk": by_chunks(PAGE, b"\r\n1"),
    "a chunk longer than it says": by_chunks(PAGE, b"more\r\n0\r\n\r\n"),
    "no size of a chunk": by_chunks(PAGE, b"\r\nZZ\r\nhello"),
    "gzip without a trailer": by_length(PACKED[:-8], 0, GZIP),
    "gzip with half a trailer": by_length(PACKED[:-3], 0, GZIP),
    "gzip with a wrong sum": by_length(PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], 0, GZIP),
    "gzip with a wrong size": by_length(PACKED[:-4] + b"\0\0\0\0", 0, GZIP),
    "gzip and a length too large": by_length(PACKED, 5, GZIP),
    "deflate with a wrong sum": by_length(zlib.compress(PAGE)[:-4] + b"abcd", 0, b"Content-Encoding: deflate\r\n"),
    "bare deflate without an end": by_length(zlib.compress(PAGE)[2:-12], 0, b"Content-Encoding: deflate\r\n"),
    "gzip of gzip, cut": by_length(gzip.compress(PACKED)[:-8], 0, b"Content-Encoding: gzip, gzip\r\n"),
}


@pytest.mark.parametrize("octets", CUT.values(), ids=list(CUT))
def test_at_the_last_attempt_what_came_is_kept(octets: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(octets)).url())

    assert (row["code"], row["status"], row["title"], row["links_internal"]) == ("incomplete", 200, "kept", 1)
    assert row["text_hash"]
    assert row["words"] > 250
    assert "error" not in row


@pytest.mark.parametrize("octets", CUT.values(), ids=list(CUT))
def test_before_the_last_attempt_it_is_tried_again(octets: bytes, ask: Ask, serve: Serve) -> None:
    context.enter(context.Context(attempt=1, attempts=2))
    try:
        row = ask(serve(says(octets)).url())
    finally:
        context.enter(None)

    assert (row["code"], row["title"], row["later"] > 0) == ("incomplete", "kept", True)
    assert row["error"].startswith("the page broke off after")


@pytest.mark.parametrize("kind", ["reset", "silent"])
def test_a_page_that_is_cut_by_the_connection_is_kept(kind: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, _request: bytes) -> None:
        peer.send(by_length(PAGE, 1_000))
        peer.server.closing.wait(0.2)
        if kind == "silent":
            peer.stay(5)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    row = ask(serve(script).url(), limits=PhaseLimits(read=0.5))

    assert (row["code"], row["title"], row["bytes"]) == ("incomplete", "kept", len(PAGE))


NO_RECORD = b"\x17\x03\x03\0\x20" + bytes(32)
"""What TLS would send in a record, enciphered by nobody."""


def broken_after(octets: bytes) -> Script:
    def script(peer: Peer, _request: bytes) -> None:
        peer.send(octets)
        with contextlib.suppress(OSError):
            os.write(peer.sock.fileno(), NO_RECORD)
        peer.stay(0.2)

    return script


def test_a_page_that_is_cut_by_a_broken_record_of_tls_is_kept(ask: Ask, serve: Serve, names: Names) -> None:
    names.say("right.test", ["127.0.0.1"])
    server = serve(broken_after(by_length(PAGE, 1_000)), context=certificate("right"))

    row = ask(server.url("/", "right.test"))

    assert (row["code"], row["title"], row["bytes"]) == ("incomplete", "kept", len(PAGE))


@pytest.mark.parametrize("came", [b"", OK], ids=["nothing", "half a head"])
def test_a_secure_connection_that_breaks_later_is_not_one_that_was_never_agreed_on(
    came: bytes, ask: Ask, serve: Serve, names: Names
) -> None:
    names.say("right.test", ["127.0.0.1"])
    server = serve(broken_after(came), context=certificate("right"))

    row = ask(server.url("/", "right.test"))

    assert (row["code"], row["later"] > 0) == ("connection_reset", True)
    assert row["error"].startswith("the secure connection to right.test broke: ")


@pytest.mark.parametrize(
    "octets",
    [by_length(b"", 5), by_chunks(b"", b"")[:-3], by_length(PACKED[:5], 0, GZIP), by_length(PACKED[:5], 9, GZIP)],
    ids=["nothing by length", "no chunk", "the head of gzip", "less than that"],
)
def test_a_page_of_which_nothing_came_is_a_failure(octets: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(octets)).url())

    assert row["code"] in ("incomplete", "decode_error")
    assert row["error"]
    assert "title" not in row


def test_a_cut_page_that_is_not_there_stays_not_there(ask: Ask, serve: Serve) -> None:
    octets = by_length(PAGE).replace(b"200 OK", b"404 Not Found")

    row = ask(serve(says(octets)).url())

    assert (row["code"], row["title"]) == ("http_4xx", "kept")


def test_a_whole_page_is_not_taken_for_a_cut_one(ask: Ask, serve: Serve) -> None:
    scripts: list[Script] = [
        says(by_length(PAGE, 0)),
        says(by_chunks(PAGE, b"\r\n0\r\n\r\n")),
        says(by_chunks(PAGE, b"\r\n0\r\nX-Trailer: a\r\n\r\n")),
        says(by_chunks(PAGE, b"\r\n0\r\n")),  # browsers do not wait for the last blank line either
        says(answer(PACKED, headers={"Content-Encoding": "gzip"})),
        says(OK + b"\r\n" + PAGE),
    ]

    assert [ask(serve(script).url())["code"] for script in scripts] == [""] * len(scripts)


@pytest.mark.parametrize("at", [20, 200, 700])
def test_all_up_to_the_damage_is_had(at: int) -> None:
    text = random.Random(7).randbytes(2_000).hex().encode()
    packed = bytearray(gzip.compress(text))
    packed[at] ^= 0xFF

    kept, whole = body.salvage(bytes(packed), "gzip", 10_000)

    with pytest.raises(ItemError):
        body.inflate(bytes(packed), "gzip", 10_000, cut=False)
    assert len(kept) <= 10_000
    assert not whole
    assert text.startswith(kept[: max(0, at - 60)])


@pytest.mark.parametrize("harm", ["cut", "a wrong sum"])
def test_of_several_compressed_files_in_a_row_all_that_came_is_kept(harm: str, ask: Ask, serve: Serve) -> None:
    second = gzip.compress(PAGE[500:])[:-8] + (b"" if harm == "cut" else b"\0" * 8)
    packed = gzip.compress(PAGE[:500]) + second

    row = ask(serve(says(by_length(packed, 0, GZIP))).url())

    assert (row["code"], row["title"], row["bytes"]) == ("incomplete", "kept", len(PAGE))


def test_files_in_a_row_beyond_their_number_are_kept_up_to_it(ask: Ask, serve: Serve) -> None:
    packed = gzip.compress(PAGE) + gzip.compress(b"more") * body.MOST_MEMBERS

    row = ask(serve(says(by_length(packed, 0, GZIP))).url())

    assert (row["code"], row["title"], row["bytes"]) == ("incomplete", "kept", len(PAGE) + 4 * (body.MOST_MEMBERS - 1))


def test_what_is_had_of_a_damaged_body_meets_the_cap() -> None:
    assert len(body.salvage(gzip.compress(bytes(1_000_000))[:-4], "gzip", 5_000)[0]) == 5_000
