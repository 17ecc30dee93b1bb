"""Where links lead: to the same host, to another, or nowhere that can be fetched."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterable
from dataclasses import dataclass

import ada_url

_ENDS = "".join(map(chr, range(33)))
_HOST = re.compile(r"[^/\\?#]*")
_PLAIN_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_SCHEMES = ("http", "https")

MAX_REMEMBERED = 300
"""Characters of a host that is remembered, with what stands around it: a name has 253 at most."""

# URLs that are written as browsers write them: nothing is left to be resolved, escaped or put in lower case.
_PLAIN_PATH = r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*+)*+/?(?:\?[A-Za-z0-9._~=&-]*+)?"
_PLAIN_URL = re.compile(rf"https?://(?!.*xn--){_PLAIN_HOST.pattern}(?=/){_PLAIN_PATH}")
_PLAIN_ROOTED = re.compile(rf"(?=/[A-Za-z0-9_~-]){_PLAIN_PATH}")
_ORIGIN = re.compile(r"https?://[a-z0-9.:-]+(?=/)")


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many links lead to the page's own host, and how many to others."""

    internal: int
    external: int


def count_links(hrefs: Iterable[str], url: str, base: str | None) -> Tally:
    """Count the http and https links of a page at `url` with a `<base href>` of `base`, each as often as it is there.

    Internal is what leads to the page's host; a leading `www.`, the scheme and the port make no difference. A link
    within the page (`#place`, or empty) is not counted.
    """
    own = site_of(url)
    start = resolve(url, base) if base else url
    start_site, start_scheme = site_of(start or url), scheme_of(start or url)
    internal = external = 0
    for href in hrefs:
        plain = href[:1] == "/" and href[1:2].isalnum()  # most are
        site = start_site if plain else _target(href, start_site, start_scheme)
        if site and site == own:
            internal += 1
        elif site:
            external += 1
    return Tally(internal=internal, external=external)


def resolve(base: str, reference: str | None) -> str | None:
    """A reference as an absolute http or https URL, written as browsers write it; None where it is none.

    `base` is written so already. Most references are plain, and ask nothing of the parser, each of whose calls lets
    another thread have the interpreter's lock.
    """
    if reference and _PLAIN_URL.fullmatch(reference):
        return reference
    origin = _ORIGIN.match(base)
    if reference and origin and _PLAIN_ROOTED.fullmatch(reference):
        return origin[0] + reference
    try:
        url = ada_url.URL(reference, base=base) if reference and _trim(reference) else None
    except (ValueError, UnicodeError):  # a lone surrogate cannot be handed to the parser
        return None
    return url.href if url is not None and url.protocol in ("http:", "https:") else None


def same_page(one: str, other: str) -> bool:
    """Whether two URLs, written as browsers write them, name one page: fragments, and how characters are escaped, make
    no difference."""
    return _comparable(one) == _comparable(other)


def scheme_of(url: str) -> str:
    """The scheme of a URL in lower case; empty without one."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def site_of(url: str) -> str:
    """The host of a URL, lower case and without `www.`; empty without one."""
    _, slashes, rest = url.partition("//")
    return _site(_HOST.match(rest)[0]) if slashes else ""  # type: ignore[index]  # it always matches


def _site(authority: str) -> str:
    return (_remembered_site if len(authority) <= MAX_REMEMBERED else _read_site)(authority)


def _read_site(authority: str) -> str:
    host = authority.lower()
    if not _PLAIN_HOST.fullmatch(host) or "xn--" in host:
        try:
            host = ada_url.URL(f"https://{authority}/").hostname
        except (ValueError, UnicodeError):
            return ""
    return host.rstrip(".").removeprefix("www.")


_remembered_site = functools.lru_cache(maxsize=4096)(_read_site)


def _target(href: str, start_site: str, start_scheme: str) -> str:
    """The site a link leads to; empty for none: a place in the page, another scheme, no host."""
    href = _trim(href)
    if not href or href[0] == "#":
        return ""
    if href[0] in "/\\":
        return _site(_HOST.match(href.lstrip("/\\"))[0]) if href[1:2] in ("/", "\\") else start_site  # type: ignore[index]
    scheme = _SCHEME.match(href)
    if not scheme:
        return start_site
    name = scheme[1].lower()
    if name not in _SCHEMES:
        return ""
    rest = href[scheme.end() :]
    if rest[:1] not in ("/", "\\") and name == start_scheme:
        return start_site
    return _site(_HOST.match(rest.lstrip("/\\"))[0])  # type: ignore[index]


def _trim(href: str) -> str:
    """As browsers read an attribute: no controls and spaces at the ends, no line breaks and tabs inside."""
    href = href.strip(_ENDS)
    if "\n" in href or "\t" in href or "\r" in href:
        href = href.replace("\n", "").replace("\t", "").replace("\r", "")
    return href


def _comparable(url: str) -> str:
    return _ESCAPE.sub(_plain, url.partition("#")[0])


def _plain(escape: re.Match[str]) -> str:
    """An escape in capitals; what needs none, without it (RFC 3986, section 6.2.2)."""
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()
