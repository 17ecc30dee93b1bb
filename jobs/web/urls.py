"""URLs as browsers read them (the WHATWG standard, by ada): what a cell names, and where a redirect leads."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import Any

from jobs import URL, ItemError, Kind

MAX_CHARS = 8_192
"""Longer URLs are refused: servers do too."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_PORT = re.compile(r"[0-9]{1,5}([/?#\\]|$)")
_ADDRESS = re.compile(
    r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[0-9A-Fa-f:.]+\]|localhost)([:/\\?#]|$)", re.ASCII | re.IGNORECASE
)
_NO_HOSTS = frozenset({"tel", "sms"})
"""Schemes that figures follow, as a port follows a host."""

_ANOTHER = re.compile(r"\shttps?://", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A URL that can be asked for: `href` without its fragment, and its parts as they are used.

    `host` is lower case, in IDNA's ASCII form, without the brackets of IPv6. `guessed`: the cell gave no scheme.
    """

    href: str
    scheme: str
    host: str
    port: int
    guessed: bool = False

    @property
    def origin(self) -> str:
        """Scheme, host and port, as in `https://example.org:443`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def path(self) -> str:
        """Path and query, as the request line has them."""
        start = self.href.index("/", len(self.scheme) + 3)
        return self.href[start:]

    def by_http(self) -> Target:
        """The same address asked for by http; a port that was named stays."""
        href = "http" + self.href.removeprefix("https")
        return replace(self, href=href, scheme="http", port=80 if self.port == 443 else self.port)


def read_cell(cell: str) -> str:
    """The URL a cell holds, as the user wrote it but for what stands around it.

    Raises ItemError, `invalid_url` or `unsupported_scheme`, with a sentence.
    """
    url = URL.bare(cell)
    _target(url)
    return url


def target(text: str) -> Target:
    """What a URL, or an address without a scheme such as `example.org/page`, asks for. Raises ItemError."""
    return _target(URL.bare(text))


@functools.lru_cache(maxsize=1_024)
def _target(text: str) -> Target:
    """The same of a URL that nothing stands around: read once for cell, group, key and request."""
    if not text:
        raise ItemError("invalid_url", "the cell is empty")
    if len(text) > MAX_CHARS:
        raise ItemError("invalid_url", f"a URL of {len(text):,} characters is too long (at most {MAX_CHARS:,})")
    if _CONTROL.search(text):
        raise ItemError("invalid_url", f"{_quoted(text)} holds a control character: remove it")
    if _ANOTHER.search(text):
        raise ItemError("invalid_url", f"{_quoted(text)} holds several addresses: give each a row of its own")
    written, guessed = _with_scheme(text)
    return _parse(written, text, guessed=guessed)


def join(base: Target, location: str) -> Target:
    """Where a redirect leads. Raises ItemError `bad_redirect`."""
    if len(location) > MAX_CHARS:
        raise ItemError("bad_redirect", f"the redirect leads to a URL of {len(location):,} characters")
    try:
        there = _parse(location, location, base=base.href)
    except ItemError as error:
        raise ItemError("bad_redirect", f"the redirect leads to no page: {error.message}") from None
    if is_sample(there.host) and not is_sample(base.host):
        raise ItemError(
            "bad_redirect", f"the redirect leads to {there.host}, and only its own pages lead to the sample"
        )
    return there


def is_sample(host: str) -> bool:
    """Whether a host is the sample site's: its name ends in `.sample`."""
    return host.removesuffix(".").endswith(".sample")


def host(item: str) -> str:
    """The host an item is fetched from: the group in which it is gentle."""
    return target(item).host


def key(item: str) -> str:
    """The item's URL in the one form by which duplicates are found."""
    return target(item).href


def anchor(item: str) -> str:
    """The anchor that the item's URL names behind its `#`; empty: none. What follows `:~:` is for browsers alone."""
    return URL.bare(item).partition("#")[2].partition(":~:")[0]


def looks_like_url(cell: str) -> bool:
    """Whether a cell begins like a URL; also those a browser would read and we refuse, so that they are told so."""
    return URL.looks_like(cell)


PAGE_URL = Kind(name="URL", read=read_cell, looks_like=looks_like_url, names=URL.names, bare=URL.bare)
"""URLs of pages as items of a job, with codes of their own for what is none."""


def _with_scheme(text: str) -> tuple[str, bool]:
    if text.startswith(("//", "\\\\")):
        return f"https:{text}", True
    found = _SCHEME.match(text)
    if found is None:
        if not (URL.looks_like(text) or _ADDRESS.match(text)):
            raise ItemError("invalid_url", f"{_quoted(text)} is not a URL (want http:// or https://)")
        return f"https://{text}", True
    scheme, rest = found[1].lower(), found[2]
    if scheme in DEFAULT_PORTS:
        return text, False
    if _PORT.match(rest) and scheme not in _NO_HOSTS:  # localhost:8000/page: a host and its port, not a scheme
        return f"https://{text}", True
    if URL.looks_like(scheme):
        raise ItemError("invalid_url", f"{_quoted(text)} has a port that is no number")
    raise ItemError("unsupported_scheme", f"{_quoted(text)} begins with {scheme[:20]}: (want http:// or https://)")


def names_user(location: str) -> bool:
    """Whether a redirect names a user or a password before its host."""
    return re.match(r"\s*(?:https?:)?[/\\]{2}[^/?#\\]*@", location, re.IGNORECASE) is not None


def _parse(written: str, shown: str, base: str | None = None, *, guessed: bool = False) -> Target:
    import ada_url  # 10 ms: not where jobs are only listed

    try:
        href = ada_url.normalize_url(written) if base is None else _joined(ada_url.URL(written, base=base))
    except (ValueError, UnicodeError):  # a lone surrogate cannot be handed to the parser
        raise ItemError("invalid_url", f"{_quoted(shown)} is not a URL that browsers can read") from None
    scheme, _, rest = href.partition(":")
    if scheme not in DEFAULT_PORTS:
        raise ItemError("unsupported_scheme", f"{_quoted(shown)} begins with {scheme[:20]}: (want http:// or https://)")
    authority = rest[2:].partition("/")[0]  # the standard writes a path after every host of http
    if "@" in authority:
        raise ItemError("invalid_url", f"{_quoted(shown)} holds a name or password before @: remove it")
    name, port = _name_and_port(authority)
    return Target(
        href=href.partition("#")[0],
        scheme=scheme,
        host=_host(name, shown),
        port=int(port) if port else DEFAULT_PORTS[scheme],
        guessed=guessed,
    )


def _joined(url: Any) -> str:
    """Where a redirect leads, without the user it may name: that is not asked of the person whose item it is."""
    if url.username or url.password:  # of a scheme without hosts they cannot even be taken away
        url.username = url.password = ""
    href: str = url.href
    return href


def _name_and_port(authority: str) -> tuple[str, str]:
    if ":" not in authority or authority.endswith("]"):
        return authority, ""
    name, _, port = authority.rpartition(":")
    return name, port


def _host(name: str, shown: str) -> str:
    if name.startswith("["):
        return name[1:-1]
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(labels) or max(map(len, labels)) > 63:
        raise ItemError("invalid_url", f"{_quoted(shown)} names a host with an empty or over-long part")
    return name


def _quoted(text: str) -> str:
    """A URL as a sentence may quote it."""
    return URL.quoted(text, 80)
