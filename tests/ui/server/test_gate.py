"""Which names and origins are let through, and that every answer says it is not to be framed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from streamlit import config

from jobs.ui.server import gate


def asked(path: str, headers: dict[str, str], kind: str = "http") -> tuple[list[dict[str, Any]], list[str]]:
    """What an application behind the gate sends, and the Host that its stream was asked by."""
    hosts: list[str] = []

    async def page(request: Request) -> PlainTextResponse:
        if request.url.path == "/fails":
            raise ValueError("no")
        return PlainTextResponse("page")

    async def stream(websocket: WebSocket) -> None:
        hosts.append(websocket.headers["host"])
        await websocket.accept()

    routes = [Route("/", page), Route("/fails", page), WebSocketRoute("/stream", stream)]
    parts = {name: part for name, part in gate.parts_of_app().items() if name != "lifespan"}
    sent: list[dict[str, Any]] = []
    scope = {
        "type": kind,
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "extensions": {"websocket.http.response": {}},
        "subprotocols": [],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    async def perform() -> None:
        await Starlette(routes=routes, **parts)(scope, receive, send)

    try:
        asyncio.run(perform())
    except ValueError:
        assert path == "/fails"
    return sent, hosts


@pytest.fixture(autouse=True)
def _listed() -> Any:
    before = {name: config.get_option(name) for name in ("server.allowedHosts", "server.corsAllowedOrigins")}
    config.set_option("server.allowedHosts", ["localhost"])
    config.set_option("server.corsAllowedOrigins", ["https://proxy.example"])
    yield
    for name, value in before.items():
        config.set_option(name, value)


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nowhere", 404), ("/fails", 500)])
def test_every_answer_says_that_it_is_not_to_be_framed(path: str, status: int) -> None:
    sent, _ = asked(path, {"host": "localhost:1"})

    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert sent[0]["status"] == status
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert headers["x-frame-options"] == "SAMEORIGIN"


def test_a_stream_of_another_origin_never_reaches_the_application() -> None:
    sent, hosts = asked("/stream", {"host": "localhost:1", "origin": "http://evil.example"}, "websocket")

    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 403)
    assert hosts == []


@pytest.mark.parametrize("origin", ["http://localhost:1", "https://proxy.example"])
def test_a_stream_is_handed_on_as_one_of_its_own_origin(origin: str) -> None:
    """So that Streamlit, which looks again, has no reason to ask for this machine's address."""
    sent, hosts = asked("/stream", {"host": "localhost:1", "origin": origin}, "websocket")

    assert sent[0]["type"] == "websocket.accept"
    assert hosts == [origin.partition("//")[2]]
