"""Cookies as browsers keep them (RFC 6265bis), for one item's way by redirects and no longer.

Which domains a cookie may be set for goes by the list of public suffixes, so that none is set for all of `co.uk`.
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobs.web import addresses
from jobs.web.urls import Target

MOST_COOKIES = 100
MOST_CHARS = 4_096
"""Of name and value of a cookie; larger ones browsers drop too."""

MOST_DATE_CHARS = 1_024

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DATE_PARTS = re.compile(r"[^\t -/;-@\[-`{-~]+")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"


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
        return here and self.lasts(now) and _path_matches(target, self.path) and (not self.secure or _is_safe(target))

    def lasts(self, now: float) -> bool:
        """Whether it has not ended."""
        return self.expires is None or self.expires > now

    @property
    def place(self) -> tuple[str, str, str]:
        """What a newer cookie must have the same to take its place."""
        return self.name, self.domain, self.path


class Cookies:
    """The cookies met so far; as plain data by `plain`."""

    def __init__(self, kept: Iterable[Cookie] = ()) -> None:
        self._kept = {cookie.place: cookie for cookie in kept}

    def take(self, target: Target, lines: Sequence[str], now: float | None = None) -> None:
        """Keep what an answer sets by its Set-Cookie headers; what browsers would refuse is not kept.

        One that ends at once is kept too: it takes the place of one from elsewhere. Of too many the oldest go.
        """
        now = time.time() if now is None else now
        for line in lines[:MOST_COOKIES]:
            cookie = read_set_cookie(line, target, now)
            if cookie is None or self._overwrites_secure(cookie, target, now):
                continue
            self._kept[cookie.place] = cookie
            if len(self._kept) > MOST_COOKIES:
                del self._kept[next(iter(self._kept))]

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

    def _overwrites_secure(self, cookie: Cookie, target: Target, now: float) -> bool:
        """Whether http would replace what https has set."""
        if _is_safe(target):
            return False
        return any(
            known.secure
            and known.lasts(now)
            and known.name == cookie.name
            and domain_matches(cookie.domain, known.domain)
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
    domain = said.removeprefix(".").lower().strip("[]")
    if not domain or (domain == host and _is_address(host)):
        return host, True
    if not domain.isascii() or not domain_matches(host, domain):
        return "", True
    if is_public_suffix(domain):
        return (host, True) if domain == host else ("", True)
    return domain, False


def _may_be_set(cookie: Cookie, said: dict[str, str], target: Target) -> bool:
    """Secure cookies only by https or from this machine, and the prefixes of names keep what they promise."""
    if cookie.secure and not _is_safe(target):
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
    return _moment(said.get("expires", "")[:MOST_DATE_CHARS])


@functools.lru_cache(maxsize=256)  # a server ends most of its cookies at the same time
def _moment(text: str) -> float | None:
    """A date as Unix seconds, read as browsers do (RFC 6265, 5.1.1): time, day, month and year in any order, whatever
    stands between; the zone is passed over. None where it is no date."""
    found: dict[str, tuple[int, ...]] = {}
    for part in _DATE_PARTS.findall(text):
        for name, pattern in (("clock", _CLOCK), ("day", _DAY), ("month", _MONTH), ("year", _YEAR)):
            match = None if name in found else pattern.match(part)
            if match is not None:
                figures = match.groups() or (_MONTHS.index(match[0].lower()) // 3 + 1,)
                found[name] = tuple(int(figure) for figure in figures)
                break
    try:
        (year,), (month,), (day,), (hour, minute, second) = (found[name] for name in ("year", "month", "day", "clock"))
        year += 1900 if 70 <= year < 100 else 2000 if year < 70 else 0
        return datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC).timestamp()
    except (KeyError, ValueError):
        return None


def _is_safe(target: Target) -> bool:
    """Whether secure cookies may go there: by https, or to this machine itself, as in browsers and curl."""
    host = target.host
    here = addresses.is_localhost(host) or (_is_address(host) and addresses.plain(host).is_loopback)
    return target.scheme == "https" or here


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
