"""How the texts of environment variables are read. Each raises ValueError for one that cannot be."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jobs.runtime.core.units import read_size, size

LEAST_MEMORY = 64 * 2**20

_NAMED_SECRET = re.compile(r"(?<![^\s,])([A-Za-z][\w-]{0,63})=(\{secret:[A-Za-z_][A-Za-z0-9_]{0,63}\})(?![^\s,])")


def plain(text: str) -> str:
    """The text itself."""
    return text


def path(text: str) -> Path:
    """A path, made absolute."""
    return Path(text).expanduser().resolve()


def file(text: str) -> Path | None:
    """The same; None: it is empty."""
    return path(text) if text else None


def paths(text: str) -> tuple[Path, ...]:
    """Paths as the system separates them."""
    return tuple(path(part) for part in text.split(os.pathsep) if part.strip())


def words(text: str) -> tuple[str, ...]:
    """Words with blanks or commas between."""
    return tuple(part for part in text.replace(",", " ").split() if part)


def memory(text: str) -> int:
    """Bytes: `2147483648`, `2 GiB`, `512m`."""
    amount = read_size(text)
    if amount != 0 and amount < LEAST_MEMORY:
        raise ValueError(f"at least {size(LEAST_MEMORY)}, or 0 for no limit; is a unit missing?")
    return amount


def named_secrets(text: str) -> dict[str, str]:
    """Names, each with that of a secret, as in `team={secret:TEAM} ops={secret:OPS}`."""
    found = dict(_NAMED_SECRET.findall(text))
    if _NAMED_SECRET.sub("", text).strip(", "):  # what is left over may be a secret: it is not repeated
        raise ValueError("want NAME={secret:NAME}, with blanks between")
    return found


def between(read: Callable[[str], Any], least: float, most: float) -> Callable[[str], Any]:
    """A number within limits (inclusive)."""

    def read_within(text: str) -> Any:
        number = read(text)
        if not least <= number <= most:
            raise ValueError(f"it must be from {least:,} to {most:,}")
        return number

    return read_within


def choice(*choices: str) -> Callable[[str], str]:
    """One of these words, in small or large letters."""

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"it is one of {', '.join(choices)}")
        return text.lower()

    return read


def networks(text: str) -> tuple[str, ...]:
    """Networks as texts, each by its first address: `10.1.2.3/16` is `10.1.0.0/16`."""
    return tuple(str(ipaddress.ip_network(word, strict=False)) for word in words(text))


def page_address(text: str) -> str:
    """The URL of the page as others reach it, without a slash at its end."""
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError("want http:// or https:// and a host, as in https://jobs.example.org")
    return text.rstrip("/")
