"""A server that answers as a test says, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jobs import ItemError, TryLater
from jobs.request.attempt import ask as ask_row
from jobs.request.options import RequestOptions
from jobs.web.connections import Adapter
from jobs.web.fetcher import Fetcher


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Api:
    """Answers by `say(asked) -> (status, headers, body)`; None: the connection is cut without an answer."""

    say: Callable[[Asked], tuple[int, dict[str, str], Any] | None] = lambda _asked: (200, {}, {"ok": True})
    came: list[Asked] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Api]:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    monkeypatch.setenv("JOBS_HOME", str(tmp_path))
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def handle_any(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length).decode()
            api.came.append(Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            said = api.say(api.came[-1])
            if said is None:
                self.close_connection = True
                return
            status, headers, document = said
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield api
    server.shutdown()
    server.server_close()
    thread.join()


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """The columns of a row, with `code`, `error` and `later` for a failure."""
    fetcher = Fetcher(adapter=Adapter())

    def asked(
        row: dict[str, str], url: str, *rules: str, chars: int = 1_000, show: bool = False, **wishes: Any
    ) -> dict[str, Any]:
        options = RequestOptions(url=url, **{"timeout": 5.0, **wishes})
        try:
            return ask_row(row, options, rules, chars, show=show, fetcher=fetcher)
        except ItemError as error:
            return {**(error.row or {}), "code": error.code, "error": error.message}
        except TryLater as error:
            return {**(error.row or {}), "code": error.code, "error": error.message, "later": error.seconds}

    yield asked
    fetcher.close()
