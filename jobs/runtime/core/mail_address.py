"""Addresses of e-mail, and the server that takes it, as the settings JOBS_SMTP… give them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_ADDRESS = 254
PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""How a connection is made safe, and the usual port for that."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@(?P<domain>{_LABEL}(\.{_LABEL})*)")
_SECRET = re.compile(r"\{secret:[A-Za-z_][A-Za-z0-9_]{0,63}\}")
_NAMED = re.compile(r"\s*(?P<name>[^<>\x00-\x1f\x7f]*?)\s*<(?P<address>[^<>]*)>\s*")


@dataclass(frozen=True, kw_only=True)
class Sender:
    """From whom e-mail comes: an address, and a name before it (empty: none)."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True, kw_only=True)
class MailHost:
    """Where a mail server is; `port` 0: the usual one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host


def read_address(text: str) -> str:
    """One address, as in ann@example.org, and nothing else. Raises ValueError with a sentence."""
    if len(text) > MOST_ADDRESS or _ADDRESS.fullmatch(text) is None:
        raise ValueError("want one address as in ann@example.org; a domain of other letters in its xn-- form")
    return text


def read_sender(text: str) -> Sender | None:
    """From `jobs@example.org` or `Fanout <jobs@example.org>`; None: the text is empty. Raises ValueError."""
    if not text:
        return None
    named = _NAMED.fullmatch(text)
    if named is None:
        return Sender(address=read_address(text))
    return Sender(address=read_address(named["address"]), name=named["name"].strip('"'))


def read_mail_host(text: str) -> MailHost | None:
    """From `mail.example.org` or `mail.example.org:587`; None: the text is empty. Raises ValueError."""
    if not text:
        return None
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.netloc != text or "@" in text or re.search(r"\s", text):
        raise ValueError("want a host, or a host and a port, as in mail.example.org:587")
    return MailHost(host=parts.hostname, port=parts.port or 0)


def read_recipients(text: str) -> tuple[str, ...]:
    """Addresses and domains, with blanks or commas between, in small letters. Raises ValueError."""
    found = tuple(text.replace(",", " ").lower().split())
    for one in found:
        read_address(one if "@" in one else f"any@{one}")
    return found


def read_secret_name(text: str) -> str:
    """A secret by its name, as in {secret:MAIL}. Raises ValueError: a password as it is, is not repeated."""
    if text and not _SECRET.fullmatch(text):
        raise ValueError("a password is given by its name alone, as in {secret:MAIL} (JOBS_SECRETS)")
    return text


def is_among(address: str, allowed: tuple[str, ...]) -> bool:
    """Whether an address, or its domain, is one of these; where there are none, any is."""
    small = address.lower()
    return not allowed or small in allowed or small.rpartition("@")[2] in allowed
