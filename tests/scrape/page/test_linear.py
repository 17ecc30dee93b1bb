"""Columns and fields take time that grows with the size of a page, whatever its shape."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jobs.scrape.columns import read_columns
from jobs.scrape.fields.field_lines import read_fields
from jobs.scrape.page import reader
from jobs.scrape.page.element_budget import MOST, USED_UP, ElementBudget

MIB = 2**20
ITEM = "<div itemscope itemtype=T>"

SHAPES = {
    "nothing in many levels": ("<div>" * 200, "<i></i>"),
    "links around blocks": ("<a href=/x><div>" * 90, "<i></i>"),
    "properties in each other": (ITEM + "<b itemprop=author>" * 200, "<i></i>"),
    "properties side by side": (ITEM, "<b itemprop=p>x</b>"),
    "bylines side by side": ("", "<span class=author>x y</span>"),
    "links": ("<div>" * 200, "<a href=mailto:a@b.example>x</a>"),
    "JSON-LD": ('<script type="application/ld+json">{"@type": "T", "p": "x"}</script>' * 40, "<p>{}</p>"),
}

FIELDS = {
    "all div": "nothing in many levels",
    "all markdown div": "nothing in many levels",
    "all xpath //div": "nothing in many levels",
    "all json T.p": "properties in each other",
}
"""What is looked for, and the page that makes it hard."""


def page(shape: str, size: int) -> bytes:
    """A page of this shape, of so many bytes."""
    before, piece = SHAPES[shape]
    return (before + piece * ((size - len(before)) // len(piece))).encode()


def seconds(body: bytes, columns: str = "status", field: str = "") -> float:
    """Processor time of this thread for these columns, or this field, of a page."""
    fields = read_fields(f"x = {field}" if field else "")
    started = time.thread_time()
    reader.read(body, "text/html", "https://example.org/", parts=read_columns(columns).parts, fields=fields)
    return time.thread_time() - started


def grows_no_faster(shape: str, columns: str = "status", field: str = "") -> bool:
    """Whether four times the page takes at most eight times as long, and twice the page four times; a second more is no
    matter. What grows with the square takes sixteen times, and minutes at these sizes."""
    small, middle, large = (seconds(page(shape, size * MIB), columns, field) for size in (1, 2, 4))
    return middle < 4 * small + 1 and large < 8 * small + 1


@pytest.mark.slow
@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - FIELDS.values()))
def test_columns_take_time_that_grows_with_the_page(shape: str) -> None:
    assert grows_no_faster(shape, "everything, contacts, seo")


@pytest.mark.slow
@pytest.mark.parametrize(("field", "shape"), FIELDS.items())
def test_fields_take_time_that_grows_with_the_page(field: str, shape: str) -> None:
    assert grows_no_faster(shape, field=field)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["all div", "all markdown div", "all table div", "all xpath //div", "all json T.p"],
)
def test_what_lies_in_each_other_is_gone_through_no_further_than_is_borne(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def counted(budget: ElementBudget, each: Iterator[object]) -> Iterator[object]:
        nonlocal looked
        for one in whole(budget, each):
            looked += 1
            yield one

    whole = ElementBudget.counted
    monkeypatch.setattr(ElementBudget, "counted", counted)
    markup = ITEM + "<div itemprop=p>" * 100 + "<i></i>" * 20_000
    read = reader.read(markup.encode(), "text/html", "https://example.org/", fields=read_fields(f"x = {line}"))

    assert looked == MOST
    assert USED_UP in str(read["reading_notes"])
