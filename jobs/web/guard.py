"""The guard of the network: which addresses a host may be reached at, decided before anything is connected.

Resolve once, check every answer, and connect to a checked address: nothing is looked up between check and use. A port
is judged without being tried, so that no answer tells whether something listens there.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from jobs import ItemError, setting
from jobs.web import addresses, urls
from jobs.web.own_page import is_own_page
from jobs.web.resolver import Resolver
from jobs.web.sample_site import sample_port

log = logging.getLogger(__name__)
if sys.__stderr__ is not None:
    log.addHandler(logging.StreamHandler(sys.__stderr__))  # for the operator: what an item prints is shown with it

BAD_PORTS = frozenset(
    # the ports browsers refuse (the Fetch standard)
    [0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109]
    + [110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530]
    + [531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190]
    + [5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080]
    # databases, caches and remote control
    + [445, 1433, 1521, 2375, 2376, 2379, 3306, 3389, 5432, 5900, 6379, 9042, 11211, 27017]
)
"""Ports where no web server is, and where a request could be taken for a command."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where to connect: addresses that have been checked, in the order to try, and the port."""

    addresses: tuple[str, ...]
    port: int


class Guard:
    """Says where a host may be reached, or refuses it."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self.resolver = resolver or Resolver()

    def place(self, scheme: str, host: str, port: int, seconds: float) -> Endpoint:
        """Where this host may be reached, looked up within so many seconds.

        Raises ItemError: `blocked_port`, `private_address`, or one of the resolver's.
        """
        if urls.is_sample(host):
            return Endpoint(addresses=("127.0.0.1",), port=sample_port(scheme, host, port))
        if port in BAD_PORTS:
            raise ItemError("blocked_port", f"port {port} is not one of a web server and is not reached")
        allowed = setting("JOBS_ALLOW_NETS")
        literal = _literal(host)
        if literal is None and addresses.is_localhost(host) and not allowed:
            raise _refusal(host, host, "this machine (loopback)")
        name = "localhost" if addresses.is_localhost(host) else host  # no server is asked for app.localhost (RFC 6761)
        found = (literal,) if literal else self.resolver.addresses(name, port, seconds)
        if literal is None and addresses.is_localhost(host):
            found = _allowed_only(found, allowed) or found
        return Endpoint(addresses=_checked(host, port, found, allowed), port=port)

    def place_behind_proxy(self, scheme: str, host: str, port: int, seconds: float) -> Endpoint:
        """The same for a host behind the proxy. A name that is not known here is the proxy's to look up."""
        try:
            return self.place(scheme, host, port, seconds)
        except ItemError as error:
            if error.code not in ("dns_not_found", "dns_temporary"):
                raise
            return Endpoint(addresses=(host,), port=port)


def _literal(host: str) -> str | None:
    try:
        return str(addresses.plain(host))
    except ValueError:
        return None


def _allowed_only(found: Sequence[str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Of this machine's own two addresses those that are allowed: `127.0.0.0/8` is enough beside `::1 localhost`."""
    loopback = [text for text in found if _literal(text) and addresses.plain(text).is_loopback]
    return tuple(text for text in loopback if not addresses.denied(addresses.plain(text), allowed))


def _checked(host: str, port: int, found: Sequence[str], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """All addresses of a name, or none: one private answer among public ones is how a guard is led astray."""
    for text in found:
        try:
            address = addresses.plain(text)
        except ValueError:
            raise _refusal(host, text, "no address at all") from None
        what = addresses.denied(address, allowed)
        if what:
            raise _refusal(host, text, what)
        if allowed and is_own_page(address, port):
            raise ItemError("private_address", f"{host} at port {port} is Fanout's own page, which is not fetched")
    return tuple(found)


@functools.lru_cache(maxsize=10_000)
def _note(host: str, address: str, what: str) -> None:
    """Tell the operator, mostly once: the worker's log is below JOBS_HOME, in workers. The row names no address."""
    log.warning("refused %s: %s is %s", host, address, what)


def _refusal(host: str, address: str, what: str) -> ItemError:
    _note(host, address, what)
    return ItemError(
        "private_address",
        f"{host} leads to {what}, which is not reached; if it is yours, allow its network by JOBS_ALLOW_NETS",
    )
