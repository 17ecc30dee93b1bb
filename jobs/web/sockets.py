"""Sockets to checked addresses, directly or through the proxy."""

from __future__ import annotations

import socket
import time

from jobs import ItemError
from jobs.web import addresses, network_errors
from jobs.web import proxy as proxies
from jobs.web.exchange import Exchange
from jobs.web.guard import Endpoint
from jobs.web.urls import is_sample

MOST_ADDRESSES = 4
"""So many addresses of one name are tried."""


def open_socket(scheme: str, host: str, port: int, exchange: Exchange) -> socket.socket:
    """A socket connected to a checked address of this host, or to the proxy that leads there. Raises ItemError."""
    started = time.monotonic()
    try:
        place, behind = _where(scheme, host, port, exchange)
    finally:
        resolved = time.monotonic()
        exchange.phases.dns += resolved - started
    try:
        sock = _first_that_answers(host if behind is None else "the proxy (JOBS_PROXY)", place, exchange)
        return sock if behind is None else _through(sock, scheme, host, behind)
    finally:
        exchange.phases.connect += time.monotonic() - resolved


def _where(scheme: str, host: str, port: int, exchange: Exchange) -> tuple[Endpoint, Endpoint | None]:
    """Where to connect; and, where that is the proxy, what lies behind it. The guard is asked either way."""
    known = proxies.proxy()
    if known is None or is_sample(host):
        return exchange.guard.place(scheme, host, port, exchange.watch.left()), None
    behind = exchange.guard.place_behind_proxy(scheme, host, port, exchange.watch.left())
    try:
        found = exchange.guard.resolver.addresses(known.host, known.port, exchange.watch.left())
    except ItemError as error:
        raise ItemError(error.code, f"the proxy (JOBS_PROXY) is not found: {error.message}") from None
    return Endpoint(addresses=tuple(found), port=known.port), behind


def _through(sock: socket.socket, scheme: str, host: str, behind: Endpoint) -> socket.socket:
    with proxies.closed_on_failure(sock):
        try:
            return proxies.through(sock, scheme, host, behind.port, behind.addresses[0])
        except TimeoutError as error:
            sentence = "the proxy (JOBS_PROXY) did not lead there in time"
            raise ItemError("connect_timeout", sentence, detail=str(error)) from None
        except OSError as error:
            sentence = f"the proxy (JOBS_PROXY) cannot be spoken to: {network_errors.reason_of(error)}"
            raise ItemError("connect_refused", sentence, detail=str(error)) from None


def _first_that_answers(host: str, place: Endpoint, exchange: Exchange) -> socket.socket:
    tried = place.addresses[:MOST_ADDRESSES]
    until = min(time.monotonic() + exchange.limits.connect, exchange.open_until)
    failure: OSError = TimeoutError("no time left")
    for index, address in enumerate(tried):
        share = (until - time.monotonic()) / (len(tried) - index)
        if share <= 0:
            break
        try:
            return _connected(address, place.port, share, exchange)
        except OSError as error:
            failure = error
    raise network_errors.of_connecting(host, place.port, failure) from failure


def _connected(address: str, port: int, seconds: float, exchange: Exchange) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(seconds)
        sock.connect((address, port))
        exchange.ip = _checked_peer(sock, address)
        exchange.watch.guard(sock)
        sock.settimeout(_handshake_seconds(exchange))
    except BaseException:
        sock.close()
        raise
    return sock


def _handshake_seconds(exchange: Exchange) -> float:
    """How long the whole TLS handshake may take; at the deadline the watchdog ends it before this does."""
    left = exchange.open_until - time.monotonic() if exchange.hasty else exchange.watch.left() + 1
    return max(0.01, min(exchange.limits.connect, left))


def _checked_peer(sock: socket.socket, address: str) -> str:
    peer = str(sock.getpeername()[0])
    if addresses.plain(peer) != addresses.plain(address):
        raise ItemError("private_address", "the connection ended at another address than the one that was checked")
    return str(addresses.plain(peer))
