"""How those are reached whom a page is about: addresses, numbers, profiles and links that it gives.

What is drawn (an address in an image), spelled (`name [at] example.org`) or put together by a script is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jobs.scrape.page.json_ld import Structure, text_of, types
from jobs.scrape.page.links import site_of
from jobs.scrape.page.lxml_reader import spaced_text
from jobs.scrape.page.text import clean, fold

if TYPE_CHECKING:
    from jobs.scrape.fields.page_views import PageViews

MOST_LINKS = 20_000
MOST_SIGNS = 2_000
"""So many links, and `@` in the text, are looked at."""

MOST_FOUND = 50
VALUE_CHARS = 300
LABEL_CHARS = 60
"""A link with a longer text is a sentence, and no link to a page of contacts."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]")
_LOCAL_CHARS = frozenset(filter(_LOCAL.fullmatch, map(chr, range(128))))
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])")
_FILES = frozenset("png jpg jpeg gif webp svg avif ico css js json map woff".split())
"""Ends of what only looks like an address: `logo@2x.png`."""

_DIGIT = re.compile(r"[0-9]")
_CONTACT = re.compile(
    r"(?<![^\W\d_])(?:contact(?:[ -]?us|o|os|ez|ez[ -]nous)?|kontakty?|contatt[oi]|contato|kapcsolat|yhteystiedot|"
    r"iletişim|контакты?|お問い合わせ|联系我们|聯絡我們|문의)(?![^\W\d_])"
)
_IMPRINT = re.compile(
    r"(?<![^\W\d_])(?:impressum|imprint|legal[ -]notice|mentions[ -]l[eé]gales|aviso[ -]legal|note[ -]legali|colophon|"
    r"colofon|特定商取引法)(?![^\W\d_])"
)
PROFILES = frozenset(
    "facebook.com instagram.com linkedin.com twitter.com x.com youtube.com tiktok.com pinterest.com github.com "
    "gitlab.com threads.net threads.com bsky.app xing.com vimeo.com t.me mastodon.social snapchat.com reddit.com "
    "medium.com vk.com weibo.com twitch.tv discord.gg flickr.com soundcloud.com".split()
)
"""Sites whose pages are profiles, but for those by which a page is shared or found."""

_NO_PROFILE = re.compile(
    r"/(?:share|sharer|sharer\.php|sharearticle|intent|dialog|plugins|pin/create|hashtag|search|home|login|watch|embed|"
    r"policies|privacy|explore|submit|tr)(?:[/?#]|$)",
    re.IGNORECASE,
)
_ORGANISATIONS = ("Organization", "Business", "Corporation", "NGO", "Store", "Restaurant", "Hotel", "Agency", "Company")
_ADDRESS = (("streetAddress",), ("postalCode", "addressLocality"), ("addressRegion",), ("addressCountry",))


@dataclass(frozen=True, kw_only=True)
class _Link:
    href: str
    label: str


def contacts(page: PageViews) -> dict[str, Any]:
    """The columns of contacts; lists are empty where there is nothing."""
    links, things = list(_links(page)), page.structures
    leading = [link for link in links if link.href.startswith(("http://", "https://"))]
    organisation = next(filter(_is_organisation, things), {})
    return {
        "emails": _each(_emails(links, things, page.text), str.lower),
        "phones": _each(filter(_DIGIT.search, _phones(links, things)), lambda number: re.sub(r"[^0-9+]", "", number)),
        "social_profiles": _each(_profiles(leading, things), lambda url: url.rstrip("/").lower()),
        "contact_links": _each(link.href for link in leading if _says(link, _CONTACT)),
        "imprint_links": _each(link.href for link in leading if _says(link, _IMPRINT)),
        "organisation": clean(_name(organisation), VALUE_CHARS),
        "address": clean(next(filter(None, map(_address, [organisation, *things])), ""), VALUE_CHARS),
    }


def _links(page: PageViews) -> Iterator[_Link]:
    tree = () if page.seen is None else page.seen.getroottree().iter("a", "area")
    for link in islice(tree, MOST_LINKS):
        href = (link.get("href") or "").strip()
        if href and not href.startswith("#"):
            text = spaced_text(link, 2 * LABEL_CHARS, page.budget)
            label = fold(text or link.get("title") or link.get("aria-label") or "")
            yield _Link(href=page.resolved(href), label=label)


def _each(found: Iterable[str], same: Any = None) -> list[str]:
    """Those that differ, as they first come."""
    each: dict[str, str] = {}
    for value in found:
        cleaned = clean(value, VALUE_CHARS)
        if cleaned and len(each) < MOST_FOUND:
            each.setdefault(same(cleaned) if same else cleaned, cleaned)
    return list(each.values())


def _emails(links: Iterable[_Link], things: Iterable[Structure], text: str) -> Iterator[str]:
    """Of links, of structured data, then those written in the text."""
    for link in links:
        if link.href[:7].lower() == "mailto:":
            yield from _addresses(unquote(link.href[7:].partition("?")[0])[: 10 * VALUE_CHARS])
    for thing in things:
        if "email" in thing:
            yield from _addresses(text_of(thing["email"])[:VALUE_CHARS])
    yield from _addresses(text)


def _addresses(text: str) -> Iterator[str]:
    """The addresses in a text: what stands around its `@`, looked at no further than an address may reach."""
    at = text.find("@")
    for _ in range(MOST_SIGNS):
        if at < 0:
            return
        begin = at
        while begin > max(0, at - 64) and text[begin - 1] in _LOCAL_CHARS:
            begin -= 1
        local, domain = text[begin:at].strip(".'"), _DOMAIN.match(text, at + 1, at + 255)
        if local and domain and domain[0].rpartition(".")[2].lower() not in _FILES:
            yield f"{local}@{domain[0]}"
        at = text.find("@", at + 1)


def _phones(links: Iterable[_Link], things: Iterable[Structure]) -> Iterator[str]:
    for link in links:
        if link.href[:4].lower() == "tel:":
            yield unquote(link.href[4:].partition(";")[0].partition("?")[0])
    for thing in things:
        given = thing.get("telephone")
        yield from map(text_of, given[:MOST_FOUND] if isinstance(given, list) else [given])


def _profiles(links: Iterable[_Link], things: Iterable[Structure]) -> Iterator[str]:
    named = (url for thing in things for url in _texts(thing.get("sameAs")))
    for url in chain((link.href for link in links), named):
        host, _, path = url.partition("//")[2].partition("/")
        if path and _profile_site(host.lower()) and not _NO_PROFILE.search(f"/{path}"):
            yield url


def _profile_site(host: str) -> bool:
    """Whether a host, or the site that it is a part of (`de.linkedin.com`), has profiles."""
    site = site_of(f"https://{host}/")
    return any(site == known or site.endswith(f".{known}") for known in PROFILES)


def _texts(value: object) -> Sequence[str]:
    given = value if isinstance(value, list) else [value]
    return [text for text in given if isinstance(text, str)]


def _says(link: _Link, words: re.Pattern[str]) -> bool:
    """Whether a link's text, or the end of its path, says so."""
    if len(link.label) <= LABEL_CHARS and words.search(link.label.lower()):
        return True
    path = link.href.partition("//")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    return bool(words.search(unquote(path[-200:]).rstrip("/").rpartition("/")[2].lower()))


def _is_organisation(thing: Structure) -> bool:
    return bool(_name(thing)) and any(kind.endswith(_ORGANISATIONS) for kind in types([thing]))


def _name(thing: Mapping[str, object]) -> str:
    return text_of(thing.get("name")) or text_of(thing.get("legalName"))


def _address(thing: Mapping[str, object]) -> str:
    """The postal address of a thing, in one line."""
    given = thing.get("address")
    address = next(iter(given), None) if isinstance(given, list) else given
    if not isinstance(address, dict):
        return address.strip() if isinstance(address, str) else ""
    lines = (" ".join(filter(None, (text_of(address.get(name)) for name in names))) for names in _ADDRESS)
    return ", ".join(filter(None, lines))
