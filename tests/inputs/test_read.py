"""Files as people have them, read as the items they mean."""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path

import pytest

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.inputs import Preflight, file_types
from jobs.runtime.job.definition import Job
from tests.inputs.conftest import job_of


def read(content: bytes | str, job: Job, *, name: str = "list.csv", column: str = "", sheet: str = "") -> Preflight:
    return inputs.read(
        content if isinstance(content, bytes) else content.encode(), name=name, job=job, column=column, sheet=sheet
    )


def cells(found: Preflight) -> list[str]:
    return [item.cell for item in found.items_iter()]


# C01


@pytest.mark.parametrize("content", ["", "\n\n\r\n", "url,title\n", "url\n", " \n,,\n"])
def test_no_items_when_a_file_is_empty(content: str, urls: Job) -> None:
    with pytest.raises(NoItems, match="no item"):
        read(content, urls)


# C02


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ('\ufeff"url",name\nhttps://a.org,é\n'.encode(), "UTF-8"),
        ("url,name\nhttps://a.org,é\n".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + "url,name\nhttps://a.org,é\n".encode("utf-16-be"), "UTF-16"),
        ("url,name\nhttps://a.org,é\n".encode("utf-16-le"), "UTF-16"),
        ("url,name\nhttps://a.org,é\n".encode("utf-32"), "UTF-32"),
        ("url,name\nhttps://a.org,é\n".encode("cp1252"), "Windows-1252"),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: str, urls: Job) -> None:
    found = read(content, urls)

    assert (found.encoding, found.columns, found.column) == (encoding, ("url", "name"), "url")
    assert [item.others for item in found.items_iter()] == [("é",)]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("株式会社東京", "cp932"),
        ("こんにちは世界", "euc_jp"),
        ("北京公司网址", "gb18030"),
        ("서울 주식회사", "cp949"),
        ("Москва", "cp1251"),
        ("Kraków, święto żółć", "cp1250"),
        ("Müller & Söhne, Straße", "cp1252"),
        ("“smart” – 5 €", "cp1252"),
        ("深圳市腾讯计算机系统有限公司", "gb18030"),
        ("台灣積體電路,鴻海精密", "big5"),
        ("네이버", "cp949"),
        ("ｶﾌﾞｼｷｶﾞｲｼｬ", "cp932"),
        ("Яндекс", "cp1251"),
        ("МОСКВА", "cp1251"),
        ("Сбербанк России", "koi8_r"),
        ("Москва", "cp866"),
        ("Ελλάδα", "cp1253"),
        ("İstanbul, Beşiktaş", "cp1254"),
        ("Győr", "cp1250"),
        ("ירושלים", "cp1255"),
        ("Café Société", "mac_roman"),
        ("FRANÇOIS", "cp1252"),
        ("it’s 50 °C", "cp1252"),
        ("Foo\u00a0Bar GmbH", "cp1252"),
        ("foo\u00a0bar", "cp1252"),
        ("100\u00a0000", "cp1252"),
        ("école\u00a0été", "cp1252"),
        ("школа рынок, 73, магазин", "koi8_r"),
        ("회사 커피", "cp949"),
        ("תל אביב", "cp1255"),
        ("شارع الملك", "cp1256"),
        ("улица", "cp1251"),
        ("ถนนสุขุมวิท", "cp874"),
    ],
)
def test_old_encodings_are_guessed_and_said_so(text: str, codec: str, urls: Job) -> None:
    found = read(f"url;name\nhttps://a.org;{text}\n".encode(codec), urls)

    assert [item.others for item in found.items_iter()] == [(text,)]
    assert any("guess" in note and "line 2" in note for note in found.notes)


@pytest.mark.parametrize("rows", [1, 40])
def test_bytes_that_make_no_words_in_any_encoding_are_windows_1252(rows: int, urls: Job) -> None:
    found = read(b"url,note\n" + b"https://a.org,Prince George\x89\xdb\xaas County\n" * rows, urls)

    assert (found.encoding, [item.others for item in found.items_iter()][:1]) == (
        "Windows-1252",
        [("Prince George‰Ûªs County",)],
    )


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize(
    "text", ["имя;ссылка\nПетров;", "όνομα;σύνδεσμος\nΑθήνα;", "名称;网址\n有限公司;", "이름;주소\n도서관관;"]
)
def test_utf16_without_a_mark_is_read_in_any_script(text: str, order: str, urls: Job) -> None:
    found = read((text * 3 + "a.example\n").encode(f"utf-16-{order}"), urls)

    assert (found.encoding, found.columns[:1]) == ("UTF-16", (text.partition(";")[0],))


@pytest.mark.parametrize("text", ["Müller\x00,https://a.org/\n", "\x00имя,ссылка\n\x00Петя,https://a.ru/\n"])
def test_nuls_strewn_into_utf8_do_not_make_it_utf16(text: str, urls: Job) -> None:
    assert read(text.encode(), urls).encoding == "UTF-8"


def test_the_seven_bit_encoding_of_japanese_mail(urls: Job) -> None:
    found = read("url;name\nhttps://a.org;日本の会社\n".encode("iso2022_jp"), urls)

    assert (found.encoding, [item.others for item in found.items_iter()]) == ("ISO-2022-JP", [("日本の会社",)])


def test_a_byte_order_mark_written_twice_hides_no_header(urls: Job) -> None:
    found = read("\ufeff\ufeffurl,name\nhttps://a.org,A\n", urls)

    assert (found.columns, cells(found)) == (("url", "name"), ["https://a.org"])


def test_one_wrong_byte_in_utf8_is_mended_with_a_notice(urls: Job) -> None:
    found = read("url,name\na.org,größe\nb.org,é\nc.org,".encode() + b"\xe9\n", urls)

    assert [item.others[0] for item in found.items_iter()] == ["größe", "é", "é"]
    assert any("Windows-1252" in note and "line 4" in note for note in found.notes)


@pytest.mark.parametrize(
    ("first", "second", "codec", "title"),
    [
        ("Müller", "Köhler", "cp1252", "Windows-1252"),
        ("Łódź", "Łódź", "cp1250", "Windows-1250"),
        ("Москва", "Псков", "cp1251", "Windows-1251"),
    ],
)
def test_two_lines_in_two_encodings_are_each_read_in_its_own(
    first: str, second: str, codec: str, title: str, urls: Job
) -> None:
    found = read(f"url;name\na.org;{first}\n".encode() + f"b.org;{second}\n".encode(codec), urls)

    assert [item.others[0] for item in found.items_iter()] == [first, second]
    assert f"bytes that are not UTF-8 were read as {title}, first in line 3" in found.notes


def test_an_odd_byte_at_the_end_of_utf16_does_no_harm(urls: Job) -> None:
    found = read("url\nhttps://a.org\n".encode("utf-16") + b"\x0a", urls)

    assert cells(found)[0] == "https://a.org"
    assert any("U+FFFD" in note for note in found.notes)


# C03


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, end: str, urls: Job) -> None:
    lines = (("name", "url"), ("A", "https://a.org"), ("B", "https://b.org"))
    found = read(end.join(delimiter.join(line) for line in lines), urls)

    assert (found.delimiter, found.columns, cells(found)) == (
        delimiter,
        ("name", "url"),
        ["https://a.org", "https://b.org"],
    )


def test_mixed_line_ends(urls: Job) -> None:
    found = read("url,name\r\nhttps://a.org,A\rhttps://b.org,B\nhttps://c.org,C", urls)

    assert [(item.cell, item.others) for item in found.items_iter()] == [
        ("https://a.org", ("A",)),
        ("https://b.org", ("B",)),
        ("https://c.org", ("C",)),
    ]


def test_a_declared_delimiter_is_obeyed(urls: Job) -> None:
    found = read("sep=;\nurl;note\nhttps://a.org;1,5\n", urls)

    assert (found.delimiter, found.columns, found.rows) == (";", ("url", "note"), 1)


def test_decimal_commas_do_not_part_columns(urls: Job) -> None:
    found = read("url;price\nhttps://a.org;1,50\nhttps://b.org;2,50\n", urls)

    assert [item.others for item in found.items_iter()] == [("1,50",), ("2,50",)]


def test_commas_in_some_addresses_do_not_part_a_list(urls: Job) -> None:
    addresses = ["https://a.org/?q=1,2", "https://b.org", "https://c.org/x,y", "https://d.org"]

    assert cells(read("\n".join(addresses), urls, name="list.txt")) == addresses


def test_semicolons_within_addresses_do_not_part_a_list(urls: Job) -> None:
    addresses = ["https://a.org/x;id=1", "https://b.org/?a=1;b=2", "https://c.org/y;s=3?z"]

    assert cells(read("\n".join(addresses), urls, name="list.txt")) == addresses


@pytest.mark.parametrize("note", ["0=", "k=1", "a%20b", "x.html", "48.5"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_like_the_end_of_an_address_stand_below_headings(note: str, delimiter: str, urls: Job) -> None:
    rows = [["url", "name", "note"], *([f"https://a.org/{number}", "", note] for number in range(20))]
    text = "\n".join(map(delimiter.join, rows))

    assert read(text, urls).columns == read(f"{text}\nhttps://a.org/x", urls).columns == ("url", "name", "note")


# C04


@pytest.mark.parametrize(
    "first", ["https://a.org", "a.org/x", "htp:/x", "javascript:alert(1)", "not a url", "NA", "#", "https://ü.de/ä"]
)
def test_the_first_line_of_a_list_is_never_lost(first: str, urls: Job) -> None:
    assert cells(read(f"{first}\nhttps://b.org\nhttps://c.org\n", urls)) == [first, "https://b.org", "https://c.org"]


@pytest.mark.parametrize("first", ["5000", "-1", "2.5", "1e5", "0x10", "٣", "007", "1_000", "null", "True"])
def test_the_first_number_of_a_list_is_never_lost(first: str, numbers: Job) -> None:
    assert cells(read(f"{first}\n6000\n7000\n", numbers))[0] == first


def test_the_first_row_of_a_headerless_table_is_never_lost(urls: Job) -> None:
    found = read("Alpha,https://a.org\nBeta,https://b.org\n", urls)

    assert (found.header, found.columns, found.column) == (False, ("column_1", "url"), "url")
    assert found.preview() == [["Alpha", "https://a.org"], ["Beta", "https://b.org"]]


@pytest.mark.parametrize("heading", ["url", "URL", "Website", "adresse", "Page URL", "home page", "target_url"])
def test_a_heading_is_no_item(heading: str, urls: Job) -> None:
    found = read(f"{heading}\nhttps://a.org\n", urls)

    assert (found.header, found.column, cells(found)) == (True, heading, ["https://a.org"])


def test_a_bare_list_has_no_columns_of_its_own(urls: Job) -> None:
    found = read("https://a.org\nhttps://b.org\n", urls, name="list.txt")

    assert (found.table.columns, found.table.item_column, found.columns) == ((), "url", ("url",))


def test_any_text_may_be_an_item_so_an_unknown_first_line_stays(texts: Job) -> None:
    assert cells(read("keyword\nfoo\n", texts)) == ["keyword", "foo"]
    assert cells(read("name\nfoo\n", texts)) == ["foo"]
    assert cells(read("keyword,volume\nfoo,12\n", texts)) == ["foo"]


def test_lines_above_the_header_are_passed_over_and_named(urls: Job) -> None:
    found = read("Report of May\n\nid;website;image\n1;https://a.org;https://a.org/i.png\n2;b.org;\n", urls)

    assert (found.columns, found.column, found.rows) == (("id", "website", "image"), "website", 2)
    assert any("Report of May" in note for note in found.notes)


def test_numbers_in_one_line_are_a_list(numbers: Job) -> None:
    found = read("5000, 6000, 7000, 80000\n", numbers)

    assert cells(found) == ["5000", "6000", "7000", "80000"]


# C05


def test_quotes_newlines_and_doubled_quotes(urls: Job) -> None:
    found = read('url,note\nhttps://a.org,"two\r\nlines, and ""quotes"""\nhttps://b.org,x\n', urls)

    assert [item.others[0] for item in found.items_iter()] == ['two\r\nlines, and "quotes"', "x"]


@pytest.mark.parametrize("tail", ["b.org,x\n", "b.org,x\n" * 200_000, 'b.org,"y"\nc.org,z\n'])
def test_an_open_quote_is_refused_with_its_line(tail: str, urls: Job) -> None:
    content = 'url,note\nhttps://a.org,fine\nhttps://b.org,"open\n' + tail
    began = time.monotonic()

    with pytest.raises(BadInput, match=r"line 3: a quote is opened"):
        read(content, urls)
    assert time.monotonic() - began < 10


def test_stray_quotes_are_text(urls: Job) -> None:
    found = read('url\tsize\nhttps://a.org\t5" disk\nhttps://b.org\t"big" one\n', urls)

    assert [item.others[0] for item in found.items_iter()] == ['5" disk', '"big" one']


def test_mended_quotes_are_reported_and_backslashes_escape_them(urls: Job) -> None:
    found = read('url,note\na.org,"say \\"hi, you\\" now"\nb.org,"big" one\nc.org,5" disk\n', urls)

    assert [item.others[0] for item in found.items_iter()] == ['say "hi, you" now', "big one", '5" disk']
    assert any("2 lines (2, 3)" in note for note in found.notes)


# C06


def test_ragged_rows_are_kept_and_reported_with_their_lines(urls: Job) -> None:
    found = read("url,title\nhttps://a.org,A,extra\nhttps://b.org\nhttps://c.org,C\nhttps://d.org,D,,\n", urls)

    assert found.columns == ("url", "title", "column_3")
    assert [item.others for item in found.items_iter()] == [("A", "extra"), ("", ""), ("C", ""), ("D", "")]
    assert any("line 2" in note for note in found.notes)
    assert any("line 3" in note for note in found.notes)


# C07


def test_nul_is_replaced_and_reported(urls: Job) -> None:
    found = read(b"url,note\nhttps://a.org,x\x00y\n", urls)

    assert [item.others for item in found.items_iter()] == [("x\ufffdy",)]
    assert any("NUL" in note for note in found.notes)


def test_a_file_of_nuls_is_no_text(urls: Job) -> None:
    with pytest.raises(BadInput, match="binary"):
        read(b"\x00" * 1_000_000, urls)


def test_a_few_control_characters_do_not_make_a_short_file_binary(urls: Job) -> None:
    found = read(b"url,e_mail\nhttps://a.org/0,\x19\x08\x19\x08\x01\x02\x19\n", urls)

    assert [item.others for item in found.items_iter()] == [("\x19\x08\x19\x08\x01\x02\x19",)]


def test_short_bytes_with_as_many_that_are_no_utf_8_are_no_text(urls: Job) -> None:
    with pytest.raises(BadInput, match="binary"):
        read(b"url,e_mail\nhttps://a.org/0,\x19\x08\x19\x08\x01\x02\xff\n", urls)


def test_the_old_end_of_file_mark_is_a_cell_that_cannot_run(numbers: Job) -> None:
    found = read(b"5000\n\x1a", numbers)

    assert [(bad.line, bad.cell) for bad in found.invalid] == [(2, "\x1a")]


# C08


def test_cells_stay_what_they_are(numbers: Job) -> None:
    given = ["NA", "null", "None", "nan", "007", "1e5", "1_000", "٣", "0x10", " 5 "]
    found = read("n,note\n" + "".join(f"{cell},{cell}\n" for cell in given), numbers)

    assert cells(found) == given
    assert [item.others[0] for item in found.items_iter()] == given
    assert [bad.cell for bad in found.invalid] == ["NA", "null", "None", "nan", "1e5", "1_000", "٣", "0x10"]


def test_commas_between_thousands_do_not_part_a_number(numbers: Job) -> None:
    found = read("5,000\n6,000\n7\n", numbers)

    assert (cells(found), found.invalid_count) == (["5,000", "6,000", "7"], 2)


# C09


@pytest.mark.parametrize(
    ("content", "figure"),
    [
        (b"x" * 20_000_000, "16,777,216"),
        (b"url,note\nhttps://a.org," + b"x" * 1_100_000 + b"\n", "1,048,576"),
        (b"a," * 100_000 + b"a\n", "1,000"),
        (b"url\n" + b"https://a.org" + b",x" * 1_500 + b"\n", "1,000"),
    ],
)
def test_too_large_is_refused_with_the_figure(content: bytes, figure: str, urls: Job) -> None:
    with pytest.raises(BadInput, match=figure):
        read(content, urls)


def test_thousands_of_empty_cells_at_the_end_are_no_columns(urls: Job) -> None:
    commas = "," * 5_000

    assert read(f"url,note{commas}\nhttps://a.org,x{commas}\n", urls).columns == ("url", "note")


def test_too_many_rows_are_refused_before_they_are_checked(numbers: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_MAX_ITEMS", "1000")

    assert read("n\n" + "5\n" * 1000, numbers).items == 1000
    with pytest.raises(BadInput, match="1,000 rows"):
        read("n\n" + "5\n" * 1001, numbers)


def test_a_thousand_blank_lines_hide_nothing(urls: Job) -> None:
    gap = "\n" * 1_500

    for content in (
        f"{gap}name;url\nA;https://a.org\n",
        f"name;url\n{gap}A;https://a.org\n",
        f"name;url\n;{gap}A;https://a.org",
    ):
        found = read(content, urls)
        assert (found.columns, cells(found)) == (("name", "url"), ["https://a.org"])
        assert inputs.peek(content.encode(), name="t.csv", job=urls).preview() == [["A", "https://a.org"]]


def test_a_sentence_stays_one_line_whatever_the_headings(urls: Job) -> None:
    with pytest.raises(NoItems, match=r"has a header \(Web site, full name\) and no row"):
        read('"Web\nsite","full\nname"\n', urls)
    with pytest.raises(BadInput, match=r"it has Web site, full name"):
        read('"Web\nsite","full\nname"\nhttps://a.org,x\n', urls, column="none")


def test_brackets_within_brackets_are_no_json_and_no_table(urls: Job) -> None:
    assert read("[" * 60_000 + "\nhttps://a.org\n", urls).rows == 2


def test_far_too_many_blank_lines_are_refused_unread(urls: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_MAX_ITEMS", "10")

    assert read("url\n" + "\n" * 190 + "https://a.org\n", urls).rows == 1
    with pytest.raises(BadInput, match="has 203 lines, far more than the 10 rows"):
        read("url\n" + "\n" * 200 + "https://a.org\n", urls)


# C10


def test_gzip_is_unpacked_with_a_notice(urls: Job) -> None:
    found = read(gzip.compress(b"url\nhttps://a.org\n"), urls)

    assert cells(found) == ["https://a.org"]
    assert any("gzip" in note and ".csv" in note for note in found.notes)


@pytest.mark.parametrize(("packed", "times"), [(False, 1), (True, 2)])
def test_a_file_is_looked_at_once_for_what_it_is_and_what_it_holds_once(
    packed: bool, times: int, urls: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bytes] = []
    real = file_types.content_of
    monkeypatch.setattr(file_types, "content_of", lambda head: looks.append(head) or real(head))
    content = b"url\nhttps://a.org\n"

    read(gzip.compress(content) if packed else content, urls)

    assert len(looks) == times


@pytest.mark.parametrize("times", [2, 3])
def test_gzip_inside_gzip_is_refused(times: int, urls: Job) -> None:
    content = b"url\nhttps://a.org\n"
    for _ in range(times):
        content = gzip.compress(content)

    with pytest.raises(BadInput, match="a gzip file inside a gzip file"):
        read(content, urls)


def test_gzip_by_its_right_name_needs_no_surprise(urls: Job) -> None:
    found = read(gzip.compress(b"url\nhttps://a.org\n"), urls, name="list.csv.gz")

    assert not any("the name says" in note for note in found.notes)


def test_damaged_gzip_and_bombs_are_refused(urls: Job) -> None:
    with pytest.raises(BadInput, match="damaged"):
        read(gzip.compress(b"url\nhttps://a.org\n")[:-10], urls)
    with pytest.raises(BadInput, match="bomb"):
        read(gzip.compress(b"https://a.org\n" * 6_000_000, 1), urls)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        (b"SQLite format 3\x00" + bytes(80), "SQLite"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"<table><tr><td>https://a.org</td></tr></table>", "HTML"),
        (b'<?xml version="1.0"?><kml></kml>', "<kml>"),
        (b"PK\x03\x04" + bytes(60), "archive"),
        (bytes(range(256)) * 20, "binary"),
    ],
)
def test_what_is_no_table_is_refused_by_content(content: bytes, what: str, urls: Job) -> None:
    with pytest.raises(BadInput, match=what):
        read(content, urls)


# C12


def test_names_of_columns_are_made_distinct(urls: Job) -> None:
    found = read("url,url,,=1+1,url_2\nhttps://a.org,1,2,3,4\n", urls)

    assert found.columns == ("url", "url_3", "column_3", "=1+1", "url_2")
    assert any("'url' is 'url_3'" in note for note in found.notes)


# C13


def test_each_row_is_an_item_blank_lines_are_skipped_and_empty_cells_fail(urls: Job) -> None:
    found = read("url,title\nhttps://a.org,A\n\n,\nhttps://a.org,A2\n,empty\n", urls)

    assert cells(found) == ["https://a.org", "https://a.org", ""]
    assert (found.rows, found.items, found.duplicates, found.invalid_count) == (3, 3, 1, 1)
    assert [(bad.line, bad.cell, bad.code) for bad in found.invalid] == [(6, "", "invalid_item")]
    assert any("2 blank lines" in note for note in found.notes)


def test_lines_are_those_of_the_file_where_cells_span_several(urls: Job) -> None:
    found = read('url,note\nhttps://a.org,"1\n2\n3"\nbad,x\n', urls)

    assert [bad.line for bad in found.invalid] == [5]


def test_duplicates_are_counted_by_the_jobs_key() -> None:
    keyed = job_of("url: Url", ", key=lambda item: item.lower()")

    assert read("https://a.org\nHTTPS://A.org\nhttps://b.org\n", keyed).duplicates == 1


def test_the_limits_of_the_item_are_checked() -> None:
    limited = job_of("n: Annotated[int, Field(ge=0, le=100)]")

    found = read("n\n5\n-1\n101\n", limited)

    assert [bad.cell for bad in found.invalid] == ["-1", "101"]


# C14: the fixtures of csv-spectrum (MIT), written out


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            'first,last,address,city,zip\nJohn,Doe,120 any st.,"Anytown, WW",08123\n',
            [["John", "Doe", "120 any st.", "Anytown, WW", "08123"]],
        ),
        ('a,b,c\n1,"",""\n2,3,4\n', [["1", "", ""], ["2", "3", "4"]]),
        ('a,b,c\r\n1,"",""\r\n2,3,4\r\n', [["1", "", ""], ["2", "3", "4"]]),
        ('a,b\n1,"ha ""ha"" ha"\n3,4\n', [["1", 'ha "ha" ha'], ["3", "4"]]),
        (
            'key,val\n1,"{""type"": ""Point"", ""coordinates"": [102.0, 0.5]}"\n',
            [["1", '{"type": "Point", "coordinates": [102.0, 0.5]}']],
        ),
        (
            'a,b,c\n1,2,3\n"Once upon \na time",5,6\n7,8,9\n',
            [["1", "2", "3"], ["Once upon \na time", "5", "6"], ["7", "8", "9"]],
        ),
        (
            'a,b,c\r\n1,2,3\r\n"Once upon \r\na time",5,6\r\n7,8,9\r\n',
            [["1", "2", "3"], ["Once upon \r\na time", "5", "6"], ["7", "8", "9"]],
        ),
        (
            'a,b,c\r1,2,3\r"Once upon \ra time",5,6\r7,8,9',
            [["1", "2", "3"], ["Once upon \ra time", "5", "6"], ["7", "8", "9"]],
        ),
        ('a,b\n1,"ha \n""ha"" \nha"\n3,4\n', [["1", 'ha \n"ha" \nha'], ["3", "4"]]),
        ("a,b,c\n1,2,3\n4,5,ʤ\n", [["1", "2", "3"], ["4", "5", "ʤ"]]),
        (
            "Contact Phone Number,Location Coordinates,Cities,Counties\n"
            "02095257564,37°36'37.8\"N 121°2'17.9\"W,Modesto,Stanislaus",
            [["02095257564", "37°36'37.8\"N 121°2'17.9\"W", "Modesto", "Stanislaus"]],
        ),
    ],
)
def test_csv_spectrum(content: str, expected: list[list[str]], texts: Job) -> None:
    found = read(content, texts)

    assert found.header
    assert found.preview() == expected


# The column


@pytest.mark.parametrize(
    ("content", "column", "reason"),
    [
        ("id,link,image\n1,https://a.org,https://a.org/i.png\n", "link", "its name fits"),
        ("url,text\nsee below,https://a.org\nsee above,https://b.org\n", "text", "2 of 2 cells"),
        ("referrer,product url\nhttps://a.org,https://b.org\n", "product url", "its name fits"),
        ("url,homepage\n/a,https://a.org\n/b,https://b.org\n", "homepage", "2 of 2 cells"),
        ("image_url,page_url\nhttps://a.org/i,https://a.org\n", "page_url", "its name fits"),
        ("tracking link,final\nhttps://t.co/1,https://a.org\n", "final", "1 of 1 cell"),
        ("email,company,domain\njoe@a.org,A,a.org\n", "domain", "1 of 1 cell"),
        ("document,version,found on\nreport.pdf,v1.2.3,a.org\nimg.jpg,2.0.1,b.org\n", "found on", "2 of 2 cells"),
        ("company.name,company.url\nA,a.org\nB,b.org\n", "company.url", "2 of 2 cells"),
        ("status,title,position,input.url,url\n1,2,3,4,https://a.org\n", "url", "1 of 1 cell"),
    ],
)
def test_the_column_is_found_by_content_then_by_name(content: str, column: str, reason: str, urls: Job) -> None:
    found = read(content, urls)

    assert found.column == column
    assert reason in found.column_reason


@pytest.mark.parametrize("column", ["title", "TITLE", "2"])
def test_a_column_may_be_chosen(column: str, urls: Job) -> None:
    found = read("url,title\nhttps://a.org,b.org\n", urls, column=column)

    assert (found.column, cells(found)) == ("title", ["b.org"])


def test_an_unknown_column_is_refused_naming_those_there_are(urls: Job) -> None:
    with pytest.raises(BadInput, match="it has url, title"):
        read("url,title\nhttps://a.org,b.org\n", urls, column="link")


def test_choosing_a_heading_makes_the_first_line_a_header(texts: Job) -> None:
    assert cells(read("keyword\nfoo\n", texts, column="keyword")) == ["foo"]


# Texts without a column


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("# Links\n\n- [A](https://a.org)\n- [B](https://b.org), and <https://c.org>\n", ["a", "b", "c"]),
        ("- https://a.org\n* https://b.org.\n", ["a", "b"]),
        ("see <https://a.org>\nor <https://b.org>\n", ["a", "b"]),
        ("Dear all,\nplease see https://a.org, and then\n(if you like) https://b.org! Bye, A.\n", ["a", "b"]),
    ],
)
def test_addresses_within_a_text_file_are_found(content: str, expected: list[str], urls: Job) -> None:
    found = read(content, urls, name="notes.md")

    assert cells(found)[-len(expected) :] == [f"https://{name}.org" for name in expected]
    assert any("within the text" in note for note in found.notes)


def test_a_list_of_which_little_can_run_stays_as_it_is(urls: Job) -> None:
    lines = ["https://a.org/with spaces", "n/a", "none", "htp:/x"]

    assert cells(read("\n".join(lines), urls, name="list.txt")) == lines


def test_a_table_whose_cells_hold_addresses_stays_a_table(urls: Job) -> None:
    found = read("id,comment\n1,see https://a.org\n2,nothing\n", urls)

    assert (found.columns, found.rows, found.invalid_count) == (("id", "comment"), 2, 2)


# The report


def test_the_report_as_json(urls: Job) -> None:
    report = read("url;title\nhttps://a.org;A\nbad;B\nhttps://a.org;C\n", urls).json()

    assert json.loads(json.dumps(report)) == report
    assert {
        name: report[name] for name in ("rows", "items", "duplicates", "column", "encoding", "delimiter", "sheet")
    } == {
        "rows": 3,
        "items": 3,
        "duplicates": 1,
        "column": "url",
        "encoding": "UTF-8",
        "delimiter": ";",
        "sheet": "",
    }
    assert [(bad["line"], bad["cell"]) for bad in report["invalid"]] == [(3, "bad")]
    assert report["invalid"][0]["reason"]


def test_the_cells_that_cannot_run_come_apart_as_csv(urls: Job) -> None:
    found = read("url;title\nhttps://a.org;A\n=1+1;B\n", urls)

    assert inputs.invalid_as_csv(found).decode().splitlines()[:2] == [
        "line,cell,reason",
        f"3,'=1+1,{json.dumps(found.invalid[0].reason).replace(chr(92) + chr(34), chr(34) * 2)}",
    ]


def test_peek_decides_as_read_does_and_stops_early(urls: Job) -> None:
    content = "id,link\n" + "".join(f"{number},https://a.org/{number}\n" for number in range(5_000))
    whole, first = read(content, urls), inputs.peek(content.encode(), name="list.csv", job=urls)

    assert (first.column, first.column_reason, first.columns) == (whole.column, whole.column_reason, whole.columns)
    assert (first.rows, first.complete, whole.rows, whole.complete) == (1_000, False, 5_000, True)
    assert first.preview(1_000) == whole.preview(1_000)


def test_a_path_is_read_and_a_change_in_between_is_noticed(tmp_path: Path, urls: Job) -> None:
    path = tmp_path / "list.csv"
    path.write_text("https://a.org\n")
    found = inputs.read(path, name="list.csv", job=urls)

    assert cells(found) == ["https://a.org"]
    path.write_text("https://a.org\nhttps://b.org\n")
    with pytest.raises(BadInput, match="changed"):
        cells(found)


def test_what_is_no_file_is_refused(tmp_path: Path, urls: Job) -> None:
    os.mkfifo(tmp_path / "pipe")

    for place, sentence in {
        "missing.csv": "there is no file",
        ".": "a folder",
        "pipe": "give - and redirect it",
    }.items():
        with pytest.raises(BadInput, match=sentence):
            inputs.read(tmp_path / place, name=place, job=urls)
