"""Extra headers of a run, one a line: `Name: value`, said to the origin of the user's URL and to no other; or
`api.example.org: Name: value`, said to that host and to no other."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs import ItemError
from jobs.web import urls
from jobs.web.urls import Target

MOST_HEADERS = 20
MOST_CHARS = 4_096

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HOST = re.compile(
    r"\s*(\[[0-9a-f:.]+\]|[^\s:/@*\[\]]+)(?::([0-9]{1,6}))?+\s*:(?=\s*[a-z0-9!#$%&'*+.^_`|~-]+\s*:)", re.IGNORECASE
)
"""What may be a host, perhaps with its port, before a header of its own."""

_VALUE = re.compile(r"[\x20-\x7e]*")

OURS: Mapping[str, str] = {
    "user-agent": "give it as user_agent",
    "accept-language": "give it as accept_language",
    **dict.fromkeys(
        ("host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect"),
        "the connection needs it as it is",
    ),
    "keep-alive": "the connection needs it as it is",
    "accept-encoding": "only what can be decompressed is asked for",
    "range": "whole pages are asked for",
}
"""Headers that a run may not set, and why."""


def check_headers(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The same lines, if they can be sent. Raises ValueError with a sentence that shows no value."""
    read_headers(lines)
    return lines


@dataclass(frozen=True, kw_only=True)
class OwnHeader:
    """One header; `host`: said to it alone, with `port` 0 at any port; empty: to the origin of the user's URL."""

    name: str
    value: str = field(repr=False)
    host: str = ""
    port: int = 0

    def belongs_to(self, target: Target, item: Target) -> bool:
        """Whether it is said with a question on the way of an item. What began by https is said by no plain http."""
        if not self.host:
            return target.origin == item.origin
        here = target.host == self.host and self.port in (0, target.port)
        return here and not (item.scheme == "https" and target.scheme == "http")


def headers_for(lines: tuple[str, ...], target: Target, item: Target) -> dict[str, str]:
    """What is said with a question for `target` on the way of `item`; those for a host go before those for all."""
    fitting = [header for header in read_headers(lines) if header.belongs_to(target, item)]
    return {header.name: header.value for header in sorted(fitting, key=lambda header: bool(header.host))}


@functools.lru_cache(maxsize=16)
def read_headers(lines: tuple[str, ...]) -> tuple[OwnHeader, ...]:
    """The headers. Raises ValueError with a sentence that names the line and shows no value."""
    found: list[OwnHeader] = []
    for number, line in enumerate(lines, start=1):
        header = _read_line(number, line)
        if any((header.name.lower(), header.host, header.port) == (o.name.lower(), o.host, o.port) for o in found):
            raise ValueError(f"header {number}: {header.name} is there twice")
        found.append(header)
    if len(found) > MOST_HEADERS:
        raise ValueError(f"{len(found)} headers are too many (at most {MOST_HEADERS})")
    return tuple(found)


def _read_line(number: int, line: str) -> OwnHeader:
    named = _HOST.match(line)
    if named is None or not (named[1].startswith("[") or "." in named[1] or named[1].lower() == "localhost"):
        name, value = _name_and_value(number, line)
        return OwnHeader(name=name, value=value)
    name, value = _name_and_value(number, line[named.end() :])
    host, port = _place(number, named[1], named[2] or "")
    return OwnHeader(name=name, value=value, host=host, port=port)


def _place(number: int, host: str, port: str) -> tuple[str, int]:
    """A host as URLs have it, and its port (0: any). Raises ValueError."""
    try:
        there = urls.target(f"http://{host}:{port}/")
    except ItemError:
        there = None
    if there is None or there.port == 0:
        raise ValueError(f"header {number}: its host is none that a URL could have (want one as in example.org:8080)")
    return there.host, there.port if port else 0


def _name_and_value(number: int, line: str) -> tuple[str, str]:
    name, colon, value = (part.strip(" \t") for part in line.partition(":"))
    if not colon or not _NAME.fullmatch(name):
        raise ValueError(f"header {number} is none (want a name and a value, as in X-Key: 123)")
    if value.startswith("//") or "." in name or name.startswith("*"):
        # else it would be said, as a header, to another host
        raise ValueError(
            f"header {number}: a host is named in full, without a scheme, and a header follows it "
            "(as in example.org: X-Key: 123)"
        )
    if name.lower() in OURS or name.lower().startswith("proxy-"):
        why = OURS.get(name.lower(), "what a proxy is told stands in JOBS_PROXY")
        raise ValueError(f"header {number}: {name} cannot be set here: {why}")
    if not _VALUE.fullmatch(value) or len(value) > MOST_CHARS:
        raise ValueError(f"header {number}: the value of {name} is too long, or has characters beyond ASCII")
    return name, value
