"""What people type or paste, read as items."""

from __future__ import annotations

import pytest

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.inputs import validation
from jobs.runtime.job.definition import Job
from tests.inputs.conftest import job_of


def typed(text: str, job: Job) -> list[str]:
    return [item.cell for item in inputs.read_text(text, job=job).items_iter()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5000, 6000 7000", ["5000", "6000", "7000"]),
        ("5,6;7\t8", ["5", "6", "7", "8"]),
        ("5\t6", ["5", "6"]),
        ("5000;6000\n7000\r\n\r\n80000", ["5000", "6000", "7000", "80000"]),
        ("1000..4000 step 1000", ["1000", "2000", "3000", "4000"]),
        ("1..3, 9 .. 7 STEP -1 -2", ["1", "2", "3", "9", "8", "7", "-2"]),
        ("-1..1", ["-1", "0", "1"]),
        ("five 2.5 1e5", ["five", "2.5", "1e5"]),
        ("5,000", ["5,000"]),
        ("100,200", ["100", "200"]),
        ("3..1", ["3..1"]),
        ("1..5 step 0, 7", ["1..5 step 0", "7"]),
        ("1..5 step 2.5", ["1..5 step 2.5"]),
        ("1..5 step", ["1..5 step"]),
        ("1..x", ["1..x"]),
        ("007 ٣", ["007", "٣"]),
        ("5,000, 6,000", ["5,000", "6,000"]),
        ("1 000; 2 000", ["1 000", "2 000"]),
        ("n\n5\n6", ["5", "6"]),
        ("n", ["n"]),
    ],
)
def test_numbers(text: str, expected: list[str], numbers: Job) -> None:
    assert typed(text, numbers) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.org\nhttps://b.org", ["https://a.org", "https://b.org"]),
        ("See https://a.org/x, and (http://b.org/y_(z)).", ["https://a.org/x", "http://b.org/y_(z)"]),
        ("https://a.org,https://b.org", ["https://a.org", "https://b.org"]),
        ("- [title](https://a.org/x?y=1&z=2#f)", ["https://a.org/x?y=1&z=2#f"]),
        ('<a href="https://a.org">A</a>', ["https://a.org"]),
        ("<https://a.org>", ["https://a.org"]),
        ("https://a.org/U.S.", ["https://a.org/U.S."]),
        ("1. example.org\n2. www.b.org/x", ["example.org", "www.b.org/x"]),
        ("HTTPS://A.ORG", ["HTTPS://A.ORG"]),
        ("no address here", ["no address here"]),
        ("javascript:alert(1)", ["javascript:alert(1)"]),
        ("“https://a.org/x” «https://b.org»", ["https://a.org/x", "https://b.org"]),
        ("见（https://b.org）和 https://a.org/甲（乙）。", ["https://b.org", "https://a.org/甲（乙）"]),
        ("https://a.org、https://b.org。", ["https://a.org", "https://b.org"]),
        ("\u200bhttps://a.org\u200b\nhttps://b.org…", ["https://a.org", "https://b.org"]),
        (r'{"a": "https:\/\/a.org\/x"}', ["https://a.org/x"]),
        ('<a href="http://a.org/?x=1&amp;y=2">A</a>', ["http://a.org/?x=1&y=2"]),
        ("see report.pdf and v1.2.3 of node.js, e.g. at example.org", ["example.org"]),
        ("joe@example.org, ann@b.org", ["joe@example.org, ann@b.org"]),
        ("[![x](https://a.org/x.svg)](https://b.org/y)", ["https://a.org/x.svg", "https://b.org/y"]),
        ("https://a.org，见https://b.org/你好，甲", ["https://a.org", "https://b.org/你好，甲"]),
        ("https://a.org/1，标签", ["https://a.org/1"]),
        ("https://a.org/1：说明，二", ["https://a.org/1"]),
        ("https://a.org/wiki/你好，李焕英", ["https://a.org/wiki/你好，李焕英"]),
        ("https://a.org/a，b", ["https://a.org/a，b"]),
        ("\u202ahttps://a.org\u202c \u200ehttps://b.org/x\u200e", ["https://a.org", "https://b.org/x"]),
        ("https://a.org, b.org; www.c.org/x", ["https://a.org", "b.org", "www.c.org/x"]),
        ("a.org | https://b.org", ["a.org", "https://b.org"]),
        ("https://a.org by example.org", ["https://a.org"]),
        ("{'url': 'https://a.org/1','n': None}", ["https://a.org/1"]),
        ("INSERT INTO t VALUES (1,'https://a.org/1'),(2,'https://b.org/2');", ["https://a.org/1", "https://b.org/2"]),
        ("see 'https://a.org/it's/here' or l'https://b.org/l'eau", ["https://a.org/it's/here", "https://b.org/l'eau"]),
        ("'https://a.org/x and", ["https://a.org/x"]),
        ("url\nhttps://a.org", ["https://a.org"]),
        ("\nWebsite\r\na.org\nb.org", ["a.org", "b.org"]),
    ],
)
def test_addresses_with_anything_around_them(text: str, expected: list[str], urls: Job) -> None:
    assert typed(text, urls) == expected


@pytest.mark.parametrize("text", ["1..10 step 0", "1..10 step x", "1..10 step -1", "10..1"])
def test_a_range_that_counts_nothing_starts_nothing_and_names_the_remedy(text: str, numbers: Job) -> None:
    found = inputs.read_text(text, job=numbers)

    assert (found.items, found.valid) == (1, 0)
    assert "as in 1..9 or 1..9 step 2, or down, as in 9..1 step -1" in found.invalid[0].reason


def test_one_bad_line_does_not_block_the_others(urls: Job) -> None:
    found = inputs.read_text("https://a.org\n\nnothing here\nhttps://a.org", job=urls)

    assert (found.rows, found.items, found.duplicates, found.valid) == (3, 3, 1, 2)
    assert [(bad.line, bad.cell) for bad in found.invalid] == [(3, "nothing here")]


def test_texts_are_one_a_line(texts: Job) -> None:
    assert typed("one, two\n three \n\n", texts) == ["one, two", "three"]


@pytest.mark.parametrize("text", ["url\ttitle\nhttps://a.org\tA\n", "url,title\nhttps://a.org,A\n"])
def test_cells_pasted_from_a_table_keep_their_columns(text: str, urls: Job) -> None:
    found = inputs.read_text(text, job=urls)

    assert found.table.columns == ("url", "title")
    assert [(item.cell, item.others) for item in found.items_iter()] == [("https://a.org", ("A",))]


@pytest.mark.parametrize("text", ["", " \n\t\n", ",;, "])
def test_nothing_typed_is_no_item(text: str, numbers: Job) -> None:
    with pytest.raises(NoItems):
        inputs.read_text(text, job=numbers)


def test_a_huge_range_is_refused_at_once(numbers: Job) -> None:
    with pytest.raises(BadInput, match="1,000,000"):
        inputs.read_text("1..999999999999999999999", job=numbers)


def test_items_given_one_by_one_stay_as_they_are(numbers: Job) -> None:
    found = inputs.read_items(["5", " 6 ", "1..3", ""], job=numbers)

    assert [item.cell for item in found.items_iter()] == ["5", " 6 ", "1..3", ""]
    assert [bad.cell for bad in found.invalid] == ["1..3", ""]
    with pytest.raises(NoItems):
        inputs.read_items([], job=numbers)


def test_what_cannot_be_stored_is_replaced_and_said(texts: Job) -> None:
    found = inputs.read_text("a\x00b \ud800", job=texts)

    assert [item.cell for item in found.items_iter()] == ["a\ufffdb \ufffd"]
    assert any("U+FFFD" in note for note in found.notes)
    assert [item.cell for item in inputs.read_items(["\udcff"], job=texts).items_iter()] == ["\ufffd"]


def test_invalid_cells_beyond_a_cap_are_counted(numbers: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "MAX_INVALID", 3)
    found = inputs.read_text("x\n" * 10, job=numbers)

    assert (len(found.invalid), found.invalid_count, found.json()["invalid_count"]) == (3, 10, 10)


def test_decimal_numbers_are_parted_too() -> None:
    assert typed("2.5; 3 1e5", job_of("x: float")) == ["2.5", "3", "1e5"]


def test_a_long_gap_within_a_line_is_read_at_once(urls: Job) -> None:
    assert [item.cell for item in inputs.read_text(f"see https://a.org{' ' * 200_000}end", job=urls).items_iter()] == [
        "https://a.org"
    ]


@pytest.mark.parametrize("signs", [",;", "])", ")", "）", "（）"])
def test_very_many_signs_behind_an_address_are_read_at_once(signs: str, urls: Job) -> None:
    assert inputs.read_text(f"see https://a.org/{signs * 100_000}", job=urls).rows == 1
