"""Excel workbooks and sitemaps, read safely."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile

import openpyxl
import psutil
import pytest

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.inputs import xlsx_reader
from jobs.runtime.job.definition import Job


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(content: bytes, job: Job, **choice: str) -> inputs.Preflight:
    return inputs.read(content, name="list.xlsx", job=job, **choice)


PAIRS = ("Data", [["url", "n"], ["https://a.org", 5000], ["https://b.org", 2.5], [None, None], ["bad", None]])


def test_cells_are_text_and_whole_numbers_stay_whole(texts: Job) -> None:
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    found = read(workbook(("S", [["text", "x"], ["a", 5000], ["b", 2.5], ["007", True], ["NA", moment]])), texts)

    assert [(item.cell, *item.others) for item in found.items_iter()] == [
        ("a", "5000"),
        ("b", "2.5"),
        ("007", "TRUE"),
        ("NA", "2024-01-02 03:04:05"),
    ]


def test_lines_are_those_of_the_sheet(urls: Job) -> None:
    found = read(workbook(PAIRS), urls)

    assert (found.rows, [bad.line for bad in found.invalid], found.sheet) == (3, [5], "Data")


def test_the_sheet_with_the_items_is_found_and_another_may_be_chosen(urls: Job) -> None:
    content = workbook(("Cover", [["Read me first"]]), PAIRS, ("More", [["url"], ["https://c.org"]]))

    assert (read(content, urls).sheet, read(content, urls).sheets) == ("Data", ("Cover", "Data", "More"))
    assert [read(content, urls, sheet=sheet).sheet for sheet in ("More", "more", "3")] == ["More"] * 3
    with pytest.raises(BadInput, match="Cover, Data, More"):
        read(content, urls, sheet="Other")


def test_a_sheet_of_a_text_file_is_refused(urls: Job) -> None:
    with pytest.raises(BadInput, match="no sheet"):
        inputs.read(b"https://a.org\n", name="list.csv", job=urls, sheet="Data")


def test_a_workbook_named_csv_is_read_with_a_notice(urls: Job) -> None:
    found = inputs.read(workbook(PAIRS), name="list.csv", job=urls)

    assert found.rows == 3
    assert any("Excel" in note for note in found.notes)


def test_an_empty_workbook_has_no_item(urls: Job) -> None:
    with pytest.raises(NoItems):
        read(workbook(("Empty", [])), urls)


# C15


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(entries: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def refused(content: bytes, job: Job, reason: str) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    with pytest.raises(BadInput, match=reason):
        read(content, job)
    assert process.memory_info().rss - before < 300 * 2**20


def test_a_bomb_is_refused_by_what_it_declares(urls: Job) -> None:
    refused(packed({**parts(workbook(PAIRS)), "xl/media/x.xml": bytes(40_000_000)}), urls, "bomb")


def test_a_bomb_that_lies_about_its_size_is_refused(urls: Job) -> None:
    content = bytearray(packed({**parts(workbook(PAIRS)), "xl/worksheets/sheet9.xml": b" " * 40_000_000}))
    real = struct.pack("<I", 40_000_000)
    while (place := content.find(real)) >= 0:
        content[place : place + 4] = struct.pack("<I", 100)

    refused(bytes(content), urls, "bomb|damaged")


def test_too_many_entries_are_refused(urls: Job) -> None:
    many = {f"x/{number}.xml": b"" for number in range(xlsx_reader.MAX_ENTRIES + 1)}

    refused(packed({**parts(workbook(PAIRS)), **many}), urls, "5,000")


def test_declared_entities_are_refused(urls: Job) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'

    refused(packed({**parts(workbook(PAIRS)), "xl/sharedStrings.xml": laughs}), urls, "entities")


@pytest.mark.parametrize("reference", ["XFD1", "A1048576:x", "ALL1048576"])
def test_two_far_cells_do_not_span_a_huge_rectangle(reference: str, urls: Job) -> None:
    corner = reference.removesuffix(":x")
    far = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c  s="0" r=\'{corner}\'><v>1</v></c><c r="AZ1"/></row>'
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{far}</sheetData></worksheet>'

    refused(packed({**parts(workbook(PAIRS)), "xl/worksheets/sheet1.xml": sheet.encode()}), urls, "cells|column")


def test_a_zip_that_is_no_workbook_is_refused(urls: Job) -> None:
    refused(packed({"list.csv": b"https://a.org\n"}), urls, "no Excel workbook")
    refused(workbook(PAIRS)[:-40], urls, "damaged")


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("xl/workbook.bin", "an Excel workbook in binary form .* save it as .xlsx or CSV"),
        ("META-INF/manifest.xml", "LibreOffice: save it as .xlsx or CSV"),
        ("word/document.xml", "a Word document: save"),
        ("ppt/presentation.xml", "a presentation: save"),
        ("Index/Document.iwa", "Apple's"),
    ],
)
def test_a_document_of_another_kind_is_called_by_its_name(entry: str, sentence: str, urls: Job) -> None:
    refused(packed({entry: b"x"}), urls, sentence)


# Sitemaps


HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SITEMAP = (
    f'{HEAD}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    "<url><loc> https://a.org/?x=1&amp;y=2 </loc><lastmod>2024-01-01</lastmod></url>"
    "<url><loc>https://b.org/</loc></url></urlset>"
)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_sitemap_is_a_table(codec: str, urls: Job) -> None:
    found = inputs.read(SITEMAP.replace("UTF-8", codec).encode(codec), name="sitemap.xml", job=urls)

    assert (found.columns, found.column) == (("loc", "lastmod"), "loc")
    assert [(item.cell, *item.others) for item in found.items_iter()] == [
        ("https://a.org/?x=1&y=2", "2024-01-01"),
        ("https://b.org/", ""),
    ]


def test_an_index_of_sitemaps_says_so(urls: Job) -> None:
    content = f"{HEAD}<sitemapindex><sitemap><loc>https://a.org/s.xml</loc></sitemap></sitemapindex>"
    found = inputs.read(content.encode(), name="sitemap.xml", job=urls)

    assert [item.cell for item in found.items_iter()] == ["https://a.org/s.xml"]
    assert any("index" in note for note in found.notes)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f'{HEAD}<!DOCTYPE urlset [<!ENTITY x "y">]><urlset><url><loc>&x;</loc></url></urlset>', "document type"),
        (
            f'{HEAD}<!DOCTYPE urlset SYSTEM "http://127.0.0.1:9/x.dtd"><urlset><url><loc>a.org</loc></url></urlset>',
            "document",
        ),
        (f"{HEAD}<kml><channel/></kml>", "<kml>"),
        (f"{HEAD}<urlset><url><loc>https://a.org", "line 1"),
    ],
)
def test_other_xml_is_refused(content: str, reason: str, urls: Job) -> None:
    with pytest.raises(BadInput, match=reason):
        inputs.read(content.encode(), name="sitemap.xml", job=urls)
