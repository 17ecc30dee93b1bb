"""WARC files joined: equal bodies stand once, and two independent readers see the rest as it was."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from jobs.runtime.exports import warc_joiner
from jobs.runtime.exports.warc_joiner import PROFILE, WarcJoiner


def a_file(url: str, body: bytes, kind: str = "response") -> bytes:
    """A record, compressed by itself."""
    writer = WARCWriter(io.BytesIO(), gzip=False)
    headers = StatusAndHeaders("200 OK", [("X-Url", url), ("Content-Length", str(len(body)))], protocol="HTTP/1.1")
    record = writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(body),
        length=len(body),
        http_headers=headers,
        warc_headers_dict={"WARC-IP-Address": "192.0.2.1", "WARC-Truncated": "length"},
    )
    writer.write_record(record)
    return zlib.compress(writer.out.getvalue(), wbits=31)


def joined(*files: bytes) -> bytes:
    stream, joiner = io.BytesIO(), WarcJoiner()
    for file in files:
        joiner.append(file, stream)
    return stream.getvalue()


def by_warcio(octets: bytes) -> list[Any]:
    return [
        (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
        for record in ArchiveIterator(io.BytesIO(octets))
    ]


def test_an_equal_body_is_a_revisit_that_refers_to_the_first() -> None:
    whole = joined(
        a_file("http://a.org/", b"same"), a_file("http://b.org/", b"same"), a_file("http://c.org/", b"other")
    )

    assert by_warcio(whole) == [
        ("response", "http://a.org/", b"same"),
        ("revisit", "http://b.org/", b""),
        ("response", "http://c.org/", b"other"),
    ]
    first, second, _ = list(ArchiveIterator(io.BytesIO(whole)))
    said = second.rec_headers
    assert said.get_header("WARC-Profile") == PROFILE
    assert said.get_header("WARC-Refers-To-Target-URI") == "http://a.org/"
    assert said.get_header("WARC-Refers-To-Date") == first.rec_headers.get_header("WARC-Date")
    assert said.get_header("WARC-Payload-Digest") == first.rec_headers.get_header("WARC-Payload-Digest")
    assert said.get_header("WARC-IP-Address") == "192.0.2.1"
    assert said.get_header("WARC-Truncated") is None
    assert second.http_headers.get_header("X-Url") == "http://b.org/"


def test_another_reader_sees_the_same() -> None:
    whole = joined(a_file("http://a.org/", b"same"), a_file("http://b.org/", b"same"))

    found = [
        (record.headers["WARC-Type"], record.headers["WARC-Target-URI"], record.http_headers.get("X-Url"))
        for record in FastIterator(io.BytesIO(whole), parse_http=True)
    ]

    assert found == [("response", "http://a.org/", "http://a.org/"), ("revisit", "http://b.org/", "http://b.org/")]


def test_warcio_finds_every_digest_right(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pages.warc.gz"
    out.write_bytes(joined(a_file("http://a.org/", b"same"), a_file("http://b.org/", b"same")))

    checker = Checker(type("Asked", (), {"inputs": [str(out)], "verbose": True})())
    checker.process_all()

    assert checker.exit_value == 0
    assert "digest failed" not in capsys.readouterr().out


@pytest.mark.parametrize(("body", "kind"), [(b"", "response"), (b"same", "resource")])
def test_empty_bodies_and_other_records_stay_as_they_are(body: bytes, kind: str) -> None:
    files = [a_file("http://a.org/", body, kind), a_file("http://b.org/", body, kind)]

    assert joined(*files) == b"".join(files)


def test_a_record_that_is_too_large_to_be_looked_into_is_written_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_joiner, "MOST_BYTES", 10_000)
    small, large = a_file("http://a.org/", b"same"), a_file("http://b.org/", b"0" * 100_000)

    assert by_warcio(joined(small, small + large + small)) == [
        ("response", "http://a.org/", b"same"),
        ("revisit", "http://a.org/", b""),
        ("response", "http://b.org/", b"0" * 100_000),
        ("response", "http://a.org/", b"same"),
    ]
