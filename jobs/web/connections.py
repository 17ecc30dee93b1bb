"""requests and urllib3 with a guard: every connection is opened here, to an address that was checked."""

from __future__ import annotations

import logging
import queue
import socket
import ssl
import threading
import time
import warnings
from collections import OrderedDict
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ClosedPoolError, InsecureRequestWarning
from urllib3.util.ssltransport import SSLTransport

from jobs import ItemError
from jobs.web import proxy as proxies
from jobs.web.exchange import Exchange, current
from jobs.web.kept_connections import KeptConnections, is_silent
from jobs.web.sockets import open_socket
from jobs.web.strict_response import StrictResponse
from jobs.web.trust import Trust, context_of
from jobs.web.urls import Target

FEWEST_POOLS, MOST_POOLS = 200, 1_000
"""Hosts whose connections are kept alive at once: more than slots ask at a time, or a page would have to connect anew
after its robots.txt. With two each, 200 are well below the usual limit of 1,024 open files."""

logging.getLogger("urllib3").setLevel(logging.ERROR)  # it would log what hostile headers say


OWN_CONTEXTS = 50
"""Origins whose chains were completed, each with a context of its own: what one origin sends must reach no other."""


def _pools() -> int:
    """As many as an eighth of the open files that the system allows."""
    try:
        import resource  # not on Windows
    except ImportError:
        return FEWEST_POOLS
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = MOST_POOLS if soft == resource.RLIM_INFINITY else soft // 8
    return max(FEWEST_POOLS, min(MOST_POOLS, allowed))


class Adapter(HTTPAdapter):
    """requests' adapter over guarded connections; one serves all slots of a worker, for one way to trust."""

    def __init__(self, context: ssl.SSLContext | None = None, *, trust: Trust | None = None, kept: int = 16) -> None:
        self.trust = trust or Trust()
        self._context = context or context_of(self.trust)
        self._own: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self._lock = threading.Lock()
        super().__init__(pool_connections=_pools(), pool_maxsize=kept)

    def use(self, origin: str, context: ssl.SSLContext) -> None:
        """Connect to this origin with a context of its own from now on."""
        with self._lock:
            self._own[origin] = context
            while len(self._own) > OWN_CONTEXTS:
                self._own.popitem(last=False)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """As requests does, with one TLS context for all (reading the certificates takes 20 ms) and guarded pools."""
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=self._context, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set: the shared context verifies always."""

    def get_connection_with_tls_context(self, request: Any, *_settings: Any, **_more: Any) -> HTTPConnectionPool:
        """The pool a request belongs to, by the target that was read once: no second parser, and no proxy."""
        target: Target = request.target
        own = self._own.get(target.origin) if self._own else None
        more = {} if own is None else {"pool_kwargs": {"ssl_context": own}}
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(
            target.host, target.port, target.scheme, **more
        )
        return pool

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """urllib3's answer as it came, and nothing else: no cookies are kept from one item to the next, and to make the
        jar for them takes longer than to read the head."""
        response = Response.__new__(Response)
        response.request, response.raw = req, resp
        return response

    def request_url(self, request: Any, _proxies: Any) -> str:
        """What urllib3 takes for the request line; the connection puts there what the exchange says."""
        target: Target = request.target
        return target.path


class _GuardedMixin:
    """What both kinds of connection do differently from urllib3's."""

    scheme: str
    sock: socket.socket | None
    item: object = None
    """The deadline of the item that it served last: that one may go on with it at once."""
    rested = False
    kept: KeptConnections

    def _new_conn(self) -> socket.socket:
        exchange = current()
        return open_socket(self.scheme, self._dns_host, self.port, exchange)  # type: ignore[attr-defined]

    def request(self, method: str, url: str, *arguments: Any, **keywords: Any) -> None:  # noqa: ARG002
        """Ask for the path of the exchange: urllib3 would escape it once more, and browsers do not."""
        exchange = current()
        kept = self.sock
        if kept is not None and not exchange.ip:  # else it was opened for this exchange
            self._use_again(kept, exchange)
        self.item = exchange.watch.item
        super().request(method, exchange.path, *arguments, **keywords)  # type: ignore[misc]

    def _use_again(self, kept: socket.socket, exchange: Exchange) -> None:
        silent = is_silent(kept)
        if self.rested or not silent:
            self.kept.note(silent=silent)
        peer = "" if exchange.fresh or not silent else _peer(kept)
        if not peer:
            self.close()  # type: ignore[attr-defined]
            return
        exchange.reused, exchange.secured, exchange.ip = True, True, peer
        exchange.hurried = not self.rested
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
        phases, started = current().phases, time.monotonic()
        before = phases.opening
        try:
            self._connect()
            current().secured = True
        except TimeoutError as error:
            raise ItemError("connect_timeout", f"{self.host} did not agree on a secure connection in time") from error
        finally:
            phases.tls += max(0.0, time.monotonic() - started - (phases.opening - before))

    def request(self, *arguments: Any, **keywords: Any) -> None:
        """Ask; where the server has closed meanwhile, what it had to say about that goes before."""
        try:
            super().request(*arguments, **keywords)
        except OSError as error:
            raise _last_word(self.sock) or error from None

    def _connect(self) -> None:
        """As urllib3 does; behind a proxy that is spoken to by TLS itself, TLS within TLS."""
        known = proxies.proxy()
        if known is None or known.scheme != "https":
            super().connect()
            return
        assert self.ssl_context is not None
        self.sock = SSLTransport(self._new_conn(), self.ssl_context, self.host)  # type: ignore[assignment]
        self.is_verified = self.ssl_context.verify_mode == ssl.CERT_REQUIRED


def _last_word(sock: socket.socket | None) -> ssl.SSLError | None:
    """The alert a server sent before it closed, as an error; None without one."""
    try:
        if sock is not None:
            sock.recv(1)
    except ssl.SSLError as alert:
        return alert if "ALERT" in str(alert.reason or "") else None
    except OSError:
        pass
    return None


class _QuietMixin:
    """What both kinds of pool do differently from urllib3's: what they keep must be quiet before it is used again."""

    QueueCls = KeptConnections
    pool: KeptConnections | None

    def _get_conn(self, timeout: float | None = None) -> Any:  # noqa: ARG002
        kept = self.pool
        if kept is None:
            raise ClosedPoolError(self, "Pool is closed.")  # type: ignore[arg-type]
        try:
            found = kept.quiet(current().watch.item)
        except queue.Empty:
            found = self._new_conn()  # type: ignore[attr-defined]
            found.kept = kept
        return found


class _Pool(_QuietMixin, HTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Connection


class _TlsPool(_QuietMixin, HTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _TlsConnection

    def _validate_conn(self, conn: Any) -> None:
        """As urllib3 does, without its warning for a run that wants no verification: the row says so."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)
            super()._validate_conn(conn)
