"""What does a TLS handshake cost its thread in processor time, in full and with a session that is resumed?

TLS 1.3 on the loopback, a certificate of a host and one between it and its authority, P-256 keys.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from jobs.web.trust import Trust, context_of, keep_session
from tests.bench import harness

HOST, TURNS = "own.test", 100


def run(asked: harness.Asked) -> harness.Report:
    """Handshakes of both kinds in turn, each on a new connection."""
    report = harness.Report(title="processor time of a TLS handshake, on the side that asks")
    gone = report.missing("cryptography")
    if gone:
        return report
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (port, ca_file):
        context = context_of(Trust(ca_file=str(ca_file)))
        _milliseconds(context, port, resumed=False)
        contenders = {kind: partial(_milliseconds, context, port, resumed=kind == "resumed") for kind in KINDS}
        found = harness.in_turn(contenders, asked.repeats * TURNS)
    for kind, samples in found.items():
        report.line(kind, samples, "ms", KINDS[kind])
    return report


KINDS = {"in full": "keys agreed on, two certificates verified", "resumed": "keys agreed on, no certificate is sent"}


def _milliseconds(context: ssl.SSLContext, port: int, *, resumed: bool) -> float:
    with socket.create_connection(("127.0.0.1", port)) as plain:
        wrap = context.wrap_socket if resumed else partial(ssl.SSLContext.wrap_socket, context)
        began = time.thread_time()
        with wrap(plain, server_hostname=HOST) as secure:
            took = time.thread_time() - began
            secure.sendall(b"?")
            secure.recv(1)
            keep_session(secure)
            if secure.session_reused != resumed:
                raise RuntimeError("the session was not resumed" if resumed else "a session was resumed")
    return took * 1000


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[tuple[int, Path]]:
    """A server that answers one byte; its port and the file of its authority."""
    from tests.scrape.web.authorities import serving, signed

    authority = signed("Authority")
    between = signed("Between", authority)
    ca_file = folder / "authority.pem"
    ca_file.write_bytes(authority.pem)
    context = serving(folder, signed(HOST, between, host=HOST), between)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=_answer, args=(listener, context), daemon=True).start()
        yield int(listener.getsockname()[1]), ca_file


def _answer(listener: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError):
        while True:
            plain, _ = listener.accept()
            with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
                secure.recv(1)
                secure.sendall(b"!")
                secure.recv(1)
