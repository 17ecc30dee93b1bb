"""Chains of certificates that a server leaves incomplete: looked at, completed, and said."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs import ItemError
from jobs.web import issuers, network_errors, urls
from jobs.web.exchange import Exchange, PhaseSeconds, exchanging
from jobs.web.messages import Request, Response
from jobs.web.sockets import open_socket
from jobs.web.trust import context_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from jobs.web.deadline import Deadline

    Ask = Callable[[Request, Deadline, PhaseSeconds], Response]


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A context with which the chain of an origin leads to an authority, if it does, and what is said of it."""

    context: ssl.SSLContext
    remark: str


def complete_chain(ask: Ask, question: Request, failed: Exchange) -> Completed:
    """Find the certificates that are missing; `ask` fetches them.

    Raises ItemError (`tls_certificate`), with the name of the issuer.
    """
    last = _last_served(question, failed)
    context = context_of(question.trust)
    found: list[str] = []
    while last is not None and len(found) < issuers.MOST_MISSING:
        above = _fetched(ask, last, failed)
        if above is None:
            break
        context.load_verify_locations(cadata=issuers.pem(above))
        found.append(issuers.name_of(last))
        last = above
    host = question.target.host
    if not found:
        missing = "an issuer that is no authority" if last is None else issuers.name_of(last)
        raise ItemError(
            "tls_certificate",
            f"the certificate of {host} is not valid: it was issued by {missing}, which is neither an authority "
            "that is trusted here nor sent along by the server (an authority of your own is given by --ca-file)",
        )
    return Completed(context=context, remark=f"{host} does not send the certificate of {found[0]}; it was fetched")


def _last_served(question: Request, failed: Exchange) -> Certificate | None:
    """What the server sends, on a connection over which nothing is asked."""
    target = question.target
    exchange = Exchange(failed.guard, failed.watch, failed.phases, limits=failed.limits, fresh=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with exchanging(exchange):
            sock = open_socket(target.scheme, target.host, target.port, exchange)
        with context.wrap_socket(sock, server_hostname=target.host) as tls:
            return issuers.last_served(tls)
    except (OSError, ValueError):
        return None


def _fetched(ask: Ask, certificate: Certificate, failed: Exchange) -> Certificate | None:
    """The certificate of another's issuer, from where it says that it is; None where it cannot be had."""
    address = issuers.address_of_issuer(certificate)
    if not address:
        return None
    asked = {"Accept": "application/pkix-cert, */*;q=0.1"}
    try:
        question = Request(target=urls.target(address), headers=asked, cap=issuers.MOST_BYTES, file=True)
        answer = ask(question, failed.watch, PhaseSeconds())
    except (ItemError, *network_errors.FOREIGN):
        return None
    return issuers.issuer_of(certificate, answer.content) if answer.status == 200 else None
