"""Whether a search engine may list a page: rules, dates, canonical URLs, pages that send on."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from jobs.scrape.page import reader
from jobs.scrape.page.indexability import canonical_targets, why_not_indexable

URL = "https://example.org/shop/page"
NOW = datetime.datetime(2025, 6, 1, tzinfo=datetime.UTC)


def read(markup: str = "<p>x", headers: list[tuple[str, str]] | None = None, **options: Any) -> dict[str, Any]:
    return reader.read(markup.encode(), "text/html", URL, headers=headers or [], **options)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (["noindex; nofollow"], "noindex"),
        (["noindex nofollow"], "noindex"),
        (["NOINDEX,nofollow"], "noindex"),
        (["index, follow"], ""),
        (["none"], "noindex"),
        (["otherbot: noindex, nofollow"], ""),
        (["otherbot: noindex", "noindex"], "noindex"),
        (["otherbot: nofollow", "googlebot: noindex"], "noindex"),
        (["otherbot: noindex, googlebot: nofollow"], ""),
        (["otherbot: nofollow, googlebot: noindex"], "noindex"),
        (["bingbot: none; noarchive"], "noindex"),
        (["*: noindex"], "noindex"),
        (["max-snippet: 20, noindex"], "noindex"),
        (["max-image-preview: large"], ""),
        (["unavailable_after: 25 Jun 2010 15:00:00 PST"], "unavailable_after 25 Jun 2010 15:00:00 PST"),
        (["unavailable_after: Friday, 25-Jun-10 15:00:00 UTC"], "unavailable_after Friday, 25-Jun-10 15:00:00 UTC"),
        (["unavailable_after: 2010-06-25T15:00:00+02:00, nofollow"], "unavailable_after 2010-06-25T15:00:00+02:00"),
        (["googlebot: unavailable_after: 2010-06-25"], "unavailable_after 2010-06-25"),
        (["otherbot: unavailable_after: 2010-06-25"], ""),
        (["unavailable_after: 25 Jun 2030 15:00:00 GMT"], ""),
        (["unavailable_after: 25 Jun 2030, noindex"], "noindex"),
        (["unavailable_after: 2025-06-02"], ""),
        (["unavailable_after: 2025-05-31"], "unavailable_after 2025-05-31"),
        (["unavailable_after: soon"], ""),
        (["unavailable_after: 99999999999999999999"], ""),
        ([""], ""),
    ],
)
@pytest.mark.parametrize(("where", "name"), [("headers", "X-Robots-Tag"), ("metas", "the robots meta tag")])
def test_rules_forbid_or_not_and_the_reason_says_which_and_where(
    rules: list[str], reason: str, where: str, name: str
) -> None:
    said = {"headers": [], "metas": [], where: rules}

    why = why_not_indexable(status=200, refresh_to=None, canonical=None, url=URL, now=NOW, **said)  # type: ignore[arg-type]

    assert why == (f"{reason} in {name}" if reason else "")


def test_each_header_of_the_name_counts_by_itself() -> None:
    row = read(headers=[("x-robots-tag", "otherbot: none"), ("Server", "x"), ("X-ROBOTS-TAG", "noindex")])

    assert (row["indexable"], row["indexable_reason"]) == (False, "noindex in X-Robots-Tag")


@pytest.mark.parametrize(
    ("link", "targets"),
    [
        ('<https://example.org/a>; rel="canonical"', ["https://example.org/a"]),
        ("</a>; rel=canonical", ["/a"]),
        ('</b>; rel="next", </a>; title="x, y; <z>"; rel="shortlink CANONICAL"', ["/a"]),
        ('</a>; type="text/html"; REL = "canonical"; x', ["/a"]),
        ("</a>; rel=alternate; hreflang=de, </b>", []),
        ("</a>; xrel=canonical", []),
        ('</a>; title="; rel=canonical"; rel=next', []),
        ("</a>; rel=next; rel=canonical", []),
        ("</a>; rel=canonical; rel=next", ["/a"]),
        ('</a>; rel=canonical; anchor="/other", </b>; anchor=""; rel=canonical', ["/b"]),
        (r'</a>; title="say \"hi\"; rel=next"; rel=canonical', ["/a"]),
        (r'</a>; rel="canonical"; title="C:\"', ["/a"]),
        ("<<<>>>;;;", []),
        ("", []),
    ],
)
def test_a_link_header_names_the_canonical_url(link: str, targets: list[str]) -> None:
    assert canonical_targets(link) == targets


def test_a_canonical_url_in_the_link_header_counts_as_one_in_the_page() -> None:
    row = read(headers=[("Link", '<//cdn.example/style.css>; rel=preload, </other>; rel="canonical"')])

    assert row["canonical"] == "https://example.org/other"
    assert row["indexable_reason"] == "its canonical URL is another page"


def test_the_canonical_url_of_the_page_itself_stands_before_that_of_the_header() -> None:
    row = read("<link rel=canonical href=/shop/page>", headers=[("Link", "</other>; rel=canonical")])

    assert (row["canonical"], row["indexable"]) == (URL, True)


def test_a_page_that_sends_on_is_not_for_the_index() -> None:
    row = read("<meta http-equiv=refresh content='0; url=/new'>")

    assert (row["indexable"], row["indexable_reason"]) == (False, "it sends on to another page")


def test_a_page_that_renews_itself_may_be_listed() -> None:
    assert read("<meta http-equiv=refresh content=300>")["indexable"] is True


def test_a_link_header_made_to_be_slow_is_read_soon() -> None:
    assert canonical_targets("<a>" + ";rel=x" * 100_000) == []
    assert canonical_targets("<" * 100_000) == []
    assert canonical_targets('<a>;"' * 50_000) == []
    assert canonical_targets('<a>;"' + "\\" * 100_000) == []
