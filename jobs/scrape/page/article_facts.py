"""Who says what, when, and how it begins: one definition each of description, author, site_name, dates, excerpt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from jobs.scrape.page.json_ld import Structure, bare_name, text_of
from jobs.scrape.page.raw_facts import HEADINGS
from jobs.scrape.page.text import fold

DESCRIPTIONS = ("description", "og:description", "twitter:description", "dc.description", "dcterms.description")
SITE_NAMES = ("og:site_name", "application-name", "apple-mobile-web-app-title")
AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author")
EXACT_DATES = ("article:published_time", "og:published_time", "article:published")
VAGUE_DATES = (
    *("datepublished", "date", "dc.date", "dc.date.issued", "dcterms.date", "dcterms.issued", "dcterms.created"),
    *("pubdate", "publish-date", "publish_date", "publication_date", "parsely-pub-date", "sailthru.date"),
)
CHANGES = ("article:modified_time", "og:updated_time", "article:modified", "datemodified", "dcterms.modified")
"""Names of meta tags, the more exact first."""

SITES = frozenset({"WebSite"})

MAIN_CHARS = 1_000
"""So much of the main part is looked at for an excerpt, once it has begun."""

MOST_PIECES = 5_000
"""Texts that are passed over at most until it begins."""

SENTENCE_CHARS = 60
"""Characters outside links that a block has which is no entry of a menu."""

HEADING, LINK, BORDER = "heading", "link", "border"
"""Where a piece of text stands, and what parts blocks."""

Piece = tuple[str, str]
"""A text and where it stands (`HEADING`, `LINK` or nothing); or an empty one and `BORDER`."""


def description(metas: Mapping[str, str]) -> str | None:
    """The meta description, else that for sharing."""
    return _first(metas, DESCRIPTIONS)


def site_name(metas: Mapping[str, str], structures: Sequence[Structure]) -> str | None:
    """The name of the whole site: for sharing, else as an application, else in JSON-LD, where its publisher counts."""
    named = (text_of(structure.get("name")) for structure in structures if _is_a(structure, SITES))
    publishers = (text_of(structure["publisher"]) for structure in structures if "publisher" in structure)
    return _first(metas, SITE_NAMES) or next(filter(None, chain(named, publishers)), None)


def author(
    metas: Mapping[str, str], structures: Sequence[Structure], properties: Sequence[tuple[str, str]]
) -> str | None:
    """Who wrote it: by JSON-LD, a meta tag, microdata, else a link or a line that says so; an address is no name."""
    signed = (structure for structure in structures if "author" in structure or "creator" in structure)
    inside = (text_of(structure.get("author")) or text_of(structure.get("creator")) for structure in signed)
    tagged = (metas[name] for name in AUTHORS if name in metas)
    marked = (value for kind in ("author", "rel=author", "class=author") for name, value in properties if name == kind)
    candidates = (fold(name) for name in (*inside, *tagged, *marked))
    return next((name for name in candidates if name and "://" not in name and not name.startswith("@")), None)


def published(
    metas: Mapping[str, str], structures: Sequence[Structure], properties: Sequence[tuple[str, str]]
) -> str | None:
    """When it was published, as the page writes it: the more exact saying first."""
    inside = (text_of(structure["datePublished"]) for structure in structures if "datePublished" in structure)
    marked = (value for kind in ("datepublished", "class=published") for name, value in properties if name == kind)
    exact, vague = ([metas[name] for name in names if name in metas] for names in (EXACT_DATES, VAGUE_DATES))
    return next((date for date in (*exact, *inside, *vague, *marked) if date.strip()), None)


def modified(
    metas: Mapping[str, str], structures: Sequence[Structure], properties: Sequence[tuple[str, str]]
) -> str | None:
    """When it was last changed, as the page writes it."""
    inside = (text_of(structure["dateModified"]) for structure in structures if "dateModified" in structure)
    tagged = (metas[name] for name in CHANGES if name in metas)
    marked = (value for kind, value in properties if kind == "datemodified")
    return next((date for date in (*tagged, *inside, *marked) if date.strip()), None)


def excerpt(pieces: Iterable[Piece]) -> str:
    """How the main text begins: at the first block that holds a sentence, with the headings right before it; where none
    does, at the first block. Of blocks of links nothing is taken once it has begun."""
    begun, everything, headings = list[str](), list[str](), list[str]()
    length = 0
    for text, linked, heading in _blocks(pieces):
        everything.append(text)
        if not begun and not heading and len(text) - linked < SENTENCE_CHARS:
            headings.clear()
        elif heading and not begun:
            headings.append(text)
        elif 2 * linked < len(text) or heading:
            begun += [*headings, text]
            headings.clear()
            length = sum(map(len, begun))
        if length > MAIN_CHARS:
            break
    return " ".join(begun or everything)


def place_in(tag: str, place: str) -> str:
    """Where the text of an element stands that is inside another: a heading stays one in links."""
    if place == HEADING or tag in HEADINGS:
        return HEADING
    return LINK if tag == "a" else place


def beginning(pieces: Iterable[Piece], most: int) -> str:
    """The first characters of pieces, with a space where a block begins or ends."""
    texts, left = list[str](), most
    for text, place in pieces:
        texts.append(" " if place == BORDER else text)
        left -= len(fold(text)) + 1
        if left < 0:
            break
    return "".join(texts)


def _blocks(pieces: Iterable[Piece]) -> Iterator[tuple[str, int, bool]]:
    """The text of each block, how much of it is in links, and whether it is a heading."""
    texts: list[str] = []
    linked, heading = 0, False
    for number, (text, place) in enumerate(pieces):
        if place == BORDER or number > MOST_PIECES:
            folded = fold("".join(texts))
            if folded:
                yield folded, linked, heading
            texts, linked, heading = [], 0, False
        if number > MOST_PIECES:
            return
        texts.append(text)
        linked += len(fold(text)) if place == LINK else 0
        heading = heading or (place == HEADING and not text.isspace() and text != "")
    if folded := fold("".join(texts)):
        yield folded, linked, heading


def _is_a(structure: Structure, kinds: frozenset[str]) -> bool:
    given = structure.get("@type")
    names = given if isinstance(given, list) else [given]
    return any(isinstance(name, str) and bare_name(name) in kinds for name in names)


def _first(metas: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((metas[name] for name in names if name in metas), None)
