"""The sitemaps that an index names, fetched by a reader process in its place."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import pytest

from jobs import ItemError
from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput
from jobs.runtime.reader import read_apart, sitemap_index
from tests.inputs.conftest import job_of
from tests.scrape.hostile import Hostile, Peer, answer, serving

TEXTS = job_of("text: str")


def sitemap(*urls: str) -> bytes:
    entries = (f"<url><loc>{url}</loc><lastmod>2024-02-29</lastmod></url>" for url in urls)
    return f"<urlset>{''.join(entries)}</urlset>".encode()


def index(*urls: str) -> bytes:
    return f"<sitemapindex>{''.join(f'<sitemap><loc>{url}</loc></sitemap>' for url in urls)}</sitemapindex>".encode()


PAGES = {
    "/1.xml": sitemap("https://a.example/1", "https://a.example/2?a=1&amp;b=2"),
    "/2.xml.gz": gzip.compress(sitemap("https://a.example/3")),
    "/index.xml": index("https://a.example/other.xml"),
    "/feed": b"<rss><channel><item><link>https://a.example/4</link></item></channel></rss>",
    "/page": b"<html>no sitemap</html>",
}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    def script(peer: Peer, request: bytes) -> bool:
        path = request.split()[1].decode()
        peer.send(answer(PAGES[path]) if path in PAGES else answer(b"", status="404 Not Found"))
        return True

    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    with serving(script) as server:
        yield server


def test_the_pages_of_all_sitemaps_are_the_items_and_what_could_not_be_read_is_said(site: Hostile) -> None:
    given = index(*(f"http://127.0.0.1:{site.port}{path}" for path in (*PAGES, "/gone.xml")))

    found = read_apart(given, name="index.xml", job="scrape", sitemaps=True)

    assert [item.cell for item in found.items_iter()] == [
        "https://a.example/1",
        "https://a.example/2?a=1&b=2",
        "https://a.example/3",
        "https://a.example/4",
    ]
    assert found.columns == ("loc", "lastmod", "from_sitemap")
    assert "4 entries of 3 sitemaps fetched; 3 sitemaps could not be read" in found.notes[0]
    assert "/index.xml: it is an index itself" in found.notes[0]


def test_no_private_network_is_reached_by_an_index(site: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_ALLOW_NETS")

    with pytest.raises(BadInput, match=r"none of its 1 sitemap gave an entry .*leads to this machine"):
        read_apart(index(f"http://127.0.0.1:{site.port}/1.xml"), name="index.xml", job="scrape", sitemaps=True)
    assert site.connections == 0


@pytest.mark.parametrize("content", [sitemap("https://a.example/"), b"url\nhttps://a.example/\n", b"<html></html>"])
def test_what_is_no_index_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"is no sitemap index|is XML, but no sitemap"):
        read_apart(content, name="a.xml", job="scrape", sitemaps=True)


def test_a_job_that_fetches_no_lists_says_so() -> None:
    with pytest.raises(BadInput, match="this job fetches no lists"):
        read_apart(index("https://a.example/1.xml"), name="a.xml", job="factorial", sitemaps=True)


def test_what_is_beyond_the_caps_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap_index, "MOST_SITEMAPS", 2)
    given, out = index(*(f"https://a.example/{number}.xml" for number in range(5))), io.StringIO()

    note = sitemap_index.join_sitemaps(given, "index.xml", lambda url: sitemap(f"{url}?&lt;&amp;>"), out)

    assert note == "2 entries of 2 sitemaps fetched; 3 were left out: at most 2 sitemaps are fetched"
    joined = inputs.read(out.getvalue().encode(), name="index.xml", job=TEXTS, column="loc")
    assert [item.cell for item in joined.items_iter()] == ["https://a.example/0.xml?<&>", "https://a.example/1.xml?<&>"]


def test_the_time_and_the_bytes_of_an_index_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    given = index(*(f"https://a.example/{number}.xml" for number in range(5)))
    monkeypatch.setattr(sitemap_index, "MOST_BYTES", 10)

    by_bytes = sitemap_index.join_sitemaps(given, "index.xml", sitemap, io.StringIO())
    monkeypatch.setattr(sitemap_index, "SECONDS", -1.0)
    with pytest.raises(BadInput, match="it took"):
        sitemap_index.join_sitemaps(given, "index.xml", sitemap, io.StringIO())

    assert by_bytes.startswith("1 entry of 1 sitemap fetched; 4 were left out: at most 10")


def failing(_url: str) -> bytes:
    raise ItemError("http_error", "no")


def test_an_index_of_which_nothing_could_be_read_is_refused_with_the_first_reason() -> None:
    with pytest.raises(BadInput, match=r"none of its 2 sitemaps gave an entry \(https://a.example/1: no\)"):
        sitemap_index.join_sitemaps(
            index("https://a.example/1", "https://a.example/2"), "index.xml", failing, io.StringIO()
        )
