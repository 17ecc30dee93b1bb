"""A download that lies on the disk: the browser gets it in pieces, and the server's memory never holds it.

Streamlit keeps what a download button gives it in memory, as long as a session may ask for it, and answers with it. It
is given a few bytes here, to which the open file is tied: `DiskFiles` sends the file where it meets them in an answer,
and the file is closed when Streamlit lets go of them.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PIECE = 256 * 2**10
"""Bytes that are read and sent at a time."""


class DiskFile(bytes):
    """What stands for a file: bytes that no other has, and the file, which is open."""

    file: OpenFile


class OpenFile:
    """A file that several answers may read at once."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._turn = stream, threading.Lock()
        weakref.finalize(self, stream.close)
        self.size = os.fstat(stream.fileno()).st_size

    def piece(self, place: int) -> bytes:
        """What stands from this place on, at most PIECE bytes."""
        with self._turn:
            self._stream.seek(place)
            return self._stream.read(PIECE)


def written(write: Callable[[IO[bytes]], object]) -> DiskFile:
    """A file without a name, which is gone when nobody has it open any more, with what is written to it now."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 (it stays open as long as it is offered)
    try:
        write(out)
        out.flush()
        return _stands_for(out)
    except BaseException:
        out.close()
        raise


def opened(path: Path) -> DiskFile:
    """A file that is there, as it is: also when it is deleted before it is asked for."""
    return _stands_for(path.open("rb"))


def _stands_for(stream: IO[bytes]) -> DiskFile:
    stands = DiskFile(secrets.token_bytes())
    stands.file = OpenFile(stream)
    return stands


class DiskFiles:
    """Sends the file in place of the bytes that stand for it; all other answers as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any ASGI application."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        if "/media/" in scope["path"]:
            headers = MutableHeaders(scope=scope)
            del headers["range"]  # a part of the bytes that stand for a file is nothing; the answer is the whole
        await self.app(scope, receive, _Answer(send, head=scope["method"] == "HEAD"))


class _Answer:
    """One answer, whose start waits until it is seen what it is."""

    def __init__(self, send: Send, *, head: bool) -> None:
        self._send, self._head = send, head
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        file = getattr(message.get("body"), "file", None)
        start, self._start = self._start, None
        if start is not None:
            if file is not None:
                _announce(start, file)
            await self._send(start)
        if file is None or self._head:
            await self._send({**message, "body": b""} if file is not None else message)
            return
        await self._send_file(file)

    async def _send_file(self, file: OpenFile) -> None:
        for place in range(0, file.size, PIECE):
            piece = await run_in_threadpool(file.piece, place)
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _announce(start: Message, file: OpenFile) -> None:
    headers = MutableHeaders(scope=start)
    headers["content-length"] = str(file.size)
    headers["accept-ranges"] = "none"
