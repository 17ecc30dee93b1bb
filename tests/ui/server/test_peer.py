"""Who has connected, behind proxies that say for whom they ask."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn

from jobs.ui.server import peer, signed_in

NAMED = (b"x-forwarded-email", b"boss@example.org")


@pytest.mark.parametrize(
    ("connected", "trusted", "forwarded", "kept"),
    [
        ("127.0.0.1", "", b"192.0.2.7", True),  # as a proxy on this machine asks for a browser elsewhere
        ("::ffff:127.0.0.1", "", b"192.0.2.7", True),
        ("192.0.2.7", "*", b"127.0.0.1", False),  # as somebody asks who would be taken for it
        ("192.0.2.7", "", b"127.0.0.1", False),
    ],
)
def test_whom_a_request_says_it_is_for_is_not_who_sent_it(
    monkeypatch: pytest.MonkeyPatch, connected: str, trusted: str, forwarded: bytes, kept: bool
) -> None:
    monkeypatch.setenv("JOBS_SIGN_IN", "header X-Forwarded-Email")
    monkeypatch.setattr(uvicorn.config, "ProxyHeadersMiddleware", uvicorn.config.ProxyHeadersMiddleware)
    if trusted:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
    seen: list[list[Any]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        signed_in.drop_claims(scope)
        seen.append(scope["headers"])

    peer.keep_peers()
    served = uvicorn.Config(app, interface="asgi3", lifespan="off")
    served.load()
    scope = {
        "type": "websocket",
        "client": (connected, 4711),
        "headers": [NAMED, (b"x-forwarded-for", forwarded)],
        "path": "/",
        "server": ("localhost", 80),
    }
    asyncio.run(served.loaded_app(scope, None, None))  # type: ignore[arg-type]

    assert [NAMED in headers for headers in seen] == [kept]
