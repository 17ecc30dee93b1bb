"""What a person says of a file counts, and where nothing is said lines stay whole that read better so."""

from __future__ import annotations

import unicodedata

import pytest

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput
from jobs.runtime.inputs import ReadOptions
from jobs.runtime.job.definition import Job


def cells(found: inputs.Preflight) -> list[str]:
    return [item.cell for item in found.items_iter()]


def read(text: str | bytes, job: Job, column: str = "", **options: object) -> inputs.Preflight:
    content = text if isinstance(text, bytes) else text.encode()
    return inputs.read(content, name="list.txt", job=job, column=column, options=ReadOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "lines",
    [
        ["Hello, world", "Bye, moon"],
        ["Guten Tag, Welt", "Auf Wiedersehen, Mond", "Kein Komma hier"],
        ["Hello; world", "Bye; moon"],
    ],
)
def test_texts_with_one_comma_a_line_stay_whole(lines: list[str], texts: Job) -> None:
    assert cells(read("\n".join(lines), texts)) == lines


@pytest.mark.parametrize("sign", [",", ", ", ";"])
def test_a_column_of_texts_with_one_comma_each_stays_whole_below_its_heading(sign: str, texts: Job) -> None:
    lines = [f"Hello{sign}world", f"Bye{sign}moon"]

    assert cells(read("\n".join(["text", *lines]), texts)) == lines


@pytest.mark.parametrize(
    "text", ["text,n\na,1\nb,2\n", "a,b\nc,d\n", "city, country\nParis, France\n", "Paris, 5\nRome, 6\n"]
)
def test_a_table_of_two_columns_is_one(text: str, texts: Job) -> None:
    assert len(read(text, texts).columns) == 2


@pytest.mark.parametrize(
    ("delimiter", "text"),
    [(";", "a;b"), ("semicolon", "a;b"), ("tab", "a\tb"), ("\\t", "a\tb"), ("bar", "a|b"), ("^", "a^b"), (" ", "a b")],
)
def test_the_delimiter_that_is_said_parts_cells(delimiter: str, text: str, texts: Job) -> None:
    assert len(read(f"{text}\n", texts, delimiter=delimiter).columns) == 2


def test_without_a_delimiter_lines_are_whole(texts: Job) -> None:
    assert cells(read("a;b\nc;d\n", texts, delimiter="none", header=False)) == ["a;b", "c;d"]


@pytest.mark.parametrize(("header", "items"), [(True, ["6"]), (False, ["5", "6"])])
def test_the_first_line_is_the_header_that_is_said(header: bool, items: list[str], numbers: Job) -> None:
    assert cells(read("5\n6\n", numbers, header=header)) == items


def test_a_heading_is_an_item_when_there_is_no_header(texts: Job) -> None:
    assert cells(read("text\nb\n", texts, header=False)) == ["text", "b"]


@pytest.mark.parametrize("encoding", ["cp1252", "windows-1252", "utf-16", "shift_jis", "mac_roman"])
def test_the_encoding_that_is_said_is_read(encoding: str, texts: Job) -> None:
    word = "表" if encoding == "shift_jis" else "größe"

    assert cells(read(word.encode(encoding), texts, encoding=encoding)) == [word]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encoding": "nope"}, "no encoding"),
        ({"encoding": "base64"}, "no encoding"),
        ({"delimiter": "ab"}, "delimiter"),
    ],
)
def test_what_cannot_be_is_refused_by_name(options: dict[str, object], words: str, texts: Job) -> None:
    with pytest.raises(BadInput, match=words):
        read("a\n", texts, **options)


@pytest.mark.parametrize(("given", "asked"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_column_is_found_whatever_the_form_of_its_letters(given: str, asked: str, urls: Job) -> None:
    text = unicodedata.normalize(given, "größe,url\nx,https://a.org\n")  # type: ignore[arg-type]

    assert cells(read(text, urls, column=unicodedata.normalize(asked, "Größe"))) == ["x"]  # type: ignore[arg-type]


def test_comments_are_skipped_and_counted(urls: Job, numbers: Job) -> None:
    listed = read("# first\nhttps://a.org\n  # second\nhttps://b.org # label\n", urls)

    assert cells(listed) == ["https://a.org", "https://b.org"]
    assert any("2 comments skipped" in note for note in listed.notes)
    assert cells(read("5\n# six\n7\n", numbers)) == ["5", "7"]
    assert cells(inputs.read_text("# some\n5000, 6\n", job=numbers)) == ["5000", "6"]


def test_a_text_that_begins_with_a_number_sign_is_a_text(texts: Job) -> None:
    assert cells(read("#python\nb\n", texts)) == ["#python", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "https://a.org/x label\nhttps://b.org other words\n",
        "url\nhttps://a.org/x label\nhttps://b.org\n",
        "https://a.org/x,\nhttps://b.org\n",
        "https://a.org/x;\nhttps://b.org;\n",
        "https://a.org/x、\nhttps://b.org。\n",
        "https://a.org/x）\nhttps://b.org】\n",
        "「https://a.org/x」\nhttps://b.org》\n",
        "https://a.org/x！\nhttps://b.org？\n",
        "https://a.org/x https://b.org\n",
        "https://a.org/x，https://b.org\n",
        "see https://a.org/x and (https://b.org).\n",
        "https://a.org/x — One\nhttps://b.org – Two\n",
    ],
)
def test_what_stands_around_a_url_in_its_line_is_no_part_of_it(text: str, urls: Job) -> None:
    assert cells(read(text, urls)) == ["https://a.org/x", "https://b.org"]
    assert cells(inputs.read_text(text, job=urls)) == ["https://a.org/x", "https://b.org"]


@pytest.mark.parametrize("rule", ["|---|---|", "|:--|:-:|", "--- | ---", "| --- | ---: |"])
def test_a_table_of_markdown_is_one(rule: str, urls: Job) -> None:
    lines = [line if rule[0] == "|" else line.strip("| ") for line in ("| name | url |", "| A | https://a.org |")]

    found = read("\n".join([lines[0], rule, lines[1], "", lines[1].replace("a.org", "b.org"), "", ""]), urls)

    assert (found.columns, cells(found)) == (("name", "url"), ["https://a.org", "https://b.org"])


def test_a_bar_that_is_escaped_in_markdown_is_one_of_its_cell(urls: Job) -> None:
    rows = [r"| a \| b \| c | https://a.org |", r"| \| | https://b.org/x\|y |", "| C:\\ | |"]

    found = read("\n".join(["| name | url |", "|---|---|", *rows]), urls)

    assert cells(found) == ["https://a.org", "https://b.org/x|y", ""]
    assert [item.others[0] for item in found.items_iter()] == ["a | b | c", "|", "C:\\"]


@pytest.mark.parametrize(
    "text",
    [
        "See https://a.org/1, https://a.org/2; and (https://a.org/3).",
        "https://a.org/1 https://a.org/2\thttps://a.org/3\n",
        "https://a.org/1, https://a.org/2 and https://a.org/3",
        "https://a.org/1;https://a.org/2 https://a.org/3",
    ],
)
def test_several_urls_in_one_line_are_several_items_whatever_stands_between(text: str, urls: Job) -> None:
    assert cells(read(text, urls)) == ["https://a.org/1", "https://a.org/2", "https://a.org/3"]
