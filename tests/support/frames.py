"""Frames that no worker sends: answers with one thing wrong, as the bytes of a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from jobs.runtime.worker.messages import Answer, AttemptOutcome

INFINITE, NO_NUMBER = float("inf"), float("nan")


def answer(**changed: Any) -> Answer:
    """An answer that fits, but for what is changed."""
    given = {"ticket": 1, "slot": 1, "started": 1.0, "finished": 2.0, "cpu": 0.5, "pace": None}
    return Answer(**given | {"outcome": AttemptOutcome(kind="ok", row="{}")} | changed)


def frame(fields: list[Any], tag: object = "answers") -> bytes:
    """The body of a frame with one answer of these fields, in the order of `Answer`."""
    return msgspec.msgpack.encode([tag, [fields]])


def _fields(ticket: int, at: int, value: object) -> bytes:
    fields: list[Any] = [ticket, 1, 1.0, 2.0, 0.5, ["ok", "", "", "", "{}", None], None]
    fields[at] = value
    return frame(fields)


def _outcome(at: int, value: object) -> Callable[[int], bytes]:
    outcome: list[Any] = ["ok", "", "", "", "{}", None]
    outcome[at] = value
    return lambda ticket: _fields(ticket, 5, outcome)


def _changed(at: int, value: object) -> Callable[[int], bytes]:
    return lambda ticket: _fields(ticket, at, value)


FORGED: list[Callable[[int], bytes]] = [
    *(_changed(1, slot) for slot in (0, -1, 2**63, 65_535, "1", 1.5, None, True)),
    *(_changed(at, value) for at in (2, 3, 4) for value in (NO_NUMBER, INFINITE, -INFINITE, -1.0, 1e300, 1e11, "1")),
    *(_changed(5, value) for value in ("ok", [], ["fine"], {}, [["ok"]])),
    *(_outcome(0, kind) for kind in ("later", "", 1)),
    *(_outcome(at, value) for at in (1, 2, 3) for value in ("x" * 30_000, 5, None, b"\xff")),
    *(_outcome(4, row) for row in ("", "no JSON", "[]", '"text"', '{"no column of it": 1}', '{"result": "\\ud800"}')),
    *(_outcome(4, row) for row in ('{"result": 5}', '{"result": [' + "[" * 5_000, "{}{}", b"{}", 7)),
    *(_outcome(5, later) for later in (5, [], [NO_NUMBER, None, None], [INFINITE, None, None], [1.0, "x" * 600, None])),
    *(_changed(6, {name: value}) for name in ("hold", "pause", "latency") for value in (INFINITE, NO_NUMBER, -1, 1e9)),
    *(_changed(6, value) for value in ({"why": "x" * 400}, {"error": "yes"}, [], "hold")),
]
"""Each makes, of a ticket, an answer for it that does not fit."""
