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

JSON and not pickle: a worker parses hostile pages, and nothing it says may run in the runner, or stop it: the runner
checks each frame before it heeds it. A frame is four bytes of length, big-endian, and as many bytes of UTF-8.
"""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Callable, Mapping
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

    def feed_checked(self, received: bytes) -> list[tuple[str, Any]]:
        """The same of a worker, which is not trusted. Raises FrameError for what no worker says, too."""
        frames = self.feed(received)
        for kind, body in frames:
            check(kind, body)
        return frames


def check(kind: str, body: Any) -> None:
    """Refuse what no worker says of its own accord. Raises FrameError."""
    holds = _SAID.get(kind)
    if holds is None or not holds(body):
        raise FrameError(f"it says {kind!r:.40} and nothing that belongs to it")


def _are_answers(body: Any) -> bool:
    return type(body) is list and all(map(_is_answer, body))


def _is_answer(said: Any) -> bool:
    """Whether it is [ticket, kind, code, error, detail, row, slot, started, finished, cpu, pace, later]."""
    if type(said) is not list or tuple(map(type, said[:10])) not in _ANSWERS or len(said) != 12:
        return False
    pace, later = said[10:]
    return (pace is None or _is_pace(pace)) and (_is_later(later) if said[1] == "later" else later is None)


def _is_pace(pace: Any) -> bool:
    return type(pace) is dict and all(type(value) is _PACE.get(name) for name, value in pace.items())


def _is_later(later: Any) -> bool:
    return (
        type(later) is dict
        and type(later.get("seconds")) is float
        and all(name in later and type(later[name]) in (str, type(None)) for name in ("group", "carry"))
    )


def _are_plans(body: Any) -> bool:
    plans = body.get("plans") if type(body) is dict else None
    return type(plans) is list and type(body.get("first")) is int and all(map(_is_plan, plans))


def _is_plan(plan: Any) -> bool:
    known = type(plan) is list and tuple(map(type, plan)) in _PLANS
    return known and (plan[6] is None or _KEY.fullmatch(plan[6]) is not None)


_KEY = re.compile("[0-9a-f]{32}")
_NONE = type(None)
_TIMES = (int, float, float, float)
_ANSWERS = {(int, str, str, str, str, row, *_TIMES) for row in (str, _NONE)}
_PLANS = {(int, str, str, str, str, cost, key) for cost in (float, _NONE) for key in (str, _NONE)}
_PACE = {"latency": float, "hold": float, "pause": float, "close": str, "why": str, "error": bool, "refused": bool}
_SAID: Mapping[str, Callable[[Any], bool]] = {
    "up": lambda body: type(body) is dict,
    "broken": lambda body: type(body) is dict and type(body.get("reason")) is str,
    "out": _are_answers,
    "back": lambda body: type(body) is list and all(type(ticket) is int for ticket in body),
    "planned": _are_plans,
    "pong": lambda body: type(body) is int,
}
"""What a worker says, and what belongs to it; a look at the types of an answer costs 1 µs."""


def _frame(text: bytes) -> tuple[str, Any]:
    try:
        kind, body = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise FrameError(str(error)) from error
    if type(kind) is not str:
        raise FrameError("a frame of no kind")
    return kind, body


def receive(pipe: socket.socket, decoder: Decoder) -> list[tuple[str, Any]] | None:
    """The frames that have come, waiting for at least some bytes; None: the other side is gone."""
    try:
        received = pipe.recv(READ)
    except OSError:
        return None
    return decoder.feed(received) if received else None
