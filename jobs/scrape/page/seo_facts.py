"""What search engines look at beside the facts of every page: headings, languages, images without a text, and how
alike its text is to that of others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.scrape.page.indexability import canonical_targets
from jobs.scrape.page.links import resolve
from jobs.scrape.page.lxml_reader import spaced_text
from jobs.scrape.page.text import clean, fold

if TYPE_CHECKING:
    from jobs.scrape.fields.page_views import PageViews

MOST_HEADINGS = 200
MOST_LANGUAGES = 200
MOST_IMAGES = 50
MOST_LINKS = 200
MOST_LOOKED_AT = 5_000
"""Links that are looked at for them."""

VALUE_CHARS = 300
URL_CHARS = 2_048

MOST_WORDS = 20_000
"""Of a text that are looked at for its SimHash."""

SHINGLE = 3
"""Words that are taken together; in scripts that put no space between words, so many and one more characters."""

LONG_WORD = 15
"""Characters of a mean word from which on a text is such a script's."""


def seo(page: PageViews, canonicals: Sequence[str], headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The columns of a page at its own URL that answered with these headers; `canonicals` are its own, as it writes
    them."""
    links = (value for name, value in headers if name.lower() == "link")
    sent = (resolve(page.url, target) for value in links for target in canonical_targets(value))
    return {
        "canonical_link": clean(next((resolve(page.base, href) for href in canonicals), None), URL_CHARS),
        "canonical_header": clean(next(sent, None), URL_CHARS),
        "hreflang": list(islice(_languages(page), MOST_LANGUAGES)),
        "headings": list(islice(_headings(page), MOST_HEADINGS)),
        "images_lacking_alt": list(dict.fromkeys(islice(_images(page), MOST_IMAGES))),
        "simhash": simhash(page.text),
        "links_to": list(dict.fromkeys(_targets(page)))[:MOST_LINKS],
    }


def simhash(text: str) -> str | None:
    """64 bits as 16 digits: of two texts that are nearly alike few bits differ (Charikar 2002). None for no text."""
    shingles = _shingles(fold(text).lower())
    if not shingles:
        return None
    hashed = b"".join(hashlib.blake2b(one.encode("utf-8", "replace"), digest_size=8).digest() for one in shingles)
    bits = np.unpackbits(np.frombuffer(hashed, np.uint8).reshape(-1, 8), axis=1)
    most = 2 * bits.sum(axis=0, dtype=np.int64) > len(bits)
    return np.packbits(most).tobytes().hex()


def _shingles(text: str) -> set[str]:
    words = text.split(" ", MOST_WORDS)[:MOST_WORDS] if text else []
    if words and sum(map(len, words)) > LONG_WORD * len(words):
        kept = "".join(words)[:MOST_WORDS]
        return {kept[place : place + SHINGLE + 1] for place in range(max(1, len(kept) - SHINGLE))}
    return {
        " ".join(words[place : place + SHINGLE]) for place in range(max(min(len(words), 1), len(words) - SHINGLE + 1))
    }


def _elements(page: PageViews, *names: str) -> Iterator[Any]:
    return iter(()) if page.seen is None else page.seen.getroottree().iter(*names)


def _languages(page: PageViews) -> Iterator[str]:
    """`de https://…`, of each link to the same in another language."""
    for link in _elements(page, "link"):
        language, target = (link.get("hreflang") or "").strip(), resolve(page.base, link.get("href"))
        if language and target and "alternate" in (link.get("rel") or "").lower().split():
            yield clean(f"{language} {target}", URL_CHARS) or ""


def _headings(page: PageViews) -> Iterator[str]:
    """`h2 Its text`, in document order."""
    for heading in _elements(page, "h1", "h2", "h3"):
        text = clean(spaced_text(heading, VALUE_CHARS, page.budget), VALUE_CHARS)
        yield f"{heading.tag} {text}" if text else str(heading.tag)


def _targets(page: PageViews) -> Iterator[str]:
    for link in islice(_elements(page, "a", "area"), MOST_LOOKED_AT):
        target = (resolve(page.base, link.get("href")) or "").partition("#")[0]
        if target and len(target) <= URL_CHARS:
            yield target


def _images(page: PageViews) -> Iterator[str]:
    for image in _elements(page, "img"):
        source = image.get("src") or image.get("data-src") or ""
        if image.get("alt") is None and source:
            yield clean(page.resolved(source), URL_CHARS) or ""
