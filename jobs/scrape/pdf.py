"""A PDF as a row: read by PDFium in a process of its own, which may take so much memory and time, or crash, alone."""

from __future__ import annotations

import importlib.util
import json
import re
import time
from collections.abc import Sequence
from typing import Any

import jobs
from jobs import ApartFailed, ItemError
from jobs.scrape.fields.own_field import OwnField
from jobs.scrape.page.page_columns import LANGUAGE
from jobs.scrape.page.text import clean, clean_lines, shorten
from jobs.web.messages import Response

TYPES = frozenset({"application/pdf", "application/x-pdf"})
BEGINNING = b"%PDF-"
SEARCHED = 1_024
"""Bytes in which a PDF begins, as readers take it."""

MOST_PAGES = 2_000
MOST_CHARS = 5 * 2**20
"""What follows is not read."""

CELL_CHARS = 100_000
MEMORY = 512 * 2**20
SECONDS = 20.0
"""Of the process that reads it: what one that reads an upload may use."""

NEEDED = "pypdfium2"
MISSING = (
    "PDFs need the package pypdfium2, which is not here: "
    "pip install 'fanout-jobs[content]', in a checkout pip install -e '.[content]'"
)

_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(Z|[+-]\d\d'?\d\d)?")


def check_installed() -> None:
    """Raise ValueError, with what to install, where PDFs cannot be read."""
    if importlib.util.find_spec(NEEDED) is None:
        raise ValueError(MISSING)


def is_pdf(answer: Response) -> bool:
    """Whether an answer is a PDF, by its type (or for want of one, by its beginning)."""
    return bool(answer.content) and not answer.is_text and BEGINNING in answer.content[:SEARCHED]


def read_pdf(answer: Response, fields: Sequence[OwnField], parts: frozenset[str], left: float) -> dict[str, Any]:
    """The columns that a PDF fills, read within the seconds that are left.

    Raises ItemError (`parse_error`) for one that cannot be read.
    """
    started = time.monotonic()
    if answer.truncated:
        more = "the PDF is larger than what is read of a page (--max-bytes), and was not read"
        return {"reading_notes": more}
    try:
        read = json.loads(jobs.compute_apart(extract, answer.content, memory=MEMORY, seconds=SECONDS, within=left))
    except ApartFailed as error:
        raise ItemError("parse_error", f"the PDF cannot be read: {error}") from error
    row = jobs.compute(_columns, read, answer, fields, parts)
    return {**row, "parse_seconds": round(time.monotonic() - started, 6)}


def extract(octets: bytes) -> bytes:
    """What PDFium finds in a PDF, as JSON. Raises ItemError (`parse_error`)."""
    import pypdfium2  # an extra

    try:
        document = pypdfium2.PdfDocument(octets)
        pages = len(document)
        texts, left = list[str](), MOST_CHARS
        for number in range(min(pages, MOST_PAGES)):
            texts.append(document[number].get_textpage().get_text_range()[:left])
            left -= len(texts[-1])
            if left <= 0:
                break
    except pypdfium2.PdfiumError as error:
        why = "it wants a password" if "assword" in str(error) else "it is damaged"
        raise ItemError("parse_error", f"the PDF cannot be read: {why}", detail=str(error)) from None
    told = document.get_metadata_dict(skip_empty=True)
    return json.dumps({"pages": pages, "read": len(texts), "texts": texts, "told": told}).encode()


def _columns(read: Any, answer: Response, fields: Sequence[OwnField], parts: frozenset[str]) -> dict[str, Any]:
    from jobs.scrape.page import text_stats
    from jobs.scrape.page.reader import text_fields

    told, whole = read["told"], clean_lines("\n\n".join(read["texts"]), MOST_CHARS + MOST_PAGES) or ""
    counts = text_stats.count(whole.encode("utf-8", "replace"))
    cut = read["read"] < read["pages"]
    return {
        "title": clean(told.get("Title"), 1_000),
        "author": clean(told.get("Author"), 200),
        "description": clean(told.get("Subject"), 2_000),
        "published": _date(told.get("CreationDate")),
        "modified": _date(told.get("ModDate")),
        "text_chars": counts.chars,
        "words": counts.words,
        "text_hash": counts.digest,
        "excerpt": clean(whole, 300),
        "pdf_pages": read["pages"],
        "pdf_text": shorten(whole, CELL_CHARS) or None,
        "main_text": shorten(whole, CELL_CHARS) or None,
        "whole_markdown": whole,
        "reading_notes": f"the first {read['read']:,} of {read['pages']:,} pages were read" if cut else None,
        **(_language(answer, whole) if LANGUAGE in parts else {}),
        **text_fields(whole, answer.target.href, fields),
    }


def _language(answer: Response, text: str) -> dict[str, Any]:
    from jobs.scrape.page.language import language_of

    code, source = language_of(answer.header("content-language"), text)
    return {"language": code, "language_source": source}


def _date(written: str | None) -> str | None:
    """A date of a PDF in ISO 8601, as far as it goes; what is none, as it is written."""
    found = _DATE.match(written or "")
    if not found:
        return clean(written, 200)
    year, month, day, hour, minute, second, zone = found.groups()
    date = "-".join(filter(None, (year, month, day)))
    if not minute:
        return date
    offset = (zone or "").replace("'", "")
    zoned = f"{offset[:3]}:{offset[3:]}" if len(offset) == 5 else offset
    return f"{date}T{hour}:{minute}:{second or '00'}{zoned}"
