"""Where links lead: to the same host, to another, or nowhere that can be fetched."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import idna

_ENDS = "".join(map(chr, range(33)))
_HOST = re.compile(r"[^/\\?#]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_DEFAULT_PORTS = {"http": 80, "https": 443}


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
        site = _target(href, start_site, start_scheme)
        if site and site == own:
            internal += 1
        elif site:
            external += 1
    return Tally(internal=internal, external=external)


def resolve(base: str, reference: str | None) -> str | None:
    """A reference as an absolute http or https URL, or None where it is none."""
    if not reference or not (reference := _trim(reference)):
        return None
    try:
        url = urljoin(base, reference)
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return url if host and scheme_of(url) in _DEFAULT_PORTS else None


def same_page(one: str, other: str) -> bool:
    """Whether two URLs name one page: host case, default ports, an empty path and fragments make no difference."""
    return _comparable(one) == _comparable(other)


def scheme_of(url: str) -> str:
    """The scheme of a URL in lower case; empty without one."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def site_of(url: str) -> str:
    """The host of a URL, lower case and without `www.`; empty without one."""
    _, slashes, rest = url.partition("//")
    return _site(_HOST.match(rest)[0]) if slashes else ""  # type: ignore[index]  # it always matches


@functools.lru_cache(maxsize=4096)
def _site(authority: str) -> str:
    host = authority.rpartition("@")[2]
    host = host.partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    host = host.lower().rstrip(".")
    if not host.isascii() and len(host) <= 253:
        try:
            host = idna.encode(host, uts46=True).decode()
        except UnicodeError:
            return host
    return host.removeprefix("www.")


def _target(href: str, start_site: str, start_scheme: str) -> str:
    """The site a link leads to; empty for none: a place in the page, another scheme, no host."""
    href = _trim(href)
    if not href or href[0] == "#":
        return ""
    if href[0] in "/\\":
        return _site(_HOST.match(href, 2)[0]) if href[1:2] in ("/", "\\") else start_site  # type: ignore[index]
    scheme = _SCHEME.match(href)
    if not scheme:
        return start_site
    name = scheme[1].lower()
    if name not in _DEFAULT_PORTS:
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


def _comparable(url: str) -> tuple[str, str, int | None, str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ("", url, None, "", "")
    scheme = parts.scheme.lower()
    return (scheme, parts.hostname or "", port or _DEFAULT_PORTS.get(scheme), parts.path or "/", parts.query)
