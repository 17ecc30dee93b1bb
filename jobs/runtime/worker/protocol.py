"""The private pipe between runner and worker: messages are encoded, put together again and checked here alone.

MessagePack and not pickle: a worker parses hostile pages, and nothing it says may run in the runner, or stop it. The
runner takes what fits the types of `messages` and their bounds. An answer that does not fit and names its ticket is a
`Misfit`, the failure of that item; anything else that does not fit is a FrameError, and costs its worker. A frame is
four bytes of length, big-endian, and as many bytes of one message.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from jobs.runtime.core.errors import FrameError
from jobs.runtime.core.text import clean
from jobs.runtime.worker.messages import (
    MAX_ANSWERS,
    MAX_CARRY,
    MAX_WHY,
    Answer,
    Answers,
    FromWorker,
    Heard,
    Misfit,
    Part,
    TicketNumber,
    ToWorker,
)
from jobs.runtime.worker.row_limit import MAX_ROW_BYTES

MAX_FRAME = 5 * (MAX_ROW_BYTES + MAX_CARRY)
"""Bytes: an answer with a row and something to carry, both as large as they may be, in characters of four bytes, and
what is small beside them."""

READ = 1 << 16
"""Bytes taken from a pipe at once: more would be memory asked of the system and given back at each read."""

_LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode
_UNFIT = (msgspec.MsgspecError, RecursionError, OverflowError)


class _RawAnswers(Part, frozen=True, kw_only=True):
    tag: Literal["answers"]
    answers: Annotated[list[msgspec.Raw], Meta(max_length=MAX_ANSWERS)]


class _Ticketed(Part, frozen=True, kw_only=True):
    """The ticket of an answer, whatever follows it."""

    ticket: TicketNumber


def encode(message: ToWorker | FromWorker) -> bytes:
    """One message as a frame."""
    return framed(_encode(message))


def framed(body: bytes) -> bytes:
    """A frame with this body."""
    return _LENGTH.pack(len(body)) + body


_Message = TypeVar("_Message")


class FrameDecoder(Generic[_Message]):
    """Puts messages together from bytes as they come; `read` makes a message of a frame's body."""

    def __init__(self, read: Callable[[bytes], Iterator[_Message]], most: int = 2**32) -> None:
        self._read, self._most = read, most
        self._buffer = bytearray()

    def feed(self, received: bytes) -> Iterator[_Message]:
        """The messages that are complete with these bytes. Raises FrameError, after those before it."""
        self._buffer += received
        while (body := self._next()) is not None:
            yield from self._read(body)

    def _next(self) -> bytes | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > self._most:
            raise FrameError(f"it announced a frame of {length:,} bytes (at most {self._most:,})")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        return body


def runner_side() -> FrameDecoder[Heard]:
    """What the runner reads one worker with: of answers those that fit, then those that do not."""
    return FrameDecoder(_read_by_runner, MAX_FRAME)


def worker_side() -> FrameDecoder[ToWorker]:
    """What a worker reads the runner with."""
    decode = msgspec.msgpack.Decoder(ToWorker).decode
    return FrameDecoder(lambda body: iter((decode(body),)))


@cache
def _from_worker() -> msgspec.msgpack.Decoder[FromWorker]:
    return msgspec.msgpack.Decoder(FromWorker)


def _read_by_runner(body: bytes) -> Iterator[Heard]:
    try:
        yield _from_worker().decode(body)
    except _UNFIT as error:
        yield from _one_by_one(body, error)


def _one_by_one(body: bytes, error: Exception) -> Iterator[Heard]:
    try:
        found = [_fitting(bytes(raw)) for raw in msgspec.msgpack.decode(body, type=_RawAnswers).answers]
    except _UNFIT:
        raise FrameError(f"it sent what no worker says: {_words(error)}") from error
    yield Answers(answers=[answer for answer in found if isinstance(answer, Answer)])
    yield from (answer for answer in found if isinstance(answer, Misfit))


def _fitting(raw: bytes) -> Answer | Misfit:
    try:
        return msgspec.msgpack.decode(raw, type=Answer)
    except _UNFIT as error:
        return Misfit(ticket=msgspec.msgpack.decode(raw, type=_Ticketed).ticket, why=_words(error))


def _words(error: Exception) -> str:
    """Why something does not fit; it may quote what was sent."""
    return clean(str(error))[:MAX_WHY]


def receive(pipe: socket.socket, decoder: FrameDecoder[ToWorker]) -> list[ToWorker] | None:
    """What has come for a worker, waiting for at least some bytes; None: the other side is gone."""
    try:
        received = pipe.recv(READ)
    except OSError:
        return None
    return list(decoder.feed(received)) if received else None
