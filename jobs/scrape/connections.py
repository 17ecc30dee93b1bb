"""requests and urllib3 with a guarded door: every connection is opened here, to an address that was checked."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from jobs import ItemError
from jobs.scrape import addresses, failures
from jobs.scrape.deadline import Watch
from jobs.scrape.guard import Guard, Place
from jobs.scrape.responses import StrictResponse
from jobs.scrape.urls import Target

CONNECT_SECONDS = 10.0
"""Longer than this no server takes to accept a connection."""

SILENCE_SECONDS = 20.0
"""A server that has said nothing for so long is given up, before the deadline."""

MOST_ADDRESSES = 4
"""So many addresses of one name are tried."""

POOLS = 200
"""Hosts whose connections are kept alive at once; with two each, well below the usual limit of 1,024 open files."""

logging.getLogger("urllib3").setLevel(logging.ERROR)  # it would log what hostile headers say


@dataclass(kw_only=True)
class Phases:
    """Where the time of a journey goes, in seconds; each exchange adds its own as it happens, also when it fails."""

    dns: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    download: float = 0.0

    @property
    def opening(self) -> float:
        """What it took until something could be asked."""
        return self.dns + self.connect + self.tls

    def add_opening(self, other: Phases) -> None:
        """Count what another exchange took to open the connection that this one goes on with."""
        self.dns += other.dns
        self.connect += other.connect
        self.tls += other.tls


class Exchange:
    """One request and its answer as they happen: the door it goes through, its limit, and its stamps.

    `fresh`: on a new connection only; `hasty`: https is a guess, so opening a connection must leave time to try http.
    """

    def __init__(self, guard: Guard, watch: Watch, phases: Phases, *, fresh: bool = False, hasty: bool = False) -> None:
        self.guard, self.watch, self.phases = guard, watch, phases
        self.fresh, self.hasty = fresh, hasty
        self.open_until = watch.deadline - watch.left() / 2 if hasty else watch.deadline
        self.reused = False
        self.ip = ""


_here = threading.local()


@contextlib.contextmanager
def exchanging(exchange: Exchange) -> Iterator[Exchange]:
    """Make this the exchange of the calling thread: connections find it here, below requests and urllib3."""
    _here.exchange = exchange
    try:
        yield exchange
    finally:
        _here.exchange = None


def _current() -> Exchange:
    exchange: Exchange | None = getattr(_here, "exchange", None)
    if exchange is None:
        raise RuntimeError("a guarded connection is used outside an exchange")
    return exchange


class Adapter(HTTPAdapter):
    """requests' adapter over guarded connections; one serves all slots of a worker."""

    def __init__(self, context: ssl.SSLContext | None = None, *, kept: int = 16) -> None:
        self._context = context or ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
        super().__init__(pool_connections=POOLS, pool_maxsize=kept)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """As requests does, with one TLS context for all (reading the certificates takes 20 ms) and guarded pools."""
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=self._context, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set: the shared context verifies always."""

    def get_connection_with_tls_context(self, request: Any, *_settings: Any, **_more: Any) -> HTTPConnectionPool:
        """The pool a request belongs to, by the target that was read once: no second parser, and no proxy."""
        target: Target = request.target
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(target.host, target.port, target.scheme)
        return pool

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """urllib3's answer as it came: its cookies are not looked for, since none is kept from one item to the next."""
        response = Response()
        response.request, response.raw = req, resp
        return response

    def request_url(self, request: Any, _proxies: Any) -> str:
        """What stands in the request line; there are no proxies."""
        target: Target = request.target
        return target.path


class _GuardedMixin:
    """What both kinds of connection do differently from urllib3's."""

    scheme: str
    sock: socket.socket | None

    def _new_conn(self) -> socket.socket:
        exchange = _current()
        return open_socket(self.scheme, self._dns_host, self.port, exchange)  # type: ignore[attr-defined]

    def request(self, *arguments: Any, **keywords: Any) -> None:
        exchange = _current()
        kept = self.sock
        if kept is not None and not exchange.ip:  # else it was opened for this exchange
            self._use_again(kept, exchange)
        super().request(*arguments, **keywords)  # type: ignore[misc]

    def _use_again(self, kept: socket.socket, exchange: Exchange) -> None:
        peer = "" if exchange.fresh else _peer(kept)
        if not peer:
            self.close()  # type: ignore[attr-defined]
            return
        exchange.reused, exchange.ip = True, peer
        exchange.watch.guard(kept)


def _peer(kept: socket.socket) -> str:
    """The address at the other end; empty when it has cut the connection."""
    try:
        return str(kept.getpeername()[0])
    except OSError:
        return ""


class _Connection(_GuardedMixin, HTTPConnection):
    scheme = "http"
    response_class = StrictResponse


class _TlsConnection(_GuardedMixin, HTTPSConnection):
    scheme = "https"
    response_class = StrictResponse

    def connect(self) -> None:
        phases, started = _current().phases, time.monotonic()
        before = phases.opening
        try:
            super().connect()
        except TimeoutError as error:
            raise ItemError("connect_timeout", f"{self.host} did not agree on a secure connection in time") from error
        finally:
            phases.tls += max(0.0, time.monotonic() - started - (phases.opening - before))


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def open_socket(scheme: str, host: str, port: int, exchange: Exchange) -> socket.socket:
    """A socket connected to a checked address of this host. Raises ItemError."""
    started = time.monotonic()
    try:
        place = exchange.guard.place(scheme, host, port, exchange.watch.left())
    finally:
        resolved = time.monotonic()
        exchange.phases.dns += resolved - started
    try:
        return _first_that_answers(host, place, exchange)
    finally:
        exchange.phases.connect += time.monotonic() - resolved


def _first_that_answers(host: str, place: Place, exchange: Exchange) -> socket.socket:
    tried = place.addresses[:MOST_ADDRESSES]
    until = min(time.monotonic() + CONNECT_SECONDS, exchange.open_until)
    failure: OSError = TimeoutError("no time left")
    for index, address in enumerate(tried):
        share = (until - time.monotonic()) / (len(tried) - index)
        if share <= 0:
            break
        try:
            return _connected(address, place.port, share, exchange)
        except OSError as error:
            failure = error
    raise failures.of_connecting(host, place.port, failure) from failure


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
    """How long the whole TLS handshake may take: to the deadline, where the watchdog ends it before this does."""
    if exchange.hasty:
        return max(0.01, min(CONNECT_SECONDS, exchange.open_until - time.monotonic()))
    return exchange.watch.left() + 1


def _checked_peer(sock: socket.socket, address: str) -> str:
    peer = str(sock.getpeername()[0])
    if addresses.plain(peer) != addresses.plain(address):
        raise ItemError("private_address", "the connection ended at another address than the one that was checked")
    return str(addresses.plain(peer))
