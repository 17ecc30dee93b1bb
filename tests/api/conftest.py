"""The API on a server of its own that really listens, over the machine of each test."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import uvicorn

from jobs.runtime import client
from jobs.runtime.api import ApiApp, BoundedConnection
from jobs.runtime.core.access import Scope
from tests.support.machine import Machine, until

PATIENCE = 60


@dataclass
class ApiServer:
    """A server in a thread of this process: it is in the home of whichever test runs."""

    app: ApiApp
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def raw(self, text: bytes, *, wait: float = 10.0) -> bytes:
        """What is answered to these very bytes, until the server closes or falls silent for long."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as link:
            link.sendall(text)
            answer = b""
            try:
                while piece := link.recv(65_536):
                    answer += piece
            except TimeoutError:
                pass
            return answer


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    app = ApiApp()
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none", http=BoundedConnection)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    until(lambda: server.started, PATIENCE)
    yield ApiServer(app, server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(PATIENCE)


class Program:
    """A program with a token of some scope: `program("GET", "/runs")`."""

    def __init__(self, server: ApiServer, scope: Scope, owner: str = "") -> None:
        self.server = server
        self.token = client.new_token(f"{scope}-{threading.get_ident()}", scope, owner)
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def __call__(self, method: str, path: str, **given: Any) -> requests.Response:
        headers = {**self.headers, **given.pop("headers", {})}
        return requests.request(method, self.server.address + path, headers=headers, timeout=PATIENCE, **given)

    def start(self, **asked: Any) -> Any:
        """A run that was started."""
        answer = self("POST", "/runs", json=asked)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def end(self, **asked: Any) -> Any:
        """A run that has ended."""
        started = self.start(**asked)
        ended = self("GET", f"/runs/{started['id']}?wait=60").json()
        assert ended["ended_at"], ended
        return ended


@pytest.fixture
def program(machine: Machine, api_server: ApiServer) -> Program:
    """A program that may do anything."""
    return Program(api_server, Scope.ADMIN)


def events_of(text: str) -> list[tuple[str, Any]]:
    """The events of a stream, with their data."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found
