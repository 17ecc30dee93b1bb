"""What a workbook shows comes out as it is shown: long numbers, codes, hours, formulas without a value, links."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
import xlsxwriter

from jobs.runtime import inputs
from jobs.runtime.inputs import number_format
from jobs.runtime.job.definition import Job

NO_VALUE = "formula without a value"


def sheet_of(*rows: list[object], formats: dict[int, str] | None = None) -> bytes:
    """A workbook of these rows; `formats` are the number formats of its columns, by their index."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    for place, code in (formats or {}).items():
        sheet.set_column(place, place, None, book.add_format({"num_format": code}))
    styles = {place: book.add_format({"num_format": code}) for place, code in (formats or {}).items()}
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell, styles.get(place) if not isinstance(cell, str) else None)
    book.close()
    return stream.getvalue()


def linked(*targets: tuple[str, str]) -> bytes:
    """A workbook with a column `site` of texts, and where each leads (empty: nowhere)."""
    book = openpyxl.Workbook()
    book.active.append(["site", "n"])
    for place, (text, target) in enumerate(targets, start=2):
        book.active.append([text, place])
        if target:
            book.active.cell(place, 1).hyperlink = target
            book.active.cell(place, 1).value = text
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_xml(content: bytes, old: str, new: str) -> bytes:
    """A workbook with the XML of its first sheet changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as read, zipfile.ZipFile(stream, "w") as written:
        for entry in read.namelist():
            text = read.read(entry)
            if entry.endswith("sheet1.xml"):
                text = re.sub(old, new, text.decode()).encode()
            written.writestr(entry, text)
    return stream.getvalue()


def rows_of(content: bytes, job: Job, **choice: str) -> list[tuple[str, ...]]:
    found = inputs.read(content, name="list.xlsx", job=job, **choice)
    return [(item.cell, *item.others) for item in found.items_iter()]


@pytest.mark.parametrize(
    "digits", ["4111111111111111", "9007199254740993", "12345678901234567890", "-99999999999999999999", "1" + "0" * 40]
)
def test_whole_numbers_of_any_length_stay_digits_when_they_stand_in_the_file(digits: str, numbers: Job) -> None:
    content = with_xml(sheet_of(["n", "card"], [77, 77]), "<v>77</v>", f"<v>{digits}</v>")

    assert rows_of(content, numbers) == [(digits, digits)]


@pytest.mark.parametrize(("value", "text"), [(1e15, "1" + "0" * 15), (1e22, "1" + "0" * 22), (2.5e20, "25" + "0" * 19)])
def test_whole_numbers_stay_digits_when_they_are_kept_with_an_exponent(value: float, text: str, numbers: Job) -> None:
    content = with_xml(sheet_of(["n"], [77]), "<v>77</v>", f"<v>{value!r}</v>")

    assert rows_of(content, numbers) == [(text,)]


def test_formats_that_are_part_of_the_value_are_kept_as_shown(urls: Job) -> None:
    formats = {1: "00000", 2: "[h]:mm", 3: "000-00-0000", 4: "#,##0.00", 5: '"SKU-"000', 6: "0%"}
    head = ["url", "zip", "time", "ssn", "price", "sku", "share"]
    found = rows_of(sheet_of(head, ["https://a.org", 501, 1.5, 12345, 1234.5, 7, 0.5], formats=formats), urls)

    assert found == [("https://a.org", "00501", "36:00", "000-01-2345", "1234.5", "SKU-007", "0.5")]


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("00000", "501", "00501"),
        ("00000", "123456", "123456"),
        ("00000", "12.5", None),
        ("000-000", "5", "000-005"),
        ("[<=9999999]###-####;(###) ###-####", "2125551234", "(212) 555-1234"),
        ("[<=9999999]###-####;(###) ###-####", "5551234", "555-1234"),
        ("00000;[Red]-00000", "-7", "-00007"),
        ("000", "-7", "-007"),
        (r"\A000", "7", "A007"),
        ("[hh]:mm:ss", "0.0421", "01:00:37"),
        ("[h]:mm:ss", "-1.25", "-30:00:00"),
        ("[mm]:ss", "0.5", "720:00"),
        ("[ss].00", "0.00001", "00.86"),
        ('[h]" h "mm', "1.25", "30 h 00"),
        ("[$-409][h]:mm", "2", "48:00"),
        ("General", "5", None),
        ("0", "5", None),
        ("# ##0", "5000", None),
        ("#,##0", "5000", None),
        ("0.00", "5", None),
        ("0%", "1", None),
        ("# ?/?", "5", None),
        ("0.00E+00", "5", None),
        ("yyyy-mm-dd", "45000", None),
        ("00000", "nan", None),
        ('"', "5", None),
        ("", "5", None),
    ],
)
def test_a_number_format_shows(code: str, value: str, text: str | None) -> None:
    assert number_format.shown(code, value) == text


def test_a_formula_without_a_value_is_a_row_that_says_so(urls: Job) -> None:
    book = openpyxl.Workbook()
    for row in (["url"], ["https://a.org"], ['="https://b.org/"&A1'], ["=A3"]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    found = inputs.read(stream.getvalue(), name="list.xlsx", job=urls)

    assert [item.cell for item in found.items_iter()] == [
        "https://a.org",
        f'{NO_VALUE}: ="https://b.org/"&A1',
        f"{NO_VALUE}: =A3",
    ]
    assert [bad.line for bad in found.invalid] == [3, 4]
    assert any("2 formulas without a value" in note for note in found.notes)


def test_an_error_is_a_row_that_says_so(numbers: Job) -> None:
    content = sheet_of(["n", "share"], [5, 77], [6, 78])
    content = with_xml(content, r'<c r="B2"([^>]*)><v>77</v></c>', r'<c r="B2"\1 t="e"><f>1/0</f><v>#DIV/0!</v></c>')
    content = with_xml(content, r'<c r="A3"[^>]*>.*?</c><c r="B3"[^>]*>.*?</c>', '<c r="A3" t="e"><v>#N/A</v></c>')

    found = inputs.read(content, name="list.xlsx", job=numbers)

    assert [(item.cell, *item.others) for item in found.items_iter()] == [("5", "#DIV/0!"), ("#N/A", "")]
    assert [bad.line for bad in found.invalid] == [3]


def test_a_url_without_a_link_leads_where_it_says(urls: Job) -> None:
    content = linked(("One", "https://a.org/"), ("https://b.org/", ""), ("Three", ""))

    found = inputs.read(content, name="list.xlsx", job=urls)

    assert [item.cell for item in found.items_iter()] == ["https://a.org/", "https://b.org/", ""]


def test_a_formula_whose_value_is_an_empty_text_is_empty(texts: Job) -> None:
    content = sheet_of(["text", "n"], ["a", 77])
    content = with_xml(content, r'<c r="B2"[^>]*><v>77</v></c>', '<c r="B2" t="str"><f>""</f><v></v></c>')

    assert rows_of(content, texts, column="text") == [("a", "")]


def test_where_a_link_leads_is_the_item_when_its_text_is_a_label(urls: Job) -> None:
    content = linked(("One", "https://a.org/x?a=1&b=2#part"), ("Two", "https://b.org/"), ("Three", ""))
    found = inputs.read(content, name="list.xlsx", job=urls)

    assert (found.column, found.columns) == ("site (link)", ("site", "n", "site (link)"))
    assert [(item.cell, *item.others) for item in found.items_iter()] == [
        ("https://a.org/x?a=1&b=2#part", "One", "2"),
        ("https://b.org/", "Two", "3"),
        ("", "Three", "4"),
    ]


def test_a_link_that_says_itself_where_it_leads_adds_no_column(urls: Job) -> None:
    content = linked(("https://a.org", "https://a.org/"), ("b.org", "https://b.org"), ("x@c.org", "mailto:x@c.org"))

    assert inputs.read(content, name="list.xlsx", job=urls).columns == ("site", "n")


def test_a_link_made_by_a_formula_is_a_link(urls: Job) -> None:
    book = openpyxl.Workbook()
    for row in (["site"], ['=HYPERLINK("https://a.org/""q""","A")'], ['=HYPERLINK("https://b.org/", "B")']):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)

    assert [row[0] for row in rows_of(stream.getvalue(), urls)] == ['https://a.org/"q"', "https://b.org/"]


def test_links_of_a_job_over_numbers_add_no_column(numbers: Job) -> None:
    assert inputs.read(linked(("One", "https://a.org")), name="l.xlsx", job=numbers).columns == ("site", "n")


@pytest.mark.parametrize("title", ['S"<&é', "工作表", "a b'c", "😀"])
def test_details_are_found_when_the_sheet_has_any_name(title: str, numbers: Job) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet(title)
    code = book.add_format({"num_format": "00000"})
    for number, cell in enumerate(["n", 7, 12]):
        sheet.write(number, 0, cell, code)
    book.close()

    assert rows_of(stream.getvalue(), numbers) == [("00007",), ("00012",)]
