"""Sitemaps as they are found, feeds and OPML."""

from __future__ import annotations

import io

import pytest

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput
from jobs.runtime.inputs import sitemap_reader
from jobs.runtime.job.definition import Job

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
ENTRY = "<url><loc>https://a.org/{}</loc><lastmod>2024</lastmod></url>\n"


def read(content: str, job: Job, name: str = "sitemap.xml") -> inputs.Preflight:
    return inputs.read(content.encode(), name=name, job=job)


def rows_of(found: inputs.Preflight) -> list[tuple[str, ...]]:
    return [(item.cell, *item.others) for item in found.items_iter()]


@pytest.mark.parametrize("before", ["\n", "\n\n  \r\n", "\ufeff", "\ufeff\n"])
def test_blank_lines_before_the_declaration_are_passed_over(before: str, urls: Job) -> None:
    found = read(f"{before}{HEAD}<urlset {SPACE}>{ENTRY.format(1)}</urlset>", urls)

    assert rows_of(found) == [("https://a.org/1", "2024")]


def test_an_ampersand_that_is_not_escaped_is_one(urls: Job) -> None:
    pages = ["?a=1&b=2", "?a=1&amp;b=2", "?a&#38;b&copy=3&", "?x=&lt;&nbsp;"]
    found = read(f"{HEAD}<urlset {SPACE}>{''.join(map(ENTRY.format, pages))}</urlset>", urls)

    assert [row[0].removeprefix("https://a.org/") for row in rows_of(found)] == [
        "?a=1&b=2",
        "?a=1&b=2",
        "?a&b&copy=3&",
        "?x=<&nbsp;",
    ]


def test_ampersands_are_mended_wherever_a_piece_of_the_file_ends(urls: Job) -> None:
    pages = [f"{'x' * (number % 97)}?a=1&b={number}&amp;c" for number in range(3_000)]
    found = read(f"{HEAD}<urlset {SPACE}>{''.join(map(ENTRY.format, pages))}</urlset>", urls)

    assert [row[0] for row in rows_of(found)] == [f"https://a.org/{page.replace('&amp;', '&')}" for page in pages]


@pytest.mark.parametrize(
    "end", ["", "<url>", "<url><loc>https://a.org/4</l", "<url><loc>https://a.org/4</loc></url></url"]
)
def test_of_a_sitemap_that_is_cut_off_what_was_read_counts(end: str, urls: Job) -> None:
    found = read(f"{HEAD}<urlset {SPACE}>{''.join(map(ENTRY.format, '123'))}{end}", urls)

    assert [row[0] for row in rows_of(found)][:3] == [f"https://a.org/{number}" for number in "123"]
    assert any("cut off" in note for note in found.notes)


def test_a_sitemap_that_is_broken_in_its_middle_is_refused(urls: Job) -> None:
    with pytest.raises(BadInput, match="line 2: the XML is not well-formed"):
        read(f"{HEAD}<urlset {SPACE}>{ENTRY.format(1)}<url></loc></url>{ENTRY.format(2)}</urlset>", urls)


def test_rss_is_a_table(urls: Job) -> None:
    item = "<item><title>One &amp; two</title><link>https://a.org/1?a=1&amp;b</link><pubDate>now</pubDate></item>"
    found = read(f'{HEAD}<rss version="2.0"><channel><link>https://a.org</link>{item}</channel></rss>', urls, "f.rss")

    assert (found.column, rows_of(found)) == ("link", [("https://a.org/1?a=1&b", "One & two", "now")])


def test_sections_of_a_feed_stay_as_they_are(urls: Job) -> None:
    item = "<item><title><![CDATA[Q&A & more]]></title><link><![CDATA[https://a.org/1?a&b]]></link></item>"
    found = read(f'{HEAD}<rss version="2.0"><channel>{item}</channel></rss>', urls)

    assert rows_of(found) == [("https://a.org/1?a&b", "Q&A & more")]


def test_atom_is_a_table_of_the_pages_it_links(urls: Job) -> None:
    links = '<link rel="self" href="https://a.org/feed"/><link href="https://a.org/1"/><link rel="edit" href="/e"/>'
    entry = f"<entry><id>1</id><title>One</title>{links}<updated>2024</updated></entry>"
    found = read(f'{HEAD}<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>', urls, "f.atom")

    assert (found.column, rows_of(found)) == ("link", [("https://a.org/1", "One", "2024", "1")])


def test_opml_is_a_table_of_its_outlines(urls: Job) -> None:
    inner = '<outline text="One" type="rss" xmlUrl="https://a.org/feed" htmlUrl="https://a.org/"/>'
    content = f'{HEAD}<opml version="2.0"><body><outline text="Folder">{inner}{inner}</outline></body></opml>'
    found = read(content, urls, "f.opml")

    assert found.column == "xmlUrl"
    assert rows_of(found) == [("https://a.org/feed", "https://a.org/", "One", "rss")] * 2


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"'


@pytest.mark.parametrize(
    "content",
    [
        f'{ATOM} xml:base="https://a.org/x/"><entry><link href="1"/></entry><entry xml:base="../x/"><link href="2"/>'
        "</entry></feed>",
        f'{ATOM}><link rel="self" href="https://b.org/"/><link href="https://a.org/x/"/><entry><link href="1"/></entry>'
        '<entry><link href="/x/2"/></entry></feed>',
        f'{ATOM}><entry><content src="https://a.org/x/1"/></entry><entry><link href="https://a.org/x/2"/></entry></feed>',
        "<rss><channel><title>t</title><link>https://a.org/x/</link><item><link>1</link></item><item><link>/x/2</link></item>"
        "</channel></rss>",
        "<rss><channel><item><title>t</title><guid>https://a.org/x/1</guid></item><item><link>https://a.org/x/2</link>"
        '<guid isPermaLink="false">https://b.org/</guid></item></channel></rss>',
        '<rss><channel><item><title>t</title><enclosure url="https://a.org/x/1"/></item><item><title>t</title>'
        '<enclosure url="https://a.org/x/2"/></item></channel></rss>',
    ],
)
def test_what_a_feed_leaves_out_of_an_address_is_found_in_it(content: str, urls: Job) -> None:
    found = inputs.read(content.encode(), name="feed.xml", job=urls)

    assert [item.cell for item in found.items_iter()] == ["https://a.org/x/1", "https://a.org/x/2"]


def test_an_address_in_a_feed_that_is_none_stays_as_it_is_written(urls: Job) -> None:
    content = "<rss><channel><link>https://a.org/</link><item><link>//[x</link></item><item><link>1</link></item>"
    found = inputs.read(f"{content}</channel></rss>".encode(), name="feed.xml", job=urls)

    assert [item.cell for item in found.items_iter()] == ["//[x", "https://a.org/1"]


def test_elements_between_the_entries_of_a_feed_cost_no_time_that_grows_with_their_square(
    urls: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    local = sitemap_reader._local
    monkeypatch.setattr(sitemap_reader, "_local", lambda element: looked.append(1) or local(element))
    between = "<item><link>1</link></item><x/>" * 1_000
    content = f"<rss><channel><link>https://a.org/</link>{between}</channel></rss>"
    found = inputs.read(content.encode(), name="feed.xml", job=urls)

    assert {item.cell for item in found.items_iter()} == {"https://a.org/1"}
    assert len(looked) < 10 * 1_000 * sitemap_reader._HEAD


def test_a_section_that_begins_where_a_piece_of_the_file_ends_stays_as_it_is() -> None:
    content = b"<a><![CDATA[x&y]]>" + b"z" * 40 + b"</a>"
    for length in range(1, len(content)):
        stream = sitemap_reader._Mended(io.BytesIO(content))
        pieces = [stream.read(length)]
        while piece := stream.read(length):
            pieces.append(piece)
        assert b"".join(pieces) == content
