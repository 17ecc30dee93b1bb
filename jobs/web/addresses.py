"""Which addresses are private, by IANA's registries of special-purpose addresses and what else leads inside.

An own table: `ipaddress.is_global` says the opposite for ten of these blocks on Python 3.11.
"""

from __future__ import annotations

import functools
import ipaddress
import time

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DENIED_V4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "a private network",
    "100.64.0.0/10": "a provider's shared network",
    "127.0.0.0/8": "this machine (loopback)",
    "168.63.129.16/32": "a cloud's own services",
    "169.254.0.0/16": "a link-local network, where clouds keep their metadata",
    "172.16.0.0/12": "a private network",
    "192.0.0.0/24": "a network reserved for protocols",
    "192.0.2.0/24": "a network reserved for documentation",
    "192.31.196.0/24": "a sink for private reverse look-ups",
    "192.52.193.0/24": "a network of multicast relays",
    "192.88.99.0/24": "a relay from IPv6 to IPv4",
    "192.168.0.0/16": "a private network",
    "192.175.48.0/24": "a sink for private reverse look-ups",
    "198.18.0.0/15": "a network reserved for benchmarks",
    "198.51.100.0/24": "a network reserved for documentation",
    "203.0.113.0/24": "a network reserved for documentation",
    "224.0.0.0/4": "a multicast address",
    "240.0.0.0/4": "a reserved network",
}
"""Blocks of IPv4 that are not reached, and what each is."""

DENIED_V6 = {
    "::/128": "no address",
    "::1/128": "this machine (loopback)",
    "::/96": "an IPv4 address in disguise",
    "::ffff:0:0:0/96": "an IPv4 address in disguise",
    "64:ff9b::/96": "an IPv4 address behind a translator",
    "64:ff9b:1::/48": "an IPv4 address behind a local translator",
    "100::/64": "a sink that discards",
    "100:0:0:1::/64": "a dummy prefix",
    "2001::/23": "a network reserved for protocols (Teredo among them)",
    "2001:db8::/32": "a network reserved for documentation",
    "2002::/16": "an IPv4 address behind a relay (6to4)",
    "2620:4f:8000::/48": "a sink for private reverse look-ups",
    "3fff::/20": "a network reserved for documentation",
    "5f00::/16": "segment-routing identifiers",
    "fc00::/7": "a private network",
    "fe80::/10": "a link-local network",
    "fec0::/10": "a private network of old",
    "ff00::/8": "a multicast address",
}
"""Blocks of IPv6 that are not reached, and what each is; beside them, all that is not global unicast."""

GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that has been given out as global unicast."""

_V4 = tuple((ipaddress.IPv4Network(block), what) for block, what in DENIED_V4.items())
_V6 = tuple((ipaddress.IPv6Network(block), what) for block, what in DENIED_V6.items())
_V6_SPECIFIC_FIRST = tuple(sorted(_V6, key=lambda row: -row[0].prefixlen))


@functools.lru_cache(maxsize=4096)
def plain(text: str) -> Address:
    """An address as it is connected to: IPv4 mapped into IPv6 is IPv4. Raises ValueError for what is no address."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address


def denied(address: Address, allowed: tuple[str, ...] = ()) -> str:
    """What an address is that makes it private, or empty. `allowed`: networks that may be reached all the same."""
    if any(address.version == network.version and address in network for network in networks(allowed)):
        return ""
    return _what(address) or ("an address of this machine" if address in own_addresses() else "")


@functools.lru_cache(maxsize=16)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Networks from their texts, as in `127.0.0.0/8`. Raises ValueError with a sentence."""
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise ValueError(f"JOBS_ALLOW_NETS cannot be read: {error} (want networks as in 127.0.0.0/8)") from None


@functools.lru_cache(maxsize=4096)
def _what(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return next((what for block, what in _V4 if address in block), "")
    if address.scope_id is not None:
        return "a link-local network"
    found = next((what for block, what in _V6_SPECIFIC_FIRST if address in block), "")
    return found or ("" if address in GLOBAL_V6 else "a reserved network")


def own_addresses() -> frozenset[Address]:
    """The addresses of this machine's interfaces, read once a minute."""
    return _own_addresses(int(time.monotonic() // 60))


@functools.lru_cache(maxsize=1)
def _own_addresses(_minute: int) -> frozenset[Address]:
    import psutil  # 15 ms: not where jobs are only listed

    cards = psutil.net_if_addrs().values()
    texts = (card.address.partition("%")[0] for addresses in cards for card in addresses)
    return frozenset(address for address in map(_address, texts) if address is not None)


def _address(text: str) -> Address | None:
    try:
        return plain(text)
    except ValueError:  # a hardware address
        return None


def is_localhost(host: str) -> bool:
    """Whether a name means this machine by its own words, whatever the look-up says."""
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost")
