"""From what a reader found in a page to the values of its columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from jobs.scrape.encoding.decode import Decoded
from jobs.scrape.page import article_facts
from jobs.scrape.page.indexability import canonical_targets, robots_of, why_not_indexable
from jobs.scrape.page.json_ld import Structure, bare_name, structures, types
from jobs.scrape.page.links import count_links, resolve
from jobs.scrape.page.page_columns import OpenGraph, PageFacts
from jobs.scrape.page.raw_facts import RawFacts
from jobs.scrape.page.refresh import refresh_of
from jobs.scrape.page.text import clean
from jobs.scrape.page.text_stats import count

TITLE_CHARS = 1_000
DESCRIPTION_CHARS = 2_000
URL_CHARS = 2_048
EXCERPT_CHARS = 300
SHORT_CHARS = 200
"""Longer values are cut, with a mark at their end."""

OPEN_GRAPH = ("og:", "article:", "book:", "profile:", "video:", "music:", "product:", "fb:", "place:", "business:")
"""Beginnings of the properties of Open Graph."""

_NOT_SHARED = cast(OpenGraph, dict.fromkeys(OpenGraph.__annotations__))

MOST_PROPERTIES = 100

_encode = json.JSONEncoder(ensure_ascii=False).encode


def page_facts(
    decoded: Decoded,
    found: RawFacts,
    url: str,
    *,
    status: int,
    headers: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
) -> PageFacts:
    """The columns of a page at `url` (the one that answered with these headers)."""
    base = (resolve(url, found.base) if found.base else None) or url
    metas = _first_of_each(found.metas)
    headers = [(name.lower(), value) for name, value in headers]
    reading_notes = [*decoded.notes, *notes]
    structured = structures(found.structured, reading_notes) if found.structured else []
    signs = metas, structured, found.properties
    signed = any(signs)
    links = count_links(found.hrefs, url, found.base)
    counts = count(found.marked)
    canonical = _canonical(found.canonicals, base, headers, url)
    robots = robots_of(found.metas)
    refresh = refresh_of(found.refreshes, next(iter(_values(headers, "refresh")), ""), base=base, url=url)
    reason = why_not_indexable(
        status=status,
        headers=_values(headers, "x-robots-tag"),
        metas=robots,
        refresh_to=refresh.target if refresh else None,
        canonical=canonical,
        url=url,
    )
    return {
        "encoding": decoded.encoding,
        "encoding_source": decoded.source,
        "reading_notes": clean("; ".join(reading_notes), DESCRIPTION_CHARS),
        "title": _first(found.titles, TITLE_CHARS),
        "description": clean(article_facts.description(metas), DESCRIPTION_CHARS),
        "canonical": clean(canonical, URL_CHARS),
        "robots_meta": clean(", ".join(robots), SHORT_CHARS),
        "lang": clean(found.lang or metas.get("content-language"), SHORT_CHARS),
        "h1": _first(found.headings, TITLE_CHARS),
        "h1_count": found.h1_count,
        "author": clean(article_facts.author(*signs), SHORT_CHARS) if signed else None,
        "site_name": clean(article_facts.site_name(metas, structured), SHORT_CHARS) if signed else None,
        **_shared(found.metas, metas, base),
        "published": clean(article_facts.published(*signs), SHORT_CHARS) if signed else None,
        "modified": clean(article_facts.modified(*signs), SHORT_CHARS) if signed else None,
        "structured_types": clean(", ".join(_types(structured, found.item_types)), DESCRIPTION_CHARS),
        "text_chars": counts.chars,
        "words": counts.words,
        "text_hash": counts.digest,
        "excerpt": clean(found.main, EXCERPT_CHARS),
        "links_internal": links.internal,
        "links_external": links.external,
        "images": found.images,
        "images_without_alt": found.images_without_alt,
        "refresh_to": clean(refresh.target, URL_CHARS) if refresh else None,
        "refresh_seconds": refresh.seconds if refresh else None,
        "indexable": not reason,
        "indexable_reason": clean(reason, SHORT_CHARS),
    }


def _shared(every_meta: list[tuple[str, str]], metas: dict[str, str], base: str) -> OpenGraph:
    """What the page says of itself to those that share it."""
    if not any(name.startswith(OPEN_GRAPH) for name in metas):
        return _NOT_SHARED
    return {
        "og_title": clean(metas.get("og:title"), TITLE_CHARS),
        "og_image": _media(metas, base, "og:image"),
        "og_description": clean(metas.get("og:description"), DESCRIPTION_CHARS),
        "og_type": clean(metas.get("og:type"), SHORT_CHARS),
        "og_url": clean(resolve(base, metas.get("og:url")), URL_CHARS),
        "og_site_name": clean(metas.get("og:site_name"), SHORT_CHARS),
        "og_locale": clean(metas.get("og:locale"), SHORT_CHARS),
        "og_video": _media(metas, base, "og:video"),
        "og_audio": _media(metas, base, "og:audio"),
        "open_graph": _open_graph(every_meta),
    }


def _first_of_each(metas: list[tuple[str, str]]) -> dict[str, str]:
    """The first content that is not empty, by name."""
    first: dict[str, str] = {}
    for name, content in metas:
        if content.strip():
            first.setdefault(name, content)
    return first


def _first(texts: list[str], most: int) -> str | None:
    return next((cleaned for cleaned in (clean(text, most) for text in texts) if cleaned), None)


def _values(headers: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    """The values of a header, whose name is in lower case, one for each time it was sent."""
    return [value for name, value in headers if name == wanted]


def _canonical(hrefs: Sequence[str], base: str, headers: Sequence[tuple[str, str]], url: str) -> str | None:
    """The canonical URL: the page's own `<link>` says it, else its Link header."""
    in_page = (resolve(base, href) for href in hrefs[:5])
    in_header = (resolve(url, target) for value in _values(headers, "link") for target in canonical_targets(value))
    return next(filter(None, (*in_page, *in_header)), None)


def _media(metas: dict[str, str], base: str, name: str) -> str | None:
    given = (metas.get(name), metas.get(f"{name}:secure_url"), metas.get(f"{name}:url"))
    return clean(next(filter(None, (resolve(base, reference) for reference in given)), None), URL_CHARS)


def _open_graph(metas: list[tuple[str, str]]) -> str | None:
    """Every property, in order of its first appearance; several values of one are a list."""
    found: dict[str, list[str]] = {}
    for name, content in metas[:1_000]:
        value = clean(content, TITLE_CHARS) if name.startswith(OPEN_GRAPH) else None
        if value and (name in found or len(found) < MOST_PROPERTIES):
            found.setdefault(name, []).append(value)
    named = {name: values[0] if len(values) == 1 else values for name, values in found.items()}
    return _encode(named) if named else None


def _types(structured: list[Structure], item_types: list[str]) -> list[str]:
    """Those of JSON-LD, then those of microdata, each once and without the vocabulary's address."""
    return list(dict.fromkeys(filter(None, (*types(structured), *map(bare_name, item_types[:1_000])))))
