"""A message by e-mail, through the mail server of the settings."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from jobs.runtime.core import mail_address, secrets, settings
from jobs.runtime.core.errors import NeverTaken, Refused
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.receivers import Receiver
from jobs.runtime.core.secrets import Blotter
from jobs.runtime.core.text import in_one_line
from jobs.runtime.firing.letter import letter
from jobs.runtime.firing.message import Message
from jobs.runtime.firing.time_limit import within
from jobs.web import trust

SECONDS = 20.0
"""How long the server may be silent."""

MOST_SECONDS = 120.0
"""How long all of it may take: 4 MB at 36 kB/s."""

LEAST_FINAL = 500
"""Codes from this on say that the same will never be taken."""

MOST_SAID = 200


def send(receiver: Receiver, message: Message) -> None:
    """Hand it to the mail server. Raises Refused, BadSecret: it was not taken; NeverTaken: nor will it ever be."""
    where, sender = settings.value("JOBS_SMTP"), settings.value("JOBS_SMTP_FROM")
    if where is None or sender is None:
        raise Refused("no e-mail is sent from here: JOBS_SMTP and JOBS_SMTP_FROM name no mail server")
    if not mail_address.is_among(receiver.where, settings.value("JOBS_SMTP_TO")):
        raise Refused(f"{receiver.where} may not be written to from here: JOBS_SMTP_TO names who may")
    password = secrets.fill(settings.value("JOBS_SMTP_PASSWORD"), partial(secrets.lookup, owner=OWNER))
    written = letter(message, sender, receiver.where)
    with _said_without(password, str(where)), within(MOST_SECONDS), _connected(where) as server:
        _sign_in(server, password)
        server.send_message(written, from_addr=sender.address, to_addrs=[receiver.where])


@contextmanager
def _connected(where: mail_address.MailHost) -> Iterator[smtplib.SMTP]:
    """A connection, made safe as the settings ask: there is no way back to one that is not."""
    how = settings.value("JOBS_SMTP_TLS")
    port = where.port or mail_address.PORTS[how]
    context = trust.context_of(trust.USUAL)
    if how == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(where.host, port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(where.host, port, timeout=SECONDS)
    try:
        if how == "starttls":
            server.starttls(context=context)
        yield server
    finally:  # what the server answers to that is not waited for: the e-mail has been taken, or has not
        with suppress(OSError):
            server.putcmd("quit")
        server.close()


def _sign_in(server: smtplib.SMTP, password: str) -> None:
    user = settings.value("JOBS_SMTP_USER")
    if not user:
        return
    if settings.value("JOBS_SMTP_TLS") == "none":
        raise Refused("a password is not sent over a connection that others can read: set JOBS_SMTP_TLS")
    try:
        server.login(user, password)
    except UnicodeError:  # which names the sign, and its place
        raise Refused("JOBS_SMTP_USER and its password are sent as ASCII: choose such of the mail server") from None


@contextmanager
def _said_without(password: str, where: str) -> Iterator[None]:
    """What goes wrong, as a sentence without the password. Raises Refused, NeverTaken."""
    pair = f"\0{settings.value('JOBS_SMTP_USER')}\0{password}"  # as AUTH PLAIN sends both, in base64
    hidden = secrets.blotter([(password, secrets.HIDDEN), (pair, secrets.HIDDEN)])
    try:
        yield
    except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a user that is not ASCII
        kind = NeverTaken if _is_final(error) else Refused
        raise kind(f"the mail server {where} {_why(error, hidden)}") from None


def _is_final(error: Exception) -> bool:
    """Whether the server has said for good that it does not take this address, or this e-mail."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= LEAST_FINAL for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= LEAST_FINAL


def _why(error: Exception, hidden: Blotter) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"does not take mail for this address: {code} {_text(text, hidden)}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"does not let the user in: {error.smtp_code} {_text(error.smtp_error, hidden)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answered {error.smtp_code} {_text(error.smtp_error, hidden)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"is not known to be the one it says: {error.verify_message}"
    if isinstance(error, smtplib.SMTPException):
        return f"cannot be used: {_text(str(error), hidden)}"
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot be reached: {_text(why, hidden)}"


def _text(said: bytes | str, hidden: Blotter) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return in_one_line(hidden.text(" ".join(text.split())))[:MOST_SAID]
