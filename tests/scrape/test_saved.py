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
from jobs.runtime.cli import entry
from tests.machine.conftest import Machine
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Peer, answer, redirect, says

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

    (record, body), *more = records_of(file_of(ask(server.url("/p?q=1"), save_pages=True)))

    assert more == []
    assert body == HTML
    assert record.rec_type == "response"
    assert record.rec_headers.get_header("WARC-Target-URI") == server.url("/p?q=1")
    assert record.rec_headers.get_header("WARC-IP-Address") == "127.0.0.1"
    assert record.http_headers.get_statuscode() == "200"
    assert [value for name, value in record.http_headers.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert record.http_headers.get_header("X-Odd") == "caf%E9"


def test_a_compressed_page_is_kept_decompressed_and_its_headers_say_so(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(gzip.compress(HTML), headers={"Content-Encoding": "gzip"})))

    ((record, body),) = records_of(file_of(ask(server.url(), save_pages=True)))

    assert body == HTML
    assert record.http_headers.get_header("Content-Encoding") is None
    assert record.http_headers.get_header("X-Crawler-Content-Encoding") == "gzip"
    assert record.http_headers.get_header("Content-Length") == str(len(HTML))


def test_what_was_cut_says_so(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(b"x" * 5_000)))

    ((record, body),) = records_of(file_of(ask(server.url(), save_pages=True, max_bytes=1_024)))

    assert len(body) == 1_024
    assert record.rec_headers.get_header("WARC-Truncated") == "length"


def test_the_way_by_redirects_is_kept_beside_the_page(ask: Ask, serve: Serve) -> None:
    server = serve(lambda peer, request: peer.send(redirect("/b") if b"GET /a " in request else answer(HTML)))

    (first, _), (second, about) = records_of(file_of(ask(server.url("/a"), save_pages=True)))

    assert first.rec_headers.get_header("WARC-Target-URI") == server.url("/b")
    assert second.rec_type == "metadata"
    assert second.rec_headers.get_header("WARC-Concurrent-To") == first.rec_headers.get_header("WARC-Record-ID")
    assert about.decode().splitlines() == [f"via: {server.url('/a')}", "hopsFromSeed: R"]


def test_the_page_of_a_failure_is_kept_too(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(HTML, status="404 Gone Fishing")))

    ((record, body),) = records_of(file_of(ask(server.url(), save_pages=True)))

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

    code = entry.main(["run", "scrape", *words, "--no-robots", "--pause", "0", "--save-pages", "--out", str(out)])

    whole = out.read_bytes()
    assert code == 1
    assert "5 files" in capsys.readouterr().err
    assert sorted(record.rec_headers.get_header("WARC-Target-URI") for record, _ in records_of(whole)) == urls
    fast = [
        (str(record.headers["WARC-Type"]), record.headers["WARC-Target-URI"])
        for record in FastIterator(io.BytesIO(whole))
    ]
    assert sorted(fast) == [("response", url) for url in urls]
    assert gzip.decompress(whole).count(b"WARC/1.0\r\n") == 5
    checker = Checker(type("Asked", (), {"inputs": [str(out)], "verbose": True})())
    checker.process_all()
    assert checker.exit_value == 0
    assert "digest failed" not in capsys.readouterr().out
    rows = client.rows(client.runs()[0].id, 1, 7)
    assert [bool(outcome and outcome.row and outcome.row.get("page_warc")) for _, _, outcome in rows] == [True] * 6 + [
        False
    ]


def test_a_run_without_pages_has_no_such_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = entry.main(["run", "scrape", "--item", "http://10.0.0.1/", "--out", str(tmp_path / "x.warc.gz")])

    assert code == 2
    assert "--save-pages" in capsys.readouterr().err
