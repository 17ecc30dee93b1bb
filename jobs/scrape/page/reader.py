"""Reads a page: bytes in, columns out; the same columns from either reader.

bytes ── decode ── text ──┬── fast: lxml ────────────┬── Findings ── facts ── columns
                          └── soup_reader ───────────┘
                                    └── fields: the user's own columns
"""

from __future__ import annotations

import contextlib
import html
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from jobs import ItemError
from jobs.scrape.encoding.decode import decode
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page import added_facts
from jobs.scrape.page.facts import page_facts
from jobs.scrape.page.lxml_reader import read_fast
from jobs.scrape.page.page_columns import PART_OF, PARTS, PageFacts
from jobs.scrape.page.raw_facts import RawFacts
from jobs.scrape.page.text_stats import MARK
from jobs.web.media_types import is_plain

if TYPE_CHECKING:
    from jobs.scrape.fields.own_field import OwnField

Reader = Literal["fast", "beautifulsoup"]

COLUMNS = PageFacts
"""The columns of every page, beside those of the user's fields."""

MAX_CHARS = 5 * 2**20
"""What is read of a page at most: a tree takes up to thirty times the room of its text."""

MAX_UTF8 = 9_999_000
"""And so many bytes: a longer text between two tags, libxml2 would drop without a word."""

LONGEST_UTF8 = 4
"""Bytes of a character."""

SECOND_LOOK_TAGS = 20_000
"""BeautifulSoup is asked where lxml could not read all, unless that would take longer than some 0.3 s."""

LARGE_CHARS = 2**20
_large = threading.BoundedSemaphore(2)
"""So many large pages are read at the same time, however many slots there are: for memory's sake."""


def read(
    body: bytes,
    content_type: str,
    url: str,
    *,
    reader: Reader = "fast",
    fields: Sequence[OwnField] = (),
    headers: Sequence[tuple[str, str]] = (),
    status: int = 200,
    parts: frozenset[str] = PARTS,
    anchor: str = "",
) -> dict[str, object]:
    """The columns of a page that `url` answered with, and a column for each field; those of the parts that are wanted.
    `anchor` is what is looked for in it.

    Raises ItemError (`parse_error`) for a page that cannot be read in reasonable time.
    """
    wanted = parts.union(*(field.parts for field in fields))
    decoded = decode(body, content_type)
    text, utf8, notes = decoded.text, decoded.utf8, []
    if MARK in text:  # the readers need it for themselves, and one control is as good as another
        text, utf8 = text.replace(MARK, "\x80"), None
    if is_plain(content_type, text):
        text, utf8 = html.escape(text, quote=False), None
    most = _most_chars(text)
    if len(text) > most:
        text, utf8 = text[:most], None
        notes.append(f"only the first {most:,} characters were read")
    with _large if len(text) > LARGE_CHARS else contextlib.nullcontext():
        page = PageViews(text, url, notes, written=decoded.text)
        worth_it = bool(fields) or text.count("<") <= SECOND_LOOK_TAGS
        found = _find(page, utf8, reader, wanted, second_look=worth_it)
        page.read(found.marked, found.base)
        values = _values(page, fields)
        content = added_facts.content(page, wanted)
        asked = added_facts.asked(page, found.canonicals, headers, parts, anchor)
        facts = page_facts(decoded, found, url, status=status, headers=headers, notes=notes)
    without = PARTS - parts
    read = {name: value for name, value in facts.items() if PART_OF.get(name) not in without} if without else facts
    wider = added_facts.widened(read, content, page)
    added = {
        **content,
        **asked,
        **added_facts.language(page, facts, content, headers, parts),
    }
    return {**read, **wider, **added_facts.with_shared_image(added, facts), **values}


def text_fields(text: str, url: str, fields: Sequence[OwnField]) -> dict[str, object]:
    """What fields find in a text that is no page: only those that look for a regular expression can."""
    page = PageViews("", url, [], written=text)
    page.read(text.encode("utf-8", "replace"), None)
    return _values(page, fields)


def _most_chars(text: str) -> int:
    """How many characters of a text are read: those that are few enough, and take no more room than a text may."""
    if len(text) * LONGEST_UTF8 <= MAX_UTF8:
        return len(text)
    kept = text[:MAX_CHARS].encode("utf-8", "replace")[:MAX_UTF8]
    return len(kept.decode("utf-8", "ignore"))


def _find(
    page: PageViews,
    utf8: bytes | None,
    reader: Reader,
    parts: frozenset[str],
    *,
    second_look: bool,
) -> RawFacts:
    """What a page says. Of one that lxml cannot read to its end, BeautifulSoup is asked, if that is worth it."""
    found = read_fast(page.source, utf8, parts) if reader == "fast" else None
    if found is not None and not (found.cut and second_look):
        page.notes += [found.cut] if found.cut else []
        return found
    from jobs.scrape.page import soup_reader  # BeautifulSoup takes 0.2 s to load: only where it is needed

    try:
        return soup_reader.read_soup(page.soup, page.source.encode("utf-8", "replace"), parts)
    except ItemError:
        if found is None:
            raise
        page.notes.append(found.cut)  # neither reader gets to the end, and this is what there is
        return found


def _values(page: PageViews, fields: Sequence[OwnField]) -> dict[str, object]:
    if not fields:
        return {}
    from jobs.scrape.fields.finders import field_values  # soupsieve takes 0.2 s to load

    return field_values(page, fields)
