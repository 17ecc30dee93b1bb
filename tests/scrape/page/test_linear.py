"""Every extractor takes time that grows with a page's size, whatever its shape."""

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
    "siblings": ("", "<p>x</p>"),
    "headings in each other": ("<h2>" * 100, "<i></i>"),
    "links around blocks": ("<a href=/x><div>" * 90, "<i></i>"),
    "properties in each other": (ITEM + "<b itemprop=author>" * 200, "<i></i>"),
    "properties side by side": (ITEM, "<b itemprop=p>x</b>"),
    "links": ("<div>" * 200, "<a href=mailto:a@b.example>x</a>"),
    "times": ("<div>" * 200, "<time>x</time>"),
    "at signs": ("<p>", "a@b "),
    "cells": ("<table><tr>", "<td rowspan=9>a"),
    "tables in each other": ("<table><tr><td>" * 80, "<i></i>"),
    "blanks": ("<div>" * 200, " <br>"),
    "scripts": ("<div>" * 200, "<script></script>"),
    "JSON-LD": ('<script type="application/ld+json">{"@type": "T", "p": "x"}</script>' * 40, "<p>{}</p>"),
}

FIELDS = (
    *("css body", "all div", "count div:has(em) ~ i, :nth-child(odd) > em", "markdown body", "all markdown div"),
    *("table body", "all table div", "all xpath //div", "all regex /(a|b)+@/", "all json T.p"),
)


def page(shape: str, size: int) -> bytes:
    """A page of this shape, of so many bytes."""
    before, piece = SHAPES[shape]
    return (before + piece * ((size - len(before)) // len(piece))).encode()


def seconds(body: bytes, columns: str = "status", field: str = "") -> float:
    """Processor time of this thread for these columns, or this field, of a page."""
    fields = read_fields(f"x = {field}") if field else ()
    started = time.thread_time()
    reader.read(body, "text/html", "https://example.org/", parts=read_columns(columns).parts, fields=fields)
    return time.thread_time() - started


def grows_no_faster(shape: str, columns: str = "status", field: str = "") -> bool:
    """Whether four times the page takes at most eight times as long, and twice the page four times; a second more is no
    matter. What grows with the square takes sixteen times, and minutes at these sizes."""
    small, middle, large = (seconds(page(shape, size * MIB), columns, field) for size in (1, 2, 4))
    return middle < 4 * small + 1 and large < 8 * small + 1


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_columns_take_time_that_grows_with_the_page(shape: str) -> None:
    for columns in ("everything", "contacts", "seo", "content"):
        assert grows_no_faster(shape, columns), columns


@pytest.mark.slow
@pytest.mark.parametrize("field", FIELDS)
def test_fields_take_time_that_grows_with_the_page(field: str) -> None:
    shapes = ["nothing in many levels", "properties in each other", "tables in each other"]
    for shape in shapes if field != "all json T.p" else [*shapes, "properties side by side", "JSON-LD"]:
        assert grows_no_faster(shape, field=field), shape


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
