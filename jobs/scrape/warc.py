"""A page as it is kept, and the way that led to it: WARC records, each compressed by itself, so that all pages of a run
one after the other are a file that web archives read.

Each question and each answer on the way is a record of its own, under the URL that was asked. The body is kept
decompressed, up to the cap of the run, and the headers that spoke of its wire form are renamed as Common Crawl does
(`X-Crawler-Content-Encoding`). Of what was said to the server the run's own headers and cookies are left out: they may
hold secrets.
"""

from __future__ import annotations

import datetime
import http
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobs import Artifact
from jobs.web import urls
from jobs.web.messages import Response

NAME = "page.warc.gz"
LEVEL = 4
"""Of gzip: warcio's own 9 takes more than twice the time for pages that are 5 % smaller."""

MOST_HEADER_CHARS = 16_384
"""Of all headers of a redirect, which travel with the item to the next host's turn."""

MOST_BODY_BYTES = 16_384
"""Of a page that sends on by a refresh, which travels with the item too; the bodies of redirects are not read."""

_WIRE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_BREAKS = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, kw_only=True)
class KeptAnswer:
    """One answer as it is kept: whose it is, what it said (headers as pairs), from where and when (Unix seconds).

    `body`: that of a page on the way, an octet each character; `cut`: why it is not whole, in WARC's words.
    """

    url: str
    method: str
    status: int
    headers: Sequence[tuple[str, str]]
    ip: str
    at: float
    body: str = ""
    cut: str = ""

    @classmethod
    def of(cls, answer: Response) -> KeptAnswer:
        """An answer on the way, as far as it travels."""
        pairs, room = [], MOST_HEADER_CHARS
        for name, value in answer.headers.iteritems():
            room -= len(name) + len(value)
            if room >= 0 or not answer.redirects:
                pairs.append((str(name), str(value)))
        return cls(
            url=answer.target.href,
            method=answer.method,
            status=answer.status,
            headers=pairs,
            ip=answer.ip,
            at=answer.at,
            body=answer.content[:MOST_BODY_BYTES].decode("latin-1"),
            cut=_cut(answer) or ("length" if len(answer.content) > MOST_BODY_BYTES or _left_unread(answer) else ""),
        )

    def plain(self) -> dict[str, Any]:
        """As plain data; `KeptAnswer(**…)` reads it."""
        return asdict(self)


def saved_page(answer: Response, asked: str, way: Sequence[KeptAnswer], said: Mapping[str, str]) -> Artifact | None:
    """The file of a page, and of the way to it from the URL that was asked for; None where no body was read.

    `said` are the headers of every question, without the run's own.
    """
    return Artifact(NAME, _records(answer, asked, way, said)) if answer.content else None


def _records(answer: Response, asked: str, way: Sequence[KeptAnswer], said: Mapping[str, str]) -> bytes:
    from warcio.warcwriter import WARCWriter  # 70 ms: only where pages are kept

    writer = WARCWriter(io.BytesIO(), gzip=False)
    packed = [part for hop in way for part in _exchange(writer, hop, hop.body.encode("latin-1"), said, hop.cut)]
    packed += _exchange(writer, KeptAnswer.of(answer), answer.content, said, _cut(answer))
    if way:
        packed.append(_way(writer, answer, asked, len(way)))
    return b"".join(packed)


def _cut(answer: Response) -> str:
    return "length" if answer.truncated else "disconnect" if answer.broke_off else ""


def _left_unread(answer: Response) -> bool:
    """Whether the body of a redirect was left where it was."""
    return answer.redirects and answer.method != "HEAD" and answer.length != 0


def _exchange(writer: Any, kept: KeptAnswer, body: bytes, said: Mapping[str, str], cut: str) -> tuple[bytes, bytes]:
    """An answer, and the question before it."""
    from warcio.statusandheaders import StatusAndHeaders

    date = {"WARC-Date": datetime.datetime.fromtimestamp(kept.at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    response = writer.create_warc_record(
        kept.url,
        "response",
        payload=io.BytesIO(body),
        length=len(body),
        warc_headers_dict={**date, "WARC-IP-Address": kept.ip, **({"WARC-Truncated": cut} if cut else {})},
        http_headers=StatusAndHeaders(_status(kept.status), list(_headers(kept, len(body))), protocol="HTTP/1.1"),
    )
    answered = _packed(writer, response)
    target = urls.target(kept.url)
    asked = [("Host", target.href.split("/")[2]), *((name, _line(value)) for name, value in said.items())]
    request = writer.create_warc_record(
        kept.url,
        "request",
        warc_headers_dict={**date, "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")},
        http_headers=StatusAndHeaders(f"{kept.method} {target.path} HTTP/1.1", asked, is_http_request=True),
    )
    return answered, _packed(writer, request)


def _way(writer: Any, answer: Response, asked: str, hops: int) -> bytes:
    way = f"via: {_BREAKS.sub('', asked)}\r\nhopsFromSeed: {'R' * hops}\r\n".encode()
    return _packed(
        writer,
        writer.create_warc_record(
            answer.target.href,
            "metadata",
            payload=io.BytesIO(way),
            length=len(way),
            warc_content_type="application/warc-fields",
        ),
    )


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


def _headers(kept: KeptAnswer, length: int) -> Iterator[tuple[str, str]]:
    """The server's headers, in ASCII and a line each; those of the wire form renamed, and the length kept."""
    for name, value in kept.headers:
        yield (f"X-Crawler-{name}" if name.lower() in _WIRE else name), _line(value)
    yield "Content-Length", str(length)


def _line(value: str) -> str:
    return "".join(
        character if character < "\x7f" else f"%{ord(character) & 255:02X}" for character in _BREAKS.sub(" ", value)
    )
