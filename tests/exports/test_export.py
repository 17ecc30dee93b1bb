"""Result tables as files, read back by other programs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from jobs.runtime import exports, inputs
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Column, Item, ItemResult, ItemState, Run, RunState, Table
from jobs.runtime.exports import Exported, xlsx_writer
from tests.exports.conftest import Found, item_of, outcome_of, rows_of, run_of, titled
from tests.inputs.conftest import job_of

OWN = ["position", "state", "code", "error", "attempts", "worker", "slot", "waited_seconds", "started_at", "seconds"]
NAMES = ["id", "url", "note", "status", "title", "ratio", "seen", "links", "page", *OWN, "cpu_seconds"]


def written(found: Found, format: str, run: Run | None = None, **options: Any) -> bytes:
    stream = io.BytesIO()
    exports.export(run or run_of(len(found)), rows_of(found), stream, format=format, **options)
    return stream.getvalue()


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def column(content: bytes, name: str) -> list[str]:
    header, *rows = read_csv(content)
    return [row[header.index(name)] for row in rows]


def sheet_cells(content: bytes, name: str) -> list[Any]:
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows())
    place = [cell.value for cell in rows[0]].index(name)
    return [row[place] for row in rows[1:]]


# The contract of columns


def test_columns_are_the_users_the_jobs_and_the_machines(mixed: Found) -> None:
    header, *rows = read_csv(written(mixed, "csv"))

    assert header == NAMES
    assert rows[0] == (
        ["1", "https://a.org/1", "x", "200", "Page 1", "0.5", "true", '["a",1]', "", "1", "ok", "", ""]
        + ["1", "4711", "3", "0.25", "2023-11-14T22:13:20.500Z", "0.123457", "0.01"]
    )
    assert [row[NAMES.index("state")] for row in rows] == ["ok", "failed", "cancelled", "waiting"]
    assert rows[3] == ["4", "https://a.org/4", "x", *[""] * 6, "4", "waiting", *[""] * 9]


def test_names_that_are_also_ours_are_inputs() -> None:
    table = Table(columns=("status", "url", "input.status", "position"), item_column="url")
    found: Found = [ItemResult(1, Item(cell="https://a.org", others=("s", "t", "p")), outcome_of(1))]
    header, row = read_csv(written(found, "csv", run_of(1, table=table)))

    assert header[:4] == ["input.input.status", "url", "input.status", "input.position"]
    assert row[:5] == ["s", "https://a.org", "t", "p", "200"]
    assert len(set(header)) == len(header)


def test_a_bare_list_has_the_items_column() -> None:
    table = Table(item_column="n")
    header, row = read_csv(written([ItemResult(1, Item(cell="5"), None)], "csv", run_of(1, table=table)))

    assert (header[0], row[0]) == ("n", "5")


def test_duplicates_name_what_they_repeat() -> None:
    found: Found = [ItemResult(1, item_of(1), outcome_of(1)), ItemResult(2, item_of(1), outcome_of(2, duplicate_of=1))]

    assert column(written(found, "csv", replace(run_of(2), keyed=True)), "duplicate_of") == ["", "1"]


@pytest.mark.parametrize(("only", "positions"), [("", ["1", "2", "3", "4"]), ("ok", ["1"]), ("failed", ["2"])])
def test_a_part_may_be_asked_for(only: str, positions: list[str], mixed: Found) -> None:
    assert column(written(mixed, "csv", only=only), "position") == positions


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_inputs_of_failed_items_come_back_as_they_were_uploaded(format: str, mixed: Found) -> None:
    content = written(mixed, format, only="input-of-failed")
    found = inputs.read(content, name=f"again.{format}", job=job_of("url: Url"))

    assert (found.columns, found.column) == (("id", "url", "note"), "url")
    assert list(found.items_iter()) == [mixed[1][1]]


def test_a_snapshot_says_how_much_is_done(mixed: Found) -> None:
    run = run_of(4, state=RunState.RUNNING, ok=1, failed=1)
    done = exports.export(run, rows_of(mixed), io.BytesIO(), format="csv")

    assert (done.rows, done.snapshot_note) == (4, "a snapshot: 3 of 4 done when it was written")
    assert "-2-of-4-" in exports.file_name(run, "csv")
    assert exports.export(run_of(1), rows_of(mixed), io.BytesIO(), format="csv").snapshot_note == ""


# CSV: E01, E02, E04

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", " =1+1", "﹣1+1", "-1-cmd"]


def test_formulas_are_defused_and_quoted() -> None:
    content = written(titled(*FORMULAS), "csv")

    assert column(content, "title") == [f"'{formula}" for formula in FORMULAS]
    assert all(f'"\'{formula}"'.encode() in content for formula in FORMULAS)


def test_plain_numbers_and_plain_text_stay() -> None:
    plain = ["-1.3", "+5", "-1e-5", "a=b", "it's", "", "NA", "007", "é"]

    assert column(written(titled(*plain), "csv"), "title") == plain


def test_the_users_own_cells_and_headings_are_defused_too() -> None:
    table = Table(columns=("=x()", "url"), item_column="url")
    header, row = read_csv(
        written([ItemResult(1, Item(cell="=1+1", others=("@y",)), None)], "csv", run_of(1, table=table))
    )

    assert (header[0], row[:2]) == ("'=x()", ["'@y", "'=1+1"])


@pytest.mark.parametrize("title", ['x",=1+1,"', "x;=1", "x|y", "x\ty", 'a"b', "a\r\nb"])
@pytest.mark.parametrize("raw", [False, True])
def test_a_cell_stays_one_cell(title: str, raw: bool) -> None:
    content = written(titled(title), "csv", raw=raw)
    quoted = '"' + title.replace('"', '""') + '"'

    assert column(content, "title") == [title]
    assert quoted in content.decode()
    assert next(csv.reader([quoted], delimiter=";")) == [title]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(FORMULAS), min_size=1))
def test_raw_cells_come_back_exactly(titles: list[str]) -> None:
    assert column(written(titled(*titles), "csv", raw=True), "title") == titles


def test_a_byte_order_mark_on_request() -> None:
    assert written([], "csv", bom=True).startswith(b"\xef\xbb\xbfid,url,note,")


def test_whole_numbers_stay_whole_beside_empty_cells(tmp_path: Path, mixed: Found) -> None:
    path = tmp_path / "out.csv"
    exports.export(run_of(4), rows_of(mixed), path, format="csv")

    assert duckdb.sql(f"select status from '{path}' order by position").fetchall() == [
        (200,),
        (None,),
        (None,),
        (None,),
    ]
    assert "200.0" not in path.read_text()


# XLSX: E03, E05, E07

AWKWARD = ["=1+1", "http://a.org", "{=1}", "_x0041_", "a\x00b\x1fc", "\ud800", "x" * 40_000, "😀" * 20_000]


def test_texts_in_a_workbook_are_texts() -> None:
    cells = sheet_cells(written(titled(*FORMULAS, *AWKWARD), "xlsx"), "title")

    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert [unescape(cell.value) for cell in cells][: len(FORMULAS)] == FORMULAS


def test_awkward_texts_are_kept_or_cut_with_a_mark() -> None:
    cells = [cell.value for cell in sheet_cells(written(titled(*AWKWARD), "xlsx"), "title")]

    assert [unescape(cell) for cell in cells[:5]] == AWKWARD[:5]
    assert cells[5] == "\ufffd"
    for long, whole in zip(cells[6:], AWKWARD[6:], strict=True):
        assert long.endswith(xlsx_writer.CUT)
        assert whole.startswith(long.removesuffix(xlsx_writer.CUT))
        assert len(long.encode("utf-16-le")) <= 2 * xlsx_writer.MAX_TEXT


def test_what_a_workbook_cuts_or_parts_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_writer, "MAX_ROWS", 3)
    found = titled("x" * 40_000, "short", "y" * xlsx_writer.MAX_TEXT, "z" * 32_768)

    def note(format: str) -> str:
        return exports.export(run_of(4), rows_of(found), io.BytesIO(), format=format).snapshot_note

    cut = "2 cells cut at Excel's limit of 32,767 characters: other formats hold all"
    assert note("xlsx") == f"{cut}; on 2 sheets, since one holds 3 rows"
    assert [note(format) for format in ("csv", "parquet", "jsonl")] == [""] * 3


def test_a_long_address_is_no_link() -> None:
    long = "https://a.org/" + "x" * 3_000
    found: Found = [ItemResult(1, item_of(1, cell=long), outcome_of(1))]
    cell = sheet_cells(written(found, "xlsx"), "url")[0]

    assert (cell.value, cell.hyperlink) == (long, None)


def test_numbers_in_a_workbook_are_numbers_as_far_as_excel_is_exact() -> None:
    found = [
        ItemResult(1, item_of(1), outcome_of(1, row={"status": 200})),
        ItemResult(2, item_of(2), outcome_of(2, row={"status": 2**60})),
    ]
    cells = sheet_cells(written(found, "xlsx"), "status")

    assert [(cell.value, cell.data_type) for cell in cells] == [(200, "n"), (str(2**60), "s")]


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_writer, "MAX_ROWS", 4)
    book = openpyxl.load_workbook(io.BytesIO(written(titled(*"abcdefg"), "xlsx")))

    assert [sheet.max_row for sheet in book.worksheets] == [4, 4, 2]
    assert {sheet["A1"].value for sheet in book.worksheets} == {"id"}
    assert xlsx_writer.MAX_ROWS == 4


# Parquet: E06


def test_parquet_has_one_schema_whatever_the_rows(tmp_path: Path) -> None:
    kinds = {"status": "int64", "title": "string", "ratio": "double", "seen": "bool", "links": "string"}
    for found in ([], titled(None), titled("a"), [ItemResult(1, item_of(1), None)]):
        schema = pq.read_schema(io.BytesIO(written(found, "parquet")))

        assert schema.names == NAMES
        assert {name: str(schema.field(name).type) for name in kinds} == kinds


def test_parquet_is_read_by_duckdb_and_polars(tmp_path: Path, mixed: Found) -> None:
    path = tmp_path / "out.parquet"
    exports.export(run_of(4), rows_of(mixed), path, format="parquet")

    assert duckdb.sql(f"select status, links, state, attempts from '{path}' order by position").fetchall() == [
        (200, '["a",1]', "ok", 1),
        (None, None, "failed", 1),
        (None, None, "cancelled", 0),
        (None, None, "waiting", None),
    ]
    assert pl.read_parquet(path)["seconds"].to_list() == [0.123457, 0.123457, None, None]


@pytest.mark.parametrize("big", [10**30, str(10**30), -(2**63) - 1])
def test_numbers_beyond_64_bits_are_text_in_parquet(big: Any) -> None:
    found = [
        ItemResult(1, item_of(1), outcome_of(1, row={"status": 5})),
        ItemResult(2, item_of(2), outcome_of(2, row={"status": big})),
    ]
    table = pq.read_table(io.BytesIO(written(found, "parquet")))

    assert table["status"].to_pylist() == ["5", str(big)]


def test_mixed_texts_and_lone_surrogates_do_not_break_parquet() -> None:
    titles = pq.read_table(io.BytesIO(written(titled("a", 5, None, "\ud800"), "parquet")))["title"].to_pylist()

    assert titles == ["a", "5", None, "\ufffd"]


# JSON Lines


def test_json_lines_keep_types(mixed: Found) -> None:
    lines = [json.loads(line) for line in written(mixed, "jsonl").splitlines()]

    assert list(lines[0]) == NAMES
    assert (lines[0]["links"], lines[0]["seen"], lines[0]["id"], lines[1]["status"]) == (["a", 1], True, "1", None)


# Files: E08, E09, and writing whole or not at all


def test_every_download_has_a_name_of_its_own() -> None:
    run = run_of(3)

    assert len({exports.file_name(run, "csv") for _ in range(50)}) > 45
    assert exports.file_name(run, "csv", now=0, token="ab") == "Shop-pages-7f3a0011-19700101-000000-ab.csv"


@pytest.mark.parametrize("name", ['../../x\r\n"y', "a/b\\c", "é" * 300, "", "\x00", "日本", "CON", ".hidden"])
def test_names_of_files_are_safe(name: str) -> None:
    file = exports.file_name(run_of(3, name=name), "xlsx")

    assert file.isascii()
    assert set('/\\"\r\n\x00 :').isdisjoint(file)
    assert file.endswith(".xlsx")
    assert not file.startswith(".")
    assert len(file) < 120


@pytest.mark.parametrize(
    ("name", "format"), [("a.csv", "csv"), ("a.XLSX", "xlsx"), ("a.parquet", "parquet"), ("a.b.jsonl", "jsonl")]
)
def test_the_ending_names_the_format(name: str, format: str) -> None:
    assert exports.format_of(Path(name)) == format


@pytest.mark.parametrize("name", ["a", "a.txt", "a.xls", ".csv"])
def test_another_ending_is_refused_naming_all_there_are(name: str) -> None:
    *others, last = (re.escape(f".{ending}") for ending in exports.MIME_TYPES)

    with pytest.raises(Refused, match=f"choose {', '.join(others)} or {last}$"):
        exports.format_of(Path(name))


def test_an_archive_of_pages_is_refused_where_none_are_kept_with_how_to_keep_them() -> None:
    with pytest.raises(Refused, match=r"no files that make a \.warc\.gz \(run it with --save-pages\)"):
        exports.format_of(Path("pages.WARC.gz"), joined={".warc.gz": "--save-pages"})


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet", "jsonl"])
def test_a_file_is_written_whole_or_not_at_all(format: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{format}"
    path.write_text("what was there")

    def rows(_first: int, _last: int) -> Iterator[Found]:
        yield titled(*["x"] * 100)
        raise OSError(28, "No space left on device")

    with pytest.raises(Refused, match="No space left"):
        exports.export(run_of(1_000), rows, path, format=format)
    assert path.read_text() == "what was there"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet", "jsonl"])
def test_what_was_written_is_counted(format: str, tmp_path: Path, mixed: Found) -> None:
    path = tmp_path / f"out.{format}"
    done = exports.export(run_of(4), rows_of(mixed), path, format=format)

    assert done == Exported(rows=4, bytes=path.stat().st_size, snapshot_note=done.snapshot_note)
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_formats_and_parts_are_refused(mixed: Found) -> None:
    with pytest.raises(Refused, match="no format"):
        written(mixed, "xls")
    with pytest.raises(Refused, match="only"):
        written(mixed, "csv", only="bad")


# The frame


def test_the_frame_knows_empty_cells(mixed: Found) -> None:
    frame = exports.frame(run_of(4), mixed)

    assert list(frame.columns) == NAMES
    assert {name: str(frame[name].dtype) for name in ("status", "ratio", "seen", "title", "position")} == {
        "status": "Int64",
        "ratio": "Float64",
        "seen": "boolean",
        "title": "string",
        "position": "Int64",
    }
    assert frame["status"].isna().tolist() == [False, True, True, True]


def test_the_frame_of_nothing_and_of_large_numbers() -> None:
    large = exports.frame(run_of(1), [ItemResult(1, item_of(1), outcome_of(1, row={"status": str(10**30)}))])

    assert list(exports.frame(run_of(0), []).columns) == NAMES
    assert large["status"].tolist() == [str(10**30)]


# The files as one archive


def test_files_of_a_run_come_as_one_archive(tmp_path: Path) -> None:
    found = []
    for place in (1, 2, 3):
        (tmp_path / f"{place}.txt").write_text("7" * 10_000 * place)
        found.append(ItemResult(place, item_of(place), outcome_of(place, row={"page": f"artifacts/r/{place}.txt"})))
    found.append(ItemResult(4, item_of(1), outcome_of(4, row={"page": "artifacts/r/1.txt"}, duplicate_of=1)))
    found.append(ItemResult(5, item_of(5), outcome_of(5, ItemState.FAILED, row=None)))
    (tmp_path / "2.txt").unlink()

    def artifact(_run: str, reference: str) -> Path:
        path = tmp_path / Path(reference).name
        if not path.exists():
            raise Refused("it is gone")
        return path

    run = run_of(5, columns=(Column(name="page", type="file"),))
    done = exports.files(run, rows_of(found), artifact, tmp_path / "all.zip")
    one = exports.files(run, rows_of(found), artifact, io.BytesIO(), name="3.txt")

    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["1.txt", "3.txt"]
        assert archive.read("3.txt") == b"7" * 30_000
    assert (done.rows, done.bytes) == (2, (tmp_path / "all.zip").stat().st_size)
    assert "2.txt" in done.snapshot_note
    assert one.rows == 1


def test_no_files_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no file"):
        exports.files(run_of(1), rows_of(titled("a")), lambda _run, _reference: tmp_path, tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []
