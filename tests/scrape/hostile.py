"""A raw-socket server on loopback that says exactly what a test tells it to say, and counts."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator


class Peer:
    """The server's end of one connection."""

    def __init__(self, server: Hostile, sock: socket.socket) -> None:
        self.server, self.sock = server, sock

    def send(self, octets: bytes) -> None:
        """Send; raises OSError when the other side has gone."""
        self.sock.sendall(octets)
        self.server.count_sent(len(octets))

    def drip(self, octets: bytes, every: float = 0.05) -> None:
        """One byte at a time, until the other side has gone or the server closes."""
        for octet in octets:
            if self.server.closing.wait(every):
                return
            self.send(bytes([octet]))

    def read_request(self) -> bytes:
        """A request's bytes up to the blank line; empty when the other side has gone."""
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            octet = self.sock.recv(65536)
            if not octet:
                return b""
            request += octet
        return request

    def stay(self, seconds: float = 30.0) -> None:
        """Say nothing until the server closes."""
        self.server.closing.wait(seconds)


Script = Callable[[Peer, bytes], object]


class Hostile:
    """Serves each request by a script; a script that returns True keeps the connection for another request."""

    def __init__(
        self, script: Script, *, context: ssl.SSLContext | None = None, raw: bool = False, port: int = 0
    ) -> None:
        self.script, self.context, self.raw = script, context, raw
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.busy = 0
        self.most_busy = 0
        self.sent = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._peers: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [request.split(b" ")[1].decode("latin-1") for request in self.requests]

    def header(self, name: str, index: int = -1) -> str | None:
        """A header of a request that came."""
        for line in self.requests[index].decode("latin-1").split("\r\n")[1:]:
            key, colon, value = line.partition(":")
            if colon and key.lower() == name.lower():
                return value.strip()
        return None

    def count_sent(self, octets: int) -> None:
        with self._lock:
            self.sent += octets

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            peers = list(self._peers)
        for peer in peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self.open += 1
                self._peers.add(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        sock: socket.socket = plain
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                sock = self.context.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._peers.add(sock)
            self._converse(Peer(self, sock))
        except (OSError, ValueError):
            pass  # the client went away, which is what many tests are about
        finally:
            with self._lock:
                self.open -= 1
                self._peers -= {plain, sock}
            sock.close()
            plain.close()

    def _converse(self, peer: Peer) -> None:
        if self.raw:
            self.script(peer, b"")
            return
        while request := peer.read_request():
            with self._lock:
                self.requests.append(request)
                self.busy += 1
                self.most_busy = max(self.most_busy, self.busy)
            try:
                again = self.script(peer, request)
            finally:
                with self._lock:
                    self.busy -= 1
            if not again:
                return


def answer(
    body: bytes = b"<title>ok</title>", *, status: str = "200 OK", headers: dict[str, str] | None = None
) -> bytes:
    """A well-formed answer."""
    named = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def redirect(location: str, status: int = 302) -> bytes:
    return answer(b"", status=f"{status} Found", headers={"Location": location})


def page(title: str = "ok") -> Script:
    """A script that answers every request with a page."""

    def script(peer: Peer, _request: bytes) -> bool:
        peer.send(answer(f"<title>{title}</title>".encode()))
        return True

    return script


def says(octets: bytes, *, keep: bool = False) -> Script:
    """A script that sends these bytes."""

    def script(peer: Peer, _request: bytes) -> bool:
        peer.send(octets)
        return keep

    return script


def eventually(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether something becomes true in time."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@contextlib.contextmanager
def serving(script: Script, **keywords: object) -> Iterator[Hostile]:
    server = Hostile(script, **keywords)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.close()
