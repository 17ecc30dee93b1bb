"""Regular expressions by RE2, whose time grows with the length of a page alone, whatever the expression."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from jobs.scrape.fields.own_field import VALUE_CHARS, OwnField, WrongField
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page.text import clean

MOST_MEMORY = 2**20
"""Bytes for one compiled expression: a larger one is refused, and so its share of the time is bounded."""

MISSING = (
    "regular expressions need the package google-re2, which is not here: "
    "pip install 'fanout-jobs[regex]', in a checkout pip install -e '.[regex]'"
)

_WRITTEN = re.compile(r"/(.+)/([a-z]*)", re.DOTALL)
_FLAGS = "ims"


def check(text: str) -> None:
    """Raise WrongField for what RE2 cannot read, ValueError where RE2 is missing."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise WrongField(f'"{text}" is no expression between slashes (want it as in /SKU-(\\d+)/i)')
    if wrong := set(written[2]) - set(_FLAGS):
        place = text.rindex("/") + 1
        raise WrongField(
            f'"{min(wrong)}" is no flag (there are i: any case, m: ^ and $ at lines, s: . for lines)', place
        )
    _compile(text)


def matches(page: PageViews, field: OwnField) -> Iterable[Any]:
    """The matches, in the page's text or its source."""
    matched: Iterable[Any] = _compile(field.selector).finditer(page.written if field.source else page.text)
    return matched


def cell(_page: PageViews, _field: OwnField, match: Any) -> str | None:
    """The first group of a match; all of it where there is no group."""
    return clean(match[1] if match.re.groups else match[0], VALUE_CHARS)


@functools.lru_cache(maxsize=256)
def _compile(text: str) -> Any:
    try:
        import re2  # an extra
    except ImportError:
        raise ValueError(MISSING) from None
    pattern, _, flags = text[1:].rpartition("/")
    options = re2.Options()
    options.max_mem, options.log_errors = MOST_MEMORY, False
    try:
        return re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        what, _, fragment = reason.partition(": ")
        place = 1 + max(pattern.find(fragment), 0)
        why = f"{what} in {fragment}" if fragment else what
        raise WrongField(f'"{pattern}" is not a regular expression of RE2 ({why})', place) from None
