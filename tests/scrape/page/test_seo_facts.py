"""What search engines look at: headings, languages, images, canonical URLs, and how alike texts are."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jobs.runtime import catalog
from jobs.scrape.columns import HEADERS, read_columns
from jobs.scrape.page import reader
from jobs.scrape.page.page_columns import CONTACTS, PARTS, SEO
from jobs.scrape.page.seo_facts import MOST_HEADINGS, MOST_LINKS, simhash

PAGE = """<html><head><base href="https://cdn.example/"><link rel=canonical href="/own"><link rel="alternate"
hreflang="de" href="/de"><link rel=alternate hreflang=x-default href=https://example.org/>
<link rel=alternate type=rss href=/feed>
<link rel=alternate hreflang=fr href="mailto:x"></head><body><h1>One <b>two</b></h1><h3>Three</h3><h2></h2><h4>no</h4>
<template><h1>unseen</h1></template><img src=a.png><img src=b.png alt=""><img data-src=/c.png><img></body></html>"""


def read(markup: str, link: str = "") -> dict[str, Any]:
    parts = read_columns("seo").parts
    headers = [("Link", link)] if link else []
    return reader.read(markup.encode(), "text/html", "https://example.org/dir/", parts=parts, headers=headers)


def test_headings_languages_images_and_both_canonical_urls_are_told() -> None:
    row = read(PAGE, '</sent>; rel="canonical"')

    assert row["headings"] == ["h1 One two", "h3 Three", "h2"]
    assert row["hreflang"] == ["de https://cdn.example/de", "x-default https://example.org/"]
    assert row["images_lacking_alt"] == ["https://cdn.example/a.png", "https://cdn.example/c.png"]
    assert (row["canonical_link"], row["canonical_header"]) == ("https://cdn.example/own", "https://example.org/sent")
    assert row["canonical"] == "https://cdn.example/own"


def test_a_page_without_any_of_it() -> None:
    row = read("")

    assert [row[name] for name in ("canonical_link", "canonical_header", "simhash")] == [None, None, None]
    assert [row[name] for name in ("headings", "hreflang", "images_lacking_alt")] == [[], [], []]


def test_links_are_told_each_once_and_without_what_names_a_part_of_a_page() -> None:
    row = read("<a href=/b#x>b</a><a href=/b>b</a><area href='?q'><a href=mailto:a@b.org>m</a><a name=c>c</a>")

    assert row["links_to"] == ["https://example.org/b", "https://example.org/dir/?q"]
    assert len(read("".join(f"<a href=/{number}>x</a>" for number in range(1_000)))["links_to"]) == MOST_LINKS


def test_the_preset_has_the_headers_that_matter_as_columns() -> None:
    named = [column.name for column in catalog.load("scrape").columns({"columns": "seo"})]

    assert [name for name in named if name.startswith("header:")] == [f"header:{name}" for name in HEADERS["seo"]]


def differing(one: str | None, other: str | None) -> int:
    assert one is not None
    assert other is not None
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_texts_that_are_nearly_alike_have_nearly_the_same_simhash() -> None:
    words = [f"word{number * 7919 % 997}" for number in range(400)]
    other = [f"other{number * 7919 % 997}" for number in range(400)]
    changed = [*words[:200], "changed", *words[201:]]

    assert simhash(" ".join(words)) == simhash("  ".join(words).upper()) != simhash(" ".join(changed[::-1]))
    assert differing(simhash(" ".join(words)), simhash(" ".join(changed))) <= 6
    assert differing(simhash(" ".join(words)), simhash(" ".join(other))) >= 16


def test_a_script_without_spaces_has_a_simhash_too() -> None:
    text = "昨天晚上市议会决定学校将在秋天重新开放家长和学生们非常高兴老师们也很高兴" * 3

    assert differing(simhash(text), simhash(text.replace("秋天", "春天"))) <= 24
    assert simhash("字") == simhash(" 字 ")
    assert len(simhash("one") or "") == 16
    assert (simhash(""), simhash(" \n")) == (None, None)


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>" * 200 + "<i></i>" * 20_000,
        "<h2>x</h2>" * 30_000,
        "<link rel=alternate hreflang=de href=/x>" * 20_000,
        "<p>" + "x" * 2_000_000,
        "<p>" + "x " * 1_000_000,
        "<img src=x>" * 30_000,
        "<h1>" + "word " * 400_000,
    ],
)
def test_no_page_makes_them_take_long_or_many(markup: str) -> None:
    started = time.thread_time()

    row = read(markup)

    assert time.thread_time() - started < 10
    assert len(row["headings"]) <= MOST_HEADINGS


def test_who_does_not_ask_pays_nothing() -> None:
    assert not {CONTACTS, SEO} & (PARTS | read_columns("everything").parts | read_columns("facts,text").parts)
    assert not {"emails", "simhash"} & set(reader.read(PAGE.encode(), "text/html", "https://example.org/"))
