"""The API served alone, and streams that end when the server is told to."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from jobs.runtime.api.application import THIS_MACHINE, ApiApp
from jobs.runtime.api.connection import BoundedConnection

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from jobs.runtime.api.service import Service

MOST_REQUESTS = 1_000
"""That are open at a time: more are answered with 503 before they are looked at."""

GRACE = 5
"""Seconds that requests have to end in once the server is told to end."""


def serve(*, port: int, address: str = "127.0.0.1", hosts: Sequence[str] = ()) -> None:
    """Serve the API until Ctrl-C or SIGTERM; `hosts` are names that it answers to beside those of this machine.

    Raises SystemExit when it cannot listen.
    """
    names = (*THIS_MACHINE, *hosts)
    uvicorn.run(
        _Alone(ApiApp(lambda: names)),
        host=address,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_REQUESTS,
        timeout_graceful_shutdown=GRACE,
        ws="none",
        http=BoundedConnection,
    )


class _Alone:
    """The application with a life of its own."""

    def __init__(self, api: ApiApp) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._api(scope, receive, send)
            return
        async with ending(self._api.service):
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def ending(service: Service) -> AsyncIterator[None]:
    """Have the streams of a service end with the server: it would wait for them else. The signals go on to whoever had
    them before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> Any:
        service.stopping = True
        handler = before[signal.Signals(number)]
        return handler(number, frame) if callable(handler) else None

    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        service.stopping = True
        for number, handler in before.items():
            signal.signal(number, handler)
