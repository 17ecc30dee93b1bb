"""Every reader's time grows as what it reads: at one, two and four times the size."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from jobs.runtime import inputs
from jobs.runtime.catalog import load

SIZES = 1, 2, 4
UNITS = 1_500
MOST_GROWTH = 9
"""Times as long for four times as much: 4 is linear, 16 grows by the square."""

URL = "https://a.org/path/"
SHAPES: dict[str, Callable[[int], str]] = {
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
}


def seconds(read: Callable[[], object]) -> float:
    """Processor time of the quicker of two calls."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        read()
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "name"), [("file", name) for name in SHAPES] + [("pasted", name) for name in ("prose.txt", "quotes.txt")]
)
def test_the_time_of_a_reader_grows_as_what_it_reads(way: str, name: str) -> None:
    job = load("scrape")

    def read(text: str) -> inputs.Preflight:
        return inputs.read(text.encode(), name=name, job=job) if way == "file" else inputs.read_text(text, job=job)

    texts = [SHAPES[name](UNITS * size) for size in SIZES]
    assert read(texts[0]).items > UNITS / 2

    first, _, last = (seconds(lambda text=text: read(text)) for text in texts)

    assert last <= MOST_GROWTH * first + 0.05, (first, last)
