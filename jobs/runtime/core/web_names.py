"""Names under which a server may be asked, which of them are this machine's own, and the origins of the pages that may
ask it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::[0-9]*)?", re.ASCII)
"""A name or an address, and perhaps a port: what a Host header may be (RFC 9110, 7.2)."""


def is_allowed_host(host: str, allowed: Sequence[str]) -> bool:
    """Whether the value of a Host header is one of these names (`*.example.org`: any below it); with none, any is."""
    written = _HOST.fullmatch(host)
    name = _bare(written[1]) if written else ""
    names = [_bare(one.strip()) for one in allowed]
    below = any(one.startswith("*.") and name.endswith(one[1:]) for one in names)
    return not names or "*" in names or (name != "" and name in names) or below


def is_allowed_origin(origin: str, host: str, allowed: Sequence[str]) -> bool:
    """Whether the origin of a page is that of this host, or one of these. The scheme is left to the proxy."""
    try:
        named = urlsplit(origin).netloc
    except ValueError:
        return False
    return named.lower() == host.lower() != "" or origin.lower() in [one.strip().rstrip("/").lower() for one in allowed]


def is_loopback(host: str) -> bool:
    """Whether a name or an address of a host is this machine's to itself."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return host == "localhost"


def _bare(name: str) -> str:
    return name.lower().rstrip(".").removeprefix("[").removesuffix("]")
