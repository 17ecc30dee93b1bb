"""Pages that a run keeps: one WARC file, as two independent readers see it."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from jobs import Artifact
from jobs.runtime import client
from jobs.runtime.cli import main
from jobs.scrape.attempt import WorkerTools
from jobs.scrape.warc import MOST_BODY_BYTES
from tests.scrape.conftest import Ask, Names, Serve
from tests.scrape.hostile import Peer, answer, redirect, says
from tests.scrape.test_cookies import part_of_the_way
from tests.support.machine import Machine

HTML = "<title>kept — é</title>".encode()


def file_of(row: dict[str, Any]) -> bytes:
    kept = row["page_warc"]
    assert isinstance(kept, Artifact)
    return b"".join(chunk for chunk in kept.chunks if isinstance(chunk, bytes))


def records_of(octets: bytes) -> list[tuple[Any, bytes]]:
    return [(record, record.content_stream().read()) for record in ArchiveIterator(io.BytesIO(octets))]


def test_the_page_is_a_response_record_with_the_servers_headers(ask: Ask, serve: Serve) -> None:
    headers = {"Set-Cookie": "a=1\r\nSet-Cookie: b=2", "X-Odd": "caf\xe9"}
    server = serve(says(answer(HTML, headers=headers)))

    (record, body), (asked, _) = records_of(file_of(ask(server.url("/p?q=1"), save_pages=True)))

    assert asked.rec_type == "request"
    assert body == HTML
    assert record.rec_type == "response"
    assert record.rec_headers.get_header("WARC-Target-URI") == server.url("/p?q=1")
    assert record.rec_headers.get_header("WARC-IP-Address") == "127.0.0.1"
    assert record.http_headers.get_statuscode() == "200"
    assert [value for name, value in record.http_headers.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert record.http_headers.get_header("X-Odd") == "caf%E9"


def test_a_compressed_page_is_kept_decompressed_and_its_headers_say_so(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(gzip.compress(HTML), headers={"Content-Encoding": "gzip"})))

    (record, body), _ = records_of(file_of(ask(server.url(), save_pages=True)))

    assert body == HTML
    assert record.http_headers.get_header("Content-Encoding") is None
    assert record.http_headers.get_header("X-Crawler-Content-Encoding") == "gzip"
    assert record.http_headers.get_header("Content-Length") == str(len(HTML))


def test_what_was_cut_says_so(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(b"x" * 5_000)))

    (record, body), _ = records_of(file_of(ask(server.url(), save_pages=True, max_bytes=1_024)))

    assert len(body) == 1_024
    assert record.rec_headers.get_header("WARC-Truncated") == "length"


def test_a_page_that_broke_off_says_so(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(HTML).replace(b"Content-Length: ", b"Content-Length: 1")))

    (record, body), _ = records_of(file_of(ask(server.url(), save_pages=True)))

    assert (body, record.rec_headers.get_header("WARC-Truncated")) == (HTML, "disconnect")


def test_each_step_of_the_way_is_kept_under_the_url_that_was_asked(ask: Ask, serve: Serve) -> None:
    headers = {"Location": "/b", "Set-Cookie": "a=1", "X-Hop": "yes"}
    moved = answer(b"gone there", status="301 Moved", headers=headers)
    server = serve(lambda peer, request: peer.send(moved if b"GET /a?x=50%" in request else answer(HTML)))

    records = records_of(file_of(ask(server.url("/a?x=50%"), save_pages=True)))

    urls = [(record.rec_type, record.rec_headers.get_header("WARC-Target-URI")) for record, _ in records]
    here, there = server.url("/a?x=50%"), server.url("/b")
    assert urls == [
        *(("response", here), ("request", here), ("response", there), ("request", there)),
        ("metadata", there),
    ]
    hop, way = records[0][0], records[-1][1]
    assert (hop.http_headers.get_statuscode(), hop.http_headers.get_header("X-Hop")) == ("301", "yes")
    assert hop.http_headers.get_header("Location") == "/b"
    assert records[1][0].http_headers.protocol == "GET"
    assert records[1][0].http_headers.statusline == "/a?x=50% HTTP/1.1"
    assert records[1][0].rec_headers.get_header("WARC-Concurrent-To") == hop.rec_headers.get_header("WARC-Record-ID")
    assert way.decode().splitlines() == [f"via: {here}", "hopsFromSeed: R"]


@pytest.mark.parametrize("length", [0, 20_000])
def test_a_page_that_sends_on_by_a_refresh_is_kept_with_its_body(length: int, ask: Ask, serve: Serve) -> None:
    sends = b"<title>\xe9</title><meta http-equiv=refresh content='0;url=/b'>" + b" " * length
    server = serve(lambda peer, request: peer.send(answer(HTML if b" /b " in request else sends)))

    records = records_of(file_of(ask(server.url("/a"), save_pages=True, follow_refresh=True)))

    (hop, body), (page, kept) = [(record, octets) for record, octets in records if record.rec_type == "response"]
    assert (body, kept) == (sends[:MOST_BODY_BYTES], HTML)
    assert hop.rec_headers.get_header("WARC-Truncated") == ("length" if length else None)
    assert page.rec_headers.get_header("WARC-Truncated") is None


def test_a_redirect_whose_body_was_left_unread_says_so(ask: Ask, serve: Serve) -> None:
    bodies = {b"/a": b"moved", b"/b": b""}

    def script(peer: Peer, request: bytes) -> None:
        path = request.split(b" ")[1]
        where = {b"/a": "/b", b"/b": "/c"}.get(path)
        peer.send(answer(bodies[path], status="302 Found", headers={"Location": where}) if where else answer(HTML))

    records = records_of(file_of(ask(serve(script).url("/a"), save_pages=True)))

    cut = [record.rec_headers.get_header("WARC-Truncated") for record, _ in records if record.rec_type == "response"]
    assert cut == ["length", None, None]


def test_what_was_said_is_kept_without_the_runs_own_headers_and_cookies(ask: Ask, serve: Serve) -> None:
    cookies = "127.0.0.1\tFALSE\t/\tFALSE\t0\tid\ts3cret"
    server = serve(says(answer(HTML)))

    octets = file_of(ask(server.url(), save_pages=True, headers=("X-Key: s3cret", "Accept: s3cret"), cookies=cookies))

    (_, _), (asked, _) = records_of(octets)
    assert server.header("x-key") == "s3cret"
    assert server.header("cookie") == "id=s3cret"
    assert asked.http_headers.get_header("User-Agent") == "Fanout/0"
    assert asked.http_headers.get_header("Host") == f"127.0.0.1:{server.port}"
    assert b"s3cret" not in gzip.decompress(octets)


def test_the_way_over_two_hosts_is_kept_whole(tools: WorkerTools, serve: Serve, names: Names) -> None:
    for host in ("one.test", "two.test"):
        names.say(host, ["127.0.0.1"])
    server = serve(
        lambda peer, request: peer.send(
            answer(HTML) if b"GET /end " in request else redirect(f"http://two.test:{peer.server.port}/end")
        )
    )
    known: Any = None
    for _ in range(2):
        known = part_of_the_way(tools, server.url("/start", "one.test"), known, save_pages=True)

    urls = [record.rec_headers.get_header("WARC-Target-URI") for record, _ in records_of(file_of(known))]

    assert urls == [server.url("/start", "one.test")] * 2 + [server.url("/end", "two.test")] * 3


def test_the_page_of_a_failure_is_kept_too(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(HTML, status="404 Gone Fishing")))

    (record, body), _ = records_of(file_of(ask(server.url(), save_pages=True)))

    assert (record.http_headers.get_statuscode(), body) == ("404", HTML)


@pytest.mark.parametrize("case", ["not asked for", "status check", "try later", "no body", "nobody"])
def test_nothing_is_kept_where(case: str, ask: Ask, serve: Serve) -> None:
    status = {"try later": "503 Busy", "no body": "204 Empty"}.get(case, "200 OK")
    server = serve(says(answer(b"" if case == "no body" else HTML, status=status)))
    if case == "nobody":
        server.close()
    wishes = {"columns": "status"} if case == "status check" else {}

    row = ask(server.url(), save_pages=case != "not asked for", **wishes)

    assert row.get("page_warc") is None


def test_the_pages_of_a_run_are_one_file_that_standard_tools_read(
    machine: Machine, serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(answer(b"<title>" + request.split(b" ")[1] + b"</title>"))
        return True

    server, out = serve(script), tmp_path / "pages.warc.gz"
    urls = [server.url(f"/{number}") for number in range(5)]
    words = [word for url in [*urls, urls[0], "http://10.0.0.1/"] for word in ("--item", url)]

    code = main.main(["run", "scrape", *words, "--no-robots", "--pause", "0", "--save-pages", "--out", str(out)])

    whole = out.read_bytes()
    assert code == 1
    assert "5 files" in capsys.readouterr().err
    pages = [record for record, _ in records_of(whole) if record.rec_type == "response"]
    assert sorted(record.rec_headers.get_header("WARC-Target-URI") for record in pages) == urls
    fast = [
        (str(record.headers["WARC-Type"]), record.headers["WARC-Target-URI"])
        for record in FastIterator(io.BytesIO(whole))
    ]
    assert sorted(fast) == sorted((kind, url) for url in urls for kind in ("request", "response"))
    assert gzip.decompress(whole).count(b"WARC/1.0\r\n") == 10
    checker = Checker(type("Asked", (), {"inputs": [str(out)], "verbose": True})())
    checker.process_all()
    assert checker.exit_value == 0
    assert "digest failed" not in capsys.readouterr().out
    rows = client.rows(client.runs()[0].id, 1, 7)
    assert [bool(outcome and outcome.row and outcome.row.get("page_warc")) for _, _, outcome in rows] == [True] * 6 + [
        False
    ]


def test_a_run_without_pages_has_no_such_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = main.main(["run", "scrape", "--item", "http://10.0.0.1/", "--out", str(tmp_path / "x.warc.gz")])

    assert code == 2
    assert "--save-pages" in capsys.readouterr().err
