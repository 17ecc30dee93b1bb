"""From what a reader found in a page to the values of its columns."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence

from jobs.scrape.counts import count
from jobs.scrape.decode import Decoded
from jobs.scrape.findings import Findings
from jobs.scrape.links import count_links, resolve, same_page
from jobs.scrape.pagefacts import PageFacts
from jobs.scrape.text import clean

TITLE_CHARS = 1_000
DESCRIPTION_CHARS = 2_000
URL_CHARS = 2_048
EXCERPT_CHARS = 300
SHORT_CHARS = 200
"""Longer values are cut, with a mark at their end."""

MOST_STRUCTURES = 5_000
"""Objects and lists of JSON-LD that are looked at."""

STRUCTURE_CHARS = 500_000

_HIDING = re.compile(r"<!--|(?://|/\*)?\s*+<!\[CDATA\[(?:\s*+\*/)?")
"""What stands before a script, to hide it from old browsers or from XML."""

DATE_NAMES = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.issued",
    "pubdate",
    "publish-date",
    "parsely-pub-date",
    "sailthru.date",
)
"""Where pages write their date of publication, the more exact first. JSON-LD comes behind the second of them, and
`<time>` behind all."""


def page_facts(
    decoded: Decoded, found: Findings, url: str, *, status: int, x_robots_tag: str, notes: Sequence[str] = ()
) -> PageFacts:
    """The columns of a page at `url` (the one that answered)."""
    base = (resolve(url, found.base) if found.base else None) or url
    metas = _first_of_each(found.metas)
    structures = list(_structures(found.structured))
    links = count_links(found.hrefs, url, found.base)
    counts = count(found.marked)
    canonical = next((target for target in (resolve(base, href) for href in found.canonicals[:5]) if target), None)
    robots = ", ".join(_robots(found.metas))
    reason = _why_not_indexable(status, x_robots_tag, robots, canonical, url)
    return PageFacts(
        encoding=decoded.encoding,
        encoding_source=decoded.source,
        reading_notes=clean("; ".join((*decoded.notes, *notes)), DESCRIPTION_CHARS),
        title=_first(found.titles, TITLE_CHARS),
        description=clean(metas.get("description"), DESCRIPTION_CHARS),
        canonical=clean(canonical, URL_CHARS),
        robots_meta=clean(robots, SHORT_CHARS),
        lang=clean(found.lang or metas.get("content-language"), SHORT_CHARS),
        h1=_first(found.headings, TITLE_CHARS),
        h1_count=found.h1_count,
        og_title=clean(metas.get("og:title"), TITLE_CHARS),
        og_image=clean(resolve(base, metas.get("og:image") or metas.get("og:image:url")), URL_CHARS),
        published=clean(_published(metas, structures, found.dates), SHORT_CHARS),
        structured_types=clean(", ".join(_types(structures)), DESCRIPTION_CHARS),
        text_chars=counts.chars,
        words=counts.words,
        text_hash=counts.digest,
        excerpt=clean(found.main, EXCERPT_CHARS),
        links_internal=links.internal,
        links_external=links.external,
        images=found.images,
        images_without_alt=found.images_without_alt,
        indexable=not reason,
        indexable_reason=reason or None,
    )


def _first_of_each(metas: list[tuple[str, str]]) -> dict[str, str]:
    """The first content that is not empty, by name."""
    first: dict[str, str] = {}
    for name, content in metas:
        if content.strip():
            first.setdefault(name, content)
    return first


def _first(texts: list[str], most: int) -> str | None:
    return next((cleaned for cleaned in (clean(text, most) for text in texts) if cleaned), None)


def _structures(scripts: list[str]) -> Iterator[dict[str, object]]:
    """The objects of a page's JSON-LD, outer ones first; scripts that are not JSON are passed over."""
    waiting: deque[object] = deque()
    for script in scripts[:50]:
        try:
            waiting.append(json.loads(_bare(script), strict=False) if len(script) < STRUCTURE_CHARS else None)
        except (ValueError, RecursionError):
            continue
    seen = 0
    while waiting and seen < MOST_STRUCTURES:
        seen += 1
        value = waiting.popleft()
        if isinstance(value, dict):
            yield value
            waiting.extend(inner for inner in value.values() if isinstance(inner, dict | list))
        elif isinstance(value, list):
            waiting.extend(inner for inner in value if isinstance(inner, dict | list))


def _bare(script: str) -> str:
    """A script without what stands around it: what hides it (`<!-- … //-->`, `//<![CDATA[ … //]]>`), a semicolon."""
    text = script.strip("\ufeff \t\r\n")
    if hiding := _HIDING.match(text):
        text = text[hiding.end() :].rpartition("]]>" if "[" in hiding[0] else "-->")[0].rstrip("/* \t\r\n")
    return text.strip().removesuffix(";")


def _types(structures: list[dict[str, object]]) -> list[str]:
    """The types in order of their first appearance, without the vocabulary's address."""
    names: dict[str, None] = {}
    for structure in structures:
        given = structure.get("@type")
        for name in given if isinstance(given, list) else [given]:
            if isinstance(name, str) and name.strip():
                names.setdefault(name.strip().rpartition("/")[2][:SHORT_CHARS])
    return list(names)


def _published(metas: dict[str, str], structures: list[dict[str, object]], dates: list[str]) -> str | None:
    inside = (value for value in (structure.get("datePublished") for structure in structures) if isinstance(value, str))
    exact = [metas[name] for name in DATE_NAMES[:2] if name in metas]
    vague = [metas[name] for name in DATE_NAMES[2:] if name in metas]
    return next((date for date in (*exact, *inside, *vague, *dates) if date.strip()), None)


def _robots(metas: list[tuple[str, str]]) -> Iterator[str]:
    for name, content in metas[:500]:
        if name == "robots":
            yield content.strip()
        elif name in ("googlebot", "bingbot"):
            yield f"{name}: {content.strip()}"


def _why_not_indexable(status: int, x_robots_tag: str, robots: str, canonical: str | None, url: str) -> str:
    if status != 200:
        return f"status {status}"
    if _forbids(x_robots_tag):
        return "noindex in X-Robots-Tag"
    if _forbids(robots):
        return "noindex in the robots meta tag"
    if canonical and not same_page(canonical, url):
        return "its canonical URL is another page"
    return ""


def _forbids(rules: str) -> bool:
    """Whether robots rules forbid listing to everybody, Google or Bing: "noindex, nofollow", "googlebot: none"."""
    agent = ""
    for rule in rules.lower().split(","):
        name, colon, value = rule.partition(":")
        if colon and not name.strip().startswith(("max-", "unavailable_after")):
            agent, rule = name.strip(), value  # noqa: PLW2901
        if rule.strip() in ("noindex", "none") and agent in ("", "*", "robots", "googlebot", "bingbot"):
            return True
    return False
