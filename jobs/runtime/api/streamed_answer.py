"""An answer in pieces, which lets go of what it holds however it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class StreamedAnswer(StreamingResponse):
    """Pieces as they come; `held` is entered already, and left at the end."""

    def __init__(
        self,
        pieces: AsyncGenerator[str | bytes, None],
        held: AbstractContextManager[object],
        *,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._pieces, self._held = pieces, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            try:
                await self._pieces.aclose()
            finally:
                self._held.__exit__(None, None, None)
