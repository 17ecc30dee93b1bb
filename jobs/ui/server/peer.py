"""Who has connected to the page's server, whatever a request says itself: uvicorn puts whomever X-Forwarded-For names
in the place of a proxy on this machine, or of those that FORWARDED_ALLOW_IPS names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn.config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from starlette.types import Scope

_PEER = "fanout.peer"


class _PeerKept(ProxyHeadersMiddleware):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope[_PEER] = scope.get("client")
        await super().__call__(scope, receive, send)


def keep_peers() -> None:
    """Have uvicorn keep them: it wraps an application once it has imported it."""
    setattr(uvicorn.config, ProxyHeadersMiddleware.__name__, _PeerKept)


def peer(scope: Scope) -> str:
    """The address that a request was sent from; empty: it has none."""
    return str((scope.get(_PEER, scope.get("client")) or ("",))[0])
