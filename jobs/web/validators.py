"""Asking for a page only if it has changed: what an answer is known again by (RFC 9110, 8.8), kept with its row and
sent back by the next run, to the very URL that gave it and to no other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from jobs.web.messages import Response
from jobs.web.urls import Target

NOT_MODIFIED = 304
MOST_CHARS = 500
"""Of an entity tag; longer ones are not sent back."""

_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')
_CONDITIONS = ("if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range")


@dataclass(frozen=True, kw_only=True)
class Validators:
    """What an answer of this URL is known again by: its entity tag, else the date of its last change, as they came."""

    url: str
    etag: str = ""
    last_modified: str = ""

    @classmethod
    def of_answer(cls, answer: Response) -> Validators | None:
        """Those that a whole page gave; None: it gave none that can be sent back. What is no tag or no date, or comes
        twice, is none."""
        if answer.status != 200 or answer.failure is not None:
            return None
        etag, changed = answer.header("etag").strip(), answer.header("last-modified").strip()
        etag = etag if len(etag) <= MOST_CHARS and _TAG.fullmatch(etag) else ""
        changed = changed if _is_date(changed) else ""
        return cls(url=answer.target.href, etag=etag, last_modified=changed) if etag or changed else None

    @classmethod
    def of_plain(cls, kept: Any) -> Validators | None:
        """From what a row has kept; None: nothing, or what is none."""
        if not isinstance(kept, Mapping) or not isinstance(kept.get("url"), str):
            return None
        etag, changed = str(kept.get("etag") or ""), str(kept.get("last_modified") or "")
        if not ((etag and _TAG.fullmatch(etag)) or (changed and _is_date(changed))):
            return None
        return cls(url=kept["url"], etag=etag, last_modified=changed)

    def plain(self) -> dict[str, str]:
        """As a row keeps them."""
        return {name: value for name, value in vars(self).items() if value}

    def conditions(self, target: Target, headers: Mapping[str, str]) -> dict[str, str]:
        """The header that has the server say whether its page has changed; none for another URL, nor where the run sets
        such a header itself. A date only where there is no tag: it is no finer than a second."""
        if target.href != self.url or sets_conditions(headers):
            return {}
        return {"If-None-Match": self.etag} if self.etag else {"If-Modified-Since": self.last_modified}

    def denied_by(self, answer: Response) -> bool:
        """Whether a 304 names another tag than it was asked about: what has not changed is not what we have (RFC 9111,
        4.3.4)."""
        named = answer.header("etag").strip()
        return bool(self.etag and named) and named.removeprefix("W/") != self.etag.removeprefix("W/")


def sets_conditions(headers: Mapping[str, str]) -> bool:
    """Whether headers ask for a page on a condition of their own."""
    return any(name.lower() in _CONDITIONS for name in headers)


def _is_date(text: str) -> bool:
    if not text or len(text) > 50 or not text.isascii() or not text.isprintable():
        return False
    try:
        return isinstance(parsedate_to_datetime(text), datetime)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
