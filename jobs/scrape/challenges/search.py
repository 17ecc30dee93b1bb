"""Looks in an answer for the signs of a test for robots."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jobs.scrape.challenges.sign import FEW_CHARS, MarkupSign, Sign
from jobs.scrape.challenges.signs import COOKIES, HEADERS, MARKUP, WIDGETS

MOST_BYTES = 2**18
"""So much of a page is searched: no test is longer."""

_TITLES = (
    r"(?:please )?(?:verify|confirm|prove)\b.{0,20}\b(?:human|robot|bot)\b",
    r"(?:are you (?:a )?)?(?:human|robot)(?: or (?:human|robot))?\?",
    r"(?:human|bot|robot|browser|captcha|security|ddos) (?:verification|check|challenge|protection)\b",
    r"attention required|captcha\b|i'?m not a robot|just a moment|one (?:more step|moment)|unusual traffic",
    r"checking your browser|access (?:denied|to this page)",
)
_MORE = (
    r"please\b[^<>|]{0,60}|(?:is )?(?:required|needed|in progress)|page|challenge|(?:has been |is )?(?:denied|blocked)",
    r"(?:before|from|to) (?:access|continu|proceed|visit|you)[^<>|]{0,60}",
)
_END = r"</title|[|:]|\s(?:-|\xe2\x80[\x93\x94]|\xc2\xb7)\s"

TITLE = re.compile(
    rf"<title[^<>]*>\s*+(?:{'|'.join(_TITLES)})[\s.!?,\x80-\xff]*(?:{'|'.join(_MORE)})?[\s.!?]*(?:{_END})".encode(
        "latin-1"
    )
)
"""Titles of pages that are a test and nothing else, in lower case: up to their end or the site's name they say no more,
as the title of a song does."""

_HEADER_NAMES = re.compile("|".join(dict.fromkeys(f"(?:{sign.name.pattern})" for sign in HEADERS)))

TOLD_APART = frozenset({403, 429, 503})
"""Statuses with which a page that has a test holds nothing else."""


def find_sign(status: int, headers: Mapping[str, str], body: bytes, text_chars: int) -> Sign | None:
    """The sign of a test for robots, or of a refusal, in an answer; None for an ordinary one.

    `text_chars` are the characters of the page's text, of which a test has few.
    """
    return sign_of_headers(status, headers) or _sign_of_page(status, body, text_chars)


def sign_of_headers(status: int, headers: Mapping[str, str]) -> Sign | None:
    """The sign that headers and cookies bear: an answer to HEAD has nothing else."""
    for name, value in headers.items():
        lower = name.lower()
        found: Sign | None = _cookie(status, value) if lower == "set-cookie" else _header(status, lower, value.strip())
        if found is not None:
            return found
    return None


def _header(status: int, name: str, value: str) -> Sign | None:
    if _HEADER_NAMES.fullmatch(name) is None:  # hardly any header is one
        return None
    signs = (sign for sign in HEADERS if sign.counts_with(status) and sign.name.fullmatch(name))
    return next((sign for sign in signs if sign.value.match(value)), None)


def _cookie(status: int, value: str) -> Sign | None:
    name = value.partition("=")[0].strip()
    return next((sign for sign in COOKIES if sign.counts_with(status) and sign.name.search(name)), None)


def _sign_of_page(status: int, body: bytes, text_chars: int) -> Sign | None:
    if text_chars >= FEW_CHARS or (len(body) > MOST_BYTES and status < 400):
        return None
    markup = body[:MOST_BYTES].lower()
    found = next((sign for sign in MARKUP if _bears(sign, status, markup, text_chars)), None)
    if found is None and (status in TOLD_APART or TITLE.search(markup)):
        found = next((sign for sign in WIDGETS if _bears(sign, status, markup, text_chars)), None)
    return found


def _bears(sign: MarkupSign, status: int, markup: bytes, text_chars: int) -> bool:
    if not sign.counts_with(status) or text_chars >= sign.most_chars or sign.key not in markup:
        return False
    return sign.pattern.search(markup) is not None
