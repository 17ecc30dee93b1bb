"""What a test for robots, or a firewall's refusal, looks like: a header, a cookie, or markup that only it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

TEST = "sent a test for robots instead of the page"
REFUSAL = "takes us for a robot and refuses the page"

FEW_CHARS = 2_000
"""Characters of text that a page has in whose markup signs count: tests explain themselves, and say nothing else."""

HARDLY_ANY = 500
"""Where a sign stands in ordinary pages too."""

TURNED_AWAY = frozenset({401, 403, 405, 406, 429, 503})
"""Statuses of pages that are no page."""

ANY_STATUS: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Sign:
    """Whose it is, what it says (`TEST` or `REFUSAL`), where it is described, and with which statuses it counts."""

    vendor: str
    source: str
    says: str = TEST
    statuses: frozenset[int] = ANY_STATUS

    def sentence(self, host: str) -> str:
        """What became of the page of a host."""
        return f"{host} {self.says} ({self.vendor})"

    def counts_with(self, status: int) -> bool:
        """Whether it counts in an answer of this status."""
        return not self.statuses or status in self.statuses


@dataclass(frozen=True, kw_only=True)
class HeaderSign(Sign):
    """A header with this name (a pattern, in lower case), whose value begins so (a pattern, of any case)."""

    name: re.Pattern[str]
    value: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class CookieSign(Sign):
    """A cookie that is set with a name in which this stands (a pattern, of any case)."""

    name: re.Pattern[str]


Where = Literal["anywhere", "tags", "scripts"]
"""Where a key is looked for: in all of the markup; in tags and behind that of a title; in a page that has scripts."""


@dataclass(frozen=True, kw_only=True)
class MarkupSign(Sign):
    """Markup, in lower case, that holds `key` and matches `pattern`, in a page of less than `most_chars` characters of
    text."""

    key: bytes
    pattern: re.Pattern[bytes]
    where: Where = "anywhere"
    most_chars: int = FEW_CHARS


class _Counts(TypedDict, total=False):
    says: str
    statuses: frozenset[int]


class _CountsInMarkup(_Counts, total=False):
    most_chars: int


def header(vendor: str, name: str, value: str, source: str, **more: Unpack[_Counts]) -> HeaderSign:
    """A sign in a header."""
    return HeaderSign(
        vendor=vendor, source=source, name=re.compile(name), value=re.compile(value, re.IGNORECASE), **more
    )


def cookie(vendor: str, name: str, source: str, **more: Unpack[_Counts]) -> CookieSign:
    """A sign in the name of a cookie."""
    return CookieSign(vendor=vendor, source=source, name=re.compile(name, re.IGNORECASE), **more)


def tag(
    vendor: str, part: str, source: str, *, name: str = r"(?!a\b)[a-z]", **more: Unpack[_CountsInMarkup]
) -> MarkupSign:
    """A sign in a tag (of that name; no link): text that shows it has its `<` escaped, and is none."""
    return _markup(vendor, part, rb"<%s[^<>]*?" % name.encode(), source, "tags", **more)


def script(vendor: str, part: str, source: str, **more: Unpack[_CountsInMarkup]) -> MarkupSign:
    """A sign in a script that stands in the page itself, and is executed: a page's own text may lie in one of data."""
    before = rb"<script\b%s[^<>]*>(?:(?!</?script)[\s\S])*?" % _NO_DATA
    return _markup(vendor, part, before, source, "scripts", **more)


def title(vendor: str, part: str, source: str, **more: Unpack[_CountsInMarkup]) -> MarkupSign:
    """A sign at the beginning of the title."""
    return _markup(vendor, part, rb"<title[^<>]*>\s*", source, "tags", **more)


def words(vendor: str, part: str, source: str, **more: Unpack[_CountsInMarkup]) -> MarkupSign:
    """A sign in words of the page, which are nearly all that it says."""
    more.setdefault("most_chars", HARDLY_ANY)
    return _markup(vendor, part, b"", source, "anywhere", **more)


def _markup(
    vendor: str, part: str, before: bytes, source: str, where: Where, **more: Unpack[_CountsInMarkup]
) -> MarkupSign:
    """Markup with a part that is written in any of the ways that mean the same, behind what matches `before`."""
    key = max(_LOOSE.split(part), key=len).encode()
    ways = b"".join(_ways(piece) for piece in _PIECES.findall(part))
    return MarkupSign(vendor=vendor, source=source, key=key, pattern=re.compile(before + ways), where=where, **more)


_NO_DATA = rb"(?![^<>]*\stype\s*=\s*[\"']?(?:[^\"'<>\s]*json|text/(?:html|plain|template|x-)|speculationrules))"
_LOOSE = re.compile(r"[\"'=: ]|\\.\.\.")
_PIECES = re.compile(r"[\"'=: ]|[^\"'=: ]+")


def _ways(piece: str) -> bytes:
    if piece in "\"'":
        return rb"(?:[\"']|&#3[49];|&#x2[27];|&apos;|&quot;|\xe2\x80\x99)?"
    return (
        rb"\s*" + piece.encode() + rb"\s*" if piece in "=:" else rb"\s+" if piece == " " else re.escape(piece.encode())
    )
