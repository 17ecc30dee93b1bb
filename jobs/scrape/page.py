"""Reads a page: bytes in, columns out; the same columns from either reader.

bytes ── decode ── text ──┬── fast: lxml ────────────┬── Findings ── facts ── columns
                          └── soup: BeautifulSoup ───┘
                                    └── fields: the user's own columns
"""

from __future__ import annotations

import contextlib
import html
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from jobs import ItemError
from jobs.scrape.counts import MARK
from jobs.scrape.decode import decode
from jobs.scrape.facts import page_facts
from jobs.scrape.fast import read_fast
from jobs.scrape.findings import Findings
from jobs.scrape.pagefacts import PageFacts
from jobs.scrape.sniff import is_plain

if TYPE_CHECKING:
    from jobs.scrape.fields import Field

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

ALMOST_NO_TEXT = 500
"""Characters of text under which a page is no ordinary one."""

CERTAIN_SIGNS = (b"_cf_chl_opt",)
"""What only a robot check contains."""

LIKELY_SIGNS = (b"/cdn-cgi/challenge-platform/", b"_Incapsula_Resource")
"""What ordinary pages behind such a check contain too: it counts only where there is almost no text."""


def read(
    body: bytes,
    content_type: str,
    url: str,
    *,
    reader: Reader = "fast",
    fields: Sequence[Field] = (),
    x_robots_tag: str = "",
    status: int = 200,
) -> dict[str, object]:
    """The columns of a page that `url` answered with, and a column for each field.

    Raises ItemError (`parse_error`) for a page that cannot be read in reasonable time.
    """
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
        found, values = _find(text, utf8, reader, fields, notes)
        facts = page_facts(decoded, found, url, status=status, x_robots_tag=x_robots_tag, notes=notes)
    return {**facts, **values}


def _most_chars(text: str) -> int:
    """How many characters of a text are read: those that are few enough, and take no more room than a text may."""
    if len(text) * LONGEST_UTF8 <= MAX_UTF8:
        return len(text)
    kept = text[:MAX_CHARS].encode("utf-8", "replace")[:MAX_UTF8]
    return len(kept.decode("utf-8", "ignore"))


def challenge(body: bytes, headers: Mapping[str, str], text_chars: int) -> bool:
    """Whether an answer, whatever its status, is a robot check in the page's place."""
    mitigated = next((value for name, value in headers.items() if name.lower() == "cf-mitigated"), "")
    if mitigated.strip().lower() == "challenge" or any(sign in body for sign in CERTAIN_SIGNS):
        return True
    return text_chars < ALMOST_NO_TEXT and any(sign in body for sign in LIKELY_SIGNS)


def _find(
    text: str, utf8: bytes | None, reader: Reader, fields: Sequence[Field], notes: list[str]
) -> tuple[Findings, dict[str, str | int | list[str] | None]]:
    found = read_fast(text, utf8) if reader == "fast" else None
    if found is not None and not fields and (not found.cut or text.count("<") > SECOND_LOOK_TAGS):
        notes += [found.cut] if found.cut else []
        return found, {}
    from jobs.scrape import soup  # BeautifulSoup takes 0.2 s to load: only where it is needed
    from jobs.scrape.fields import field_values

    try:
        tree = soup.parse_soup(text)
    except ItemError:
        if found is None or fields:
            raise
        notes.append(found.cut)  # neither reader gets to the end, and this is what there is
        return found, {}
    if text.count("<") > soup.MAX_TAGS:
        notes.append(f"BeautifulSoup was given the first {soup.MAX_TAGS:,} tags only")
    if found is None or found.cut:
        found = soup.read_soup(tree)
    return found, field_values(tree, fields)
