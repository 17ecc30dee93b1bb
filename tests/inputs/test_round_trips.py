"""Any table written by a standard writer reads back to the same cells."""

from __future__ import annotations

import csv
import io

import openpyxl
import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput, NoItems
from tests.inputs.conftest import job_of

URLS = job_of("url: Url")

HEADINGS = st.lists(
    st.sampled_from(["name", "note", "größe", "Ort", "e_mail", "Price 2"]), min_size=1, max_size=4, unique=True
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12) | st.sampled_from(
    [
        '"',
        '""',
        ",",
        ";",
        "\t",
        "|",
        "'",
        "\n",
        "\r\n",
        " x ",
        "NA",
        "null",
        "007",
        "1e5",
        "=1+1",
        '","',
        "a\nb",
        "\ufeff",
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header with `url` in some place, and one to six rows with a URL there and any text beside it."""
    headings = draw(HEADINGS)
    place = draw(st.integers(0, len(headings)))
    rows = draw(st.lists(st.lists(TEXT, min_size=len(headings), max_size=len(headings)), min_size=1, max_size=6))
    lines = [headings, *rows]
    return [[*line[:place], cell, *line[place:]] for line, cell in zip(lines, addresses(len(rows)), strict=True)]


def addresses(rows: int) -> list[str]:
    return ["url", *(f"https://a.org/{number}" for number in range(rows))]


def same(content: bytes, table: list[list[str]], name: str = "t.csv") -> None:
    found = inputs.read(content, name=name, job=URLS)
    place = table[0].index("url")

    assert (list(found.columns), found.column) == (table[0], "url")
    assert [[*item.others[:place], item.cell, *item.others[place:]] for item in found.items_iter()] == table[1:]
    assert found.preview(100) == table[1:]


@settings(max_examples=150, deadline=None)
@given(tables(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_csv_writer(table: list[list[str]], delimiter: str, quoting: int) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, quoting=quoting).writerows(table)

    same(stream.getvalue().encode(), table)


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(["utf-8-sig", "utf-16"]), st.sampled_from([",", ";"]))
def test_pandas(table: list[list[str]], codec: str, delimiter: str) -> None:
    table = [[cell.replace("\r", "") for cell in line] for line in table]  # pandas writes it bare: it parts lines
    frame = pd.DataFrame(table[1:], columns=table[0], dtype=object)

    same(frame.to_csv(index=False, sep=delimiter).encode(codec), table)


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from([",", ";", "\t"]))
def test_polars(table: list[list[str]], delimiter: str) -> None:
    frame = pl.DataFrame(table[1:], schema=dict.fromkeys(table[0], pl.String), orient="row")

    same(frame.write_csv(separator=delimiter).encode(), table)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_openpyxl(table: list[list[str]]) -> None:
    table = [[spreadsheet_text(cell) for cell in line] for line in table]
    book = openpyxl.Workbook()
    for number, line in enumerate(table, start=1):
        for place, cell in enumerate(line, start=1):
            if cell:
                book.active.cell(number, place).value = cell
                book.active.cell(number, place).data_type = "s"
    stream = io.BytesIO()
    book.save(stream)

    same(stream.getvalue(), table, "t.xlsx")


def spreadsheet_text(cell: str) -> str:
    """What XML 1.0 can hold unchanged: no control characters, no bare carriage return."""
    return ILLEGAL_CHARACTERS_RE.sub("", cell).replace("\r", "").replace("\ufffe", "").replace("\uffff", "")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        found = inputs.read(content, name="x.csv", job=URLS)
    except (BadInput, NoItems):
        return
    assert found.items == sum(1 for _ in found.items_iter())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(content: str) -> None:
    try:
        found = inputs.read_text(content, job=URLS)
    except NoItems:
        return
    assert found.items == sum(1 for _ in found.items_iter())
