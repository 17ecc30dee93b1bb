"""A connection to a server, which is cut where its other end lets it wait: to send a head, or to take an answer.

uvicorn itself waits for either as long as it takes.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Base
else:
    Base = AutoHTTPProtocol

HEAD_SECONDS = 20.0
"""That the head of a request may take to arrive, from its first byte or the beginning of the connection."""

STALL_SECONDS = 60.0
"""That what was given to the system to be sent, 320 KiB at most, may take to be sent."""


class BoundedConnection(Base):
    """uvicorn's own, with these two limits. One that was handed over to a WebSocket has none of them."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is waited for from now on."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """A head has come, or is still waited for."""
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self or self._at_work():
            self._end_waiting_for_head()
        elif self._head is None:
            self._wait_for_head()

    def pause_writing(self) -> None:
        """More waits to be sent than the other end takes."""
        super().pause_writing()
        self._stall = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken that."""
        self._end_stall()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._end_waiting_for_head()
        self._end_stall()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _end_waiting_for_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _at_work(self) -> bool:
        """Whether there is a request that has not been answered in full."""
        return self.cycle is not None and not self.cycle.response_complete


def bound_connections() -> None:
    """Have each uvicorn server of this process have these connections: for one that is started by others, and that has
    chosen its own before it loads an application which says this. It makes them once it has started."""
    setattr(uvicorn.Server, _startup.__name__, _bounded_startup)


_startup = uvicorn.Server.startup


async def _bounded_startup(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
    server.config.http_protocol_class = BoundedConnection
    await _startup(server, sockets)
