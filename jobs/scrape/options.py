"""The params of a scrape, in one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.scrape.columns import ChosenColumns, Reader, read_columns
from jobs.scrape.cookie_file import read_cookies
from jobs.scrape.product import product_of
from jobs.web.accepted import Accepted, read_accept
from jobs.web.cookies import Cookie
from jobs.web.exchange import USUAL_LIMITS, PhaseLimits
from jobs.web.request_headers import headers_for
from jobs.web.trust import Trust
from jobs.web.urls import Target

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass(frozen=True, kw_only=True)
class ScrapeOptions:
    """The params of a run, whole; see `scrape`."""

    columns: str
    fields: str
    reader: Reader
    save_pages: bool = False
    save_content: bool = False
    pdf: bool = False
    follow_refresh: bool = False
    robots: bool
    timeout: float
    max_bytes: int
    user_agent: str
    accept_language: str
    headers: tuple[str, ...] = field(default=(), repr=False)
    cookies: str = field(default="", repr=False)
    accept: str = ""
    ca_file: str = ""
    insecure: bool = False
    connect_timeout: float = USUAL_LIMITS.connect
    first_byte_timeout: float = USUAL_LIMITS.first_byte
    read_timeout: float = USUAL_LIMITS.read

    @property
    def chosen(self) -> ChosenColumns:
        """The columns that are asked for."""
        return read_columns(self.columns)

    @property
    def wants_page(self) -> bool:
        """Whether the page itself is wanted, and not only what an answer to HEAD says."""
        return self.chosen.of_page or self.save_content or self.pdf or self.follow_refresh or bool(self.fields.strip())

    @property
    def usual_headers(self) -> Mapping[str, str]:
        """What is said with every request."""
        return {
            "User-Agent": self.user_agent,
            "Accept": _ACCEPT,
            "Accept-Language": self.accept_language,
            "Accept-Encoding": "gzip, deflate, br, zstd",
        }

    def headers_for(self, target: Target, item: Target) -> Mapping[str, str]:
        """What is said with a question for `target`, on the way of the item whose URL is `item`."""
        return {**self.usual_headers, **headers_for(self.headers, target, item)}

    @property
    def own_cookies(self) -> tuple[Cookie, ...]:
        """Those of the user's file."""
        return read_cookies(self.cookies) if self.cookies else ()

    @property
    def limits(self) -> PhaseLimits:
        """How long a server may take for each phase."""
        return PhaseLimits(connect=self.connect_timeout, first_byte=self.first_byte_timeout, read=self.read_timeout)

    @property
    def trust(self) -> Trust:
        """Whom TLS trusts."""
        return Trust(ca_file=self.ca_file, insecure=self.insecure)

    @property
    def accepted(self) -> Accepted:
        """Which answers are ok."""
        return read_accept(self.accept)

    @property
    def product(self) -> str:
        """The name that robots.txt is read for."""
        return product_of(self.user_agent)
