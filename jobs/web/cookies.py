"""Cookies as browsers keep them (RFC 6265bis), for one item's way by redirects and no longer.

Which domains a cookie may be set for goes by the list of public suffixes, so that none is set for all of `co.uk`.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobs.web.urls import Target

MOST_COOKIES = 100
MOST_CHARS = 4_096
"""Of name and value of a cookie; larger ones browsers drop too."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """One cookie. `host_only`: for its domain itself, not for what ends in it; `expires`: Unix seconds, or None."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str = "/"
    secure: bool = False
    expires: float | None = None

    def belongs_to(self, target: Target, now: float) -> bool:
        """Whether it is sent with a question for this URL."""
        here = target.host == self.domain if self.host_only else domain_matches(target.host, self.domain)
        kept = self.expires is None or self.expires > now
        return here and kept and _path_matches(target, self.path) and (target.scheme == "https" or not self.secure)

    @property
    def place(self) -> tuple[str, str, str]:
        """What a newer cookie must have the same to take its place."""
        return self.name, self.domain, self.path


class Cookies:
    """The cookies met so far; as plain data by `plain`."""

    def __init__(self, kept: Iterable[Cookie] = ()) -> None:
        self._kept = {cookie.place: cookie for cookie in kept}

    def take(self, target: Target, lines: Sequence[str], now: float | None = None) -> None:
        """Keep what an answer sets by its Set-Cookie headers; what browsers would refuse is not kept."""
        now = time.time() if now is None else now
        for line in lines[:MOST_COOKIES]:
            cookie = read_set_cookie(line, target, now)
            if cookie is None or self._overwrites_secure(cookie, target):
                continue
            self._kept.pop(cookie.place, None)
            if (cookie.expires is None or cookie.expires > now) and len(self._kept) < MOST_COOKIES:
                self._kept[cookie.place] = cookie

    def header(self, target: Target, now: float | None = None) -> str:
        """The Cookie header of a question, longer paths first; empty without one."""
        now = time.time() if now is None else now
        fitting = [cookie for cookie in self._kept.values() if cookie.belongs_to(target, now)]
        fitting.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in fitting)

    def __iter__(self) -> Iterator[Cookie]:
        """The cookies, oldest first."""
        return iter(self._kept.values())

    def plain(self) -> list[dict[str, Any]]:
        """As plain data."""
        return [asdict(cookie) for cookie in self._kept.values()]

    def _overwrites_secure(self, cookie: Cookie, target: Target) -> bool:
        """Whether http would replace what https has set."""
        if target.scheme == "https":
            return False
        return any(
            known.secure and known.name == cookie.name and domain_matches(cookie.domain, known.domain)
            for known in self._kept.values()
        )


def read_set_cookie(line: str, target: Target, now: float) -> Cookie | None:
    """The cookie that a Set-Cookie header from this URL sets; None where browsers would set none."""
    if _CONTROL.search(line):
        return None
    pair, _, rest = line.partition(";")
    name, _, value = pair.partition("=") if "=" in pair else ("", "", pair)
    name, value = name.strip(" \t"), value.strip(" \t")
    said = _attributes(rest)
    domain, host_only = _domain(said.get("domain", ""), target.host)
    path = said.get("path", "")
    cookie = Cookie(
        name=name,
        value=value,
        domain=domain,
        host_only=host_only,
        path=path if path.startswith("/") else _default_path(target),
        secure="secure" in said,
        expires=_expires(said, now),
    )
    too_large = not (name or value) or len(name) + len(value) > MOST_CHARS
    return None if too_large or not domain or not _may_be_set(cookie, said, target) else cookie


def _attributes(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(" \t").lower(): value.strip(" \t") for name, _, value in pairs}


def _domain(said: str, host: str) -> tuple[str, bool]:
    """The domain of a cookie, and whether it is for this host alone; empty where it is refused."""
    domain = said.removeprefix(".").lower()
    if not domain or (domain == host and _is_address(host)):
        return host, True
    if not domain.isascii() or not domain_matches(host, domain):
        return "", True
    if is_public_suffix(domain):
        return (host, True) if domain == host else ("", True)
    return domain, False


def _may_be_set(cookie: Cookie, said: dict[str, str], target: Target) -> bool:
    """Secure cookies only by https, and the prefixes of names keep what they promise."""
    if cookie.secure and target.scheme != "https":
        return False
    name = (cookie.name or cookie.value).lower()
    if name.startswith("__secure-"):
        return cookie.secure and bool(cookie.name)
    if name.startswith("__host-"):
        return cookie.secure and cookie.host_only and said.get("path") == "/" and not said.get("domain")
    return True


def _expires(said: dict[str, str], now: float) -> float | None:
    age = said.get("max-age", "")
    if re.fullmatch(r"-?[0-9]+", age):
        return now + min(int(age[:12]), 400 * 86_400) if int(age[:12]) > 0 else 0.0
    import http.cookiejar  # ssl and all of http come with it: only where a cookie is set, not where jobs are listed

    ends = http.cookiejar.http2time(said.get("expires", ""))  # type: ignore[attr-defined]
    return None if ends is None else float(ends)


def _default_path(target: Target) -> str:
    path = target.path.partition("?")[0]
    return path[: path.rindex("/")] or "/"


def _path_matches(target: Target, path: str) -> bool:
    asked = target.path.partition("?")[0]
    return asked == path or (asked.startswith(path) and (path.endswith("/") or asked[len(path)] == "/"))


def domain_matches(host: str, domain: str) -> bool:
    """Whether a host is this domain or ends in it; addresses end in nothing."""
    return host == domain or (host.endswith(f".{domain}") and not _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=1_024)
def is_public_suffix(domain: str) -> bool:
    """Whether a domain is a registry's own, under which anybody may have a name: `co.uk`, `github.io`."""
    return bool(_suffixes().is_public(domain))


@functools.cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # 100 ms: only where a cookie is set for a domain

    return PublicSuffixList()
