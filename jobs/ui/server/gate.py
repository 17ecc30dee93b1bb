"""Who may ask the page's server, and what each of its answers says: around Streamlit's own application.

Streamlit looks at hosts and origins for its stream alone, and where it does not know an origin, it asks a server
elsewhere for this machine's address. Here both are looked at before it sees a request, so that it never asks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from streamlit import config

from jobs.runtime.api import ROOT, ApiApp, bound_connections
from jobs.runtime.core import people
from jobs.runtime.core.channel import Channel, usually_through
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.web_names import is_allowed_host, is_allowed_origin
from jobs.ui.server import addresses, signed_in
from jobs.ui.server.browser import lifespan
from jobs.ui.server.disk_file import DiskFiles
from jobs.ui.server.page_style import PageStyle
from jobs.ui.server.peer import keep_peers

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNFRAMED = {"Content-Security-Policy": "frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN"}
"""No page of another site may show this one inside itself and have a person press its buttons unseen."""


def parts_of_app() -> dict[str, Any]:
    """What streamlit_app.py gives to `st.App` beside its own path. From here on who acts is who sits before the page.

    Raises SystemExit where the server may not be reached as it is about to be.
    """
    try:
        signed_in.check_served(config.get_option("server.address"))
        signed_in.check_provider()
    except Refused as error:
        raise SystemExit(f"Error: {error}") from None
    keep_peers()
    bound_connections()
    people.otherwise(signed_in.who)
    usually_through(Channel.PAGE)
    api = ApiApp(lambda: config.get_option("server.allowedHosts"))
    return {
        "middleware": [Middleware(Gate, api=api), Middleware(DiskFiles), Middleware(PageStyle)],
        "lifespan": partial(lifespan, api.service),
        "exception_handlers": {500: _failed},
    }


class Gate:
    """Refuses names that are not in `server.allowedHosts`, and streams of other origins than the page's own and those
    of `server.corsAllowedOrigins`; answers at addresses that are no page; marks every answer as not to be framed. What
    is below /api goes to the programs' own application, of which Streamlit sees nothing."""

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self.app, self.api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any ASGI application."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http" and _is_api(scope):
            await self.api({**scope, "root_path": _below()}, receive, _unframed(send))
            return
        signed_in.drop_claims(scope)
        reason = _refusal(scope)
        app = PlainTextResponse(reason, status_code=403) if reason else _elsewhere(scope) or self.app
        await app(scope, receive, _unframed(send))


def _refusal(scope: Scope) -> str:
    """Why this request is refused; empty: it is not, and its Host is the one that its origin names."""
    headers = MutableHeaders(scope=scope)
    host, origin = headers.get("host", ""), headers.get("origin")
    if not is_allowed_host(host, config.get_option("server.allowedHosts")):
        return "This name for the server is not in server.allowedHosts.\n"
    if scope["type"] == "http" or origin is None:
        return ""
    if not is_allowed_origin(origin, host, config.get_option("server.corsAllowedOrigins")):
        return "A page of another origin may not open the stream.\n"
    headers["host"] = urlsplit(origin).netloc
    return ""


def _is_api(scope: Scope) -> bool:
    return f"{scope['path']}/".startswith(f"{_below()}{ROOT}/")


def _below() -> str:
    """The address below which all lies: empty, or with a slash before it."""
    below = config.get_option("server.baseUrlPath").strip("/")
    return f"/{below}" if below else ""


def _elsewhere(scope: Scope) -> ASGIApp | None:
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return None
    below = config.get_option("server.baseUrlPath").strip("/")
    path = scope["path"]
    if below and not f"{path}/".startswith(f"/{below}/"):
        return None
    return addresses.elsewhere(path[len(below) + 1 :] if below else path, MutableHeaders(scope=scope).get("accept", ""))


def _unframed(send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            MutableHeaders(scope=message).update(UNFRAMED)
        await send(message)

    return marked


async def _failed(_request: Request, _error: Exception) -> PlainTextResponse:
    """The answer to what raised, which is made outside of the gate."""
    return PlainTextResponse("Internal Server Error", status_code=500, headers=UNFRAMED)
