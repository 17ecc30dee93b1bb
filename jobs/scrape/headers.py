"""Extra headers of a run: `Name: value`, one a line; said to the origin of the user's URL and to no other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

MOST_HEADERS = 20
MOST_CHARS = 4_096

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
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


def read_headers(lines: Sequence[str]) -> dict[str, str]:
    """Names and values. Raises ValueError with a sentence that names the line and shows no value."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        name, value = _read_line(number, line)
        if name.lower() in {other.lower() for other in found}:
            raise ValueError(f"header {number}: {name} is there twice")
        found[name] = value
    if len(found) > MOST_HEADERS:
        raise ValueError(f"{len(found)} headers are too many (at most {MOST_HEADERS})")
    return found


def _read_line(number: int, line: str) -> tuple[str, str]:
    name, colon, value = (part.strip(" \t") for part in line.partition(":"))
    if not colon or not _NAME.fullmatch(name):
        raise ValueError(f"header {number} is none (want a name and a value, as in X-Key: 123)")
    if name.lower() in OURS or name.lower().startswith("proxy-"):
        raise ValueError(
            f"header {number}: {name} cannot be set here: {OURS.get(name.lower(), 'there are no proxies')}"
        )
    if not _VALUE.fullmatch(value) or len(value) > MOST_CHARS:
        raise ValueError(f"header {number}: the value of {name} is too long, or has characters beyond ASCII")
    return name, value
