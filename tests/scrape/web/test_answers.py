"""Answers that are broken, endless or bent to do harm: each has its code, none is taken for a page."""

from __future__ import annotations

import gzip
import resource
import socket
import struct
import zlib

import pytest

from jobs.web import body
from tests.scrape.conftest import Ask, Names, Serve, certificate
from tests.scrape.hostile import Peer, answer, eventually, page, says

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CAP = 1_000_000
SLACK = 48 * 1024 * 1024
"""What the kernel's buffers on loopback may take beyond what is read (tcp_rmem and tcp_wmem go up to 36 MiB here)."""


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def endless(head: bytes, part: bytes) -> object:
    def script(peer: Peer, _request: bytes) -> None:
        peer.send(head)
        while not peer.server.closing.is_set():
            peer.send(part)

    return script


def test_an_endless_body_is_cut_at_the_cap(ask: Ask, serve: Serve) -> None:
    server = serve(endless(OK + b"\r\n", b"<p>word</p>\n" * 5_000))
    for _ in range(4):  # the reader is imported at its first page, and each thread that reads has had one
        ask(server.url(), max_bytes=CAP)
    before = peak_kib()

    row = ask(server.url(), max_bytes=CAP)

    assert (row["code"], row["status"], row["words"] > 1_000) == ("truncated", 200, True)
    assert len(row["excerpt"]) > 100
    assert server.sent < 5 * (CAP + SLACK)
    assert peak_kib() - before < 30_000


def test_an_endless_chunked_body_is_cut_at_the_cap(ask: Ask, serve: Serve) -> None:
    server = serve(endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b"x" * 0x8000 + b"\r\n"))

    assert ask(server.url(), max_bytes=CAP)["code"] == "truncated"
    assert server.sent < CAP + SLACK


def test_a_body_as_large_as_the_cap_is_whole(ask: Ask, serve: Serve) -> None:
    whole, larger = serve(says(answer(b"x" * CAP))), serve(says(answer(b"x" * (CAP + 1))))

    assert (ask(whole.url(), max_bytes=CAP)["code"], ask(larger.url(), max_bytes=CAP)["code"]) == ("", "truncated")


def test_a_huge_announced_length_allocates_nothing(ask: Ask, serve: Serve) -> None:
    server = serve(says(OK + b"Content-Length: 10000000000\r\n\r\nx"))
    before = peak_kib()

    row = ask(server.url(), max_bytes=CAP)

    assert row["code"] == "incomplete"
    assert peak_kib() - before < 50_000


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_refused_while_it_is_inflated(coding: str, ask: Ask, serve: Serve) -> None:
    zeros = bytes(60_000_000)
    packed = gzip.compress(zeros) if coding == "gzip" else zlib.compress(zeros)
    server = serve(says(answer(packed, headers={"Content-Encoding": coding})))
    del zeros
    before = peak_kib()

    row = ask(server.url(), max_bytes=CAP)

    assert row["code"] == "too_large"
    assert peak_kib() - before < 30_000


def test_a_large_page_that_is_no_bomb_is_cut(ask: Ask, serve: Serve) -> None:
    text = " ".join(f"{number} {number * 7919 % 10007}" for number in range(150_000)).encode()
    server = serve(says(answer(gzip.compress(text), headers={"Content-Encoding": "gzip"})))

    row = ask(server.url(), max_bytes=CAP)

    assert (row["code"], row["status"]) == ("truncated", 200)


@pytest.mark.parametrize("coding", ["lzma", "foo", "gzip, gzip, gzip", "compress"])
def test_a_coding_not_asked_for_is_refused(coding: str, ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(b"\x28\xb5\x2f\xfd", headers={"Content-Encoding": coding})))

    row = ask(server.url())

    assert (row["code"], row["status"]) == ("decode_error", 200)


TITLE = b"<title>packed</title>" + b"<p>text</p>" * 100


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(TITLE), "gzip"),
        (gzip.compress(TITLE), "X-GZip"),
        (zlib.compress(TITLE), "deflate"),
        (zlib.compress(TITLE)[2:-4], "deflate"),
        (gzip.compress(gzip.compress(TITLE)), "gzip, gzip"),
        (gzip.compress(zlib.compress(TITLE)), "deflate, gzip"),
        (gzip.compress(TITLE[:50]) + gzip.compress(TITLE[50:]), "gzip"),
        (gzip.compress(TITLE) + bytes(100), "gzip"),
        (TITLE, "identity"),
        (TITLE, ""),
        (TITLE, "UTF-8"),
        (gzip.compress(TITLE), "aws-chunked, gzip"),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "zlib",
        "raw deflate",
        "gzip twice",
        "gzip of zlib",
        "two members",
        "padded",
        "plain",
        "none",
        "a charset",
        "with a framing",
    ],
)
def test_a_compressed_page_is_read(packed: bytes, coding: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(packed, headers={"Content-Encoding": coding}))).url())

    assert (row["code"], row["title"], row["bytes"]) == ("", "packed", len(TITLE))


GOOD = gzip.compress(TITLE)


@pytest.mark.parametrize(
    "packed", [GOOD[:5], b"not gzip at all", b"\x1f\x8b\x08\0" + b"\xff" * 50], ids=["cut", "not gzip", "damaged"]
)
def test_a_compressed_page_of_which_nothing_can_be_had_is_a_failure(packed: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(packed, headers={"Content-Encoding": "gzip"}))).url())

    assert row["code"] == "decode_error"


def test_nested_bombs_meet_the_cap(ask: Ask, serve: Serve) -> None:
    packed = gzip.compress(gzip.compress(bytes(60_000_000)))

    row = ask(serve(says(answer(packed, headers={"Content-Encoding": "gzip, gzip"}))).url(), max_bytes=CAP)

    assert row["code"] == "too_large"


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"") * 100_000, b"\x1f\x8b\x08\x10" + bytes(6) + b"c" * 1_000_000 + b"\0" + GOOD[10:]],
    ids=["a hundred thousand empty members", "a comment of a megabyte"],
)
def test_gzip_of_odd_shape_is_over_soon(packed: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(packed, headers={"Content-Encoding": "gzip"}))).url(), max_bytes=5_000_000)

    assert row["code"] in ("", "decode_error")
    assert row["total_seconds"] < 10


def test_an_empty_body_with_a_coding_is_empty() -> None:
    assert body.inflate(b"", "gzip", 10, cut=False) == (b"", False)


@pytest.mark.parametrize("size", [b"ZZ", b"-5", b"-1", b"0x5", b"f" * 20, b"1" * 70_000, b"+5", b""])
def test_a_chunk_of_no_size_is_a_protocol_error(size: bytes, ask: Ask, serve: Serve) -> None:
    server = serve(says(OK + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\nhello\r\n0\r\n\r\n"))

    assert ask(server.url())["code"] == "protocol_error"


@pytest.mark.parametrize(
    ("lengths", "codes"),
    [
        (b"Content-Length: 5\r\nContent-Length: 7\r\n", {"protocol_error"}),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", {""}),
        (b"Content-Length: 5, 5\r\n", {"", "protocol_error"}),
        (b"Content-Length: -5\r\n", {"", "protocol_error"}),
        (b"Content-Length: \xb2\r\n", {"", "protocol_error"}),
        (b"Content-Length: 2abc\r\n", {"", "protocol_error"}),
        (b"Content-Length: 100000000000000000000\r\n", {"too_large"}),
        (b"Content-Length: " + b"9" * 5_000 + b"\r\n", {"too_large", "protocol_error"}),
        (b"Transfer-Encoding: gzip, chunked\r\n", {"protocol_error"}),
        (b"Transfer-Encoding: chunked, chunked\r\n", {"protocol_error"}),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", {"protocol_error"}),
    ],
)
def test_a_bent_length_has_its_code(lengths: bytes, codes: set[str], ask: Ask, serve: Serve) -> None:
    assert ask(serve(says(OK + lengths + b"\r\nhello")).url())["code"] in codes


@pytest.mark.parametrize(
    "transfers",
    [("chunked", "Chunked"), ("chunked, chunked",), ("identity, chunked",), ("identity", "chunked"), (" chunked ,",)],
)
@pytest.mark.usefixtures("restless")
def test_chunks_announced_twice_are_read_once(transfers: tuple[str, ...], ask: Ask, serve: Serve) -> None:
    said = "".join(f"Transfer-Encoding: {transfer}\r\n" for transfer in transfers).encode()
    server = serve(says(OK + said + b"\r\n10\r\n<title>a</title>\r\n0\r\n\r\n", keep=True))

    rows = [ask(server.url()) for _ in range(2)]

    assert [(row["code"], row["title"]) for row in rows] == [("", "a")] * 2
    assert server.connections == 2  # others may see the end of such an answer elsewhere


def test_the_size_of_a_chunk_may_begin_with_zeros(ask: Ask, serve: Serve) -> None:
    chunks = b"\r\n" + b"0" * 30 + b"10\r\n<title>a</title>\r\n000\r\n\r\n"

    assert ask(serve(says(OK + b"Transfer-Encoding: chunked\r\n" + chunks)).url())["title"] == "a"


@pytest.mark.usefixtures("restless")
def test_two_framings_are_read_by_chunks_and_the_connection_is_not_used_again(ask: Ask, serve: Serve) -> None:
    body_of = b"<title>a</title>"
    both = OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + body_of + b"\r\n0\r\n\r\n"
    server = serve(says(both, keep=True))

    assert [ask(server.url())["title"] for _ in range(2)] == ["a", "a"]
    assert server.connections == 2


@pytest.mark.usefixtures("restless")
def test_bytes_behind_an_answer_do_not_reach_the_next(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        extra = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n<title>evil</title>" if b"/1" in request else b""
        peer.send(answer(f"<title>{request.split()[1].decode()}</title>".encode()) + extra)
        return True

    server = serve(script)

    assert [ask(server.url(f"/{number}"))["title"] for number in (1, 2, 3)] == ["/1", "/2", "/3"]


@pytest.mark.parametrize(
    "octets",
    [
        b"hello, I speak HTTP/0.9",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 1000 OK\r\n\r\n",
        b"HTTP/1.1 99 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000 + OK + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 60 + OK + b"Content-Length: 0\r\n\r\n",
    ],
    ids=lambda octets: octets[:20].decode("latin-1"),
)
def test_what_is_not_http_is_a_protocol_error(octets: bytes, ask: Ask, serve: Serve) -> None:
    assert ask(serve(says(octets)).url())["code"] == "protocol_error"


def test_headers_without_end_are_too_large(ask: Ask, serve: Serve) -> None:
    server = serve(says(OK + (b"X-Big: " + b"x" * 60_000 + b"\r\n") * 90 + b"\r\n"))
    before = peak_kib()

    row = ask(server.url())

    assert row["code"] == "too_large"
    assert peak_kib() - before < 16_000


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n",
        OK,
        OK + b"Content-Le",
        b"HTTP/1.1 302 Found\r\nLocation: /b",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_headers_that_break_off_are_no_answer(head: bytes, ask: Ask, serve: Serve) -> None:
    server = serve(says(head))

    row = ask(server.url())

    assert row["code"] == "incomplete"
    assert "status" not in row
    assert server.paths == ["/"]


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
)
def test_a_few_interim_answers_are_passed_over(interim: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(interim * 3 + answer(b"<title>at last</title>"))).url())

    assert (row["code"], row["title"]) == ("", "at last")


def test_an_empty_reply_and_a_reset_are_a_connection_reset(ask: Ask, serve: Serve) -> None:
    def reset(peer: Peer, _request: bytes) -> None:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    for server in (serve(lambda _peer, _request: None), serve(reset)):
        row = ask(server.url())
        assert row["code"] == "connection_reset"
        assert row["later"] > 0


@pytest.mark.parametrize(
    "line", [b"X-Nul: a\0b", b"no colon here", b"X-Folded: a\r\n b", b"X-\xff: \xfe", b": empty", b"X-Tab\t: x"]
)
def test_odd_header_lines_do_no_harm(line: bytes, ask: Ask, serve: Serve) -> None:
    head = OK + b"ETag: \xff\xfe\r\n" + line + b"\r\nContent-Length: 16\r\nConnection: close\r\n\r\n"

    row = ask(serve(says(head + b"<title>a</title>")).url())

    assert row["code"] in ("", "protocol_error")
    for value in row.values():
        str(value).encode("utf-8")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("204 No Content", ""),
        ("304 Not Modified", ""),
        ("206 Partial Content", ""),
        ("300 Multiple Choices", "http_3xx"),
        ("404 Not Found", "http_4xx"),
        ("410 Gone", "http_4xx"),
        ("501 Not Implemented", "http_5xx"),
        ("999 Denied", "http_other"),
        ("600 Odd", "http_other"),
        ("101 Switching Protocols", "http_other"),
    ],
)
def test_each_status_has_its_code(status: str, code: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(status=status))).url())

    assert (row["code"], row["status"]) == (code, int(status[:3]))
    assert "later" not in row


@pytest.mark.parametrize("status", [300, 305])
def test_what_browsers_do_not_follow_is_not_followed_and_said(status: int, ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(status=f"{status} x", headers={"Location": "/b"})))

    row = ask(server.url())

    assert (row["code"], row["status"], server.paths) == ("http_3xx", status, ["/"])
    assert "browsers do not follow" in row["error"]


def test_bytes_of_no_encoding_in_a_type_do_no_harm(ask: Ask, serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\xff\xfe\r\nDate: \xff\r\nSet-Cookie: a=\xfe\r\n"

    row = ask(serve(says(head + b"Content-Length: 16\r\n\r\n<title>a</title>")).url())

    assert (row["code"], row["title"]) == ("", "a")
    for value in row.values():
        str(value).encode("utf-8")


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("status", [204, 205, 304])
def test_an_empty_status_with_a_body_does_not_spoil_the_next_answer(status: int, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(answer(b"<title>x</title>", status=f"{status} x" if b"/empty" in request else "200 OK"))
        return True

    server = serve(script)

    assert ask(server.url("/empty"))["code"] == ""
    assert ask(server.url("/next"))["title"] == "x"


def test_a_page_that_is_not_there_has_its_row_filled(ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(b"<title>Not here</title>", status="404 Not Found"))).url())

    assert (row["status"], row["title"], row["code"]) == (404, "Not here", "http_4xx")
    assert row["total_seconds"] >= row["first_byte_seconds"] > 0
    assert row["ip"] == "127.0.0.1"


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "application/octet-stream", "video/mp4"])
def test_what_is_no_text_is_ok_and_hardly_read(kind: str, ask: Ask, serve: Serve) -> None:
    server = serve(
        endless(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 5000000\r\n\r\n".encode(), b"x")
    )

    row = ask(server.url())

    assert (row["code"], row["bytes"], row["content_type"]) == ("not_text", 5_000_000, kind)
    assert "title" not in row
    assert server.sent < SLACK


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50, b"", b"\xef\xbb\xbf", bytes(100_000)]
)
def test_what_is_labelled_html_and_is_none_has_a_row(content: bytes, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(content))).url())

    assert row["code"] == ""
    assert row["bytes"] == len(content)


def test_html_labelled_text_is_read(ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(b"<title>a</title>", headers={"Content-Type": "text/plain"}))).url())

    assert (row["code"], row["title"]) == ("", "a")


@pytest.mark.parametrize("kind", ["", "*/*", "html", "unknown/unknown", "application/unknown", "; charset=utf-8"])
def test_what_is_labelled_as_nothing_is_looked_at(kind: str, ask: Ask, serve: Serve) -> None:
    contents = [b"<title>a</title>", b"\x89PNG\r\n\x1a\n" + bytes(100), b"%PDF-1.7 x", b"\0\0\0 ftypisom"]
    rows = [ask(serve(says(answer(content, headers={"Content-Type": kind}))).url()) for content in contents]

    assert [row["code"] for row in rows] == ["", "not_text", "not_text", "not_text"]
    assert [row.get("title") for row in rows] == ["a", None, None, None]


@pytest.mark.usefixtures("restless")
def test_a_connection_closed_between_items_is_opened_again(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        if b"/second" in request and peer.server.connections == 1:
            return False  # closed with the request read and not a byte said
        return bool(page()(peer, request))

    server = serve(script)

    assert [ask(server.url(path))["code"] for path in ("/first", "/second")] == ["", ""]
    assert server.connections == 2


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_kept_connection_that_is_lost_as_it_is_used_again_is_opened_again(
    secure: bool, reset: bool, ask: Ask, serve: Serve, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urllib3.connectionpool.is_connection_dropped", lambda _connection: False)
    names.say("right.test", ["127.0.0.1"])

    def script(peer: Peer, _request: bytes) -> None:
        peer.send(answer())
        if reset:
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server = serve(script, context=certificate("right") if secure else None)
    first = ask(server.url(host="right.test"))
    assert eventually(lambda: server.open == 0)

    second = ask(server.url(host="right.test"))

    assert (first["code"], second["code"], server.connections) == ("", "", 2)


@pytest.mark.usefixtures("restless")
def test_a_connection_is_used_again(ask: Ask, serve: Serve) -> None:
    server = serve(page())

    first, second = (ask(server.url(f"/{number}")) for number in range(2))

    assert server.connections == 1
    assert first["connect_seconds"] > 0
    assert second["connect_seconds"] is None
    assert second["ip"] == "127.0.0.1"


def test_neither_meta_refresh_nor_the_refresh_header_is_followed(ask: Ask, serve: Serve) -> None:
    content = b'<meta http-equiv=refresh content="0;url=http://127.0.0.1/evil"><title>here</title>'
    server = serve(says(answer(content, headers={"Refresh": "0;url=/evil"})))

    assert ask(server.url())["title"] == "here"
    assert server.paths == ["/"]


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"<title>x</title>", {"cf-mitigated": "challenge"}, "blocked_challenge"),
        (b"<script>window._cf_chl_opt={}</script>", {}, "blocked_challenge"),
        (b"<script src=/cdn-cgi/challenge-platform/x.js></script>", {}, "blocked_challenge"),
        (b"<script src=/cdn-cgi/challenge-platform/x.js></script>" + b"<p>word</p>" * 500, {}, ""),
        (b"<iframe src=/_Incapsula_Resource?x>" + b"<p>word</p>" * 500, {}, ""),
        (b"<title>x</title>", {"cf-mitigated": "no"}, ""),
    ],
)
@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "503 Unavailable"])
def test_a_robot_check_is_told_from_a_page(
    content: bytes, headers: dict[str, str], code: str, status: str, ask: Ask, serve: Serve
) -> None:
    row = ask(serve(says(answer(content, status=status, headers=headers))).url())

    expected = code or {"200": "", "403": "http_4xx", "503": "http_5xx"}[status[:3]]
    assert row["code"] == expected
