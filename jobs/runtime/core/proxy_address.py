"""The address of a proxy, as the setting JOBS_PROXY gives it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PORTS = {"http": 3128, "https": 443, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True, kw_only=True)
class ProxyAddress:
    """Where a proxy is, and who asks it. As text it shows no password, only whether it is another."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        if not self.user:
            return f"{self.scheme}://{self.host}:{self.port}"
        mark = hashlib.sha256(self.password.encode()).hexdigest()[:4]
        return f"{self.scheme}://{self.user}:({mark})@{self.host}:{self.port}"


def read_proxy(text: str) -> ProxyAddress | None:
    """From `http://proxy.example.org:3128` or `socks5://user:password@…`; None from an empty text. Raises ValueError
    with a sentence that shows no password."""
    if not text.strip():
        return None
    parts = urlsplit(text.strip())
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("its port is no number from 1 to 65535") from None
    if parts.scheme not in PORTS or not host or parts.path.strip("/") or parts.query:
        raise ValueError("want http://, https:// or socks5:// and a host, as in http://proxy.example.org:3128")
    return ProxyAddress(
        scheme=parts.scheme.removesuffix("h"),
        host=host,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
