"""Which sign parts the cells: no address is cut apart, and between equals the one that leaves cells whole."""

from __future__ import annotations

import pytest

from jobs.runtime import inputs
from jobs.runtime.job.definition import Job
from tests.inputs.conftest import job_of


@pytest.mark.parametrize(
    "content",
    [
        "url\nhttps://a.org/x,1\nhttps://a.org/y,2\n",
        "Link\nhttps://a.org/x;a;b\nhttps://a.org/y;c;d\n",
        "url\nhttps://a.org/x|1\nhttps://a.org/y|2\n",
        "url\nhttps://a.org/one,two\n",
        "https://a.org/\nhttps://a.org/one|two\n",
        "Maps\nhttps://maps.example.org/@52.5,13.4,15z\nhttps://maps.example.org/@48.1,11.6,12z\n",
        "https://maps.example.org/@52.5,13.4,15z\nhttps://maps.example.org/@48.1,11.6,12z\n",
        "https://a.org/news-1,2.html\nhttps://b.org/news-3,4.html?page=2\n",
    ],
)
def test_an_address_with_a_delimiter_in_it_stays_whole(content: str, urls: Job) -> None:
    found = inputs.read(content.encode(), name="t.csv", job=urls)

    assert [item.cell for item in found.items_iter()] == [line for line in content.splitlines() if "://" in line]
    assert (len(found.columns), found.delimiter) == (1, "")


@pytest.mark.parametrize(
    "content",
    [
        "url\nhttps://a.org,5\nhttps://b.org,6\n",
        "url\nhttps://a.org/x,A title\nhttps://b.org/y,Another\n",
        "https://a.org/x,5\nhttps://b.org/y,6\n",
        "https://a.org/x,Title\nhttps://b.org/y,Other\n",
    ],
)
def test_a_cell_behind_an_address_is_a_cell(content: str, urls: Job) -> None:
    found = inputs.read(content.encode(), name="t.csv", job=urls)

    assert (len(found.columns), found.delimiter) == (2, ",")


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ('"north|south";"https://a.org/";"a,b"\n"east|west";"https://b.org/";"c,d"\n', ";"),
        ('house|red,"Jan 5, 2024",https://a.org/\nyard|blue,"Feb 6, 2024",https://b.org/\n', ","),
        ("apple;pear|https://a.org/|x\nplum;fig|https://b.org/|y\n", "|"),
        ('" \t","30045","x"\n"y","8380"," \t"\n', ","),
    ],
)
def test_between_equals_the_delimiter_leaves_cells_whole(content: str, delimiter: str, urls: Job) -> None:
    found = inputs.read(content.encode(), name="t.csv", job=urls)

    assert (found.delimiter, len(found.columns)) == (delimiter, 3)


def test_several_headings_outweigh_a_comma_in_every_name(urls: Job) -> None:
    rows = [
        f"Doe, Jo;https://a.org/{number};x" if number % 9 else f"Doe, Jo;https://a.org/{number}" for number in range(90)
    ]

    found = inputs.read("\n".join(["name;url;note", *rows]).encode(), name="t.csv", job=urls)

    assert (found.delimiter, found.columns) == (";", ("name", "url", "note"))


@pytest.mark.parametrize("delimiter", ["^", "~", "\x01", "\x1f"])
def test_rarer_signs_part_the_cells_below_headings(delimiter: str, urls: Job) -> None:
    rows = [["name", "url", "n"], ["A", "https://a.org/", "1"], ["B", "https://b.org/", "2"]]

    found = inputs.read("\n".join(map(delimiter.join, rows)).encode(), name="t.csv", job=urls)

    assert (found.delimiter, found.columns) == (delimiter, ("name", "url", "n"))
    assert [item.cell for item in found.items_iter()] == ["https://a.org/", "https://b.org/"]


@pytest.mark.parametrize("text", ["https://a.org/~jo\nhttps://b.org/~al\n", "url~x\nhttps://a.org/\nhttps://b.org/\n"])
def test_a_tilde_elsewhere_parts_nothing(text: str, urls: Job) -> None:
    assert inputs.read(text.encode(), name="t.csv", job=urls).delimiter == ""


@pytest.mark.parametrize(("text", "delimiter"), [("jo~home\nal~work\n", ""), ("name~n\njo~1\nal~2\n", "~")])
def test_names_with_a_sign_in_each_are_no_headings(text: str, delimiter: str) -> None:
    assert inputs.read(text.encode(), name="t.csv", job=job_of("t: str")).delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "delimiter", "cells"),
    [
        ("x;name\n1,5;a\n2,25;b\n", ";", ["1,5", "2,25"]),
        ("x\n1,5\n2,25\n", "", ["1,5", "2,25"]),
        ("1,5\n2,25\n", "", ["1,5", "2,25"]),
        ("1,5\n2,6,7\n", ",", ["1", "2"]),
        ("1,234\n2,345\n", ",", ["1", "2"]),
        ("x\n5\n6\n", "", ["5", "6"]),
        ("x,y\n1,5\n2,25\n", ",", ["1", "2"]),
        ("1,a\n2,b\n", ",", ["1", "2"]),
    ],
)
def test_decimals_behind_a_comma_are_part_of_their_number(text: str, delimiter: str, cells: list[str]) -> None:
    found = inputs.read(text.encode(), name="t.csv", job=job_of("x: float"))

    assert (found.delimiter, [item.cell for item in found.items_iter()], found.invalid_count) == (delimiter, cells, 0)


@pytest.mark.parametrize(
    ("text", "cells", "refused"),
    [
        ("x\n1,5\n1,234\n", ["1,5", "1,234"], 1),
        ("x\n1,234\n2,345\n", ["1,234", "2,345"], 2),
        ("0,5\n-3,125\n", ["0,5", "-3,125"], 1),
    ],
)
def test_what_may_be_thousands_is_refused_whole_among_decimals(text: str, cells: list[str], refused: int) -> None:
    found = inputs.read(text.encode(), name="t.csv", job=job_of("x: float"))

    assert [item.cell for item in found.items_iter()] == cells
    assert (found.delimiter, found.invalid_count) == ("", refused)


def test_quotes_behind_a_space_hold_their_cell(urls: Job) -> None:
    content = b'name, url\n"Doe, Jo", "https://a.org/x,y"\nA "B" C, https://b.org/\n'

    found = inputs.read(content, name="t.csv", job=urls)

    assert [(item.cell, item.others) for item in found.items_iter()] == [
        ("https://a.org/x,y", ("Doe, Jo",)),
        ("https://b.org/", ('A "B" C',)),
    ]
    assert found.notes == ("spaces between a delimiter and its cell passed over: quotes stand behind them",)


def test_spaces_before_cells_are_theirs_where_no_quote_stands_behind_them(urls: Job) -> None:
    content = b'name,url,note\n"Jo, ""x""",https://a.org/, 5\n" ""A""",https://b.org/,"a, ""b"", c"\n'

    found = inputs.read(content, name="t.csv", job=urls)

    assert [item.others for item in found.items_iter()] == [('Jo, "x"', " 5"), (' "A"', 'a, "b", c')]


@pytest.mark.parametrize("further", ["%41", ".html?", "a.="])
def test_a_long_cell_behind_an_address_is_read_at_once(further: str, urls: Job) -> None:
    content = f"https://a.org/x;{further * 100_000} end\n"

    assert inputs.read(content.encode(), name="t.csv", job=urls).rows == 1
