"""References, resolved as the WHATWG parser resolves them, with or without asking it."""

from __future__ import annotations

import tracemalloc
from random import Random

import ada_url
import pytest

from jobs.scrape.page.links import count_links, resolve, same_page

BASES = (
    "http://example.org/",
    "https://a.b.example/x/y?z#q",
    "http://127.0.0.1:8080/page-1",
    "http://[::1]/x",
    "http://xn--bcher-kva.example/",
    "http://user@host.example/",
)
PIECES = (
    *(
        "http://",
        "https://",
        "HTTP://",
        "/",
        "//",
        "a",
        "b.c",
        "..",
        ".",
        "example.org",
        "example.com:80",
        "www.",
        "xn--",
    ),
    *("xn--a", "1.2", "127.0.0.1", ":80", ":443", ":8080", "%2e", "%41", "?", "#", "=", "&", "-", "_", "~", "A", "é"),
    *(" ", "\t", "@", "\\", "com", "0x1", "1", "..."),
)
STARTS = ("https://example.org/", "http://a.example/", "/", "")


def parsed(base: str, reference: str) -> str | None:
    try:
        url = ada_url.URL(reference, base=base)
    except ValueError:
        return None
    return url.href if url.protocol in ("http:", "https:") and reference.strip() else None


@pytest.mark.parametrize("pieces", [PIECES, "ab/.-?=&~_A9"], ids=["any", "plain"])
def test_references_are_resolved_as_by_the_parser(pieces: str | tuple[str, ...]) -> None:
    random = Random(3)
    for _ in range(5_000):
        base = ada_url.URL(random.choice(BASES)).href
        reference = random.choice(STARTS) + "".join(random.choices(pieces, k=random.randrange(9)))

        assert resolve(base, reference) == parsed(base, reference), (base, reference)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example/%C3%A9", "http://a.example/%c3%a9#place", True),
        ("http://a.example/%7Euser", "http://a.example/~user", True),
        ("http://a.example/a", "http://a.example/A", False),
        ("http://a.example/?q=%26", "http://a.example/?q=&", False),
    ],
)
def test_pages_are_the_same_by_what_their_urls_mean(one: str, other: str, same: bool) -> None:
    assert same_page(one, other) is same


def test_hosts_of_any_length_are_told_apart_and_long_ones_are_not_kept() -> None:
    own = f"http://{'a' * 100_000}.example/"
    tracemalloc.start()
    try:
        for page in range(50):
            found = count_links([own, f"http://{'a' * 100_000}{page}.example/"], own, None)
            assert (found.internal, found.external) == (1, 1)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 1_000_000
