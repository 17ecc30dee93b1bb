"""A small HTTP server of this machine, whose answers a test gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Its port, as long as the block lasts; at the end all answers have been given."""
    here = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=here.serve_forever)
    thread.start()
    try:
        yield here.server_port
    finally:
        here.shutdown()
        thread.join()
        here.server_close()
