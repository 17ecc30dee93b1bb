"""PDFs as rows: what is read of them, when, and what a PDF that is made to harm does to nobody."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from jobs import ApartFailed, ItemError
from jobs.runtime import catalog
from jobs.runtime.cli import main
from jobs.runtime.core.errors import BadParams
from jobs.runtime.job.params import validate_params
from jobs.scrape import pdf
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Script, answer, says
from tests.support.machine import Machine
from tests.support.pdfs import a_pdf

TOLD = {"Title": "A report", "Author": "Ann Writer", "CreationDate": "D:20240501123000+02'00'", "ModDate": "D:2024"}
TEXTS = ["The bridge (new) was opened\nfor SKU-12 on Tuesday.", "Second page, café."]


def served(body: bytes, content_type: str = "application/pdf") -> Script:
    return says(answer(body, headers={"Content-Type": content_type}))


def test_a_pdf_fills_its_row(ask: Ask, serve: Serve) -> None:
    server = serve(served(a_pdf(TEXTS, TOLD)))

    row = ask(server.url(), pdf=True, columns="everything,content", fields="n = regex /SKU-(\\d+)/\nh = h1")

    text = "The bridge (new) was opened\nfor SKU-12 on Tuesday.\n\nSecond page, café."
    assert (row["code"], row["status"], row["content_type"]) == ("", 200, "application/pdf")
    assert (row["title"], row["author"]) == ("A report", "Ann Writer")
    assert (row["published"], row["modified"]) == ("2024-05-01T12:30:00+02:00", "2024")
    assert (row["pdf_pages"], row["pdf_text"], row["main_text"]) == (2, text, text)
    assert (row["text_chars"], row["words"], row["language"]) == (len(" ".join(text.split())), 12, "en")
    assert row["excerpt"].startswith("The bridge (new) was opened for")
    assert (row["field_n"], row["field_h"]) == ("12", None)
    assert row["parse_seconds"] > 0


def test_a_pdf_without_a_type_is_known_by_its_beginning(ask: Ask, serve: Serve) -> None:
    server = serve(served(a_pdf(TEXTS), "*/*"))

    assert ask(server.url(), pdf=True)["pdf_pages"] == 2


def test_who_does_not_ask_has_size_and_type_alone(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "read_pdf", lambda *_: pytest.fail("it was read"))
    server = serve(served(a_pdf(TEXTS)))

    row = ask(server.url())

    assert (row["code"], "pdf_pages" in row, row.get("title")) == ("not_text", False, None)


def test_other_files_stay_what_they_are(ask: Ask, serve: Serve) -> None:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    assert ask(serve(served(b"PK\3\4" + b"x" * 100, word)).url(), pdf=True)["code"] == "not_text"
    assert ask(serve(served(b"not one", "application/pdf")).url(), pdf=True)["code"] == "not_text"


def test_a_pdf_beyond_the_cap_is_not_read_and_that_is_said(ask: Ask, serve: Serve) -> None:
    server = serve(served(a_pdf(["word " * 5_000])))

    row = ask(server.url(), pdf=True, max_bytes=10_000)

    assert row["code"] == "truncated"
    assert "--max-bytes" in row["reading_notes"]


def encrypted() -> bytes:
    """A PDF whose trailer says that it is encrypted, with a key that no password gives."""
    key = "/Filter /Standard /V 1 /R 2 /P -4 /O <" + "41" * 32 + "> /U <" + "42" * 32 + ">"
    id_ = "/ID [<" + "43" * 16 + "> <" + "43" * 16 + ">]"
    return a_pdf(TEXTS).replace(b"/Root 1 0 R", f"/Root 1 0 R {id_} /Encrypt << {key} >>".encode())


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"%PDF-1.4\n" + b"garbage" * 1_000, "the PDF cannot be read: it is damaged"),
        (a_pdf(TEXTS)[:400], "the PDF cannot be read: it is damaged"),
        (encrypted(), "the PDF cannot be read: it wants a password"),
    ],
    ids=["garbage", "cut", "password"],
)
def test_a_pdf_that_cannot_be_read_is_a_failure_with_its_row(
    body: bytes, sentence: str, ask: Ask, serve: Serve
) -> None:
    row = ask(serve(served(body)).url(), pdf=True)

    assert (row["code"], row["error"], row["status"]) == ("parse_error", sentence, 200)


def test_the_pdf_of_an_error_says_no_more_than_its_status(ask: Ask, serve: Serve) -> None:
    body = b"%PDF-1.4\n" + b"garbage" * 1_000
    server = serve(says(answer(body, status="404 Not Found", headers={"Content-Type": "application/pdf"})))

    assert ask(server.url(), pdf=True)["code"] == "http_4xx"


def bomb() -> bytes:
    """A page whose drawing grows to 400 MB."""
    packed = zlib.compress(b"(word) Tj " * 40_000_000, 9)
    drawn = b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed)
    whole = a_pdf(["x"])
    place, end = whole.index(b"<< /Length"), whole.index(b"endstream")
    return whole[:place] + drawn + packed + b"\n" + whole[end:]


@pytest.mark.slow
def test_a_pdf_that_takes_too_much_harms_nobody(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS", 1.0)
    monkeypatch.setattr(pdf, "MEMORY", 64 * 2**20)

    row = ask(serve(served(bomb())).url(), pdf=True, timeout=60.0)

    assert (row["code"], row["status"]) == ("parse_error", 200)
    assert row["error"].startswith("the PDF cannot be read: it")


def test_what_is_read_is_bounded_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_CHARS", 40)

    read = json.loads(pdf.extract(a_pdf(["word " * 5] * 5)))

    assert (read["pages"], read["read"]) == (5, 2)


def test_a_process_that_dies_is_a_sentence(ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def died(*_: Any, **__: Any) -> bytes:
        raise ApartFailed("its reader ended with SIGSEGV")

    monkeypatch.setattr("jobs.compute_apart", died, raising=False)

    row = ask(serve(served(a_pdf(TEXTS))).url(), pdf=True)

    assert row["error"] == "the PDF cannot be read: its reader ended with SIGSEGV"


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("D:20240501", "2024-05-01"),
        ("D:20240501120000Z", "2024-05-01T12:00:00Z"),
        ("D:20240501120000-0530", "2024-05-01T12:00:00-05:30"),
        ("D:2024050112", "2024-05-01"),
        ("May 2024", "May 2024"),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_iso_as_far_as_they_go(written: str | None, date: str | None) -> None:
    assert pdf._date(written) == date


def test_a_missing_package_is_a_sentence_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "NEEDED", "no_such_package_here")

    with pytest.raises(BadParams, match=r"pypdfium2.*pip install 'fanout-jobs\[content\]'"):
        validate_params(catalog.load("scrape"), {"pdf": True})

    with pytest.raises(ItemError):
        pdf.extract(b"")


def test_a_run_reads_pdfs_beside_pages(machine: Machine, serve: Serve, tmp_path: Path) -> None:
    report, page, out = (
        serve(served(a_pdf(TEXTS, TOLD))),
        serve(says(answer(b"<title>t</title>"))),
        tmp_path / "o.jsonl",
    )

    words = ["--item", report.url(), "--item", page.url(), "--no-robots", "--columns", "title,words", "--pdf"]
    code = main.main(["run", "scrape", *words, "--save-content", "--out", str(out)])

    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert code == 0
    assert [(row["title"], row["pdf_pages"]) for row in rows] == [("A report", 2), ("t", None)]
    assert rows[0]["page_md"].endswith("page.md")
