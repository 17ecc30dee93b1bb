"""What is written into the page that Streamlit's server sends: its style, which holds from the first thing drawn,
which parts of Streamlit's program to fetch meanwhile, and where the server is.

An element that brings a style along comes when its part of Streamlit's program has been loaded, which on a busy machine
is after what it styles: everything moves then. At the end of the body it goes before Streamlit's own rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from jobs.ui.server import preloads

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STYLE = b"<style>\n" + Path(__file__).with_suffix(".css").read_bytes() + b"</style>\n"
_END = b"</body>"

_SERVER = b'<script>window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }</script>\n'
"""Where the server of a page is: beside it, as its files are. By itself Streamlit takes an address for a folder, is
told that there is no server below /run, and waits before it looks elsewhere."""

NOT_PASSED_ON = ("if-none-match", "if-modified-since", "range", "accept-encoding")
"""What asks for less than the whole page as it stands: Streamlit goes by its file, which does not change when the style
does, and packs what it sends (8 KB)."""


class PageStyle:
    """Adds the style and what to fetch to each HTML page; all other answers go as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any ASGI application."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        if "text/html" in headers.get("accept", ""):
            for name in NOT_PASSED_ON:
                del headers[name]
        more = preloads.hints(scope["path"], scope["query_string"].decode("latin-1")) + _STYLE + _SERVER
        await self.app(scope, receive, _Styled(send, more))


class _Styled:
    """One answer; that of a page waits until all of it is there."""

    def __init__(self, send: Send, more: bytes) -> None:
        self._send, self._more = send, more
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        page = self._body
        headers = MutableHeaders(scope=start)
        if _END in page:  # not where only the head was asked for
            before, end, after = page.rpartition(_END)
            page = before + self._more + end + after
            headers["content-length"] = str(len(page))
        for name in ("etag", "last-modified", "accept-ranges"):
            del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": page})


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
