"""What fields of each way find in a page, and that no page makes them run long."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jobs import ItemError
from jobs.scrape.fields import patterns, xpaths
from jobs.scrape.fields.field_lines import read_fields
from jobs.scrape.fields.html_table import CELL_CHARS, MOST_ROWS
from jobs.scrape.fields.own_field import LIST_CHARS, MARKDOWN_CHARS, MOST_VALUES
from jobs.scrape.page import reader

LINKED = {
    "@context": "https://schema.org",
    "@graph": [
        {
            "@type": ["Product", "schema:Thing"],
            "name": "Kettle",
            "offers": [{"@type": "Offer", "price": "19.90"}, {"@type": "Offer", "price": 25, "valid": True}],
            "brand": {"@id": "#acme"},
            "schema:size": {"value": 3},
        },
        {"@type": "Brand", "@id": "#acme", "name": "Acme", "maker": {"@id": "#acme"}},
    ],
}
SHOP = f"""<html><head><base href="https://cdn.example/">
<script type="application/ld+json">{json.dumps(LINKED)}</script></head><body>
<p class="sku">SKU-123, Sku-77 <a href="/p?a=1">one</a> <a href="mailto:a@b.example">mail</a></p>
<div itemscope itemtype="https://schema.org/Event"><b itemprop="name">Fair</b><time itemprop="startDate"
 datetime="2024-05-01">May</time><div itemprop="location" itemscope itemtype="https://schema.org/Place">
 <a itemprop="url" href="/place">here</a><i itemprop="name">Hall</i></div></div>
<table id="prices"><thead><tr><th>Size</th><th>Price</th></tr></thead>
<tr><td rowspan="2">S</td><td>1</td></tr><tr><td>2</td><td>more</td></tr></table>
<div id="bare"><table><tr><td colspan="2">wide <table><tr><td>in</td></tr></table></td></tr></table></div>
<template><b>unseen</b></template><script>var key = "abc";</script></body></html>"""


def found(line: str, markup: str = SHOP, content_type: str = "text/html") -> Any:
    row = reader.read(markup.encode(), content_type, "https://example.org/dir/", fields=read_fields(f"x = {line}"))
    return row["field_x"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("json Product.offers.price", "19.90"),
        ("all json Product.offers.price", ["19.90", "25"]),
        ("count json Offer", 2),
        ("json Offer.valid", "true"),
        ("all json Offer.valid", ["true"]),
        ("json Product.brand.name", "Acme"),
        ("json Product.brand", "Acme"),
        ("json Product.brand.maker.maker.name", "Acme"),
        ("json Product.size", '{"value": 3}'),
        ("json Product.size.value", "3"),
        ("json Product.none.price", None),
        ("json Event.location.name", "Hall"),
        ("json Event.location.url", "https://cdn.example/place"),
        ("json Event.startDate", "2024-05-01"),
        ("json Event.name", "Fair"),
        ("json Nothing.name", None),
        ("all json Nothing.name", []),
    ],
)
def test_a_way_through_structured_data_finds(line: str, value: object) -> None:
    assert found(line) == value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("xpath //p/a[1]", "one"),
        ("all xpath //p/a/@href", ["https://cdn.example/p?a=1", "mailto:a@b.example"]),
        ("xpath //p/@class", "sku"),
        ("xpath count(//a)", "3"),
        ("xpath 1 div 4", "0.25"),
        ("xpath boolean(//video)", "false"),
        ("xpath number('x')", None),
        ("xpath 5 -count(//a)", "2"),
        ("xpath 5-count(//a)", "2"),
        ("xpath -1 div 0", "-Infinity"),
        ("xpath -0", "0"),
        ("xpath 10000000000000000000000", "10000000000000000000000"),
        ("all xpath //namespace::*", []),
        ("xpath string(//time/@datetime)", "2024-05-01"),
        ("xpath //time/text()", "May"),
        ("count xpath //td", 6),
        ("xpath //video", None),
        ("all xpath //video", []),
        ("xpath //td[not(@colspan)][contains(., 'mo:re') or position() = 2]", "1"),
        ('xpath //script[contains(., "var")]', 'var key = "abc";'),
        ("xpath //template/b", "unseen"),
        ("xpath //div[@id='bare']", "wide in"),
    ],
)
def test_an_xpath_finds(line: str, value: object) -> None:
    assert found(line) == value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (r"regex /SKU-(\d+)/", "123"),
        (r"all regex /sku-(\d+)/i", ["123", "77"]),
        (r"regex /SKU-\d+/", "SKU-123"),
        (r"count regex /SKU/i", 2),
        ("regex /unseen|abc/", None),
        (r'regex source /key = "(\w+)"/', "abc"),
        (r'all regex source /id="(\w+)"/', ["prices", "bare"]),
        ("regex /a(x)?/", None),
        ("regex /one mail/", "one mail"),
        ("regex /café|Fair/", "Fair"),
    ],
)
def test_a_regular_expression_finds(line: str, value: object) -> None:
    assert found(line) == value


def test_a_regular_expression_sees_plain_text_as_it_was_sent() -> None:
    text = "<a href='x'> is no tag here"

    assert found("regex source /<(a) /", f"text: {text}", "text/plain") == "a"
    assert found("regex /<(a) /", f"text: {text}", "text/plain") == "a"


def test_a_table_is_rows_by_the_names_of_its_header() -> None:
    assert found("table #prices") == [
        {"Size": "S", "Price": "1", "column 3": None},
        {"Size": "S", "Price": "2", "column 3": "more"},
    ]
    assert found("table #bare") == [["wide in", "wide in"]]
    assert found("all table table") == [found("table #prices"), found("table #bare"), [["in"]]]
    assert (found("count table table"), found("table p"), found("all table p")) == (3, None, [])
    assert found("table") == "Size Price S 1 2 more"  # alone, a selector
    assert found("css table td") == "S"


def test_a_cell_reaches_into_the_rows_below_however_few_cells_these_have() -> None:
    head = "<table><tr><th>a<th>b<th>c<tr><td>1<td>2<td rowspan=2>3"

    assert found("table table", f"{head}<tr><td>4<tr><td>7<td>8<td>9") == [
        {"a": "1", "b": "2", "c": "3"},
        {"a": "4", "b": "", "c": "3"},
        {"a": "7", "b": "8", "c": "9"},
    ]


def test_a_cell_of_no_rows_reaches_to_the_end_of_its_part_of_the_table_and_none_beyond() -> None:
    head = "<table><thead><tr><th rowspan=5>a<th>b</thead>"

    assert found("table table", f"{head}<tbody><tr><td rowspan=0>1<td>2<tr><td>3<tbody><tr><td>4<td colspan=0>5") == [
        {"a": "1", "b": "2"},
        {"a": "1", "b": "3"},
        {"a": "4", "b": "5"},
    ]
    assert found("markdown table", "<table><tr><td rowspan=0>a|b<td>c\\|<tr><td>d") == "\n".join(
        ["| a\\|b | c\\\\\\| |", "| --- | --- |", "| a\\|b | d |"]
    )


def test_headers_with_one_name_are_told_apart_and_a_table_may_be_nothing_but_a_header() -> None:
    head = "<table><tr><th>a<th>a<th>"

    assert found("table table", f"{head}<tr><td>1<td>2<td>3") == [{"a": "1", "a (2)": "2", "column 3": "3"}]
    taken = "<table><tr><th>a<th>a (3)<th>a<tr><td>1<td>2<td>3"
    assert found("table table", taken) == [{"a": "1", "a (3)": "2", "a (3) (3)": "3"}]
    assert found("table table", head) == []
    assert found("table table", "<table></table>") is None


def test_an_element_is_written_as_markdown() -> None:
    markup = """<div class=a><h2>A <b>title</b></h2><p>One <b>bold </b>and <a href="/p q">link</a>, a*b
      <code>x`y</code><br>next line<ul><li>one<ul><li>inner</li></ul></li><li><p>two</p></li></ul>
      <blockquote><p>said</p><p>more</p></blockquote><ol><li>x</li><li>y</li></ol><hr>
      <pre>def f():
    return "```"</pre><table><tr><th>S</th></tr><tr><td>a|b</td></tr></table><script>no</script>
      <p># no heading</p><p>1. no list</p><img src=i.png alt="An [image]"><del>gone</del></div>"""

    assert found("markdown .a", markup).split("\n") == [
        "## A **title**",
        "",
        "One **bold** and [link](https://example.org/p%20q), a\\*b `` x`y ``\\",
        "next line",
        "",
        "- one",
        "  - inner",
        "- two",
        "",
        "> said",
        ">",
        "> more",
        ">",
        "1. x",
        "2. y",
        "",
        "---",
        "",
        "````",
        "def f():",
        '    return "```"',
        "````",
        "",
        "| S |",
        "| --- |",
        "| a\\|b |",
        "",
        "\\# no heading",
        "",
        "\\1. no list",
        "",
        "![An \\[image\\]](https://example.org/dir/i.png)~~gone~~",
    ]
    assert (found("count markdown p", markup), found("markdown .none", markup)) == (6, None)
    assert found("all markdown li", markup) == ["one\n\n- inner", "inner", "two", "x", "y"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("xpath //a[", 'position 11: "//a[" is not an XPath expression (Invalid expression)'),
        ("xpath //a[foo(.)]", "position 15: XPath 1.0 has no function foo()"),
        (
            "xpath id('bare')",
            'position 11: id() finds nothing, for pages have no document type (write //*[@id="…"])',
        ),
        ("xpath //a[re:test(., 'x')]", "position 15: XPath 1.0 has no function re:test()"),
        ("xpath //svg:a", "position 13: the prefix svg: is not known, for pages have no namespaces (drop it)"),
        ("xpath //a[$x]", "position 15: there is no variable $x"),
        (r"regex SKU-(\d+)", r'position 11: "SKU-(\d+)" is no expression between slashes (want it as in /SKU-(\d+)/i)'),
        ("all regex /(a/", 'position 16: "(a" is not a regular expression of RE2 (missing ) in (a)'),
        ("regex /a(?=b)/", 'position 13: "a(?=b)" is not a regular expression of RE2 (invalid perl operator in (?=)'),
        (
            "regex source /a{2000}/",
            'position 20: "a{2000}" is not a regular expression of RE2 (invalid repetition size in {2000})',
        ),
        ("regex /a/x", 'position 14: "x" is no flag (there are i: any case, m: ^ and $ at lines, s: . for lines)'),
        (
            "json Product..price",
            'position 18: "Product..price" is no type and keys, parted by points (want it as in Product.offers.price)',
        ),
        ("json a" + ".a" * 20, "position 10: 21 keys are too many (at most 20)"),
        ("markdown p[", 'position 15: "p[" is not a CSS selector (Malformed attribute selector)'),
        ("all table x[", 'position 16: "x[" is not a CSS selector (Malformed attribute selector)'),
    ],
)
def test_a_wrong_field_is_refused_with_its_place(line: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_fields(f"a = {line}")

    assert str(caught.value) == f"line 1, {sentence}"


def test_without_re2_a_sentence_says_how_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns._compile.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "re2", None)

    with pytest.raises(ValueError, match=r"line 2: regular expressions need the package google-re2.*'\.\[regex\]'"):
        read_fields("a = b\nb = regex /x/")


NESTED_LISTS = "<ul><li>" * 120 + "word " * 20_000
BOMB = json.dumps({"@graph": [{"@type": "A", "@id": "a", "x": [{"@id": "a"}] * 300}]})


def in_lists(key: str) -> str:
    """A thing with a property in so many lists as JSON is just read with."""
    return f'<script type="application/ld+json">{{"@type": "A", "{key}": {"[" * 950 + "]" * 950}}}</script>'


ENTITIES = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    ("line", "markup", "value"),
    [
        ("all json A" + ".x" * 15, f'<script type="application/ld+json">{BOMB}</script>', None),
        ("json A.x", '<script type="application/ld+json">' + '{"x":' * 20_000 + "</script>", None),
        ("json A.x", '<script type="application/ld+json">{"@type": "A", "x": </script>', None),
        ("json A.x", in_lists("x"), None),
        ("json A", in_lists("author"), None),
        ("count json E.name", "<div itemscope itemtype=E><b itemprop=name>x</b>" * 5_000, None),
        ("markdown body", "<b></b>" * 40_000, None),
        ("markdown body", NESTED_LISTS, None),
        ("markdown body", "<b>" * 900 + "x " * 5_000, None),
        ("markdown body", "<blockquote>" * 200 + "<p>x</p>" * 5_000, None),
        ("table table", "<table><tr>" + "<td colspan=1000 rowspan=65000>x" * 50 + "<tr><td>y" * 3_000, None),
        ("all table table", "<table><tr><td>" * 80 + "<i></i>" * 5_000, None),
        ("all regex /(x+x+)+y/", "<p>" + "x" * 1_000_000, []),
        ("count regex source /(a|aa)+$/", "<p>" + "a" * 1_000_000, 1),
        ("xpath string(//p)", f"{ENTITIES}<p>&b;{'&amp;' * 50_000}", None),
        ("all xpath //b", "<b>x</b>" * 50_000, None),
    ],
)
def test_no_page_makes_a_field_run_long_or_its_value_large(line: str, markup: str, value: object) -> None:
    started = time.thread_time()

    got = found(line, markup)

    assert time.thread_time() - started < 10  # what is quadratic in these takes minutes
    assert value is None or got == value
    assert len(json.dumps(got)) < 2 * LIST_CHARS


def test_each_thread_has_an_xpath_of_its_own_since_lxml_lets_one_at_a_time_search_with_one() -> None:
    with ThreadPoolExecutor(2) as threads:
        barrier = threading.Barrier(2)
        both = [threads.submit(_compiled_after, barrier) for _ in range(2)]
        (first, again), (other, _) = [each.result() for each in both]

    assert first is again
    assert first is not other


def _compiled_after(barrier: threading.Barrier) -> tuple[object, object]:
    barrier.wait(60)
    return xpaths.compiled.of("//p"), xpaths.compiled.of("//p")


def test_a_page_of_endless_attributes_is_refused_by_xpath_too() -> None:
    with pytest.raises(ItemError, match="attributes"):
        found("xpath //p", "<p " + " ".join(f"a{number}=1" for number in range(40_000)) + ">")


def test_what_is_found_is_bounded() -> None:
    assert len(found("all xpath //b", "<b>x</b>" * 2_000)) == MOST_VALUES
    assert len(found("all regex /x/", "<p>" + "x " * 2_000)) == MOST_VALUES
    assert len(found("table table", "<table>" + "<tr><td>x" * 2_000)) == MOST_ROWS
    assert len(found("table table", f"<table><tr><td>{'x' * 5_000}")[0][0]) == CELL_CHARS
    assert len(found("markdown body", "<p>word</p>" * 30_000)) <= MARKDOWN_CHARS
