"""The user's own columns: what the lines mean, what is refused and where, and what is found in a page."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.scrape.fields.field_lines import read_fields
from jobs.scrape.fields.own_field import LIST_CHARS, MOST_VALUES, VALUE_CHARS, OwnField
from jobs.scrape.page import reader as page

SHOP = """
<html><head><base href="https://cdn.example/"></head><body>
<h1 id="name">Kettle <b>1.7</b>&nbsp;l</h1>
<span class="price now">29.90&nbsp;€</span><span class="price">35.00 €</span>
<ul><li class="tag">steel<li class="tag">  quiet
</ul><img class="main big" src="a.jpg" alt=""><a rel="nofollow next" href="/next">next</a>
<table><tr class=row><td>Weight</td><td>1.1&nbsp;kg</td></tr></table>
<script id="state">{"a": 1}</script><p class="hidden">\u202ereversed\x01</p><p class="empty"> </p>
</body></html>
"""


def found(lines: str, markup: str = SHOP, **options: Any) -> dict[str, Any]:
    fields = read_fields(lines)
    row = page.read(markup.encode(), "text/html", "https://example.org/", fields=fields, **options)
    return {name.removeprefix("field_"): value for name, value in row.items() if name.startswith("field_")}


def test_lines_become_fields_in_their_order() -> None:
    fields = read_fields(
        "price = .price\n\n  # the tags\n  tags=all  .tag \nimage = img.main @src\nn = count li\nh = first #name\n"
    )

    assert fields == (
        OwnField(name="price", take="first", selector=".price"),
        OwnField(name="tags", take="all", selector=".tag"),
        OwnField(name="image", take="first", selector="img.main", attribute="src"),
        OwnField(name="n", take="count", selector="li"),
        OwnField(name="h", take="first", selector="#name"),
    )
    assert [field.column for field in fields] == ["field_price", "field_tags", "field_image", "field_n", "field_h"]


def test_a_field_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_fields("a = b")[0].name = "c"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("x = .price", "29.90 €"),
        ("x = first .price", "29.90 €"),
        ("x = all .price", ["29.90 €", "35.00 €"]),
        ("x = count .price", 2),
        ("x = .price:not(.now)", "35.00 €"),
        ("x = #name", "Kettle 1.7 l"),
        ("x = all .tag", ["steel", "quiet"]),
        ("x = img @src", "https://cdn.example/a.jpg"),
        ("x = img@SRC", "https://cdn.example/a.jpg"),
        ("x = img @alt", None),
        ("x = img @class", "main big"),
        ("x = all a, img @href", ["https://cdn.example/next"]),
        ('x = a[href="/next"]', "next"),
        ('x = [class="price now"]', "29.90 €"),
        ("x = a @rel", "nofollow next"),
        ("x = .row", "Weight 1.1 kg"),
        ("x = #state", '{"a": 1}'),
        ("x = .hidden", "reversed"),
        ("x = .empty", None),
        ("x = .missing", None),
        ("x = all .missing", []),
        ("x = count .missing", 0),
        ("x = li:has(+ li)", "steel"),
        ("x = p:-soup-contains('reversed')", "reversed"),
        ("x = svg|a", None),
    ],
)
@pytest.mark.parametrize("reader", ["fast", "beautifulsoup"])
def test_a_field_finds(line: str, value: object, reader: str) -> None:
    assert found(line, reader=reader) == {"x": value}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("price .price", 'line 1: "price .price" has no "=" (want a name and a selector, as in price = .price)'),
        ("a = b\n\n9a = b", 'line 3: "9a" is not a name (want a letter, then letters, digits and _)'),
        ("prix été = b", 'line 1: "prix été" is not a name (want a letter, then letters, digits and _)'),
        (" = b", 'line 1: "" is not a name (want a letter, then letters, digits and _)'),
        ("a = b\nA = c", "line 2: there is already a field A, give this one another name"),
        ("a =", "line 1: there is no selector behind the name (want one as in price = .price)"),
        ("a = all", "line 1: there is no selector behind the name (want one as in price = .price)"),
        ("a = @href", "line 1: there is no selector behind the name (want one as in price = .price)"),
        ("a = b\nb = p[", 'line 2, position 6: "p[" is not a CSS selector (Malformed attribute selector)'),
        ("  b  =   all p[ @x", 'line 1, position 15: "p[" is not a CSS selector (Malformed attribute selector)'),
        ("a = all a[", 'line 1, position 10: "a[" is not a CSS selector (Malformed attribute selector)'),
        (
            "a = //div",
            'line 1, position 5: "//div" is not a CSS selector '
            "(Invalid character '/'; for XPath write xpath before it)",
        ),
        ("a = count a @href", "line 1: count takes no attribute, drop @href (for those that have it: a[href])"),
        ("a = p:contains(x)", "line 1, position 6: write :-soup-contains( instead of :contains("),
        ("a = " + "b " * 300, "line 1: a selector of 599 characters is too long (at most 500)"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(lines: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_fields(lines)

    assert str(caught.value) == sentence


def test_a_pseudo_element_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match=r'line 1, position 6: "p::text" names a pseudo-element'):
        read_fields("a = p::text")


@pytest.mark.parametrize(
    "selector",
    [
        ":foo",
        ">a",
        "a >",
        "a,,b",
        "p:not(",
        "div#",
        "a{}",
        "p:nth-child(x)",
        "a[href='x'",
        "123",
        ":is(",
        "*|*|*",
    ],
)
def test_what_is_no_selector_is_refused_before_any_page(selector: str) -> None:
    with pytest.raises(ValueError, match="line 1, position "):
        read_fields(f"a = {selector}")


@given(st.text(st.sampled_from("ab.#[]()='\"~|*^$: ,>+@\\\n0-é") | st.characters(), max_size=30))
@example(":is(" * 120)
@example("a" * 400)
@example(":nth-child(99999999999999999999n)")
@example("\0\ud800")
@settings(max_examples=300, deadline=None)
def test_any_selector_is_either_taken_or_refused(selector: str) -> None:
    try:
        fields = read_fields(f"a = {selector}")
    except ValueError as error:
        assert str(error).startswith("line ")  # noqa: PT017  # either is right
    else:
        page.read(SHOP.encode(), "text/html", "https://example.org/", fields=fields)


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="51 fields are too many"):
        read_fields("\n".join(f"f{number} = b" for number in range(51)))


def test_no_lines_are_no_fields() -> None:
    assert read_fields(" \n# nothing yet\n") == ()


def test_long_values_are_cut_with_a_mark_and_long_lists_end() -> None:
    values = found("long = p\nmany = all i\nn = count i", f"<p>{'x' * 20_000}</p>" + "<i>y</i>" * 1_500)

    assert (len(values["long"]), values["long"][-1]) == (VALUE_CHARS, "…")
    assert (len(values["many"]), values["n"]) == (MOST_VALUES, 1_500)


def test_of_elements_in_each_other_no_more_is_read_than_is_kept() -> None:
    started = time.thread_time()

    values = found("a = all div", "<div>" * 200 + "word <b>x</b>" * 30_000)

    assert [len(value) for value in values["a"]] == [VALUE_CHARS] * (LIST_CHARS // VALUE_CHARS + 1)
    assert time.thread_time() - started < 20


def test_values_can_be_stored_as_json() -> None:
    values = found("a = all p", "<p>a\x00b&#xD800;<p>\ufeff")

    json.dumps(values, ensure_ascii=False).encode()


def test_fields_leave_the_other_columns_as_they_are() -> None:
    without = page.read(SHOP.encode(), "text/html", "https://example.org/")
    with_fields = page.read(SHOP.encode(), "text/html", "https://example.org/", fields=read_fields("a = p"))

    assert {**without, "field_a": "reversed"} == with_fields


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("a = p", str, "text of the first p"),
        ("a = all p @x", list[str], "attribute x of every p"),
        ("a = count p", int, "number of p"),
    ],
)
def test_a_field_knows_the_type_and_meaning_of_its_column(line: str, kind: object, words: str) -> None:
    field = read_fields(line)[0]

    assert field.annotation.__origin__ == kind | None  # type: ignore[operator]
    assert field.annotation.__metadata__[0].description == words


def test_the_fields_of_the_page_on_scraping_are_fields() -> None:
    page = (Path(__file__).parents[3] / "docs/scraping.md").read_text("utf-8")
    block = next(part for part in page.split("```\n") if part.startswith("price = "))
    lines = [re.split(" {3,}", line)[0] for line in block.splitlines()]

    found = read_fields("\n".join(lines))

    assert [(field.name, field.take, field.attribute) for field in found] == [
        ("price", "first", ""),
        ("image", "first", "src"),
        ("tags", "all", ""),
        ("links", "all", "href"),
        ("reviews", "count", ""),
        ("amount", "first", ""),
        ("next", "first", ""),
        ("number", "first", ""),
        ("key", "first", ""),
        ("body", "first", ""),
        ("sizes", "first", ""),
    ]
