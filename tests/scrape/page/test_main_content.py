"""The main content of pages: what is taken, what is not, and that no page makes it take long."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from jobs.runtime import catalog
from jobs.runtime.core.errors import BadParams
from jobs.runtime.job.params import validate_params
from jobs.scrape.columns import read_columns
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page import added_facts, main_content, reader
from jobs.scrape.page.language import detect, language_of
from jobs.scrape.page.main_content import CELL_CHARS, MOST_ELEMENTS, ONLY_BEGINNING, TOO_DEEP
from jobs.scrape.page.page_columns import CONTENT, LANGUAGE, PARTS

GERMAN = "Nach drei Jahren ist die Brücke über den Fluss am Dienstag wieder für alle geöffnet worden."
ARTICLE = f"""<html><head><base href="https://cdn.example/"><title>t</title>
<meta property="og:image" content="/share.png"><meta property="article:modified_time" content="2024-05-02"></head><body>
<nav><a href="/">Home</a><a href="/news">News</a></nav>
<article><h1>Brücke <em>offen</em></h1><p>{GERMAN} <a href="/more">Mehr</a></p><img src="river.jpg" alt="Fluss">
<p>{GERMAN} Zum <b>zweiten</b> Mal.</p><ul><li>eins</li><li>zwei</li></ul><template><p>{GERMAN} unseen</p></template>
<table><tr><th>Jahr</th><td>2024</td></tr></table></article>
<script type="application/ld+json">{{"@type": "Article", "dateModified": "2001"}}</script>
<footer><p>Impressum und Datenschutz</p></footer></body></html>"""


PAGE = PageViews("", "https://example.org/", [], written="")


def read(markup: str, columns: str = "content", **headers: str) -> dict[str, Any]:
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    parts = read_columns(columns).parts
    return reader.read(markup.encode(), "text/html", "https://example.org/dir/", parts=parts, headers=sent)


SIGNED = f"""<html><head><title>Brücke offen</title></head><body><div class="post-info"><span class="autor">Von Anna
Keller</span>, <span class="date">3. Mai 2024</span></div><div class=text><p>{GERMAN}</p><p>{GERMAN} Zum Zweiten.</p>
</div></body></html>"""


def test_who_wrote_it_and_when_is_taken_from_the_search_for_the_content_where_nothing_else_says() -> None:
    alone, found = read(SIGNED, "author, published, site_name"), read(SIGNED)

    assert [alone[name] for name in ("author", "published", "site_name")] == [None, None, None]
    assert (found["published"], found["site_name"]) == ("2024-05-03", None)
    assert read(SIGNED, "main_text, published")["published"] == "2024-05-03"
    assert "published" not in read(SIGNED, "main_text")


SAID = (
    "<meta name=author content='Anna Keller'>",
    "<meta name=author content=Anna>",
    "<meta name='dc.creator' content='Anna Keller; Ben Roth'>",
    "<meta property='og:site_name' content='the daily'>",
    "<meta name=twitter:site content='@daily'>",
    "<title>Brücke offen | Tagblatt</title><meta name=date content=2024-05-03>",
    '<script type="application/ld+json">{"@type": "NewsArticle", "author": {"name": "Anna Keller"}, '
    '"datePublished": "2024-05-03", "publisher": {"name": "Tagblatt &amp; Sohn"}}</script>',
    "<p class=Byline>By Anna Keller</p>",
    "<span class=screenname>Anna Keller</span><time datetime=2024-05-03>gestern</time>",
    "<a rel=author href=/anna>Anna Keller</a><div class=comments><p class=author>Ben Roth</p></div>",
    "<link rel=canonical href=https://other.example/2024/05/03/bridge><title>a | b</title>",
    "<p>no sign of anything</p>",
)


HOSTS = ("example.org", "other.example")
"""What stands for the name of a site that has none: no name."""


@pytest.mark.parametrize("said", SAID)
def test_the_signature_is_what_the_whole_search_for_metadata_finds(said: str) -> None:
    main_content.load()
    from trafilatura.metadata import extract_metadata

    place = "body" if said.startswith(("<p", "<span", "<a")) else "head"
    markup = f"<html><head></head><body><p>{GERMAN}</p></body></html>".replace(f"<{place}>", f"<{place}>{said}")
    page = PageViews(markup, "https://example.org/dir/", [], written=markup)
    page.read(b"", None)
    alone = extract_metadata(markup, default_url=page.base, date_config=dict(main_content._DATES))
    wanted = {"author": alone.author, "published": alone.date, "site_name": alone.sitename}

    found = main_content.find_signature(page.seen, page)

    assert found == {name: value for name, value in wanted.items() if value and value not in HOSTS}


def test_no_author_is_found_without_one_of_the_names_that_are_looked_for() -> None:
    from trafilatura import metadata, xpaths

    names = {*metadata.METANAME_AUTHOR, *metadata.PROPERTY_AUTHOR}
    for path in xpaths.AUTHOR_XPATHS:
        names.update(name for literal in re.findall("'([^']*)'", path.path) for name in literal.split("|"))
    spelt = {re.sub(r"\[(.).\]", r"\1", name).lower() for name in names}

    others = {name for name in spelt if not any(one in name for one in main_content.AUTHORS)}

    assert others == {"me"}, "rel = 'me': of an element <rel>, which nobody writes"


def test_what_a_page_says_of_itself_is_not_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    author, others = (
        "<meta name=author content=Ben>",
        "<meta name=date content=2001><meta name=application-name content=Us>",
    )
    searched = []

    def search(root: Any, page: PageViews) -> dict[str, str]:
        searched.append(page)
        return {"author": "X", "published": "Y"}

    monkeypatch.setattr(added_facts, "find_signature", search)
    whole, part = (read(SIGNED.replace("<head>", f"<head>{said}")) for said in (author + others, author))

    assert (whole["author"], whole["published"], whole["site_name"]) == ("Ben", "2001", "Us")
    assert (part["author"], part["published"], len(searched)) == ("Ben", "Y", 1)


def test_an_excerpt_comes_from_the_main_text_where_the_page_seems_to_have_none() -> None:
    row = {"author": None, "excerpt": None, "published": "2001"}

    assert added_facts.widened(row, {"main_text": GERMAN, added_facts.TREE: None}, PAGE) == {"excerpt": GERMAN}
    assert added_facts.widened(row | {"excerpt": "x"}, {"main_text": GERMAN, added_facts.TREE: None}, PAGE) == {}


def test_the_main_content_is_text_markdown_and_images() -> None:
    row = read(ARTICLE)

    assert row["main_text"].startswith(f"Brücke offen\n{GERMAN} Mehr\n{GERMAN} Zum zweiten Mal.")
    assert row["markdown"].startswith(f"# Brücke *offen*\n\n{GERMAN} [Mehr](https://cdn.example/more)")
    assert "Zum **zweiten** Mal." in row["markdown"]
    assert "![Fluss](https://cdn.example/river.jpg)" in row["markdown"]
    assert "- eins\n- zwei" in row["markdown"]
    assert row["main_images"] == ["https://cdn.example/share.png", "https://cdn.example/river.jpg"]
    assert not [word for word in ("Home", "Impressum", "unseen") if word in row["markdown"] + row["main_text"]]
    assert (row["language"], row["language_source"], row["modified"]) == ("de", "detected", "2024-05-02")


def test_a_page_without_content_has_none() -> None:
    row = read("<title>x</title>")

    assert [row[name] for name in ("main_text", "markdown", "main_images", "language")] == [None, None, [], None]


@pytest.mark.parametrize(
    ("declared", "text", "found"),
    [
        ("de-AT", "English words", ("de", "declared")),
        (" pt_BR ", "", ("pt", "declared")),
        ("en, fr", "", ("en", "declared")),
        ("{{lang}}", GERMAN, ("de", "detected")),
        ("", GERMAN, ("de", "detected")),
        (None, "これは日本語で書かれた長い文章です。とても長い文章です。", ("ja", "detected")),
        (None, "ok", (None, None)),
        (None, "12345 67890 " * 20, (None, None)),
        (None, "x" * 100, (None, None)),
        (None, "\ud800" * 30 + GERMAN, ("de", "detected")),
    ],
)
def test_the_language_is_the_declared_one_else_that_of_the_text(declared: str, text: str, found: object) -> None:
    assert language_of(declared, text) == found


def test_a_header_and_what_is_for_sharing_declare_a_language() -> None:
    assert read("<p>x", "language,language_source", Content_Language="fr-CA")["language"] == "fr"
    assert read("<meta property=og:locale content=es_ES>", "language")["language"] == "es"
    assert read("<html lang=de><meta property=og:locale content=es_ES>", "language")["language"] == "de"


def test_of_a_long_text_its_beginning_is_the_language() -> None:
    assert detect(f"{GERMAN} " * 100 + "English words " * 100_000) == "de"


def test_a_long_text_is_cut_in_its_cell_with_a_mark() -> None:
    row = read("<article>" + "".join(f"<p>{GERMAN} {number}</p>" for number in range(2_000)))

    assert (len(row["main_text"]), row["main_text"][-1]) == (CELL_CHARS, "…")
    assert len(row["whole_markdown"]) > len(row["markdown"]) == CELL_CHARS


PARAGRAPH = f"<p>{GERMAN} <b>x</b> <a href=/x>link</a></p>"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("markup", "note"),
    [
        ("<article>" + f"<p>{'word ' * 60}</p>" * 13_000, None),
        ("<article><p>" + "<span>w </span>" * 260_000, ONLY_BEGINNING),
        ("<article><p>" + "<b>w </b>" * 19_000, None),
        ("<article>" + "<div>" * 230 + "<a href=/x>link</a> w" * 19_000, TOO_DEEP),
        ("<ul><li>" * 110 + "<b>w</b> " * 19_000, TOO_DEEP),
        ("<table><tr><td>" * 80 + "<p>x" * 10_000, TOO_DEEP),
        ("<article><div class='" + "a " * 1_000_000 + "'>" + PARAGRAPH * 20, None),
        ("<article><p>x" + "\n\t " * 1_000_000 + "y</p>" + PARAGRAPH * 20, None),
        ("<article><p>" + "- " * 1_000_000 + "</p>" + PARAGRAPH * 20, None),
        ("<article><table><tr>" + "<td>word" * 19_000, None),
        ("<article>" + "<p>a" * 39_000, ONLY_BEGINNING),
        ("<table>" + "<td>word" * 200_000, ONLY_BEGINNING),
        (f"<article><p>{GERMAN * 4}</p></article><div class='sidebar related'>" + "<p>a" * 19_000, None),
        ("<article><p><a href='" + "/a" * 1_000_000 + "'>x</a></p>" + PARAGRAPH * 20, None),
    ],
)
def test_no_page_makes_the_search_for_its_main_content_take_long(markup: str, note: str | None) -> None:
    started = time.thread_time()

    row = read(markup)

    assert time.thread_time() - started < 30  # without the limits some of these take minutes
    assert note is None or note in row["reading_notes"]


def test_what_nests_too_deep_for_its_number_is_not_looked_at_and_that_is_said() -> None:
    row = read("<article>" + "<div>" * 200 + "<i>w</i>" * 5_000)

    assert (row["main_text"], row["reading_notes"]) == (None, TOO_DEEP)


def test_of_too_many_tags_the_first_are_looked_at_and_that_is_said() -> None:
    row = read(
        f"<title>t</title><article>{PARAGRAPH}" + "<br>" * MOST_ELEMENTS + "<p>Never seen, for it stands too late.</p>"
    )

    assert row["main_text"].startswith(GERMAN)
    assert "Never seen" not in row["main_text"]
    assert row["reading_notes"] == ONLY_BEGINNING


def test_a_long_article_is_looked_at_as_a_short_one_is() -> None:
    row = read("<title>t</title><article>" + PARAGRAPH * 2_500)

    assert row["reading_notes"] is None
    assert row["main_text"].startswith(GERMAN)


def test_what_trafilatura_does_not_bear_is_no_failure_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(main_content, "_extract", extract)

    row = read(ARTICLE)

    assert (row["title"], row["main_text"]) == ("t", None)
    assert row["reading_notes"] == "the main content could not be found (RecursionError)"


def test_who_does_not_ask_pays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_content, "load", lambda: pytest.fail("the main content was looked for"))

    assert not {CONTENT, LANGUAGE} & (PARTS | read_columns("everything").parts | read_columns("facts,text").parts)
    assert "main_text" not in read(ARTICLE, "everything")
    assert "main_text" not in reader.read(ARTICLE.encode(), "text/html", "https://example.org/")


@pytest.mark.parametrize("params", [{"columns": "title,markdown"}, {"columns": "language"}, {"save_content": True}])
def test_a_missing_package_is_a_sentence_before_the_run(params: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_content, "NEEDED", ("trafilatura", "no_such_package_here"))
    job = catalog.load("scrape")

    with pytest.raises(BadParams, match=r"pip install 'fanout-jobs\[content\]'"):
        validate_params(job, params)

    validate_params(job, {"columns": "facts"})
