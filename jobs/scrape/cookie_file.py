"""A file of cookies for one's own sites, as browsers' extensions and curl write it: cookies.txt, or JSON."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

from jobs.web.cookies import Cookie

MOST_CHARS = 1_000_000
HTTP_ONLY = "#HttpOnly_"
_SECONDS = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,9})?")
_PLAIN = re.compile(r"[\x20-\x3a\x3c-\x7e]*")
"""What the value of a cookie may hold: no semicolon, nothing beyond ASCII."""


def check_cookies(text: str) -> str:
    """The same text, if cookies can be read from it. Raises ValueError with a sentence that shows no value."""
    if "{secret:" not in text:  # else it is read when the secret is known
        read_cookies(text)
    return text


@functools.lru_cache(maxsize=16)
def read_cookies(text: str) -> tuple[Cookie, ...]:
    """The cookies in the text of a file. Raises ValueError with a sentence that names the line and shows no value."""
    if len(text) > MOST_CHARS:
        raise ValueError(f"a file of cookies of {len(text):,} characters is too long (at most {MOST_CHARS:,})")
    bare = text.removeprefix("\ufeff")
    return tuple(_of_json(bare) if bare.lstrip().startswith("[") else _of_lines(bare))


def _of_lines(text: str) -> Iterator[Cookie]:
    """Netscape's form: domain, whether for what ends in it, path, secure, when it ends, name and value, by tabs."""
    for number, written in enumerate(text.splitlines(), start=1):
        line = written.removeprefix(HTTP_ONLY)
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) == 6:  # a cookie without a value
            parts.append("")
        if len(parts) != 7 or not _SECONDS.fullmatch(parts[4]):
            raise ValueError(
                f"line {number} of the cookies is none (want seven parts by tabs, as browsers' extensions and curl "
                "write cookies.txt)"
            )
        domain, wide, path, secure, ends, name, value = parts
        yield _cookie(
            f"line {number} of the cookies",
            *(domain, name, value, path),
            host_only=wide.upper() != "TRUE",
            secure=secure.upper() == "TRUE",
            expires=float(ends),
        )


def _of_json(text: str) -> Iterator[Cookie]:
    """A list of objects with domain, name and value, as browsers' extensions write it."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the cookies begin as JSON and are none (want a list of objects, or cookies.txt)") from None
    for number, said in enumerate(listed, start=1):
        if not isinstance(said, dict) or not all(
            isinstance(said.get(name), str) for name in ("domain", "name", "value")
        ):
            raise ValueError(f"cookie {number} is none (want an object with domain, name and value)")
        yield _cookie(
            f"cookie {number}",
            *(said["domain"], said["name"], said["value"], str(said.get("path") or "/")),
            host_only=bool(said.get("hostOnly", not said["domain"].startswith("."))),
            secure=bool(said.get("secure")),
            expires=_seconds(said),
        )


def _seconds(said: dict[str, Any]) -> float:
    ends = said.get("expirationDate", said.get("expires"))
    return float(ends) if isinstance(ends, int | float) and not said.get("session") else 0.0


def _cookie(
    where: str, domain: str, name: str, value: str, path: str, *, host_only: bool, secure: bool, expires: float
) -> Cookie:
    host = domain.strip().removeprefix(".").lower()
    if not host or not _PLAIN.fullmatch(name) or not _PLAIN.fullmatch(value) or "=" in name:
        raise ValueError(f"{where}: it names no domain, or has characters that no cookie may have")
    return Cookie(
        name=name,
        value=value,
        domain=host,
        host_only=host_only,
        path=path if path.startswith("/") else "/",
        secure=secure,
        expires=expires if expires > 0 else None,
    )
