"""What the sample site answers: every page there is, in one fixed table, and the few paths that are computed."""

from __future__ import annotations

import functools
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from string import Template
from typing import Any

from jobs.runtime.core import settings

FOLDER = settings.PROJECT / "data" / "sample_site"
HOSTS = 16
MOST_DELAY_MS = 60_000
MOST_BYTES = 8_000_000

SamplePath = tuple[str, str]
"""A host and a path."""


@dataclass(frozen=True, kw_only=True)
class SampleResponse:
    """One HTTP answer, and after how many seconds it is given."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0


class Site:
    """All answers of the sample site. It remembers one thing: whether a busy page has already asked for patience."""

    def __init__(self) -> None:
        self.table = dict(read_pages())
        self.table.update(_mishaps(self.table))
        self.patient: set[SamplePath] = set()

    def answer(self, method: str, host: str, path: str) -> SampleResponse:
        """The answer to GET or HEAD of a path of a host; 405, 421 or 404 where there is none."""
        if method not in ("GET", "HEAD"):
            return plain(405, "the sample site is for reading", Allow="GET, HEAD")
        if (host, "/") not in self.table:
            return plain(421, "this host is not one of site-1.sample to site-16.sample")
        known = self.table.get((host, path)) or computed(path)
        if known is None:
            return replace(_html(MISSING), status=404, delay=_delay((host, path)))
        return self._busy((host, path)) if (host, path) in BUSY else known

    def _busy(self, place: SamplePath) -> SampleResponse:
        """503 and its page in turn, so that every run meets it once and then gets through."""
        if place in self.patient:
            self.patient.discard(place)
            return self.table[place[0], BUSY[place]]
        self.patient.add(place)
        return self.table[place]


MISSING = (
    b"<!doctype html><title>No such article</title><h1>No such article</h1><p>The encyclopedia has no such page.</p>"
)

BUSY: Mapping[SamplePath, str] = {("site-16.sample", "/journal"): "/write-ahead-log"}
"""Pages that are busy at every other visit, and the page that is shown at the visits between."""


def plain(status: int, text: str, *, delay: float = 0.0, **headers: str) -> SampleResponse:
    """A short answer in plain text."""
    fields = {
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): headers[name] for name in headers},
    }
    return SampleResponse(status=status, headers=fields, body=f"{text}\n".encode(), delay=delay)


def computed(path: str) -> SampleResponse | None:
    """The answer of /delay/MS, /size/BYTES and /status/CODE (whatever follows is ignored); None for other paths."""
    _, what, figure, *_ = [*path.split("/"), "", ""]
    if not (figure.isascii() and figure.isdigit() and len(figure) <= 9):
        return None
    number = int(figure)
    if what == "delay" and number <= MOST_DELAY_MS:
        return replace(_html(f"<p>This page took {number} ms.</p>".encode()), delay=number / 1000)
    if what == "size" and number <= MOST_BYTES:
        return _html(_filler(number))
    if what == "status" and 200 <= number <= 599 and number not in (204, 304):
        return replace(_html(f"<p>Status {number}, as asked.</p>".encode()), status=number)
    return None


def read_pages() -> Iterator[tuple[SamplePath, SampleResponse]]:
    """Every page of data/sample_site, its home pages and robots.txt."""
    template = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
    sites = tomllib.loads((FOLDER / "pages.toml").read_text(encoding="utf-8"))["site"]
    for number, site in enumerate(sites, start=1):
        host = f"site-{number}.sample"
        home = {
            "path": "/",
            "title": f"{site['name']}: the articles",
            "summary": f"Volume {number} of a small encyclopedia of doing things at the same time.",
            "body": "\n\n".join(page["summary"] for page in site["page"]),
        }
        for page in [home, *site["page"]]:
            yield (host, page["path"]), _page(template, number, site, page)
        yield (host, "/robots.txt"), replace(plain(200, ROBOTS.get(number, "User-agent: *\nDisallow:")), delay=0.02)
        yield (host, "/figure.png"), _file(PNG, "image/png", (host, "/figure.png"))


ROBOTS: Mapping[int, str] = {
    12: "User-agent: *\nDisallow: /private/",
    4: "User-agent: *\nCrawl-delay: 0.5\nDisallow:",
}


def _page(template: Template, number: int, site: Mapping[str, Any], page: Mapping[str, Any]) -> SampleResponse:
    host, charset = f"site-{number}.sample", site.get("charset", "utf-8")
    text = template.substitute(
        charset=charset,
        site=site["name"],
        author=site["author"],
        title=page["title"],
        summary=page["summary"],
        body="\n".join(f"<p>{part}</p>" for part in page["body"].strip().split("\n\n")),
        kind="CollectionPage" if page["path"] == "/" else "Article",
        origin=f"http://{host}",
        url=f"http://{host}{page['path']}",
        published=f"2024-{(number - 1) % 12 + 1:02}-{len(page['title']) % 28 + 1:02}",
        number=number,
        next=number % HOSTS + 1,
        links="\n".join(f'<li><a href="{other["path"]}">{other["title"]}</a></li>' for other in site["page"]),
    )
    declared = "text/html; charset=utf-8" if charset == "utf-8" else "text/html"
    return replace(_html(text.encode(charset), declared), delay=_delay((host, page["path"])))


def _mishaps(table: Mapping[SamplePath, SampleResponse]) -> Iterator[tuple[SamplePath, SampleResponse]]:
    """A few things that happen on any site: pages that have moved, are slow, are busy, are no pages."""
    moved = functools.partial(plain, 301, "it has moved", delay=0.15)
    yield ("site-5.sample", "/coroutines"), moved(Location="/coroutine")
    yield ("site-7.sample", "/data-race"), moved(Location="http://site-8.sample/race")
    yield ("site-10.sample", "/archive"), replace(table["site-10.sample", "/blocking"], delay=3.0)
    yield ("site-12.sample", "/private/visitors"), plain(200, "robots.txt asks programs not to read this")
    yield ("site-13.sample", "/report.pdf"), _file(PDF, "application/pdf", ("site-13.sample", "/report.pdf"))
    yield ("site-16.sample", "/journal"), plain(503, "busy: come back in a second", delay=0.15, Retry_After="1")


def _delay(place: SamplePath) -> float:
    """Seconds from 0.15 to 0.9, always the same for a place."""
    return 0.15 + zlib.crc32("".join(place).encode()) % 751 / 1000


def _html(body: bytes, declared: str = "text/html; charset=utf-8") -> SampleResponse:
    headers = {"Content-Type": declared, "ETag": f'"{zlib.crc32(body):08x}"', "Last-Modified": LAST_MODIFIED}
    return SampleResponse(headers=headers, body=body)


def _file(content: bytes, content_type: str, place: SamplePath) -> SampleResponse:
    return SampleResponse(
        headers={"Content-Type": content_type, "Last-Modified": LAST_MODIFIED}, body=content, delay=_delay(place)
    )


@functools.lru_cache(maxsize=4)
def _filler(size: int) -> bytes:
    """An HTML page of exactly so many bytes (fewer than 26 are not enough for a whole one)."""
    start, end = b"<title>Filler</title>\n", b"</p>"
    line = b"<p>So many words, and all of them the same.\n"
    middle = max(0, size - len(start) - len(end))
    return (start + (line * (middle // len(line) + 1))[:middle] + end)[:size]


LAST_MODIFIED = "Tue, 02 Jan 2024 03:04:05 GMT"

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd72b6"
    "0000000049454e44ae426082"
)
"""A picture of one grey pixel."""

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
"""A document of one empty page."""
