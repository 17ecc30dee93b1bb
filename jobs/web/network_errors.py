"""What went wrong on the network, as codes and sentences: the one seam where foreign exceptions are translated."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
from collections.abc import Iterator

import urllib3.exceptions as urllib3
from requests import RequestException

from jobs import ItemError

FOREIGN = (RequestException, urllib3.HTTPError, http.client.HTTPException, OSError, ValueError, ArithmeticError)
"""All that requests, urllib3, http.client and ssl raise over an answer; the last two for a bad size or location."""


class HeadersTooLargeError(http.client.HTTPException):
    """The headers of an answer go beyond their cap."""


class NoFirstByteError(TimeoutError):
    """A connection was accepted, and nothing came."""


def of_connecting(host: str, port: int, error: OSError) -> ItemError:
    """Why no connection came about."""
    detail = _detail(error)
    if isinstance(error, TimeoutError):
        return ItemError("connect_timeout", f"{host} did not accept a connection in time", detail=detail)
    if error.errno == errno.EMFILE:
        return ItemError("connection_reset", "too many files are open: use fewer threads", detail=detail)
    if error.errno == errno.ECONNRESET:
        return ItemError("connection_reset", f"{host} cut the connection at once", detail=detail)
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL):
        return ItemError("connect_refused", f"no way leads to {host} from here", detail=detail)
    return ItemError("connect_refused", f"{host} refused the connection at port {port}", detail=detail)


def of_exchange(host: str, error: BaseException, *, secured: bool = False) -> ItemError:
    """Why no answer came, or not all of it; `secured`: TLS had been agreed on, and broke."""
    chain = [link for link in links(error) if not isinstance(link, RequestException)]  # requests' are all OSErrors
    detail = _detail(chain[-1] if chain else error)
    broken = next((link for link in chain if isinstance(link, ssl.SSLError)), None) if secured else None
    if broken is not None:
        why = str(broken.reason or "it gave no reason").replace("_", " ").lower()[:100]
        return ItemError("connection_reset", f"the secure connection to {host} broke: {why}", detail=_detail(broken))
    for kinds, code, sentence in _MEANINGS:
        found = next((link for link in chain if isinstance(link, kinds)), None)
        if found is not None:
            return ItemError(code, sentence.format(host=host, why=reason_of(found)), detail=_detail(found))
    return ItemError("protocol_error", f"{host} answered what is not HTTP", detail=detail)


_MEANINGS = (
    (HeadersTooLargeError, "too_large", "{host} sent {why}"),
    (ssl.SSLCertVerificationError, "tls_certificate", "the certificate of {host} is not valid: {why}"),
    ((ssl.SSLError, urllib3.SSLError), "tls_other", "no secure connection to {host} could be agreed on: {why}"),
    (NoFirstByteError, "first_byte_timeout", "{host} accepted a connection, and did not begin to answer in time"),
    ((urllib3.ReadTimeoutError, socket.timeout), "read_timeout", "{host} fell silent"),
    ((http.client.IncompleteRead, urllib3.IncompleteRead), "incomplete", "{host} sent less than it had announced"),
    (http.client.RemoteDisconnected, "connection_reset", "{host} closed the connection without an answer"),
    (
        (ConnectionResetError, ConnectionAbortedError, BrokenPipeError),
        "connection_reset",
        "{host} cut the connection before its answer was whole",
    ),
    ((http.client.HTTPException, urllib3.InvalidHeader), "protocol_error", "{host} answered what is not HTTP: {why}"),
    (OSError, "connection_reset", "the connection to {host} broke"),
)


def closed_before_an_answer(error: BaseException) -> bool:
    """Whether the other side had closed the connection before a byte of the answer came."""
    kinds = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
    return any(isinstance(link, kinds) for link in links(error))


def refuses(error: BaseException) -> bool:
    """Whether the other side says that it goes no further: with TLS 1.3 it may want a certificate so late."""
    return any("ALERT" in str(link.reason or "") for link in links(error) if isinstance(link, ssl.SSLError))


def links(error: BaseException) -> Iterator[BaseException]:
    """An exception and all it was made from, each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [*link.args, getattr(link, "reason", None), link.__cause__, link.__context__]


_TLS_REASONS = (
    (
        r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|SSL_VERSION",
        "it speaks other versions of TLS only",
    ),
    (r"HANDSHAKE_FAILURE|NO_SHARED|NO_CIPHER|INSUFFICIENT_SECURITY|WRONG_CIPHER", "no cipher is known to both sides"),
    (r"CERTIFICATE_REQUIRED|PEER_DID_NOT_RETURN|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN", "it wants a certificate from us"),
    (r"WRONG_VERSION_NUMBER|HTTP_REQUEST|RECORD_LAYER|PACKET_LENGTH|UNKNOWN_PROTOCOL", "no TLS is spoken at this port"),
    (r"UNRECOGNIZED_NAME", "it does not know this name"),
    (r"UNSAFE_LEGACY_RENEGOTIATION", "it wants an old and unsafe way to agree"),
    (r"KEY_TOO_SMALL|MD_TOO_WEAK|SIGNATURE", "its key or signature is too weak"),
    (r"EOF_OCCURRED|UNEXPECTED_EOF|CLOSED", "it closed the connection instead"),
    (r"INTERNAL_ERROR", "it had an error of its own"),
    (r"NO_APPLICATION_PROTOCOL", "it speaks no HTTP/1.1"),
)
"""What OpenSSL's words mean, for whoever reads them."""


_FOR_EXPERTS = re.compile(r"\[[^\]]*\]|\(_ssl[^)]*\)")
"""Of OpenSSL's words, what is for its authors."""


def _tls_why(error: BaseException) -> str:
    words = f"{getattr(error, 'reason', '')} {error}".upper().replace(" ", "_")
    known = next((meaning for pattern, meaning in _TLS_REASONS if re.search(pattern, words)), "")
    said = _FOR_EXPERTS.sub("", str(error)).strip()[:100]
    return known or (f"it says {said}" if said else "it gave no reason")


def reason_of(error: BaseException) -> str:
    """What an error says, as the end of a sentence."""
    if isinstance(error, ssl.SSLError | urllib3.SSLError) and not isinstance(error, ssl.SSLCertVerificationError):
        return _tls_why(error)
    return str(getattr(error, "verify_message", "") or error)[:200]


def _detail(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1000]
