"""The params of a request, in one record, and the request of a row that they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from jobs import ItemError
from jobs.request import templates
from jobs.web import urls
from jobs.web.accepted import Accepted, read_accept
from jobs.web.exchange import PhaseLimits
from jobs.web.request_headers import headers_for
from jobs.web.trust import Trust
from jobs.web.urls import Target

REPEATED = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods that mean the same when they come twice (RFC 9110, 9.2.2)."""

MEDIA = {"json": "application/json", "form": "application/x-www-form-urlencoded", "text": "text/plain; charset=utf-8"}
_VALUE = re.compile(r"[\x20-\x7e\t]*")


@dataclass(frozen=True, kw_only=True)
class RequestOptions:
    """The params of a run; see `request`."""

    url: str
    method: str = "GET"
    headers: tuple[str, ...] = field(default=(), repr=False)
    query: tuple[str, ...] = ()
    body: str = field(default="", repr=False)
    body_type: str = "json"
    idempotency_key: str = ""
    repeatable: bool = False
    timeout: float = 30.0
    max_bytes: int = 1_000_000
    user_agent: str = "Fanout"
    accept: str = ""
    ca_file: str = ""
    insecure: bool = False

    @property
    def may_repeat(self) -> bool:
        """Whether a request may be sent again that may have been received."""
        return self.repeatable or bool(self.idempotency_key) or self.method in REPEATED

    @property
    def trust(self) -> Trust:
        """Whom TLS trusts."""
        return Trust(ca_file=self.ca_file, insecure=self.insecure)

    @property
    def limits(self) -> PhaseLimits:
        """An API may think for as long as its row has, before its answer and in the midst of it."""
        return PhaseLimits(first_byte=self.timeout, read=self.timeout)

    @property
    def accepted(self) -> Accepted:
        """Which answers are ok."""
        return read_accept(self.accept)

    def target(self, row: Mapping[str, str]) -> Target:
        """Where a row's request goes. Raises ItemError: `invalid_url` and its like."""
        text = templates.url(self.url, row)
        more = urlencode(templates.pairs(self.query, row), quote_via=quote_plus)
        if more:
            page, mark, rest = text.partition("#")
            text = f"{page}{'&' if '?' in page else '?'}{more}{mark}{rest}"
        return urls.target(text)

    def payload(self, row: Mapping[str, str]) -> bytes | None:
        """The body of a row's request; None without one. Raises ItemError."""
        if not self.body.strip():
            return None
        if self.body_type == "json":
            return templates.json_text(self.body, row).encode()
        if self.body_type == "form":
            return urlencode(templates.pairs(lines_of(self.body), row), quote_via=quote_plus).encode()
        return templates.plain(self.body, row).encode("utf-8", "replace")

    def headers_of(self, row: Mapping[str, str], target: Target, item: Target, *, body: bool) -> dict[str, str]:
        """What is said with a question for `target` on the way of a row whose URL is `item`. Raises ItemError."""
        told = {"User-Agent": self.user_agent, "Accept": "application/json, */*;q=0.5"}
        told["Accept-Encoding"] = "gzip, deflate, br, zstd"
        if body:
            told["Content-Type"] = MEDIA[self.body_type]
        own = {name: templates.plain(value, row) for name, value in headers_for(self.headers, target, item).items()}
        if self.idempotency_key and target.origin == item.origin:
            own["Idempotency-Key"] = row.get(self.idempotency_key, "").strip()
        for name, value in own.items():
            if not _VALUE.fullmatch(value):
                raise ItemError("invalid_item", f"header {name}: with this row's cells it has signs that none may have")
        names = {name.lower() for name in own}
        return {**{name: value for name, value in told.items() if name.lower() not in names}, **own}


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a text that are not blank."""
    return tuple(line for line in text.splitlines() if line.strip())
