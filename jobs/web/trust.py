"""Whom TLS trusts: the usual authorities (or those of SSL_CERT_FILE and SSL_CERT_DIR), a run's own, or anybody."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from requests.adapters import DEFAULT_CA_BUNDLE_PATH


@dataclass(frozen=True, kw_only=True)
class Trust:
    """`ca_file`: certificates of authorities that are trusted beside the usual ones (PEM); `insecure`: anybody is."""

    ca_file: str = ""
    insecure: bool = False


USUAL = Trust()

MOST_SESSIONS = 2_000
"""Hosts of which a context keeps the last session, of some kilobytes each."""


class ResumingContext(ssl.SSLContext):
    """A context that goes on with the last session of a host, which spares both sides most of a handshake."""

    def __init__(self, _protocol: int) -> None:
        self._sessions: OrderedDict[tuple[str, int], ssl.SSLSession] = OrderedDict()
        self._lock = threading.Lock()

    def wrap_socket(self, sock: socket.socket, *arguments: Any, **keywords: Any) -> ssl.SSLSocket:
        """As usual, with the session of the host at that port where there is one."""
        host = keywords.get("server_hostname")
        if host and keywords.get("session") is None:
            keywords["session"] = self._sessions.get((host, _port(sock)))
        return super().wrap_socket(sock, *arguments, **keywords)

    def keep_session(self, sock: ssl.SSLSocket) -> None:
        """Keep the session of a connection over which an answer has begun to come: its tickets came before that."""
        session = sock.session
        if session is None or not sock.server_hostname:
            return
        with self._lock:
            self._sessions[str(sock.server_hostname), _port(sock)] = session
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)


def _port(sock: socket.socket) -> int:
    with contextlib.suppress(OSError):
        return int(sock.getpeername()[1])
    return 0


def keep_session(sock: object) -> None:
    """Keep the TLS session of a connection, where it has one and its context keeps them."""
    if isinstance(sock, ssl.SSLSocket) and isinstance(sock.context, ResumingContext):
        sock.context.keep_session(sock)


def context_of(trust: Trust) -> ssl.SSLContext:
    """A context for connections to servers; it keeps no log of keys, whatever the environment says.

    Raises ValueError with a sentence where a file cannot be read.
    """
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust.insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    _load_usual(context)
    if trust.ca_file:
        _load(context, "--ca-file", trust.ca_file)
    # what is added for a chain that is not complete must never be an authority by itself
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
    return context


def check_ca_file(path: str) -> str:
    """The same path, made absolute, if certificates can be read from it. Raises ValueError with a sentence."""
    whole = str(Path(path.strip()).expanduser().resolve())
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "ca_file", whole)
    return whole


def _load_usual(context: ssl.SSLContext) -> None:
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and not folder:
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        return
    if file:
        _load(context, "SSL_CERT_FILE", file)
    if folder:
        context.load_verify_locations(capath=folder)


def _load(context: ssl.SSLContext, name: str, path: str) -> None:
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else "it holds no certificates in PEM"
        raise ValueError(f"{name}: {path} cannot be read: {why}") from None
