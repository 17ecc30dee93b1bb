"""Every reader's time grows as what it reads: at one, two and four times the size."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from jobs.runtime import inputs
from jobs.runtime.catalog import load

SIZES = 1, 2, 4
UNITS = 1_500
MOST_GROWTH = 9
"""Times as long for four times as much: 4 is linear, 16 grows by the square."""

URL = "https://a.org/path/"
SHAPES: dict[str, Callable[[int], str | bytes]] = {
    "prose.txt": lambda n: " ".join(f"see {URL}{place} then" for place in range(n))[:900_000],
    "list.txt": lambda n: "\n".join(f"{URL}{place}" for place in range(n)),
    "quotes.txt": lambda n: " ".join(f"'{URL}{place}'" for place in range(n))[:900_000],
    "table.csv": lambda n: "url,note\n" + "".join(f'{URL}{place},"a ""b"" c, d"\n' for place in range(n)),
    "ragged.csv": lambda n: "url,note\n" + "".join(f"{URL}{place}{',x' * (place % 7)}\n" for place in range(n)),
    "open.csv": lambda n: "url,note\n" + "".join(f'{URL}{place},it"s\n' for place in range(n)),
    "table.tsv": lambda n: "url\tnote\n" + "".join(f"{URL}{place}\tx\n" for place in range(n)),
    "table.md": lambda n: "| url | note |\n|---|---|\n" + "".join(f"| {URL}{place} | x |\n" for place in range(n)),
    "sitemap.xml": lambda n: "<urlset>" + "".join(f"<url><loc>{URL}{place}</loc></url>" for place in range(n)),
    "feed.xml": lambda n: (
        "<rss><channel>" + "".join(f"<item><link>{URL}{place}</link></item>" for place in range(n)) + "</channel></rss>"
    ),
    "values.json": lambda n: json.dumps([{"url": f"{URL}{place}"} for place in range(n)]),
    "lines.jsonl": lambda n: "".join(json.dumps({"url": f"{URL}{place}"}) + "\n" for place in range(n)),
    "table.xlsx": lambda n: workbook([f"{URL}{place}" for place in range(n)]),
    "table.parquet": lambda n: parquet([f"{URL}{place}" for place in range(n)]),
}


def workbook(urls: list[str]) -> bytes:
    """A workbook with a column of URLs and one of texts."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["url", "note"])
        for row, url in enumerate(urls, 1):
            sheet.write_string(row, 0, url)
            sheet.write_string(row, 1, f"a note of row {row}")
    return stream.getvalue()


def parquet(urls: list[str]) -> bytes:
    """The same as a Parquet file."""
    stream = io.BytesIO()
    pq.write_table(pa.table({"url": urls, "note": [f"a note of {url}" for url in urls]}), stream)
    return stream.getvalue()


CELLS: dict[str, Callable[[int], str]] = {
    "an address": lambda n: URL + "x" * n,
    "many slashes": lambda n: "https://a.org" + "/" * n,
    "dots before a path": lambda n: "https://" + "a." * (n // 2) + "org/",
    "escapes": lambda n: URL + "%20" * (n // 3),
    "letters beyond ASCII": lambda n: URL + "é" * n,
    "a query": lambda n: URL + "?" + "a=b&" * (n // 4),
    "no address": lambda n: "word " * (n // 5),
    "spaces within": lambda n: URL + " " * n + "x",
    "at signs": lambda n: "https://" + "a@" * (n // 2) + "a.org/",
    "brackets": lambda n: "https://[" + "1:" * (n // 2) + "]/",
}


def seconds(read: Callable[[], object]) -> float:
    """Processor time of the quicker of two calls."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        read()
        taken.append(time.process_time() - began)
    return min(taken)


def assert_linear(read: Callable[[int], object], sizes: Sequence[int]) -> None:
    """The largest is four times the smallest, and takes hardly more than four times as long."""
    first, _, last = (seconds(lambda size=size: read(size)) for size in sizes)

    assert last <= MOST_GROWTH * first + 0.05, (first, last)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "name"), [("file", name) for name in SHAPES] + [("pasted", name) for name in ("prose.txt", "quotes.txt")]
)
def test_the_time_of_a_reader_grows_as_what_it_reads(way: str, name: str) -> None:
    job = load("scrape")
    made = {UNITS * size: SHAPES[name](UNITS * size) for size in SIZES}

    def read(size: int) -> inputs.Preflight:
        text = made[size]
        content = text.encode() if isinstance(text, str) else text
        return inputs.read(content, name=name, job=job) if way == "file" else inputs.read_text(str(text), job=job)

    assert read(UNITS).items > UNITS / 2
    assert_linear(read, list(made))


@pytest.mark.slow
@pytest.mark.parametrize("shape", CELLS)
def test_the_time_of_a_cell_grows_as_its_length(shape: str) -> None:
    job = load("scrape")
    made = {size: "url,note\n" + f"{CELLS[shape](size)},x\n" * 200 for size in (2_000, 4_000, 8_000)}

    def read(size: int) -> inputs.Preflight:
        return inputs.read(made[size].encode(), name="cells.csv", job=job, column="url")

    assert read(2_000).items == 200
    assert_linear(read, list(made))
