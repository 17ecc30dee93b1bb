"""Whether a search engine may list a page, and why not; what its robots rules say."""

from __future__ import annotations

import datetime
import email.utils
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from jobs.scrape.page.links import same_page

BOTS = frozenset({"", "*", "robots", "googlebot", "bingbot"})
"""Rules for these are listened to: for all, for Google and for Bing."""

META_NAMES = ("robots", "googlebot", "bingbot")
MOST_METAS = 500

_NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)
_AGENT = re.compile(r"\s*+([\w*.-]++)\s*+:")
_WITH_VALUE = ("max-", "unavailable_after")
_SEPARATORS = re.compile(r"[,;\s]+")
_QUOTED = r"\"((?:[^\"\\]|\\.)*+)\""
_LINK = re.compile(rf"<([^<>]*+)>((?:\s*+;[^;,\"<>]*+(?:{_QUOTED})?+[^;,\"<>]*+)*+)", re.DOTALL)
_PARAM = re.compile(rf";\s*+([^\s;,=\"]++)\s*+=\s*+(?:{_QUOTED}|([^;,\"]*+))", re.DOTALL)
_UNTIL = re.compile(r"unavailable_after\s*+:\s*+([^;]{0,60})", re.IGNORECASE)


def canonical_targets(link: str) -> list[str]:
    """What a Link header names as the canonical URL of the page itself (RFC 8288: a link with an `anchor` is another
    page's, and only the first `rel` counts)."""
    links = ((target, _params(params)) for target, params, _ in _LINK.findall(link[:20_000]))
    return [
        target
        for target, said in links
        if "canonical" in said.get("rel", "").lower().split() and not said.get("anchor")
    ]


def _params(text: str) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, quoted, plain in _PARAM.findall(text):
        named.setdefault(name.lower(), quoted or plain.strip())
    return named


def robots_of(metas: Iterable[tuple[str, str]]) -> list[str]:
    """What the robots meta tags say, one by one; those for a certain bot with its name before them."""
    named = [(name, content.strip()) for name, content in [*metas][:MOST_METAS] if name in META_NAMES]
    return [content if name == "robots" else f"{name}: {content}" for name, content in named]


def why_not_indexable(
    *,
    status: int,
    headers: Sequence[str],
    metas: Sequence[str],
    refresh_to: str | None,
    canonical: str | None,
    url: str,
    now: datetime.datetime | None = None,
) -> str:
    """Why a page at `url` may not be listed; empty if it may.

    `headers` are its X-Robots-Tag headers, each by itself; `metas` what its robots meta tags say.
    """
    if status != 200:
        return f"status {status}"
    moment = now or datetime.datetime.now(datetime.UTC)
    for said, where in ((headers, "X-Robots-Tag"), (metas, "the robots meta tag")):
        reason = next((reason for rules in said for reason in _reasons(rules, moment)), "")
        if reason:
            return f"{reason} in {where}"
    if refresh_to and not same_page(refresh_to, url):
        return "it sends on to another page"
    if canonical and not same_page(canonical, url):
        return "its canonical URL is another page"
    return ""


def _reasons(rules: str, now: datetime.datetime) -> Iterator[str]:
    """The rules of one header or tag that forbid listing: "noindex, nofollow", "googlebot: none; noarchive"."""
    for agent, own in _by_agent(rules):
        if agent in BOTS:
            yield from ("noindex" for word in _SEPARATORS.split(own.lower()) if word in ("noindex", "none"))
            yield from (f"unavailable_after {date}" for date in _dates(own) if _moment(date) < now)


def _by_agent(rules: str) -> Iterator[tuple[str, str]]:
    """Rules with the bot they are for: its name stands before the first, and holds to the end or another name."""
    agent, own = "", list[str]()
    for part in re.split(r"[,;]", rules):
        named = _AGENT.match(part)
        if named and not named[1].lower().startswith(_WITH_VALUE):
            yield agent, ",".join(own)
            agent, own, part = named[1].lower(), [], part[named.end() :]  # noqa: PLW2901
        own.append(part)
    yield agent, ",".join(own)


def _dates(rules: str) -> Iterator[str]:
    """The dates after which a page is to be forgotten. One may hold a comma, and other rules may follow it."""
    for found in _UNTIL.findall(rules):
        parts = found.split(",")
        tries = (" ".join(",".join(parts[:count]).split()) for count in (1, 2))
        yield from itertools.islice((date for date in tries if _moment(date) != _NEVER), 1)


def _moment(text: str) -> datetime.datetime:
    """A date by RFC 822, RFC 850 or ISO 8601; without a zone, in UTC; what is none is never."""
    for read in (datetime.datetime.fromisoformat, email.utils.parsedate_to_datetime, _day):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return _NEVER


def _day(text: str) -> datetime.datetime:
    return email.utils.parsedate_to_datetime(f"{text} 00:00:00")
