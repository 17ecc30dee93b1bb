"""The way through a proxy (JOBS_PROXY): http and https by CONNECT or by whole URLs, socks5 by RFC 1928.

The guard's checks are done before; what the proxy reaches under a name that it looks up itself is its own business.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import ipaddress
import re
import socket
import ssl
import struct
from collections.abc import Iterator
from typing import Any

from jobs import ItemError, setting
from jobs.web.trust import USUAL, context_of

HEAD_BYTES = 16 * 1024
UNKNOWN_TO_IT = 407
"""The status of a proxy that wants to know who asks; no other server has it."""

_GREETING, _PASSWORD = b"\x05\x01\x00", b"\x05\x01\x02"
_REFUSALS = {
    1: "it failed",
    2: "its rules do not allow it",
    3: "no way leads there",
    4: "the host is not reached",
    5: "the connection was refused",
    6: "it took too long",
    7: "it does not connect",
    8: "it does not know this kind of address",
}


def proxy() -> Any:
    """The proxy that is gone through, as `jobs.setting` gives it (scheme, host, port, user, password); None without."""
    return setting("JOBS_PROXY")


def asks_whole(scheme: str) -> bool:
    """Whether a question goes to the proxy itself, with its whole URL: http through an http proxy."""
    known = proxy()
    return known is not None and scheme == "http" and known.scheme != "socks5"


def authorization() -> dict[str, str]:
    """The header by which a question of its own is let through."""
    known = proxy()
    if known is None or not known.user:
        return {}
    token = base64.b64encode(f"{known.user}:{known.password}".encode()).decode("ascii")
    return {"Proxy-Authorization": f"Basic {token}"}


def through(sock: socket.socket, scheme: str, host: str, port: int, address: str) -> socket.socket:
    """The connection to a proxy made one to a host behind it. `address`: where the guard found it, or its name.

    Raises ItemError `connect_refused`, OSError.
    """
    known = proxy()
    if known.scheme == "socks5":
        _by_socks(sock, known, address, port)
        return sock
    if known.scheme == "https":
        sock = _context().wrap_socket(sock, server_hostname=known.host)
    if scheme == "https":
        with closed_on_failure(sock):
            _by_connect(sock, host, port)
    return sock


@functools.cache
def _context() -> ssl.SSLContext:
    """Made once: to read the certificates takes 20 ms."""
    return context_of(USUAL)


@contextlib.contextmanager
def closed_on_failure(sock: socket.socket) -> Iterator[None]:
    """Close a socket that leads nowhere."""
    try:
        yield
    except BaseException:
        sock.close()
        raise


def _by_connect(sock: socket.socket, host: str, port: int) -> None:
    name = f"[{host}]" if ":" in host else host
    said = "".join(f"{header}: {value}\r\n" for header, value in authorization().items())
    sock.sendall(f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n{said}\r\n".encode("ascii"))
    head = b""
    while not head.endswith((b"\r\n\r\n", b"\n\n")):  # byte by byte: what comes behind belongs to the host
        octet = sock.recv(1)
        if not octet or len(head) > HEAD_BYTES:
            raise _refused("it says nothing that HTTP knows")
        head += octet
    status = head.split(b"\n", 1)[0].split(b" ")[1:2]
    if not status or not re.fullmatch(rb"[0-9]{3}\s*", status[0]):
        raise _refused("it says nothing that HTTP knows")
    said_status = int(status[0])
    if said_status == UNKNOWN_TO_IT:
        raise not_let_through()
    if said_status != 200:
        raise _refused(f"it answers {said_status}")


def not_let_through() -> ItemError:
    """What a proxy means that answers 407."""
    return _refused(
        "it does not accept the name and the password" if proxy().user else "it wants a name and a password"
    )


def _by_socks(sock: socket.socket, known: Any, address: str, port: int) -> None:
    sock.sendall(_PASSWORD if known.user else _GREETING)
    chosen = _exactly(sock, 2)
    if chosen == b"\x05\x02" and known.user:
        user, password = known.user.encode()[:255], known.password.encode()[:255]
        sock.sendall(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        if _exactly(sock, 2)[1] != 0:
            raise _refused("it does not accept the name and the password")
    elif chosen != b"\x05\x00":
        raise _refused("it wants a name and a password" if chosen[:1] == b"\x05" else "it does not speak socks5")
    sock.sendall(b"\x05\x01\x00" + _socks_address(address) + struct.pack(">H", port))
    _, reply, _, kind = _exactly(sock, 4)
    _exactly(sock, {1: 4, 4: 16}.get(kind) or _exactly(sock, 1)[0])
    _exactly(sock, 2)
    if reply:
        raise _refused(_REFUSALS.get(reply, f"it answers {reply}"))


def _socks_address(address: str) -> bytes:
    try:
        packed = ipaddress.ip_address(address).packed
    except ValueError:
        name = address.encode("ascii")
        return b"\x03" + bytes([len(name)]) + name
    return (b"\x01" if len(packed) == 4 else b"\x04") + packed


def _exactly(sock: socket.socket, octets: int) -> bytes:
    read = b""
    while len(read) < octets:
        part = sock.recv(octets - len(read))
        if not part:
            raise _refused("it closed the connection")
        read += part
    return read


def _refused(why: str) -> ItemError:
    return ItemError("connect_refused", f"the proxy (JOBS_PROXY) does not lead there: {why}")
