"""The words that runner and worker exchange over their private pipe: JSON frames of two fields, kind and body.

    to the worker     do       {first, items: [[position, cell, number, carry], …]}        tickets count up from first
                      work     {run, params, columns, deadline}         what the next items are of
                      plan     {first, cells: [[position, cell], …]}    run the hooks
                      ping     n
    to the runner     up       {pid, slots}
                      broken   {reason}                                 the job or the run's params cannot be read
                      out      [[ticket, kind, code, error, detail, row, slot, started, finished, cpu, pace, later], …]
                      back     [ticket, …]                              revoked before they started
                      planned  {first, plans: [[position, code, error, detail, group, cost, key], …]}
                      pong     n

JSON and not pickle: a worker parses hostile pages, and nothing it says may run in the runner. A frame is four bytes of
length, big-endian, and as many bytes of UTF-8.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from jobs.runtime.rows import MAX_ROW_BYTES

_LENGTH = struct.Struct(">I")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
MAX_FRAME = 64 * MAX_ROW_BYTES
READ = 1 << 18


class FrameError(Exception):
    """The other side sent something that is no frame."""


def encode(kind: str, body: Any) -> bytes:
    """One frame. Raises TypeError or ValueError for what JSON cannot say."""
    text = _JSON.encode([kind, body]).encode("utf-8", "replace")
    return _LENGTH.pack(len(text)) + text


class Decoder:
    """Puts frames together from bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> list[tuple[str, Any]]:
        """The frames that are complete with these bytes. Raises FrameError."""
        self._buffer += received
        frames, start = [], 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length > MAX_FRAME:
                raise FrameError(f"a frame of {length} bytes")
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            frames.append(_frame(bytes(self._buffer[start + _LENGTH.size : end])))
            start = end
        del self._buffer[:start]
        return frames


def _frame(text: bytes) -> tuple[str, Any]:
    try:
        kind, body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(str(error)) from error
    return kind, body


def receive(pipe: socket.socket, decoder: Decoder) -> list[tuple[str, Any]] | None:
    """The frames that have come, waiting for at least some bytes; None: the other side is gone."""
    try:
        received = pipe.recv(READ)
    except OSError:
        return None
    return decoder.feed(received) if received else None
