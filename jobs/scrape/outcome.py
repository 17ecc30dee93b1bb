"""What an answer means: a row, perhaps with a code, or a failure, or another attempt."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jobs
from jobs import ItemError
from jobs.scrape.challenges.search import find_sign
from jobs.scrape.challenges.sign import FEW_CHARS, HARDLY_ANY
from jobs.scrape.page.links import same_page
from jobs.scrape.page.page_columns import CONTENT, LANGUAGE, STRUCTURE, TEXT
from jobs.scrape.pdf import is_pdf, read_pdf
from jobs.web import urls
from jobs.web.messages import EMPTY, Response
from jobs.web.status_failures import failure_of

if TYPE_CHECKING:
    from jobs.scrape.fields.own_field import OwnField
    from jobs.scrape.options import ScrapeOptions
    from jobs.web.accepted import Accepted


SOON_SECONDS = 10
"""A refresh later than that is for pages that renew themselves, or that want to be read."""

PARTS_OF_FILE = frozenset({CONTENT, LANGUAGE, STRUCTURE, TEXT})
"""What the file of a page's main content tells."""

TEST_BYTES = 64 * 1024
"""No test for robots that is known by its markup alone is longer."""


SHORT_BYTES = 16 * 1024
"""A page up to that is read in the slot's own thread: to hand it over costs more than it spares (of pages of 2 and
8 KB; of 16 KB it is the same)."""


def read_page(answer: Response, wishes: ScrapeOptions, url: str, left: float) -> dict[str, Any]:
    """The columns that the page of an item's URL fills, within the seconds that are left; none where there is none.

    Raises ItemError `parse_error`.
    """
    if wishes.pdf and is_pdf(answer) and answer.failure is None:
        return _read_pdf(answer, wishes, left)
    unread = answer.failure is not None and not answer.broke_off
    if not wishes.wants_page or unread or not answer.is_text or answer.status in EMPTY:
        return {}
    anchor = urls.anchor(url)
    if len(answer.content) <= SHORT_BYTES:
        return _read(answer, wishes, anchor)
    return jobs.compute(_read, answer, wishes, anchor)


def _read_pdf(answer: Response, wishes: ScrapeOptions, left: float) -> dict[str, Any]:
    try:
        return read_pdf(answer, _fields(wishes.fields), _parts(answer, wishes), left)
    except ItemError:
        if 200 <= answer.status < 300:
            raise
        return {}


def _read(answer: Response, wishes: ScrapeOptions, anchor: str) -> dict[str, Any]:
    from jobs.scrape.page import reader

    started = time.monotonic()
    try:
        read = reader.read(
            answer.content,
            answer.header("content-type"),
            answer.target.href,
            reader=wishes.reader,
            fields=_fields(wishes.fields),
            status=answer.status,
            headers=[*answer.headers.items()],
            parts=_parts(answer, wishes),
            anchor=anchor,
        )
    except ItemError:
        if 200 <= answer.status < 300:
            raise
        read = {}  # the status says more of an error page than its markup
    return {**read, "parse_seconds": round(time.monotonic() - started, 6)}


def _parts(answer: Response, wishes: ScrapeOptions) -> frozenset[str]:
    """The parts that columns need; and the text of a page that may be a test for robots."""
    content = PARTS_OF_FILE if wishes.save_content else frozenset()
    may_be_test = len(answer.content) <= TEST_BYTES or answer.status >= 400
    return wishes.chosen.parts | content | (frozenset({TEXT}) if may_be_test else frozenset())


def _text_chars(page: dict[str, Any]) -> int:
    """Characters of a page's text; of one that was read, but not its text, more than a test for robots has."""
    return int(page.get("text_chars") or (FEW_CHARS if "title" in page and "text_chars" not in page else 0))


@functools.lru_cache(maxsize=16)
def _fields(text: str) -> tuple[OwnField, ...]:
    if not text.strip():
        return ()
    from jobs.scrape.fields.field_lines import read_fields

    return read_fields(text)


def judge(answer: Response, page: dict[str, Any], accepted: Accepted, *, redirected: bool) -> str:
    """The code of a good answer, perhaps empty. Raises ItemError for a failure, TryLater for one that may pass."""
    sign = find_sign(answer.status, answer.headers, answer.content, _text_chars(page))
    if sign is not None:
        jobs.pace(refused=True)
        raise ItemError("blocked_challenge", sign.sentence(answer.target.host))
    if not accepted.takes(answer.status):
        raise failure_of(answer)
    if answer.failure is not None:
        if not (answer.broke_off and accepted.incomplete and jobs.last_attempt()):
            raise answer.failure
        return "incomplete"
    if answer.truncated and (answer.is_text or "reading_notes" in page):
        return "truncated"
    if not answer.is_text and "pdf_pages" not in page and answer.status not in EMPTY:
        return "not_text"
    if _only_sends_on(page, answer.target.href):
        return "sends_on"
    return "redirected" if redirected else ""


def sends_to(page: Mapping[str, Any], url: str) -> str:
    """The other page that this one sends its reader to soon; empty: none."""
    target, seconds = page.get("refresh_to"), page.get("refresh_seconds")
    soon = target and seconds is not None and seconds <= SOON_SECONDS
    return str(target) if soon and not same_page(str(target), url) else ""


def _only_sends_on(page: dict[str, Any], url: str) -> bool:
    """Whether a page says hardly anything, and sends its reader to another soon."""
    return _text_chars(page) < HARDLY_ANY and bool(sends_to(page, url))
