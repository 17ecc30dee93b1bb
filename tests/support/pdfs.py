"""Small PDFs, written by hand: what PDFium reads was not written by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def a_pdf(texts: Sequence[str], told: Mapping[str, str] | None = None) -> bytes:
    """A PDF of a page for each text, with its lines; `told` is what it says of itself (Title, Author, …)."""
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(len(texts)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(texts)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for page, text in enumerate(texts):
        objects += _page(text, 5 + 2 * page)
    objects.append(("<< " + " ".join(f"/{name} ({value})" for name, value in (told or {}).items()) + " >>").encode())
    return _file(objects)


def _page(text: str, content: int) -> tuple[bytes, bytes]:
    shown = b" ".join(b"(" + _string(line) + b") Tj 0 -14 Td" for line in text.split("\n"))
    drawn = b"BT /F1 12 Tf 72 720 Td " + shown + b" ET"
    fonts = "/Resources << /Font << /F1 3 0 R >> >>"
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {fonts} /Contents {content} 0 R >>"
    return page.encode(), b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn)


def _string(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    return body + head + table + end + b"\nstartxref\n%d\n%%%%EOF\n" % len(body)
