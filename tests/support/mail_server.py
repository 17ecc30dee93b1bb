"""A mail server on this machine, with STARTTLS and users; it keeps what it is handed."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.scrape.web.authorities import signed

USER, PASSWORD = "jobs", "swordfish-of-mail"


@dataclass
class Letters:
    """What was handed over: each with its recipients, and whether that was over TLS and by whom. `answer` is what the
    server says of the next ones, and the others to their address and in leaving (empty: as usual)."""

    port: int
    authority: Path
    answer: str = "250 OK"
    answer_to_address: str = ""
    answer_to_quit: str = ""
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[list[str], bool, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """As aiosmtpd calls it."""
        if not self.answer_to_address:
            envelope.rcpt_tos.append(address)
        return self.answer_to_address or "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """As aiosmtpd calls it."""
        return self.answer_to_quit or "221 Bye"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, _server: Any, session: Session, envelope: Envelope
    ) -> str:
        """As aiosmtpd calls it."""
        if self.answer.startswith("250"):
            assert isinstance(envelope.original_content, bytes)
            parsed = message_from_bytes(envelope.original_content, policy=default)
            assert isinstance(parsed, EmailMessage)
            self.taken.append(parsed)
            user = session.auth_data.login if isinstance(session.auth_data, LoginPassword) else b""
            self.envelopes.append((envelope.rcpt_tos, session.ssl is not None, user))
        return self.answer


@contextmanager
def mail_server(folder: Path, *, starttls: bool = True) -> Iterator[Letters]:
    """Serve until the end; without `starttls` it offers neither that nor AUTH."""
    authority = signed("an authority of this test")
    own = signed("localhost", authority, host="localhost")
    (folder / "authority.pem").write_bytes(authority.pem)
    (folder / "own.pem").write_bytes(own.pem + own.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    with socket.create_server(("127.0.0.1", 0)) as free:
        letters = Letters(port=free.getsockname()[1], authority=folder / "authority.pem")
    asked: dict[str, Any] = {"tls_context": context, "require_starttls": True, "auth_required": True}
    controller = Controller(
        letters,
        hostname="127.0.0.1",
        port=letters.port,
        ready_timeout=30,
        authenticator=_known,
        **(asked if starttls else {}),
    )
    controller.start()
    try:
        yield letters
    finally:
        controller.stop()


def _known(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False, auth_data=data)
