"""Looks in an answer for the signs of a test for robots."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import get_args

from jobs.scrape.challenges.sign import FEW_CHARS, MarkupSign, Sign, Where
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

_TAGS = re.compile(rb"<title[^<>]*>[^<>]*+|<[^<>]*+>?")
"""Each tag; that of a title with its text. Most signs stand there, and it is a small part of most pages."""

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
    tags = b"".join(_TAGS.findall(markup))
    places: dict[Where, bytes] = {
        "anywhere": markup,
        "tags": tags,
        "scripts": markup if b"<script" in tags else b"",
    }
    of_vendors, of_widgets = _counting(status, next(most for most in _LEVELS if text_chars < most))
    found = _borne(of_vendors, markup, places)
    if found is None and (status in TOLD_APART or TITLE.search(markup)):
        found = _borne(of_widgets, markup, places)
    return found


_LEVELS = sorted({sign.most_chars for sign in (*MARKUP, *WIDGETS)})

_Placed = tuple[tuple[Where, tuple[tuple[bytes, int, MarkupSign], ...]], ...]
"""Signs by where their keys are looked for: each with its key, and its place in the table."""


def _borne(placed: _Placed, markup: bytes, places: Mapping[Where, bytes]) -> MarkupSign | None:
    """The first of the table that the markup bears."""
    likely = [
        (order, sign) for where, signs in placed if (text := places[where]) for key, order, sign in signs if key in text
    ]
    return next((sign for _, sign in sorted(likely, key=itemgetter(0)) if sign.pattern.search(markup)), None)


@functools.lru_cache(maxsize=256)
def _counting(status: int, most_chars: int) -> tuple[_Placed, _Placed]:
    """The signs of vendors, and those of widgets, that count with this status in a page of less text than that."""
    return _placed(MARKUP, status, most_chars), _placed(WIDGETS, status, most_chars)


def _placed(table: Sequence[MarkupSign], status: int, most_chars: int) -> _Placed:
    counting = [
        (order, sign) for order, sign in enumerate(table) if sign.counts_with(status) and sign.most_chars >= most_chars
    ]
    return tuple(
        (where, tuple((sign.key, order, sign) for order, sign in counting if sign.where == where))
        for where in get_args(Where)
    )
