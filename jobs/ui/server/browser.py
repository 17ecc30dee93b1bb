"""The browser that shows the page, opened once its server listens; what the first page needs is loaded meanwhile."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit import config

from jobs.runtime.api import ending
from jobs.ui.server import warm_up

SOON = 0.2
"""Seconds from the start of the application until its server listens, and more."""


@asynccontextmanager
async def lifespan(service: Any, _app: Any) -> AsyncIterator[None]:
    """Load what the first page needs, and open it soon, unless `server.headless` says otherwise; the streams of the
    API's service end with the server."""
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, warm_up.load)
    if not config.get_option("server.headless"):
        loop.call_later(SOON, lambda: loop.run_in_executor(None, webbrowser.open, address()))
    async with ending(service):
        yield


def address() -> str:
    """Where this machine's own browser finds the page."""
    scheme = "https" if config.get_option("server.sslCertFile") else "http"
    host, port = config.get_option("browser.serverAddress"), config.get_option("server.port")
    below = config.get_option("server.baseUrlPath").strip("/")
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/{below}"
