"""A page as it is kept: a WARC record, compressed by itself, so that all pages of a run one after the other are a file
that web archives read.

The body is kept decompressed, up to the cap of the run, and the headers that spoke of its wire form are renamed as
Common Crawl does (`X-Crawler-Content-Encoding`). What was said to the server is not kept: it may hold secrets.
"""

from __future__ import annotations

import http
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from jobs import Artifact
from jobs.scrape.fetch import Answer

NAME = "page.warc.gz"
LEVEL = 4
"""Of gzip: warcio's own 9 takes more than twice the time for pages that are 5 % smaller."""

_WIRE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_BREAKS = re.compile(r"[\r\n\0]")


def saved_page(answer: Answer, asked: str, hops: Sequence[tuple[int, str]]) -> Artifact | None:
    """The file of a page, and of the way to it from the URL that was asked for; None where no body was read."""
    return Artifact(NAME, _records(answer, asked, hops)) if answer.content else None


def _records(answer: Answer, asked: str, hops: Sequence[tuple[int, str]]) -> bytes:
    from warcio.statusandheaders import StatusAndHeaders  # 70 ms: only where pages are kept
    from warcio.warcwriter import WARCWriter

    writer = WARCWriter(io.BytesIO(), gzip=False)
    named = {"WARC-IP-Address": answer.ip, **({"WARC-Truncated": "length"} if answer.truncated else {})}
    page = writer.create_warc_record(
        answer.target.href,
        "response",
        payload=io.BytesIO(answer.content),
        length=len(answer.content),
        warc_headers_dict=named,
        http_headers=StatusAndHeaders(_status(answer.status), list(_headers(answer)), protocol="HTTP/1.1"),
    )
    if not hops:
        return _packed(writer, page)
    way = f"via: {_BREAKS.sub('', asked)}\r\nhopsFromSeed: {'R' * len(hops)}\r\n".encode()
    about = writer.create_warc_record(
        answer.target.href,
        "metadata",
        payload=io.BytesIO(way),
        length=len(way),
        warc_content_type="application/warc-fields",
        warc_headers_dict={"WARC-Concurrent-To": page.rec_headers.get_header("WARC-Record-ID")},
    )
    return _packed(writer, page) + _packed(writer, about)


def _packed(writer: Any, record: Any) -> bytes:
    """A record as a gzip member of its own."""
    writer.out = io.BytesIO()
    writer.write_record(record)
    return zlib.compress(writer.out.getvalue(), LEVEL, wbits=31)


def _status(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _headers(answer: Answer) -> Iterator[tuple[str, str]]:
    """The server's headers, in ASCII and a line each; those of the wire form renamed, and the length kept."""
    for name, value in answer.headers.iteritems():
        plain = "".join(
            character if character < "\x7f" else f"%{ord(character) & 255:02X}" for character in _BREAKS.sub(" ", value)
        )
        yield (f"X-Crawler-{name}" if name.lower() in _WIRE else name), plain
    yield "Content-Length", str(len(answer.content))
