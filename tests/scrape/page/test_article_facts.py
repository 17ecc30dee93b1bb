"""Description, author, site name, date, Open Graph, types and excerpt, wherever pages put them; by both readers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.scrape.page import reader
from jobs.scrape.page.json_ld import NOT_READ, READ_LOOSELY
from jobs.scrape.page.page_columns import PARTS, PageFacts, parts_of

URL = "https://example.org/shop/page"
READERS: tuple[reader.Reader, ...] = ("fast", "beautifulsoup")


def read(markup: str, name: reader.Reader = "fast", **options: Any) -> dict[str, Any]:
    return reader.read(markup.encode(), "text/html", URL, reader=name, **options)


def script(text: str) -> str:
    return f"<script type=application/ld+json>{text}</script>"


SENTENCE = "The bridge over the river was opened on Tuesday, after three years of work."
MENU = "<ul>" + "".join(f"<li><a href=/{word}>{word}</a>" for word in "home news sport culture".split()) + "</ul>"


@pytest.mark.parametrize(
    ("markup", "column", "value"),
    [
        ("<meta property=og:description content=x>", "description", "x"),
        ("<meta property=og:description content=x><meta name=description content=y>", "description", "y"),
        ("<meta name=description content=' '><meta name=twitter:description content=z>", "description", "z"),
        ("<meta name=author content='Jane Doe'>", "author", "Jane Doe"),
        ("<meta property=article:author content=https://facebook.example/jane>", "author", None),
        ("<meta property=article:author content=https://f.example/j><a rel=author href=/j>Jane</a>", "author", "Jane"),
        ("<a rel='nofollow author' href=/jane> Jane <b>Doe</b></a>", "author", "Jane Doe"),
        ("<span itemprop=author>Jane</span>", "author", "Jane"),
        (
            "<div itemprop='author' itemscope itemtype=https://schema.org/Person>by <b itemprop=name>Jane</b>, x</div>",
            "author",
            "Jane",
        ),
        ("<div itemprop=author><meta itemprop=name content=Jane></div>", "author", "Jane"),
        ("<p class='meta byline'>Jane Doe</p>", "author", "Jane Doe"),
        ("<p class=authority>x</p>", "author", None),
        (script('{"@type":"Article","author":{"@type":"Person","name":"Jane"}}'), "author", "Jane"),
        (script('{"author":[{"name":"Jane"},"Joe"]}') + "<meta name=author content=CMS>", "author", "Jane, Joe"),
        (script('{"schema:author":{"schema:name":"Jane"}}'), "author", "Jane"),
        (script('{"http://schema.org/author":{"https://schema.org/name":"Jane"}}'), "author", "Jane"),
        (
            script(
                '{"@graph":[{"@type":"Article","author":{"@id":"#j"}},{"@id":"#j","@type":"Person","name":"Jane"}]}'
            ),
            "author",
            "Jane",
        ),
        (
            script('{"author":[{"@id":"#j"},{"@id":"#x"},{"name":"Joe"}]}') + script('{"@id":"#j","name":"Jane"}'),
            "author",
            "Jane, Joe",
        ),
        (script('{"@id":"#a","author":{"@id":"#a"}}'), "author", None),
        ("<meta property=og:site_name content=Daily>", "site_name", "Daily"),
        ("<meta name=application-name content=Daily>", "site_name", "Daily"),
        (script('{"@type":"WebSite","name":"Daily"}'), "site_name", "Daily"),
        (script('{"@type":"Article","publisher":{"name":"Daily"}}'), "site_name", "Daily"),
        ("<time class='entry-date published' datetime=2002-03-04>then</time>", "published", "2002-03-04"),
        ("<time class=dt-published>4 March</time>", "published", "4 March"),
        ("<time class=updated datetime=2002>then</time>", "published", None),
        ("<span itemprop=datePublished content=2003>then</span>", "published", "2003"),
        ("<span itemprop='dateCreated datePublished'>2004</span>", "published", "2004"),
        ("<abbr class='published x' title=2005-06-07>June</abbr>", "published", "2005-06-07"),
        ("<meta itemprop=datePublished property=article:published content=2006>", "published", "2006"),
        ("<meta name=x itemprop=datePublished content=2007>", "published", "2007"),
        ("<meta property=article:published content=2008><meta name=date content=1999>", "published", "2008"),
        (script('{"schema:datePublished":"2009"}'), "published", "2009"),
        (script('{"datePublished":{"@type":"Date","@value":"2010"}}'), "published", "2010"),
        ("<meta property='og:title twitter:title' content=x>", "og_title", "x"),
        ("<meta property=og:type content=article>", "og_type", "article"),
        ("<meta property=og:url content=/a>", "og_url", "https://example.org/a"),
        ("<meta property=og:locale content=de_DE>", "og_locale", "de_DE"),
        ("<meta property=og:site_name content=Daily>", "og_site_name", "Daily"),
        ("<meta property=og:description content=x>", "og_description", "x"),
        ("<meta property=og:video:secure_url content=//v.example/a>", "og_video", "https://v.example/a"),
        ("<meta property=og:audio content=a.mp3>", "og_audio", "https://example.org/shop/a.mp3"),
        ("<div itemscope itemtype='https://schema.org/Product http://x.example/Y'>", "structured_types", "Product, Y"),
        (script('{"@type":"A"}') + "<p itemscope itemtype=//schema.org/B><p itemtype=A>", "structured_types", "A, B"),
        (script('{"@type":["schema:A","http://schema.org/B","x#C"]}'), "structured_types", "A, B, C"),
        ("<noscript><title>no scripts</title></noscript><title>page</title>", "title", "page"),
        ("<noscript><title>no scripts</title></noscript>", "title", "no scripts"),
    ],
)
def test_a_fact_is_found_where_pages_put_it(markup: str, column: str, value: object) -> None:
    assert [read(markup, name)[column] for name in READERS] == [value, value]


def test_all_of_open_graph_is_a_column() -> None:
    markup = (
        "<meta property=og:image content=/a.png><meta property=og:image:width content=10>"
        "<meta property=og:image content=/b.png><meta property=article:tag content='x y'><meta name=other content=z>"
    )

    found = [json.loads(read(markup, name)["open_graph"]) for name in READERS]

    assert found == [{"og:image": ["/a.png", "/b.png"], "og:image:width": "10", "article:tag": "x y"}] * 2
    assert read("<p>x")["open_graph"] is None


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ('{"@type":"A", /* why */ "x":"http://a//b", } // end', "A"),
        ('/* who */ // what\n{"@type":"A"}', "A"),
        ('{"@type":"A"}\n{"@type":"B"}', "A, B"),
        ('{"@type":"A"};\n{"@type":"B"};', "A, B"),
        ('[{"@type":"A"},{"@type":"B"},]', "A, B"),
        ("{'@type': 'A'}", "A"),
        ("{&quot;@type&quot;:&quot;A&quot;}", "A"),
        ("{\u201c@type\u201d: \u201cA\u201d}", "A"),
        ('{\u00a0"@type":\u3000"A",\u200b"x": "a\u00a0b" }', "A"),
        (r'{"@type": "A", "name": "it\'s \x41 \"x\" \u0041 \uX"}', "A"),
        ("{'@type': 'A', 'x': None, 'y': True, 'z': [False, undefined], 'w': 'it\\'s'}", "A"),
    ],
)
def test_json_ld_that_is_not_quite_json_is_read_with_a_note(text: str, types: str) -> None:
    rows = [read(script(text), name) for name in READERS]

    assert [(row["structured_types"], row["reading_notes"]) for row in rows] == [(types, READ_LOOSELY)] * 2


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("{'@type': 'Article', 'author': None}", None),
        ('{"@type": "Article", "author": undefined}', None),
        ('{"@type": "Article", "author": "None",}', "None"),
        (r'{"@type": "Article", "author": "It\'s me \"x\""}', 'It\'s me "x"'),
    ],
)
def test_words_of_other_languages_in_json_ld_are_no_texts(text: str, author: str | None) -> None:
    assert [read(script(text), name)["author"] for name in READERS] == [author, author]


@pytest.mark.parametrize("text", ["no JSON", '{"@type":"A"', "[" * 100_000])
def test_json_ld_that_nobody_can_read_is_noted(text: str) -> None:
    assert read(script(text))["reading_notes"] == NOT_READ


def test_json_ld_with_line_breaks_in_its_texts_is_no_oddity() -> None:
    row = read(script('{"@type":"A","name":"two\nlines"}'))

    assert (row["structured_types"], row["reading_notes"]) == ("A", None)


@pytest.mark.parametrize(
    ("markup", "excerpt"),
    [
        (f"{MENU}<p>{SENTENCE}", SENTENCE),
        (f"<div class=top>{MENU}<a href=/>Home</a> | <a href=/x>Other</a></div><div>{SENTENCE}</div>", SENTENCE),
        (f"<nav>{SENTENCE}</nav><p>an article", "an article"),
        (f"<header>{MENU}</header><div><h1>Bridge opens</h1><p>{SENTENCE}<p>More.", f"Bridge opens {SENTENCE} More."),
        (f"<h1><a href=/x>Bridge opens</a></h1><p>{SENTENCE}", f"Bridge opens {SENTENCE}"),
        (f"<h1>Bridge opens</h1><p>By Jane<p>{SENTENCE}", SENTENCE),
        (
            f"<div class=cookie-banner>We use cookies to improve what you see here, and more.</div><p>{SENTENCE}",
            SENTENCE,
        ),
        (f"<p hidden>{SENTENCE}</p><p aria-hidden=true>{SENTENCE}</p><p>Seen", "Seen"),
        (f"<div role=navigation>{SENTENCE}</div><main><p>{SENTENCE}</main>", SENTENCE),
        (f"<article><p>{SENTENCE}{MENU}<p>The end.</article>", f"{SENTENCE} The end."),
        (f"<body class=has-sidebar><div class=with-menu><p>{SENTENCE}</div>", SENTENCE),
        ("<noscript><img src=x> &lt;img src=y&gt; on</noscript>seen", "seen"),
        ("<noscript>&lt;img src=y&gt;</noscript>", None),
        ("<nav>Only a menu</nav>", "Only a menu"),
        (MENU, "home news sport culture"),
        ("<table><tr><td>1<td>2</table>", "1 2"),
        ("", None),
    ],
)
def test_an_excerpt_is_of_the_main_text_and_not_of_the_menu(markup: str, excerpt: str | None) -> None:
    assert [read(markup, name)["excerpt"] for name in READERS] == [excerpt, excerpt]


@pytest.mark.parametrize("name", READERS)
def test_only_the_parts_that_are_wanted_are_read_and_the_rest_is_the_same(name: reader.Reader) -> None:
    markup = f"<title>t</title><h1>h</h1><a href=/x>x</a>{script('{&quot;')}<p class=author>Jane<p>{SENTENCE}"
    whole = read(markup, name)

    for columns in (["title"], ["text_chars"], ["excerpt", "h1"], ["links_internal"], ["author"]):
        row = read(markup, name, parts=parts_of(columns))
        assert {column: row[column] for column in columns} == {column: whole[column] for column in columns}
        assert set(row) < set(whole)
    assert set(read(markup, name, parts=PARTS)) == set(PageFacts.__annotations__)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "markup",
    [
        "<i class=author>" * 200 + "word <b>x</b>" * 20_000,
        "<i itemprop=author>" * 200 + "<b></b>" * 30_000,
        "<a href=/x>x</a> " * 40_000,
        "<p itemprop=author class='author byline'>x" * 20_000,
        "<meta property='" + "og:x " * 50_000 + "' content=x>",
        script('{"a":1},' * 60_000),
        script("/*" * 200_000),
        script('{"a":' + '"\\\\"' * 120_000),
        script("{'a':" + "'\\\\\"" * 120_000),
        script("\u201c\u00a0" * 200_000),
        "author class " * 50_000,
        "<p class=" + "x " * 200_000 + "author>",
    ],
    ids=range(12),
)
def test_a_page_made_to_be_slow_is_read_in_seconds(markup: str, name: reader.Reader) -> None:
    import time

    started = time.thread_time()

    read(markup, name)

    assert time.thread_time() - started < 15  # by the square of its size it would be a minute
