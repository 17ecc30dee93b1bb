"""What is read from pages of many shapes, by both readers, and what hostile pages may cost."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import time
import typing
import unicodedata
import warnings
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs import ItemError
from jobs.scrape.fields.field_lines import read_fields
from jobs.scrape.page import reader as page
from jobs.scrape.page.lxml_reader import read_fast
from jobs.scrape.page.page_columns import PageFacts
from jobs.scrape.page.text_stats import MARK

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
URL = "https://example.org/shop/page"
BOOKS = "https://xn--bcher-kva.example/%C3%A9?q=%C3%A9"
READERS: tuple[page.Reader, ...] = ("fast", "beautifulsoup")


def read(markup: str | bytes, *, content_type: str = "text/html", url: str = URL, **options: Any) -> dict[str, Any]:
    body = markup.encode() if isinstance(markup, str) else markup
    return page.read(body, content_type, url, **options)


def fixture(name: str, **options: Any) -> dict[str, Any]:
    return read((Path(__file__).parent / "pages" / f"{name}.html").read_bytes(), **options)


def classic_text(markup: str) -> str:
    """What the classic program counts: BeautifulSoup over html.parser, white space folded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return " ".join(BeautifulSoup(markup, "html.parser").text.split())


# --- the two readers, and the classic program ---


def test_there_are_pages_of_many_shapes() -> None:
    assert len(PAGES) >= 40


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_text_is_exactly_that_of_beautifulsoup_with_html_parser(path: Path) -> None:
    markup = path.read_bytes().decode()

    assert " ".join(read_fast(markup).marked.decode().replace(MARK, "").split()) == classic_text(markup)
    assert read(markup)["text_chars"] == len(classic_text(markup))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_both_readers_fill_every_column_alike(path: Path) -> None:
    fast, classic = (read(path.read_bytes(), reader=reader) for reader in READERS)

    assert fast == classic
    assert list(fast) == list(typing.get_type_hints(PageFacts))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_column_holds_an_empty_text_or_an_unknown_type(path: Path) -> None:
    for name, value in read(path.read_bytes()).items():
        assert value != "", name
        assert isinstance(value, str | int | bool | None), name


MARKUP = st.lists(
    st.sampled_from(
        (
            "<p> </p> <div> </div> <b> </b> <table> <tr> <td> </td> </table> <ul> <li> </ul> <br> <h1> </h1> "
            "<a\thref=/x> </a> <img> <span> </span> text more &amp; &eacute; é 東 <template> </template> <option> "
            "<select> </select> <title>t</title> <noscript> </noscript> <svg> <svg><title>s</title></svg> <math> "
            "</math> <textarea> </textarea> <iframe> </iframe> <meta\tname=description\tcontent=d> <base\thref=/b/> "
            "<link\trel=canonical\thref=/c> <!--c--> <!-- --> <![CDATA[x]]> <?pi\tx?> \0 &#0; &#x80; &unknown; < <p "
            "<b\tx='> <script>a='<p>'</script> <script> </script> <style> </style> <html\tlang=de> </html> <head> "
            "</head> <body> </body> <main> </main> <article> </article> <ruby> <rt> <rp> </ruby> <button> <pre> "
            "<time\tpubdate>2001</time> <time\tclass=published>2002</time> <abbr\tclass=published\ttitle=3>a</abbr> "
            "<xmp> <div\titemscope\titemtype=//x/Y\titemprop=author> <b\titemprop=name> <i\tclass=author> "
            "<a\trel=author> <meta\titemprop=author\tcontent=m> <meta\thttp-equiv=refresh\tcontent=5;url=/n> "
            "<noscript> </noscript> <nav> </nav> <p\trole=navigation> <p\thidden> <li\tclass=breadcrumb> <h2> </h2> "
            "<aside> a\tsentence\tthat\tis\tlong\tenough\tto\tbe\tone,\tas\tone\tof\tan\tarticle\tmay\tbe. "
            "<x-y> </br> </p> \ufeff \u2028 \x0b \x85 \r \n"
        ).split(" ")
    ).map(lambda part: part.replace("\t", " ") or " "),
    max_size=40,
).map("".join)


@given(MARKUP)
@example("text<template><p></template>text")
@example("<rt><h1>x</h1><main><style>p{}</style>")
@example("<rp><title>t</title><time pubdate>2001</time>")
@example("a</body></html> b")
@example("a</html  ><!-- cached --> b")
@example("a</html>b</html> ")
@example("a</html> </body></html>b</html>c")
@example("</html> a</html>b")
@example("<script>'</html>'</script>a</html> b")
@example("a<!-- </html> --></html>b</html> ")
@example("\0\ufeff")
@example("a\x7fb<p>c")
@example("<h1>a&#127;b<i>c</i></h1><title>a&#127;b</title><main>a&#127;b<p>c")
@example("<svg><style>a<b>c</style><rt><script>d")
@settings(max_examples=80, deadline=None)
def test_both_readers_agree_on_any_mixture_of_tags(markup: str) -> None:
    fast, classic = (read(markup, reader=reader) for reader in READERS)

    assert fast == classic


# --- the columns ---


def test_an_article_fills_its_columns() -> None:
    row = fixture("article", url="https://example.org/news/bridge")

    assert row == {
        "encoding": "utf-8",
        "encoding_source": "meta",
        "reading_notes": None,
        "title": "A bridge opens — The Daily Example",
        "description": "The new bridge & its toll",
        "canonical": "https://example.org/news/bridge",
        "robots_meta": None,
        "lang": "en",
        "h1": "A bridge opens",
        "h1_count": 1,
        "author": "A. Writer",
        "site_name": None,
        "og_title": "A bridge opens",
        "og_image": "https://example.org/media/bridge.jpg",
        "og_description": None,
        "og_type": None,
        "og_url": None,
        "og_site_name": None,
        "og_locale": None,
        "og_video": None,
        "og_audio": None,
        "open_graph": '{"og:title": "A bridge opens", "og:image": "/media/bridge.jpg", '
        '"article:published_time": "2025-03-04T07:30:00Z"}',
        "published": "2025-03-04T07:30:00Z",
        "modified": None,
        "structured_types": "NewsArticle, Person",
        "text_chars": 195,
        "words": 37,
        "text_hash": row["text_hash"],
        "excerpt": "A bridge opens After three years, the bridge over the river opened on Tuesday. "
        "It cost 12 million; the toll is €2.50.",
        "links_internal": 2,
        "links_external": 1,
        "images": 2,
        "images_without_alt": 1,
        "refresh_to": None,
        "refresh_seconds": None,
        "indexable": True,
        "indexable_reason": None,
    }


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<p>no title", None),
        ("<title></title>", None),
        ("<title> \n </title>", None),
        ("<title>a <b>b</b></title>", "a <b>b</b>"),
        ("<title></title><title>second</title>", "second"),
        ("<title>first</title><title>second</title>", "first"),
        ("<svg><title>icon</title></svg><title>page</title>", "page"),
        ("<svg><title>icon</title></svg>", None),
        ("<math><title>formula</title></math><title>page</title>", "page"),
        ("<title>A &amp; B\n &lt;c&gt;</title>", "A & B <c>"),
        ("<title>open", "open"),
        ("<rt><title>annotation</title>", None),
    ],
)
def test_the_title_is_the_first_of_the_page_that_is_not_empty(markup: str, title: str | None) -> None:
    assert [read(markup, reader=reader)["title"] for reader in READERS] == [title, title]


@pytest.mark.parametrize(
    ("markup", "column", "value"),
    [
        ("<html lang=de>", "lang", "de"),
        ("<html xml:lang=fr>", "lang", "fr"),
        ("<meta http-equiv=Content-Language content=es>x", "lang", "es"),
        ("<META NAME=DESCRIPTION CONTENT=' a  b '>", "description", "a b"),
        ("<meta name=description content=''><meta name=description content=x>", "description", "x"),
        ("<meta name=robots content=noindex><meta name=ROBOTS content=nofollow>", "robots_meta", "noindex, nofollow"),
        ("<meta name=googlebot content=noindex>", "robots_meta", "googlebot: noindex"),
        ("<meta name=og:title content=x>", "og_title", "x"),
        ("<meta property=og:image content=//cdn.example/a.png>", "og_image", "https://cdn.example/a.png"),
        ("<meta property=og:image content='data:image/png;base64,x'>", "og_image", None),
        ("<link rel='alternate CANONICAL' href=' /a\n b '>", "canonical", "https://example.org/a%20b"),
        ("<link rel=canonical href='HTTPS://Bücher.example/é?q=é'>", "canonical", BOOKS),
        ("<meta property=og:image content='/a b|é.png'>", "og_image", "https://example.org/a%20b|%C3%A9.png"),
        ("<link rel=canonical href='http://[::1'><link rel=canonical href=/ok>", "canonical", "https://example.org/ok"),
        ("<h1> </h1><h1>two <i>words</i></h1>", "h1", "two words"),
        ("<h1> </h1><h1>two</h1>", "h1_count", 2),
        ("<script type='application/ld+json'>{'single': 1}</script>", "structured_types", None),
        (
            '<script type="APPLICATION/LD+JSON; x">[{"@type":"A"},{"@type":"A"},{"@type":["B",3]}];</script>',
            "structured_types",
            "A, B",
        ),
        ('<script type="application/ld+json">{"@type":"A\\ud800"}</script>', "structured_types", "A\ufffd"),
        ('<script type=application/ld+json><!--\n{"@type":"A"};\n//--></script>', "structured_types", "A"),
        ('<script type=application/ld+json>//<![CDATA[\n{"@type":"A"}\n//]]></script>', "structured_types", "A"),
        ('<script type=application/ld+json>/* <![CDATA[ */[{"@type":"A"}]/* ]]> */</script>', "structured_types", "A"),
        ('<p><script type=application/ld+json>\ufeff {"@type":"A"} \ufeff</script>', "structured_types", "A"),
        ("<meta name=date content=2001-02-03><time pubdate>later</time>", "published", "2001-02-03"),
        ("<time itemprop='datePublished x' datetime=2002>then</time>", "published", "2002"),
        ("<time datetime=2002>an event</time>", "published", None),
        ("<main>the main part</main><article>an article</article>", "excerpt", "the main part"),
        ("<nav>menu</nav><article>an article</article>", "excerpt", "an article"),
    ],
)
def test_a_fact_is_found_where_pages_put_it(markup: str, column: str, value: object) -> None:
    assert [read(markup, reader=reader)[column] for reader in READERS] == [value, value]


@pytest.mark.parametrize("reader", READERS)
def test_an_excerpt_is_as_long_however_far_its_page_is_indented(reader: page.Reader) -> None:
    indent = "\n" + "\t" * 400
    row = read(
        "<body>" + "".join(f"<div>{indent}<p>{indent}word{indent}word</p></div>" for _ in range(90)), reader=reader
    )

    assert row["excerpt"] == "word " * 59 + "word…"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one two", 2),
        ("<td>1<td>2", 2),
        ("<p>a</p><p>b</p>c", 3),
        ("<li><a>Menu</a><ul><li>Sub</ul>", 2),
        ("a<br>b", 2),
        ("<b>bo</b>ld", 1),
        ("bo<template><p>x</p></template>ld", 1),
        ("<ruby>東<rt><p>tō</p></rt>京</ruby>", 2),
        ("a</html>b", 2),
        ("two&nbsp;words", 2),
        ("東京へ行く", 5),
        ("東京 2025 年", 4),
        ("ภาษาไทย", 2),
        ("слово и дело", 3),
    ],
)
def test_words_are_counted_as_a_reader_sees_them(text: str, words: int) -> None:
    markup = f"<table><tr>{text}" if "<td>" in text else text

    assert [read(markup, reader=reader)["words"] for reader in READERS] == [words, words]


@pytest.mark.parametrize("reader", READERS)
def test_a_delete_character_is_text_as_other_controls_are_and_stands_in_no_cell(reader: page.Reader) -> None:
    row = read("<title>a\x7fb</title><p>c\x7fd", reader=reader)

    assert (row["title"], row["excerpt"]) == ("ab", "cd")
    assert (row["text_chars"], row["words"]) == (len("a\x7fbc\x7fd"), 2)


def test_the_hash_is_of_the_text_alone() -> None:
    one, same, other = (
        read(markup)["text_hash"] for markup in ("<p>a  b", "<div class=x>a\nb</div><!-- c -->", "<p>a c")
    )

    assert one == same != other
    assert len(one) == 16


def test_links_are_told_apart_by_host() -> None:
    row = fixture("links")

    assert (row["links_internal"], row["links_external"]) == (8, 3)


def test_links_start_from_the_base_of_the_page() -> None:
    row = fixture("base_href")

    assert (row["links_internal"], row["links_external"], row["canonical"]) == (1, 2, "https://cdn.example/deep/page")


@pytest.mark.parametrize(
    ("href", "internal", "external"),
    [
        ("https://EXAMPLE.org./x", 1, 0),
        ("https://www.example.org:8443/", 1, 0),
        ("https://user:pw@example.org/", 1, 0),
        ("https://example.org@evil.example/", 0, 1),
        ("\\\\other.example\\x", 0, 1),
        ("///other.example/x", 0, 1),
        ("https:/x", 0, 1),
        ("https:x", 1, 0),
        ("ht\ntps://example.org/", 1, 0),
        ("http://", 0, 0),
        ("//", 0, 0),
        ("java\tscript:x", 0, 0),
        ("ftp://example.org/", 0, 0),
        ("a:b", 0, 0),
        ("./a:b", 1, 0),
        ("http://[::1]/", 0, 1),
        ("http://[::1", 0, 0),
        ("http://other.example:port/", 0, 0),
        ("http://two words.example/", 0, 0),
        ("http://ex%61mple.org/", 1, 0),
        ("https://www\u3002example\u3002org/", 1, 0),
        ("https://www.EXAMPLE.org&colon;80", 1, 0),
        ("https://münchen.example/", 0, 1),
        ("#", 0, 0),
        (" ", 0, 0),
        ("?", 1, 0),
    ],
)
def test_a_link_is_read_as_browsers_read_it(href: str, internal: int, external: int) -> None:
    row = read(f'<a href="{href}">x</a>')

    assert (row["links_internal"], row["links_external"]) == (internal, external)


def test_a_host_beyond_ascii_is_one_host_in_both_spellings() -> None:
    row = read('<a href="https://xn--mnchen-3ya.example/x">x</a>', url="https://MÜNCHEN.example/")

    assert row["links_internal"] == 1


@pytest.mark.parametrize(
    ("options", "markup", "reason"),
    [
        ({}, "", None),
        ({"status": 404}, "", "status 404"),
        ({"headers": [("X-Robots-Tag", "noindex, nofollow")]}, "", "noindex in X-Robots-Tag"),
        ({"headers": [("X-Robots-Tag", "googlebot: none")]}, "", "noindex in X-Robots-Tag"),
        ({"headers": [("X-Robots-Tag", "otherbot: noindex")]}, "", None),
        ({"headers": [("X-Robots-Tag", "max-snippet: 20, noindex")]}, "", "noindex in X-Robots-Tag"),
        ({"headers": [("X-Robots-Tag", "unavailable_after: 25 Jun 2030")]}, "", None),
        ({}, "<meta name=robots content='index, NoIndex'>", "noindex in the robots meta tag"),
        ({}, "<meta name=googlebot content=none>", "noindex in the robots meta tag"),
        ({}, "<link rel=canonical href=/other>", "its canonical URL is another page"),
        ({}, "<link rel=canonical href='HTTPS://Example.ORG:443/shop/page#x'>", None),
        ({}, "<link rel=canonical href='https://example.org/shop/page?a=1'>", "its canonical URL is another page"),
        ({"url": "https://example.org/%C3%A9~/a%20b"}, "<link rel=canonical href='/é%7e/a b'>", None),
        ({"url": "https://xn--bcher-kva.example/"}, "<link rel=canonical href='//BÜCHER.example'>", None),
        ({}, "<link rel=canonical href='/shop/page?a=%C3%A9'>", "its canonical URL is another page"),
    ],
)
def test_a_page_that_may_not_be_listed_says_why(options: dict[str, Any], markup: str, reason: str | None) -> None:
    row = read(markup + "<p>x", **options)

    assert (row["indexable"], row["indexable_reason"]) == (reason is None, reason)


def test_a_charset_that_lies_is_noted_in_the_row() -> None:
    row = read("<title>déjà vu, été</title>", content_type="text/html; charset=iso-8859-1")

    assert (row["title"], row["encoding"]) == ("déjà vu, été", "utf-8")
    assert row["reading_notes"] == 'the Content-Type header says "iso-8859-1", but the bytes are not that'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "euc-jp", "gb18030"])
def test_a_page_cut_inside_a_character_ends_before_it(encoding: str) -> None:
    body = "<title>東京</title><p>日本".encode(encoding)[:-1]

    rows = [read(body, content_type=f"text/html; charset={encoding}", reader=reader) for reader in READERS]

    assert rows[0] == rows[1]
    assert (rows[0]["title"], rows[0]["excerpt"]) == ("東京", "日")


def test_a_page_in_another_encoding_is_parsed_in_it() -> None:
    row = read("<meta charset=windows-1251><title>жук</title>".encode("windows-1251"))

    assert (row["title"], row["encoding"], row["encoding_source"]) == ("жук", "windows-1251", "meta")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["text/plain", "TEXT/Plain; charset=utf-8", "text/markdown"])
def test_plain_text_is_read_as_it_stands(kind: str, reader: page.Reader) -> None:
    row = read("#include <stdio.h> &lt; <title>x</title> <a href=/y>", content_type=kind, reader=reader)

    assert row["excerpt"] == "#include <stdio.h> &lt; <title>x</title> <a href=/y>"
    assert (row["title"], row["links_internal"], row["text_chars"]) == (None, 0, 52)


# --- hostile pages: P01 to P11 ---

ATTRIBUTES = " ".join(f"a{number}=1" for number in range(10_000))
QUICK = {
    "P01 tags that never end": "<a " * 20_000,
    "P01 more of them": "<a " * 1_000_000,
    "P02 comments": "<!--" * 20_000,
    "P02 quotes": "<a b='" * 20_000,
    "P02 character data": "<![CDATA[" * 20_000,
    "P10 ten thousand attributes": f"<p {ATTRIBUTES}>x",
    "P10 an attribute of a megabyte": f"<p a='{'x' * 1_000_000}'>x",
    "open script": "<script>" + "<" * 1_000_000,
    "less-than signs": "<" * 1_000_000,
    "ampersands": "&" * 1_000_000,
    "end tags": "</p>" * 300_000,
    "deep JSON": '<script type="application/ld+json">' + "[" * 400_000 + "</script>x",
    "wide JSON": '<script type="application/ld+json">[' + "[[]]," * 80_000 + "1]</script>x",
    "labels": "<meta charset='" * 2_000,
    "headings in each other": "<h1>" * 20 + "word <b>x</b>" * 10_000,
    "dates in each other": "<time pubdate>" * 200 + "word <b>x</b>" * 10_000,
}
SLOWER = {
    "P03 nested blocks": "<div>" * 100_000,
    "P03 nested tables": "<table>" * 20_000,
    "P03 misnested": "<b><p>" * 60_000,
    "P03 stray ends in an open page": "<font>x</p>" * 50_000,
    "ends of the page": "</html>x" * 40_000,
    "nested templates": "<template>" * 30_000,
}


def seconds_for(markup: str, reader: page.Reader) -> float:
    started = time.thread_time()
    with contextlib.suppress(ItemError):
        read(markup, reader=reader)
    return time.thread_time() - started


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", QUICK)
def test_a_hostile_page_is_read_in_seconds(name: str, reader: page.Reader) -> None:
    assert seconds_for(QUICK[name], reader) < 6  # by the square of their sizes these take minutes


@pytest.mark.parametrize("reader", ["fast", pytest.param("beautifulsoup", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SLOWER)
def test_a_deep_page_is_read_in_seconds(name: str, reader: page.Reader) -> None:
    assert seconds_for(SLOWER[name], reader) < 15


def test_a_tag_with_a_hundred_thousand_attributes_is_refused() -> None:
    attributes = " ".join(f"a{number}='>'" for number in range(100_000))
    started = time.thread_time()

    with pytest.raises(ItemError, match="up to 100,000 attributes") as caught:
        read(f"<title>x</title><p {attributes}>")

    assert caught.value.code == "parse_error"
    assert time.thread_time() - started < 10


@pytest.mark.parametrize(
    "form", [" {}", '{}=""', "/{}", "\n{}='>'", "{}='>'"], ids=["bare", "quoted", "slashes", "hiding", "close"]
)
def test_as_many_attributes_as_take_a_second_are_refused_however_they_are_written(form: str) -> None:
    names = itertools.islice(itertools.product("abcdefghijklmnopqrstuvwxyz0123456789", repeat=3), 32_000)

    with pytest.raises(ItemError, match="32,000 attributes"):
        read("<p " + "".join(form.format("".join(name)) for name in names) + ">")


@pytest.mark.parametrize(
    "before",
    ['<!--<a x="-->', '<script>a<b x="</script>', "<style>a<b x='</style>", '<?a <b x="?>', '<!DOCTYPE x <b x=">'],
    ids=["comment", "script", "style", "instruction", "doctype"],
)
def test_attributes_are_counted_behind_what_only_looks_like_a_tag_that_does_not_end(before: str) -> None:
    with pytest.raises(ItemError, match="50,000 attributes"):
        read(f"{before}<p {' '.join(f'a{number}' for number in range(50_000))}>")


def test_many_tags_of_many_attributes_are_refused_too() -> None:
    names = list(itertools.islice(itertools.product("abcdefghijklmnopqrstuvwxyz0123456789", repeat=3), 20_000))

    with pytest.raises(ItemError, match="up to 20,000 attributes"):
        read(f"<p {' '.join(map(''.join, names))}>x" * 5)


def test_a_page_of_words_and_indentation_has_no_tag_of_many_attributes() -> None:
    row = read(f"<pre>{'word ' * 40_000}{' ' * 100_000}")

    assert row["words"] == 40_000


def test_levels_that_lxml_cannot_read_are_read_by_beautifulsoup() -> None:
    row = read("<title>deep</title>" + "<font>x" * 600)

    assert (row["text_chars"], row["reading_notes"]) == (604, None)


def test_levels_that_nobody_can_read_are_noted() -> None:
    row = read("<title>deep</title>" + "<font>x" * 5_000)

    assert row["title"] == "deep"
    assert "read up to level 256" in row["reading_notes"]


def test_fields_of_a_page_that_is_too_deep_are_a_failure() -> None:
    with pytest.raises(ItemError, match="1,000 levels deep") as caught:
        read("<div>" * 5_000, fields=read_fields("a = div"))

    assert caught.value.code == "parse_error"


def test_only_the_beginning_of_a_huge_page_is_parsed(python: Any) -> None:
    """P04, with the memory it takes; in a process of its own, whose peak is its own."""
    script = (
        "import resource; from jobs.scrape.page import reader as page\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "body, url = b'<p>x</p>' * 2**20, 'https://example.org/'\n"
        "rows = [page.read(body, 'text/html', url, reader=reader) for reader in ('fast', 'beautifulsoup')]\n"
        "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print([row['text_chars'] for row in rows], [row['reading_notes'] for row in rows], grown)"
    )

    printed = python("-c", script).stdout

    assert printed.startswith("[655360, 50000] ['only the first 5,242,880 characters were read', ")
    assert "the first 100,000 tags only" in printed
    assert int(printed.rpartition(" ")[2]) < 400_000  # kilobytes


@pytest.mark.parametrize("reader", READERS)
def test_a_text_of_more_bytes_than_lxml_keeps_is_cut_with_a_note(reader: page.Reader) -> None:
    row = read("東" * 4_000_000, reader=reader)

    assert (row["text_chars"], row["reading_notes"]) == (3_333_000, "only the first 3,333,000 characters were read")


@pytest.mark.parametrize("reader", READERS)
def test_a_title_of_megabytes_is_cut_with_a_mark(reader: page.Reader) -> None:
    title = read("<title>" + "long " * 600_000, reader=reader)["title"]

    assert (len(title), title[-1]) == (1_000, "…")


@pytest.mark.parametrize("reader", READERS)
def test_titles_hold_nothing_that_harms_a_table(reader: page.Reader) -> None:
    row = read(
        "<title>a\0b&#0;c&#xD800;d\u202ee&#x202e;f\ufeffg\x01h&#1;i\x1fj\nk\tl\x85m&#xFFFE;n\u2028o\x7fp\u2066q</title>"
        "<h1>\u202e\u200f</h1>",
        reader=reader,
    )

    assert row["title"].encode()
    assert not [character for character in row["title"] if unicodedata.category(character) in ("Cc", "Cf", "Cs")]
    assert [part for part in row["title"] if part.isalpha()] == list("abcdefghijklmnopq")
    assert row["h1"] is None


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=80, deadline=None)
def test_whatever_a_page_says_every_cell_can_be_stored(text: str) -> None:
    row = read(f"<title>{text}</title><h1>{text}</h1><meta name=description content='{text}'><p>{text}")

    for value in row.values():
        json.dumps(value, ensure_ascii=False).encode()
        assert not isinstance(value, str) or not any(unicodedata.category(character) == "Cc" for character in value)


@pytest.mark.parametrize("label", ["bogus", "idna", "punycode", "zlib_codec", "utf-7", "utf-16", "utf-16le", "\ud800"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_no_charset_label_is_an_exception(label: str, encoding: str) -> None:
    row = read("<title>plain title</title>".encode(encoding), content_type=f"text/html; charset={label}")

    assert row["title"] == "plain title"


@pytest.mark.parametrize("reader", READERS)
def test_entities_of_a_page_are_neither_expanded_nor_fetched(reader: page.Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as recorder:
        recorder.setblocking(False)
        address = f"http://127.0.0.1:{recorder.getsockname()[1]}/x"
        laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        markup = (
            f'<?xml version="1.0"?><!DOCTYPE html SYSTEM "{address}.dtd" [<!ENTITY l0 "lol">{laughs}'
            f'<!ENTITY e SYSTEM "{address}"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
            '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head><body>&l9;&e;&f;</body></html>'
        )

        row = read(markup, content_type="application/xhtml+xml", reader=reader)

        with pytest.raises(BlockingIOError):
            recorder.accept()
    assert row["title"] == "t"
    assert row["text_chars"] < 1_000
    assert "lol" not in row["excerpt"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "body", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\0" * 1_000_000, b" \n", b"<!-- -->", b"<!DOCTYPE html>"]
)
def test_a_page_of_nothing_has_no_title_and_no_text(body: bytes, reader: page.Reader) -> None:
    row = read(body, reader=reader)

    assert (row["title"], row["text_chars"], row["words"], row["text_hash"]) == (None, 0, 0, None)


def test_the_columns_are_known_without_loading_a_parser(python: Any) -> None:
    script = (
        "import sys, jobs.scrape.page.page_columns; print([name for name in ('bs4', 'lxml') if name in sys.modules])"
    )

    assert python("-c", script).stdout.strip() == "[]"
